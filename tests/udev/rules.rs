//! udev rules, read as strictly as we write them, and what they do to a device.

/// One `KEY{attribute}OP"value"` of a rule.
#[derive(Debug)]
pub struct Token {
    pub key: String,
    pub attribute: Option<String>,
    pub operator: &'static str,
    pub value: String,
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

pub fn read_rules(text: &str) -> Result<Vec<Vec<Token>>, String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| read_line(line).map_err(|fault| format!("line {}: {fault}", n + 1)))
        .collect()
}

/// A device as udev sees it.
pub struct Device {
    pub action: &'static str,
    pub subsystem: &'static str,
    pub kernel: &'static str,
    pub attributes: &'static [(&'static str, &'static str)],
    pub environment: &'static [(&'static str, &'static str)],
    /// Attributes of the USB interface above it, where there is one.
    pub interface: Option<&'static [(&'static str, &'static str)]>,
}

pub const DEVICE: Device = Device {
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
        let any = |value| token.value.split('|').any(|pattern| glob(pattern, value));
        let same = value.is_some_and(any);
        same == (token.operator == "==")
    }

    /// What the rules do to it, as `KEY=value`.
    pub fn after(&self, rules: &[Vec<Token>]) -> Vec<String> {
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

/// Shell patterns as udev has them: `*`, `?`, `[a-z]` and `[az]`.
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
            let class: Vec<char> = class.chars().collect();
            let among = |c: char| match class[..] {
                [from, '-', to] => (from..=to).contains(&c),
                _ => class.contains(&c),
            };
            tail.next().is_some_and(among) && glob(rest, tail.as_str())
        }
        c => tail.next() == Some(c) && glob(rest, tail.as_str()),
    }
}
