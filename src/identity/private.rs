use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A value about a person. It never prints, and its memory is wiped when it is dropped.
///
/// It does serialise: into the encrypted store and to the hospital's own system, nowhere else.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T: Zeroize>(T);

impl<T: Zeroize> Private<T> {
    /// Marks `value` as personal.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place where personal data leaves its wrapper.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Private<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private]")
    }
}

impl From<&str> for Private<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
