//! What is typed and what is answered: exit code, standard output, standard error.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[cfg(feature = "sim")]
#[path = "common/pcscd.rs"]
mod pcscd;

/// Arguments (`{}` is the test's folder), exit code, what standard output and standard error hold.
/// An empty list: nothing at all is written there.
type Transcript = (
    &'static str,
    i32,
    &'static [&'static str],
    &'static [&'static str],
);

const TRANSCRIPTS: &[Transcript] = &[
    (
        "--help",
        0,
        &[
            "check-in",
            "read-card",
            "scan",
            "doctor",
            "staff",
            "audit",
            "trust",
            "config",
        ],
        &[],
    ),
    (
        "--version",
        0,
        &[concat!("tiepdon ", env!("CARGO_PKG_VERSION"))],
        &[],
    ),
    ("", 2, &[], &["Usage: tiepdon <COMMAND>"]),
    ("chek-in", 2, &[], &["unrecognized subcommand", "check-in"]),
    // The example is right as it stands.
    ("config example", 0, &["[site]", "[policy]", "[store]"], &[]),
    (
        "config check --config {}/example.toml",
        0,
        &["no fault found"],
        &[],
    ),
    // Every fault at once, each with its line and cure.
    (
        "config check --config {}/faulty.toml",
        1,
        &[],
        &[
            "has 5 fault(s)",
            "site.name: is missing",
            "site.nmae: is not a key here",
            "policy.chip: \"preffered\" is not one of",
            "services: two services have the prefix A",
            "screen.width_mm:",
        ],
    ),
    (
        "config check --config {}/none.toml",
        1,
        &[],
        &["cannot be read", "--config"],
    ),
    (
        "check-in --config {}/faulty.toml",
        1,
        &[],
        &["has 5 fault(s)"],
    ),
    (
        "doctor --config {}/faulty.toml",
        1,
        &["FAULT   config", "has 5 fault(s)"],
        &[],
    ),
    (
        "check-in --demo --config x",
        2,
        &[],
        &["cannot be used with"],
    ),
    // What was given is looked at before anything starts.
    (
        "check-in --config {}/right.toml --number 12",
        1,
        &[],
        &["--number is no personal number", "12 digits"],
    ),
    (
        "check-in --config {}/right.toml --can 12",
        1,
        &[],
        &["--can is no card access number", "last six digits"],
    ),
    (
        "check-in --config {}/right.toml --mrz IDVNM",
        1,
        &[],
        &["--mrz is no MRZ"],
    ),
    (
        "check-in --config {}/right.toml --qr-image {}/example.toml",
        1,
        &[],
        &["not a readable picture"],
    ),
    ("scan {}/none.png", 1, &[], &["none.png: cannot be opened"]),
    (
        "scan --json {}/none.png",
        1,
        &[r#""text":null"#, r#""kind":null"#],
        &["none.png: cannot be opened"],
    ),
    (
        "read-card",
        2,
        &[],
        &["--can <N>|--mrz <TEXT>|--qr-text <TEXT>"],
    ),
    ("read-card --can 12", 1, &[], &["--can takes six digits"]),
    (
        "read-card --can 123456",
        1,
        &[],
        &["the PC/SC service does not answer; start pcscd"],
    ),
    (
        "read-card --can 123456 --json",
        1,
        &[r#""reader":null"#, r#""grade":null"#, r#""code":"reader""#],
        &["start pcscd"],
    ),
    (
        "read-card --can 123456 --trust {}/nowhere",
        1,
        &[],
        &["nowhere: No such file"],
    ),
    (
        "trust list {}/anchors",
        1,
        &[
            "warning: no CSCA of the Vietnamese ID card is here: every real card is graded `read`",
            "FAULT notes.txt: neither certificates, a master list nor a revocation list",
        ],
        &[],
    ),
    ("trust list {}/nowhere", 1, &[], &["nowhere: No such file"]),
    (
        "audit verify --config {}/right.toml",
        0,
        &["0 lines, unbroken"],
        &[],
    ),
];

#[test]
fn what_is_typed_is_answered() {
    let folder = folder();
    for (line, code, out, err) in TRANSCRIPTS {
        let line = line.replace("{}", &folder.path().display().to_string());
        let output = run(line.split_whitespace());
        let said = format!("{line}: {output:?}");
        assert_eq!(output.status.code(), Some(*code), "{said}");
        holds(&output.stdout, out, &said);
        holds(&output.stderr, err, &said);
    }
}

/// Where no configuration is installed, commands that need one say what to do.
#[test]
fn without_a_configuration_the_way_to_one_is_named() {
    if Path::new("/etc/tiepdon/tiepdon.toml").exists() {
        skipped(
            "without_a_configuration_the_way_to_one_is_named",
            "there is one",
        );
        return;
    }
    for line in ["check-in", "staff", "audit verify", "config check"] {
        let output = run(line.split_whitespace());
        assert_eq!(output.status.code(), Some(1), "{line}");
        let hints = [
            "there is no configuration at",
            "tiepdon config example",
            "--demo",
        ];
        holds(&output.stderr, &hints, line);
        assert!(output.stdout.is_empty());
    }
}

/// A check-in writes its line into the audit; an altered line is found.
#[test]
fn an_altered_audit_is_told() {
    let folder = folder();
    let config = folder.path().join("right.toml").display().to_string();
    check_in(&config);
    let verify = || run(["audit", "verify", "--config", &config]);
    let output = verify();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // The number, and what became of its paper.
    holds(&output.stdout, &["2 lines, unbroken"], "after one check-in");

    let store = rusqlite::Connection::open(folder.path().join("store.sqlite")).expect("opens");
    let altered = store.execute(
        "UPDATE audit SET detail = replace(detail, 'claimed', 'proven') WHERE detail LIKE '%claimed%'",
        [],
    );
    assert_eq!(altered.expect("altered"), 1);
    let output = verify();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    holds(&output.stderr, &["error:", "audit"], "after an alteration");
}

#[test]
fn doctor_names_what_is_ill_and_what_is_well() {
    let folder = folder();
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr());
    let nobody = nobody.expect("a port that nobody listens on");
    let ill = RIGHT
        .replace("folder = \"tickets\"", &format!("tcp = \"{nobody}\""))
        .replace("chip = \"off\"", "chip = \"preferred\"")
        + &format!("[ehr]\nbase_url = \"http://{nobody}/fhir\"\n[scanner]\ndevice = \"none\"\n");
    std::fs::write(folder.path().join("ill.toml"), ill).expect("written");

    // Looking makes nothing: a store made here would belong to whoever looked.
    let right = folder.path().join("right.toml");
    let (code, states) = doctor(&right, None);
    assert_eq!((code, state(&states, "store")), (Some(0), "warning"));
    assert!(!folder.path().join("store.sqlite").exists());

    check_in(&right.display().to_string());
    let (code, states) = doctor(&right, None);
    assert_eq!(code, Some(0), "{states:?}");
    let well = [
        "config", "reader", "ticket", "store", "audit", "outbox", "ehr", "key",
    ];
    for check in well {
        assert_eq!(state(&states, check), "ok", "{states:?}");
    }
    // Pictures instead of paper are good for a trial.
    assert_eq!(state(&states, "printer"), "warning");

    let (code, states) = doctor(&folder.path().join("ill.toml"), None);
    assert_eq!(code, Some(1), "{states:?}");
    for check in ["reader", "scanner", "printer", "ehr"] {
        assert_eq!(state(&states, check), "fault", "{states:?}");
    }
    for check in ["config", "store", "audit"] {
        assert_eq!(state(&states, check), "ok", "{states:?}");
    }
}

/// What the folder of the simulated issuer holds, and what of it people are told.
#[cfg(feature = "sim")]
#[test]
fn trust_anchors_are_listed_and_judged() {
    use tiepdon::sim::issuer::Issuer;
    let folder = folder();
    let anchors = folder.path().join("trust");
    let config = folder.path().join("chip.toml");
    let text = RIGHT.replace("chip = \"off\"", "chip = \"preferred\"")
        + &format!("[trust]\nfolder = \"{}\"\n", anchors.display());
    std::fs::write(&config, text).expect("written");
    let said = |finding: &Value| format!("{} {}", finding["state"], finding["found"]);
    let trust = || {
        let (_, findings) = doctor(&config, None);
        let finding = findings.iter().find(|finding| finding["check"] == "trust");
        finding.cloned().expect("a finding")
    };
    let none = trust();
    assert_eq!(none["state"], "warning", "{none}");
    assert!(
        none["cure"]
            .as_str()
            .is_some_and(|cure| cure.contains("C06")),
        "{none}"
    );

    Issuer::shared().write_trust(&anchors).expect("written");
    Issuer::shared()
        .write_master_list(&anchors)
        .expect("written");
    assert!(
        said(&trust()).contains("1 master lists, 2 revocation lists"),
        "{}",
        trust()
    );

    let output = run(["trust", "list", "--json", &anchors.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["id_card_csca"], true, "{report}");
    assert_eq!(report["faults"], serde_json::json!([]));
    assert_eq!(report["lists"][0]["signer_known"], true, "{report}");
    assert_eq!(report["crls"][0]["verified"], true, "{report}");
    let all = report["certificates"].as_array().expect("a list");
    assert!(
        all.iter()
            .any(|one| one["link"] == true && one["country"] == "VN"),
        "{report}"
    );
    let documented = [
        "country", "csca", "expired", "file", "from", "key", "link", "serial", "sha256", "subject",
        "until",
    ];
    let fields: Vec<&String> = all[0].as_object().expect("an object").keys().collect();
    assert_eq!(fields, documented);

    std::fs::write(anchors.join("junk"), "junk").expect("written");
    assert_eq!(trust()["state"], "fault");
    std::fs::remove_file(anchors.join("junk")).expect("removed");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(anchors.join("csca.der"), open).expect("set");
    let written_by_all = trust();
    assert_eq!(written_by_all["state"], "fault");
    assert!(
        said(&written_by_all).contains("can be written by anybody"),
        "{written_by_all}"
    );
}

/// Also where the tests' own escape allows it at a check-in.
#[cfg(feature = "sim")]
#[test]
fn doctor_calls_a_virtual_reader_a_fault() {
    let Some(service) = pcscd::Pcscd::start() else {
        return;
    };
    assert_eq!(service.address().ip(), Ipv4Addr::LOCALHOST);
    let folder = folder();
    let config = folder.path().join("virtual.toml");
    let text = RIGHT.replace("chip = \"off\"", "chip = \"preferred\"");
    std::fs::write(&config, text).expect("written");
    let (code, states) = doctor(&config, Some(&service.socket()));
    assert_eq!(code, Some(1), "{states:?}");
    assert_eq!(state(&states, "reader"), "fault");
    let reader = states.iter().find(|finding| finding["check"] == "reader");
    let found = reader.expect("looked at").to_string();
    assert!(found.contains("every network address"), "{found}");
}

/// In a network and a place of its own: the trial's reader always listens on the same port.
#[cfg(feature = "sim")]
#[test]
fn a_trial_prints_one_json_object_with_the_documented_fields() {
    const TEST: &str = "a_trial_prints_one_json_object_with_the_documented_fields";
    const ALONE: &str = "ip link set lo up && mount --bind \"$0\" /run/pcscd && exec \"$@\"";
    let folder = folder();
    let place = folder.path().join("run");
    std::fs::create_dir(&place).expect("a folder");
    let alone = |program: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--mount", "--net", "sh", "-c", ALONE])
            .arg(&place)
            .args(program)
            .env("TIEPDON_DEMO_FOLDER", folder.path().join("demo"))
            .stdin(Stdio::null());
        command.output()
    };
    if !alone(&["true"]).is_ok_and(|output| output.status.success()) {
        skipped(TEST, "no namespace, no ip, or no /run/pcscd");
        return;
    }
    let output = alone(&[
        env!("CARGO_BIN_EXE_tiepdon"),
        "check-in",
        "--demo",
        "--json",
    ]);
    let output = output.expect("started");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 1, "{text}");
    let report: Value = serde_json::from_str(&text).expect("one JSON object");
    let fields: Vec<&str> = report
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let documented = [
        "ehr",
        "grade",
        "insurance",
        "millis",
        "number",
        "outcome",
        "patient",
        "reason",
        "service",
        "ticket",
        "visit",
    ];
    assert_eq!(fields, documented);
    // Where the virtual reader is installed, the chip is read and proved.
    let driver = Path::new("/usr/lib/pcsc/drivers/serial/libifdvpcd.so");
    let grade = if driver.exists() { "proven" } else { "claimed" };
    let picture = report["ticket"]["file"].as_str().expect("a picture");
    assert!(Path::new(picture).exists(), "{picture}");
    for (pointer, value) in [
        ("/outcome", "issued"),
        ("/number", "A001"),
        ("/service", "NOI"),
        ("/grade", grade),
        ("/patient/id", "p1"),
        ("/insurance/status", "eligible"),
        ("/ticket/printed", "confirmed"),
        ("/ehr", "sent"),
    ] {
        assert_eq!(
            report.pointer(pointer).and_then(Value::as_str),
            Some(value),
            "{text}"
        );
    }
}

