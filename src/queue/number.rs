use std::fmt;

use serde::{Deserialize, Serialize};

use super::Session;

/// How the numbers of one service look, and where they begin and end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Letters before the digits; unique within a site, so that a number names its queue.
    pub prefix: String,
    /// Digits are padded with zeros to this width.
    pub digits: u8,
    /// The first number.
    pub first: u32,
    /// The last number; absent: there is none.
    pub last: Option<u32>,
    /// When it begins again.
    pub reset: Reset,
}

/// When a series begins again at its first number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// With the hospital's calendar day.
    #[default]
    Day,
    /// With each session of the day. A number of the morning may still be waiting in the
    /// afternoon, so the sessions' numbers differ by what stands before the series' own prefix.
    Session {
        /// By session.
        prefixes: Vec<String>,
    },
}

impl Series {
    /// Three digits from 001, without end, anew each day.
    pub fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            digits: 3,
            first: 1,
            last: None,
            reset: Reset::Day,
        }
    }

    /// What stands before the digits of a number taken for `session`.
    pub fn prefix_in(&self, session: Session) -> String {
        format!("{}{}", self.session_prefix(session), self.prefix)
    }

    /// The number with counter value `value`, taken for `session`.
    pub fn number(&self, session: Session, value: u32) -> QueueNumber {
        let width = usize::from(self.digits);
        QueueNumber(format!("{}{value:0width$}", self.prefix_in(session)))
    }

    /// The number that a kiosk gives while it is cut off from the shared store: "K3-A001". No
    /// shared number has a hyphen, so none is ever the same.
    pub fn kiosk_number(&self, kiosk: &KioskPrefix, session: Session, value: u32) -> QueueNumber {
        let shared = self.number(session, value);
        QueueNumber(format!("{kiosk}-{shared}"))
    }

    /// The session whose counter counts the numbers of `session`: its own where the series begins
    /// anew with each session, else the day's one counter, which is that of session 0.
    pub fn counter(&self, session: Session) -> Session {
        match self.reset {
            Reset::Day => Session::default(),
            Reset::Session { .. } => session,
        }
    }

    /// The value after `given`, the last one given by a counter. None: the series is used up. A
    /// series that now begins later begins there.
    pub fn next(&self, given: Option<u32>) -> Option<u32> {
        let next = match given {
            None => self.first,
            Some(given) => given.checked_add(1)?.max(self.first),
        };
        (next <= self.last.unwrap_or(u32::MAX)).then_some(next)
    }

    /// Every text that may stand before the digits of its numbers.
    pub fn prefixes(&self) -> Vec<String> {
        match &self.reset {
            Reset::Day => vec![self.prefix.clone()],
            Reset::Session { prefixes } => prefixes
                .iter()
                .map(|before| format!("{before}{}", self.prefix))
                .collect(),
        }
    }

    fn session_prefix(&self, session: Session) -> &str {
        match &self.reset {
            Reset::Day => "",
            Reset::Session { prefixes } => prefixes
                .get(usize::from(session.0))
                .map_or("", String::as_str),
        }
    }
}

/// What stands before the numbers of a kiosk that is cut off; unique within the site.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KioskPrefix(String);

impl KioskPrefix {
    /// One to four capital letters and digits, the first a letter: "K3". It is read out.
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.bytes().next()?;
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        (plain && text.len() <= 4 && first.is_ascii_uppercase()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for KioskPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A number as it stands on a ticket: "A012".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueNumber(String);

impl QueueNumber {
    /// A number read back from the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{KioskPrefix, Reset, Series, Session};

    const MORNING: Session = Session(0);
    const AFTERNOON: Session = Session(1);

    fn by_session() -> Series {
        Series {
            reset: Reset::Session {
                prefixes: vec![String::new(), "C".into()],
            },
            ..Series::new("A")
        }
    }

    #[test]
    fn a_number_outgrows_its_padding_without_wrapping() {
        let series = Series::new("A");
        assert_eq!(series.number(MORNING, 7).as_str(), "A007");
        assert_eq!(series.number(AFTERNOON, 7).as_str(), "A007");
        assert_eq!(series.number(MORNING, 1000).as_str(), "A1000");
    }

    #[test]
    fn a_series_goes_from_its_first_number_to_its_last() {
        let series = Series {
            first: 101,
            last: Some(103),
            ..Series::new("A")
        };
        let mut given = None;
        let mut values = Vec::new();
        while let Some(value) = series.next(given) {
            values.push(value);
            given = Some(value);
        }
        assert_eq!(values, [101, 102, 103]);
        assert_eq!(series.next(Some(7)), Some(101), "it now begins later");
        assert_eq!(Series::new("A").next(Some(u32::MAX)), None);
    }

    #[test]
    fn what_begins_anew_in_the_afternoon_looks_different_in_the_afternoon() {
        let series = by_session();
        assert_eq!(series.number(MORNING, 1).as_str(), "A001");
        assert_eq!(series.number(AFTERNOON, 1).as_str(), "CA001");
        assert_eq!(series.counter(AFTERNOON), AFTERNOON);
        assert_eq!(Series::new("A").counter(AFTERNOON), MORNING);
        assert_eq!(series.prefixes(), ["A", "CA"]);
    }

    #[test]
    fn a_kiosks_prefix_can_be_read_out() {
        for right in ["K", "K3", "KHAM"] {
            assert!(KioskPrefix::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "3K", "k3", "K-3", "KIOSK", "K 3", "Đ1"] {
            assert_eq!(KioskPrefix::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_off_kiosk_never_gives_a_shared_number_nor_another_kiosks(
            kiosks in prop::array::uniform2("[A-Z][A-Z0-9]{0,3}"),
            prefixes in prop::array::uniform2("[A-Z0-9]{0,4}[A-Z]"),
            values in prop::array::uniform2(0u32..20_000),
            sessions in prop::array::uniform2(0u8..2),
        ) {
            let [one, other] = kiosks.each_ref().map(|k| KioskPrefix::parse(k).expect("a prefix"));
            let [a, b] = prefixes.each_ref().map(|prefix| Series { prefix: prefix.clone(), ..by_session() });
            let own = a.kiosk_number(&one, Session(sessions[0]), values[0]);
            prop_assert_ne!(&own, &b.number(Session(sessions[1]), values[1]));
            let others = b.kiosk_number(&other, Session(sessions[1]), values[1]);
            prop_assert!(one == other || own != others);
            let before = format!("{one}-");
            prop_assert!(own.as_str().starts_with(&before));
        }
    }
}
