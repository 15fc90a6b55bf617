//! Commands and replies as bytes (ISO 7816-4).

use openssl::error::ErrorStack;

/// Le of a short command that says "all".
const SHORT_ALL: usize = 256;
/// Le of an extended command that says "all".
const EXTENDED_ALL: usize = 65_536;

/// A command, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub header: [u8; 4],
    pub data: Vec<u8>,
    /// 1 to 256, or to 65536 where it is extended.
    pub le: Option<usize>,
    /// Its lengths have more than one byte.
    pub extended: bool,
}

impl Command {
    /// `None` where lengths do not fit.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<4>()?;
        let extended = body.len() > 1 && body[0] == 0;
        let (data, le) = if extended {
            extended_body(&body[1..])?
        } else {
            short_body(body)?
        };
        Some(Self {
            header: *header,
            data: data.to_vec(),
            le,
            extended,
        })
    }

    /// Whether its class says secure messaging.
    pub fn is_protected(&self) -> bool {
        self.header[0] & 0x0C == 0x0C
    }

    /// Whether its instruction is odd: its data are data objects.
    pub fn is_odd(&self) -> bool {
        self.header[1] & 1 == 1
    }
}

type Body<'a> = (&'a [u8], Option<usize>);

fn short_body(body: &[u8]) -> Option<Body<'_>> {
    Some(match body {
        [] => (&[], None),
        [n] => (&[], length(&[*n])),
        [lc, rest @ ..] if usize::from(*lc) == rest.len() => (rest, None),
        [lc, data @ .., n] if usize::from(*lc) == data.len() => (data, length(&[*n])),
        _ => return None,
    })
}

/// What follows the zero byte that tells an extended length.
fn extended_body(body: &[u8]) -> Option<Body<'_>> {
    let (first, rest) = body.split_first_chunk::<2>()?;
    if rest.is_empty() {
        return Some((&[], length(first)));
    }
    let (data, le) = rest.split_at_checked(u16::from_be_bytes(*first).into())?;
    match le {
        _ if data.is_empty() => None,
        [] => Some((data, None)),
        [_, _] => Some((data, length(le))),
        _ => None,
    }
}

/// The value of an Le, as a field or in object 97: zero is all that its form can say.
pub(super) fn length(field: &[u8]) -> Option<usize> {
    match *field {
        [0] => Some(SHORT_ALL),
        [0, 0] => Some(EXTENDED_ALL),
        [n] => Some(n.into()),
        [high, low] => Some(u16::from_be_bytes([high, low]).into()),
        _ => None,
    }
}

/// A status word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(pub u16);

impl Status {
    pub const OK: Self = Self(0x9000);
    pub const END_OF_FILE: Self = Self(0x6282);
    pub const WRONG_PASSWORD: Self = Self(0x6300);
    pub const WRONG_LENGTH: Self = Self(0x6700);
    pub const NOT_ALLOWED: Self = Self(0x6982);
    pub const OUT_OF_ORDER: Self = Self(0x6985);
    pub const NO_FILE: Self = Self(0x6986);
    /// An object of secure messaging is missing.
    pub const SM_MISSING: Self = Self(0x6987);
    /// An object of secure messaging is wrong.
    pub const SM_WRONG: Self = Self(0x6988);
    pub const WRONG_DATA: Self = Self(0x6A80);
    pub const NOT_FOUND: Self = Self(0x6A82);
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    pub const NO_REFERENCE: Self = Self(0x6A88);
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    pub const NO_INSTRUCTION: Self = Self(0x6D00);
    pub const NO_CLASS: Self = Self(0x6E00);
    pub const BROKEN: Self = Self(0x6F00);
}

/// Keys and points are checked before they are used, so that nothing a reader sends leads here.
impl From<ErrorStack> for Status {
    fn from(_: ErrorStack) -> Self {
        Self::BROKEN
    }
}

/// A reply: data, and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub data: Vec<u8>,
    pub status: Status,
}

impl Reply {
    pub fn bytes(&self) -> Vec<u8> {
        [&self.data[..], &self.status.0.to_be_bytes()].concat()
    }
}

impl From<Status> for Reply {
    fn from(status: Status) -> Self {
        let data = Vec::new();
        Self { data, status }
    }
}

/// The data of a reply that went well, or the status word of one that did not.
pub(super) type Answer = Result<Vec<u8>, Status>;

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(data) => Self {
                data,
                status: Status::OK,
            },
            Err(status) => status.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Command;

    fn check(bytes: &str, expected: Option<(&str, Option<usize>, bool)>) {
        let command = Command::parse(&hex::decode(bytes).expect("hex"));
        let seen = command.map(|c| (hex::encode_upper(c.data), c.le, c.extended));
        let expected = expected.map(|(data, le, extended)| (data.to_owned(), le, extended));
        assert_eq!(seen, expected, "{bytes}");
    }

    #[test]
    fn short_and_extended_commands_are_told_apart() {
        check("00B00000", Some(("", None, false)));
        check("00B0000000", Some(("", Some(256), false)));
        check("00A4020C021122", Some(("1122", None, false)));
        check("00A4020C02112207", Some(("1122", Some(7), false)));
        check("00B00000000000", Some(("", Some(65_536), true)));
        check("00B00000000100", Some(("", Some(256), true)));
        check("00A4020C0000021122", Some(("1122", None, true)));
        check("00A4020C0000021122ABCD", Some(("1122", Some(0xABCD), true)));
    }

    #[test]
    fn lengths_that_do_not_fit_are_no_command() {
        for bytes in [
            "",
            "00B000",
            "00A4020C0311",
            "00A4020C0211223344",
            "00A4020C0000",
            "00A4020C00000011",
            "00A4020C0000021122AB",
            "00A4020C00FFFF1122",
        ] {
            check(bytes, None);
        }
    }
}
