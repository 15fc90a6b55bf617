//! The rules under `udev/`: read with a strict grammar, tried on devices as sysfs shows them, and
//! given to the system's own tools where these are there.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![expect(clippy::print_stdout, reason = "what was skipped is said")]

mod rules;

use std::path::PathBuf;
use std::process::{Command, Output};

use rules::{DEVICE, Device, Token, read_rules};

fn file(name: &str) -> PathBuf {
    std::path::absolute("udev").expect("a folder").join(name)
}

fn our_rules() -> Vec<Vec<Token>> {
    let text = std::fs::read_to_string(file("70-tiepdon.rules")).unwrap();
    read_rules(&text).unwrap()
}

/// Runs a tool of the system; none where it is not installed.
fn run(test: &str, program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(cause) => {
            println!("skipped: {test} ({program}: {cause})");
            None
        }
    }
}

#[test]
fn the_grammar_refuses_what_udev_would_ignore_or_misread() {
    for wrong in [
        r#"SUBSYSTEM="tty""#,
        r#"SUBSYSTEM=="tty"#,
        r#"SUBSYSTEM==tty"#,
        r#"SUBSYSTEM=="tty" KERNEL=="x""#,
        r#"SUBSYSTEM=="tty","#,
        r#"SUBSYTEM=="tty""#,
        r#"ATTRS=="07""#,
        r#"KERNEL{x}=="07""#,
        r#"ATTRS{bInterfaceClass=="07""#,
        r#"GROUP=="tiepdon""#,
        r#"MODE="""#,
        r#"LABEL"#,
    ] {
        assert!(read_rules(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn devices_get_their_name_and_group_and_others_are_left_alone() {
    let rules = our_rules();
    let lp0 = || Device {
        subsystem: "usbmisc",
        kernel: "lp0",
        interface: Some(&[("bInterfaceClass", "07"), ("bInterfaceSubClass", "01")]),
        ..DEVICE
    };
    let video = |index: &'static [(&'static str, &'static str)]| Device {
        subsystem: "video4linux",
        kernel: "video0",
        attributes: index,
        environment: &[("ID_V4L_CAPABILITIES", ":capture:")],
        interface: Some(&[("bInterfaceClass", "0e"), ("bInterfaceSubClass", "01")]),
        ..DEVICE
    };
    let acm = || Device {
        subsystem: "tty",
        kernel: "ttyACM12",
        interface: Some(&[("bInterfaceClass", "02"), ("bInterfaceSubClass", "02")]),
        ..DEVICE
    };
    let keyboard = |name: &'static [(&'static str, &'static str)]| Device {
        subsystem: "input",
        kernel: "event7",
        environment: &[("ID_INPUT_KEY", "1")],
        interface: Some(name),
        ..DEVICE
    };
    let named = |name: &str| {
        let mut acts = vec![
            "GROUP=tiepdon".to_owned(),
            "MODE=0660".to_owned(),
            format!("SYMLINK=tiepdon/{name}"),
        ];
        acts.extend(name.starts_with("scanner").then(|| "ENV=1".to_owned()));
        acts.push("TAG=systemd".to_owned());
        acts
    };
    let alone: Vec<String> = Vec::new();
    let raw = Some(&[("bInterfaceClass", "ff"), ("bInterfaceSubClass", "00")][..]);
    for (what, device, acts) in [
        ("a printer", lp0(), named("printer")),
        (
            "a printer seen again",
            Device {
                action: "change",
                ..lp0()
            },
            named("printer"),
        ),
        (
            "a printer that leaves",
            Device {
                action: "remove",
                ..lp0()
            },
            alone.clone(),
        ),
        (
            "another USB gadget",
            Device {
                kernel: "hiddev0",
                ..lp0()
            },
            alone.clone(),
        ),
        (
            "a lp of another class",
            Device {
                interface: raw,
                ..lp0()
            },
            alone.clone(),
        ),
        (
            "a parallel port",
            Device {
                subsystem: "printer",
                interface: None,
                ..lp0()
            },
            alone.clone(),
        ),
        ("a camera", video(&[("index", "0")]), named("camera")),
        (
            "a camera's metadata",
            video(&[("index", "1")]),
            alone.clone(),
        ),
        (
            "a video output",
            Device {
                environment: &[("ID_V4L_CAPABILITIES", ":video_output:")],
                ..video(&[("index", "0")])
            },
            alone.clone(),
        ),
        ("a scanner", acm(), named("scanner")),
        (
            "a scanner as a keyboard",
            keyboard(&[("name", "Newland Auto-ID 2D Barcode Scanner")]),
            named("scanner-keys"),
        ),
        (
            "another one",
            keyboard(&[("name", "HONEYWELL Imager HF600")]),
            named("scanner-keys"),
        ),
        (
            "a clerk's keyboard",
            keyboard(&[("name", "Logitech USB Keyboard")]),
            alone.clone(),
        ),
        (
            "a scanner's button that is no key",
            Device {
                environment: &[],
                ..keyboard(&[("name", "2D Barcode Scanner")])
            },
            alone.clone(),
        ),
        (
            "a serial adapter",
            Device {
                kernel: "ttyUSB0",
                ..acm()
            },
            alone.clone(),
        ),
        (
            "a console",
            Device {
                kernel: "tty1",
                interface: None,
                ..acm()
            },
            alone.clone(),
        ),
    ] {
        assert_eq!(device.after(&rules), acts, "{what}");
    }
}

#[test]
fn nothing_is_opened_to_everybody() {
    for token in our_rules().iter().flatten().filter(|t| t.key == "MODE") {
        assert_eq!(token.value, "0660");
    }
}

#[test]
fn udevadm_verifies_the_rules() {
    let name = "udevadm_verifies_the_rules";
    let Some(version) = run(name, "udevadm", &["--version"]) else {
        return;
    };
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    if digits.parse::<u32>().unwrap_or(0) < 254 {
        println!("skipped: {name} (udevadm {version} has no verify; it came with 254)");
        return;
    }
    // The group need not exist where the tests run: names are not resolved.
    let rules = file("70-tiepdon.rules");
    let arguments = ["verify", "--resolve-names=never", rules.to_str().unwrap()];
    let output = run(name, "udevadm", &arguments).expect("it gave its version");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn systemd_accepts_the_user_and_the_rules_name_the_group_it_makes() {
    let name = "systemd_accepts_the_user_and_the_rules_name_the_group_it_makes";
    let users = file("tiepdon.sysusers");
    let text = std::fs::read_to_string(&users).unwrap();
    let made: Vec<&str> = text.lines().filter(|line| line.starts_with("u ")).collect();
    assert_eq!(made.len(), 1);
    let group = made[0].split_whitespace().nth(1).unwrap();
    for token in our_rules().iter().flatten().filter(|t| t.key == "GROUP") {
        assert_eq!(token.value, group);
    }
    let arguments = ["--dry-run", users.to_str().unwrap()];
    if let Some(output) = run(name, "systemd-sysusers", &arguments) {
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn polkit_says_yes_to_the_kiosk_for_card_readers_and_to_nothing_else() {
    let name = "polkit_says_yes_to_the_kiosk_for_card_readers_and_to_nothing_else";
    let script = "
        const rules = [];
        globalThis.polkit = {
            addRule: (rule) => rules.push(rule),
            Result: { YES: 'yes', NOT_HANDLED: 'not handled' },
        };
        (0, eval)(require('fs').readFileSync(process.argv[1], 'utf8'));
        const ask = (id, user) => rules.map((rule) => rule({ id }, { user })).join();
        const pcsc = 'org.debian.pcsc-lite.access_';
        console.log([
            ask(pcsc + 'pcsc', 'tiepdon'), ask(pcsc + 'card', 'tiepdon'),
            ask(pcsc + 'pcsc', 'guest'), ask(pcsc + 'card', 'root'),
            ask('org.freedesktop.login1.power-off', 'tiepdon'),
        ].join('|'));";
    let rules = file("50-tiepdon-pcsc.rules");
    let Some(output) = run(name, "node", &["-e", script, rules.to_str().unwrap()]) else {
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "yes|yes|not handled|not handled|not handled",
        "{output:?}"
    );
}