/// A station without any device: codes and digits, pictures for tickets, a register of its own.
const RIGHT: &str = r#"
[site]
name = "Trạm Y tế xã Thử"
time_zone = "Asia/Ho_Chi_Minh"
[kiosk]
id = "K1"
[policy]
ways = ["chip", "card_qr", "typed"]
chip = "off"
register_from = "claimed"
[[services]]
code = "KB"
name_vi = "Khám bệnh"
name_en = "General consultation"
place = "Phòng 1"
prefix = "A"
[desk]
code = "QUAY"
name_vi = "Quầy tiếp đón"
name_en = "Reception desk"
place = "Quầy số 1"
prefix = "T"
[printer]
folder = "tickets"
[store]
path = "store.sqlite"
key_file = "store.key"
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let example = String::from_utf8(run(["config", "example"]).stdout).expect("UTF-8");
    let faulty = example
        .replacen("\nname = ", "\nnmae = ", 1)
        .replace("chip = \"preferred\"", "chip = \"preffered\"")
        .replace("prefix = \"B\"", "prefix = \"A\"")
        .replace("width_mm = 476", "width_mm = \"wide\"");
    std::fs::create_dir(folder.path().join("anchors")).expect("made");
    for (name, text) in [
        ("anchors/notes.txt", "no certificate"),
        ("example.toml", &*example),
        ("faulty.toml", &*faulty),
        ("right.toml", RIGHT),
    ] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiepdon"));
    command
        .env("LC_ALL", "C")
        .env("PCSCLITE_CSOCK_NAME", "/nonexistent")
        .env("TIEPDON_ALLOW_VIRTUAL_READER", "1")
        .stdin(Stdio::null());
    command
}

