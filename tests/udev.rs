//! The rules under `udev/`: read with a strict grammar, tried on devices as sysfs shows them, and
//! given to the system's own tools where these are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One `KEY{attribute}OP"value"` of a rule.
#[derive(Debug)]
struct Token {
    key: String,
    attribute: Option<String>,
    operator: &'static str,
    value: String,
}

/// Keys that we use: whether they need an attribute, and their operators (udev(7)).
const KEYS: [(&str, bool, &[&str]); 14] = [
    ("ACTION", false, &["==", "!="]),
    ("ATTR", true, &["==", "!="]),
    ("ATTRS", true, &["==", "!="]),
    ("ENV", true, &["==", "!=", "=", "+="]),
    ("GOTO", false, &["="]),
    ("GROUP", false, &["=", ":="]),
    ("KERNEL", false, &["==", "!="]),
    ("KERNELS", false, &["==", "!="]),
    ("LABEL", false, &["="]),
    ("MODE", false, &["=", ":="]),
    ("SUBSYSTEM", false, &["==", "!="]),
    ("SUBSYSTEMS", false, &["==", "!="]),
    ("SYMLINK", false, &["==", "!=", "=", "+="]),
    ("TAG", false, &["==", "!=", "=", "+="]),
];

fn read_token(text: &str) -> Result<(Token, &str), String> {
    let end = text
        .find(|c: char| !c.is_ascii_uppercase())
        .ok_or("a key without an operator")?;
    let (key, mut rest) = text.split_at(end);
    let mut attribute = None;
    if let Some(inner) = rest.strip_prefix('{') {
        let (name, after) = inner.split_once('}').ok_or("a brace that is not closed")?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("the attribute {name:?}"));
        }
        attribute = Some(name.to_owned());
        rest = after;
    }
    let operator = ["==", "!=", "+=", ":=", "="]
        .into_iter()
        .find(|op| rest.starts_with(op))
        .ok_or_else(|| format!("no operator at {rest:?}"))?;
    let quoted = rest[operator.len()..]
        .strip_prefix('"')
        .ok_or("a value without quotes")?;
    let (value, rest) = quoted.split_once('"').ok_or("a quote that is not closed")?;
    let known = KEYS.iter().find(|(name, ..)| *name == key);
    let (_, needs_attribute, operators) = known.ok_or_else(|| format!("the key {key:?}"))?;
    if *needs_attribute != attribute.is_some() {
        return Err(format!("the attribute of {key}"));
    }
    if !operators.contains(&operator) {
        return Err(format!("{key} with {operator}"));
    }
    if value.is_empty() || value.contains('\\') {
        return Err(format!("the value {value:?}"));
    }
    let token = Token {
        key: key.to_owned(),
        attribute,
        operator,
        value: value.to_owned(),
    };
    Ok((token, rest))
}

fn read_line(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = line;
    loop {
        let (token, after) = read_token(rest)?;
        tokens.push(token);
        if after.is_empty() {
            return Ok(tokens);
        }
        rest = after.strip_prefix(", ").ok_or("no comma between tokens")?;
    }
}

fn read_rules(text: &str) -> Result<Vec<Vec<Token>>, String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| read_line(line).map_err(|fault| format!("line {}: {fault}", n + 1)))
        .collect()
}

/// A device as udev sees it.
struct Device {
    action: &'static str,
    subsystem: &'static str,
    kernel: &'static str,
    attributes: &'static [(&'static str, &'static str)],
    environment: &'static [(&'static str, &'static str)],
    /// Attributes of the USB interface above it, where there is one.
    interface: Option<&'static [(&'static str, &'static str)]>,
}

const DEVICE: Device = Device {
    action: "add",
    subsystem: "",
    kernel: "",
    attributes: &[],
    environment: &[],
    interface: None,
};

impl Device {
    fn has(&self, token: &Token) -> bool {
        let named = |list: &[(&'static str, &'static str)]| {
            let name = token.attribute.as_deref().unwrap_or_default();
            list.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| *value)
        };
        let value = match token.key.as_str() {
            "ACTION" => Some(self.action),
            "SUBSYSTEM" => Some(self.subsystem),
            "KERNEL" => Some(self.kernel),
            "ATTR" => named(self.attributes),
            "ENV" => named(self.environment),
            "SUBSYSTEMS" => self.interface.map(|_| "usb"),
            "ATTRS" => self.interface.and_then(named),
            other => panic!("{other} is not matched here"),
        };
        let same = value.is_some_and(|value| glob(&token.value, value));
        same == (token.operator == "==")
    }

    /// What the rules do to it, as `KEY=value`.
    fn after(&self, rules: &[Vec<Token>]) -> Vec<String> {
        let mut done = Vec::new();
        let mut skip_to: Option<&str> = None;
        for rule in rules {
            if skip_to.is_some() {
                let label = rule.iter().find(|t| t.key == "LABEL");
                if label.map(|t| t.value.as_str()) == skip_to {
                    skip_to = None;
                }
                continue;
            }
            let (matches, acts): (Vec<_>, Vec<_>) = rule
                .iter()
                .partition(|t| t.operator == "==" || t.operator == "!=");
            if matches.iter().all(|token| self.has(token)) {
                for act in acts {
                    if act.key == "GOTO" {
                        skip_to = Some(&act.value);
                    } else if act.key != "LABEL" {
                        done.push(format!("{}={}", act.key, act.value));
                    }
                }
            }
        }
        assert_eq!(skip_to, None, "a GOTO without its LABEL");
        done
    }
}

/// Shell patterns as udev has them: `*`, `?` and `[a-z]`.
fn glob(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    let mut tail = text.chars();
    match first {
        '*' => {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| glob(rest, &text[at..]))
        }
        '?' => tail.next().is_some() && glob(rest, tail.as_str()),
        '[' => {
            let (class, rest) = rest.split_once(']').expect("a class that is closed");
            let range: Vec<char> = class.chars().collect();
            let [from, '-', to] = range[..] else {
                panic!("the class {class:?} is not read here")
            };
            let next = tail.next();
            next.is_some_and(|c| (from..=to).contains(&c)) && glob(rest, tail.as_str())
        }
        c => tail.next() == Some(c) && glob(rest, tail.as_str()),
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("udev")
        .join(name)
}

fn rules() -> Vec<Vec<Token>> {
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
    let rules = rules();
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
    let named = |name: &str| {
        let mut acts = vec![
            "GROUP=tiepdon".to_owned(),
            "MODE=0660".to_owned(),
            format!("SYMLINK=tiepdon/{name}"),
        ];
        acts.extend((name == "scanner").then(|| "ENV=1".to_owned()));
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
    for token in rules().iter().flatten().filter(|t| t.key == "MODE") {
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
    for token in rules().iter().flatten().filter(|t| t.key == "GROUP") {
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
