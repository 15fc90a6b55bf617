mod queues;

use std::path::Path;

use super::{Chip, Config, EXAMPLE, Ehr, Link, Setting};

fn faults(source: &str) -> Vec<String> {
    let result = Config::parse(source, Path::new("/nowhere"));
    result
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_example_has_no_fault() {
    let config = Config::parse(EXAMPLE, Path::new("/etc/tiepdon")).expect("no fault");
    assert_eq!(config.policy.chip, Chip::Preferred);
    assert_eq!(config.services.len(), 2);
    assert!(matches!(config.ehr, Ehr::Local));
    assert_eq!(config.trust.folder, Path::new("/etc/tiepdon/trust"));
    assert!(!config.fields.ethnicity);
    assert_eq!(
        config.printer.link,
        Link::Device("/dev/tiepdon/printer".into())
    );
}

/// The example with every line that is code.
fn uncommented() -> String {
    let is_code = |line: &str| {
        let code = line.trim_start_matches("# ");
        let key = code.split_once(" = ").map(|(key, _)| key);
        // A table, a key, or what goes on in a list.
        code.starts_with(['[', ']'])
            || code.starts_with("  {")
            || key.is_some_and(|key| !key.contains(' '))
    };
    let line = |line: &str| {
        let code = line.strip_prefix("# ").filter(|_| is_code(line));
        code.unwrap_or(line).to_owned() + "\n"
    };
    EXAMPLE.lines().map(line).collect()
}

/// Every line that is commented out in the example is a key that exists.
#[test]
fn the_commented_lines_of_the_example_are_real_keys() {
    let folder = tempfile::tempdir().expect("folder");
    for name in ["ehr.token", "staff.token", "store.password"] {
        std::fs::write(folder.path().join(name), "0123456789abcdef0123").expect("token");
    }
    let source = uncommented();
    assert!(source.contains("\n[ehr]\n") && source.contains("\nidle_seconds"));
    let config = Config::parse(&source, folder.path());
    assert!(config.is_ok(), "{:#?}", config.err());
}

#[test]
fn every_fault_is_reported_at_once_with_its_line_and_cure() {
    let source = EXAMPLE
        .replace("chip = \"preferred\"", "chip = \"sometimes\"")
        .replace("width_dots = 576", "width_dots = 500")
        .replace("prefix = \"B\"", "prefix = \"A\"")
        .replace("id = \"K1\"", "idd = \"K1\"")
        .replace("[printer]", "[printer]\ntemplate = \"ours.svg\"")
        .replace("folder = \"/etc/tiepdon/trust\"", "folder = 1")
        .replace(
            "# [fields]",
            "[fields]\nhandover = [\"ethnicity\", \"religion\"]",
        );
    let found = faults(&source);
    for expected in [
        "policy.chip: \"sometimes\" is not one of required, preferred, report-only, off",
        "printer.width_dots: is 576 (paper of 80 mm) or 384 (58 mm)",
        "printer.template: is now template in [ticket]; move the line there",
        "services: two services have the prefix A",
        "kiosk.id: is missing, write id = \"K1\"",
        "kiosk.idd: is not a key here; id is",
        "trust.folder: is integer; expected a text in quotes, not empty",
        "fields.handover: \"religion\" is not ethnicity, the one field to list",
        "fields.handover: hands over to the hospital's system; without [ehr] there is none",
    ] {
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{expected} not in {found:#?}"
        );
    }
    let line = EXAMPLE
        .lines()
        .position(|line| line.starts_with("chip = "))
        .expect("there")
        + 1;
    assert!(
        found
            .iter()
            .any(|fault| fault.starts_with(&format!("line {line}: policy.chip"))),
        "{found:#?}"
    );
}

#[test]
fn broken_toml_is_named_with_its_line_and_the_rest_is_still_checked() {
    let found = faults(&EXAMPLE.replace("width_mm = 476", "width_mm = = 476\nwidht = 1"));
    assert!(
        found.iter().any(|fault| fault.contains("(TOML)")),
        "{found:#?}"
    );
}

#[test]
fn a_secret_in_the_file_is_refused() {
    let source =
        EXAMPLE.to_owned() + "\n[ehr]\nbase_url = \"http://127.0.0.1:1\"\ntoken = \"abc\"\n";
    assert!(
        faults(&source)
            .iter()
            .any(|fault| fault.contains("ehr.token: does not belong into this file"))
    );
}

#[test]
fn an_empty_file_names_all_that_is_needed() {
    let found = faults("");
    for key in ["site.name", "kiosk.id", "services", "desk", "printer"] {
        assert!(
            found.iter().any(|fault| fault.contains(key)),
            "{key} not in {found:#?}"
        );
    }
}

/// Every row is a mistake that somebody could make, and the key that is named for it.
#[test]
fn mistakes_that_would_show_only_in_service_are_faults() {
    for (from, to, expected) in [
        ("prefix = \"B\"", "prefix = \"A1\"", "services[1].prefix"),
        (
            "prefix = \"B\"",
            "prefix = \"a\"",
            "two services have the prefix",
        ),
        ("prefix = \"T\"", "prefix = \"b\"", "desk"),
        ("prefix = \"B\"", "prefix = \"Ă\"", "services[1].prefix"),
        ("prefix = \"B\"", "prefix = 7", "services[1].prefix"),
        (
            "chip = \"preferred\"",
            "chip = \"preferred\"\nchip = \"off\"",
            "(TOML)",
        ),
        ("[reader]", "[site]", "(TOML)"),
        (
            "[screen]",
            "[ehr]\nbase_url = \"http://127.0.0.1:1\"\nhospital_number = \"BN####\"\n[screen]",
            "needs hospital_number_system",
        ),
        (
            "[screen]",
            "[ehr]\nbase_url = \"http://127.0.0.1:1\"\nhospital_number_system = \"urn:x\"\n[screen]",
            "needs hospital_number, a pattern",
        ),
        (
            "[screen]",
            "[ehr]\nbase_url = \"http://127.0.0.1:1\"\nhospital_number_system = \"urn:x\"\n\
             hospital_number = \"##########\"\n[screen]",
            "digits alone are not 10",
        ),
        (
            "[screen]",
            "[scanner]\ndevice = \"Barcode\"\nmode = \"keyboard\"\nbaud = 9600\n[screen]",
            "scanner.baud",
        ),
        (
            "[screen]",
            "[scanner]\ndevice = \"x\"\nmode = \"ps2\"\n[screen]",
            "scanner.mode",
        ),
        ("[screen]", "[[screen]]", "screen"),
        ("width_mm = 476", "width_mm = \"476\"", "screen.width_mm"),
        ("width_mm = 476", "width_mm = 47.6", "screen.width_mm"),
        ("Asia/Ho_Chi_Minh", "Asia/Saigon_City", "site.time_zone"),
        (
            "ways = [\"chip\", \"card_qr\", \"bhyt_qr\", \"typed\"]",
            "ways = [\"card_qr\"]\nchip = \"required\" #",
            "policy.chip",
        ),
        (
            "ways = [\"chip\", \"card_qr\", \"bhyt_qr\", \"typed\"]",
            "ways = [\"chip\"]\nchip = \"off\" #",
            "policy.chip",
        ),
    ] {
        assert!(EXAMPLE.contains(from), "{from}");
        let mut source = EXAMPLE.replacen(from, to, 1);
        if to.starts_with("ways") {
            source = source.replacen("\nchip = \"preferred\"", "\n", 1);
        }
        let found = faults(&source);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{to}: {expected} not in {found:#?}"
        );
    }
}

#[test]
fn a_camera_is_left_to_itself_unless_told_otherwise() {
    let camera = |lines: &str| {
        let source = EXAMPLE.replace("# [camera]", &format!("[camera]\n{lines}"));
        Config::parse(&source, Path::new("/nowhere"))
            .map(|config| config.camera.expect("a camera"))
            .map_err(|faults| faults[0].to_string())
    };
    let plain = camera("device = \"HD\"").expect("no fault");
    assert_eq!(
        (plain.exposure, plain.focus),
        (Setting::Auto, Setting::Auto)
    );
    assert!(plain.mirror && plain.format.is_none());
    let set = camera(
        "device = \"HD\"\nmirror = false\nexposure = 200\nfocus = \"auto\"\nformat = \"MJPG\"",
    )
    .expect("no fault");
    assert_eq!(
        (set.exposure, set.focus),
        (Setting::Fixed(200), Setting::Auto)
    );
    assert!(!set.mirror && set.format == Some(*b"MJPG"));
    for (line, expected) in [
        (
            "exposure = -1",
            "camera.exposure: is integer; expected \"auto\" or a whole number",
        ),
        (
            "exposure = \"200\"",
            "camera.exposure: is string; expected \"auto\" or",
        ),
        (
            "focus = 9999999",
            "camera.focus: is integer; expected \"auto\" or",
        ),
        (
            "mirror = 1",
            "camera.mirror: is integer; expected true or false",
        ),
        (
            "format = \"MJPEG\"",
            "camera.format: \"MJPEG\" is not four letters or digits",
        ),
        ("format = \"\u{e9}PG\"", "camera.format"),
        ("zoom = 2", "camera.zoom: is not a key here"),
    ] {
        let fault = camera(&format!("device = \"HD\"\n{line}")).expect_err(line);
        assert!(fault.contains(expected), "{line}: {fault}");
    }
}

#[test]
fn paths_are_the_files_own_and_no_secret_is_printed() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("ehr.token"), "very-secret-token").expect("token");
    let source = EXAMPLE.replace("/var/lib/tiepdon/store.sqlite", "data/store.sqlite")
        + "\n[ehr]\nbase_url = \"http://127.0.0.1:1\"\ntoken_file = \"ehr.token\"\n\
           headers = [\"X-Api-Key: very-secret-key\"]\n";
    let config = Config::parse(&source, folder.path()).expect("no fault");
    assert_eq!(config.store.path, folder.path().join("data/store.sqlite"));
    let printed = format!("{config:?}");
    assert!(printed.contains("X-Api-Key"));
    assert!(!printed.contains("very-secret"), "{printed}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(source in "\\PC{0,200}") {
        drop(Config::parse(&source, Path::new("/nowhere")));
    }

    #[test]
    fn no_mutation_of_the_example_makes_the_reader_panic(at in 0..EXAMPLE.len(), text in "\\PC{0,6}") {
        let at = (0..=at).rev().find(|at| EXAMPLE.is_char_boundary(*at)).unwrap_or(0);
        let source = format!("{}{text}{}", &EXAMPLE[..at], &EXAMPLE[at..]);
        drop(Config::parse(&source, Path::new("/nowhere")));
    }
}