fn run<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    program().args(args).output().expect("the program runs")
}

/// Somebody's number, so that there is a store.
fn check_in(config: &str) {
    let code = "099090012345||NGUYỄN VĂN A|28021990|Nam|Xã A|19042021";
    let output = run(["check-in", "--json", "--config", config, "--qr-text", code]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

fn holds(stream: &[u8], parts: &[&str], said: &str) {
    let text = String::from_utf8_lossy(stream);
    assert!(!parts.is_empty() || text.is_empty(), "{said}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in {said}");
    }
}

/// Exit code and findings.
fn doctor(config: &Path, socket: Option<&Path>) -> (Option<i32>, Vec<Value>) {
    let mut command = program();
    command.args(["doctor", "--json", "--config"]).arg(config);
    if let Some(socket) = socket {
        command.env("PCSCLITE_CSOCK_NAME", socket);
    }
    let output = command.output().expect("the program runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let findings = report["findings"].as_array().expect("a list").clone();
    let code = output.status.code();
    assert_eq!(report["healthy"], code == Some(0), "{report}");
    (code, findings)
}

fn state<'a>(findings: &'a [Value], check: &str) -> &'a str {
    let finding = findings.iter().find(|finding| finding["check"] == check);
    finding
        .and_then(|finding| finding["state"].as_str())
        .unwrap_or("not looked at")
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(test: &str, reason: &str) {
    eprintln!("skipped: {test} ({reason})");
}
