use std::fmt;

use serde::{Deserialize, Serialize};

/// How the numbers of one service look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Letters before the digits; unique within a site, so that a number names its queue.
    pub prefix: String,
    /// Digits are padded with zeros to this width.
    pub digits: u8,
    /// The first number of a day.
    pub first: u32,
}

impl Series {
    /// The number with counter value `value`.
    pub fn number(&self, value: u32) -> QueueNumber {
        let width = usize::from(self.digits);
        QueueNumber(format!("{}{value:0width$}", self.prefix))
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
    use super::Series;

    #[test]
    fn a_number_outgrows_its_padding_without_wrapping() {
        let series = Series {
            prefix: "A".into(),
            digits: 3,
            first: 1,
        };
        assert_eq!(series.number(7).as_str(), "A007");
        assert_eq!(series.number(1000).as_str(), "A1000");
    }
}
