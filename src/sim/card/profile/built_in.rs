//! The files of `assets/sim/cards`, and files of that form elsewhere.

use std::path::Path;

use super::Profile;

macro_rules! built_in {
    ($($name:literal)*) => {
        &[$((
            $name,
            include_str!(concat!("../../../../assets/sim/cards/", $name, ".toml")),
        )),*]
    };
}

/// By name; the order is that of the list that people see.
const BUILT_IN: &[(&str, &str)] = built_in![
    "genuine"
    "silent"
    "child"
    "jpeg2000"
    "bank"
    "cloned"
    "cloned-refusing"
    "cloned-aa"
    "cloned-own-keys"
    "altered-dg1"
    "altered-dg2"
    "altered-dg13"
    "injected-dg13"
    "expired-ds"
    "expired-before-signing"
    "revoked-ds"
    "unknown-csca"
    "impostor-csca"
    "successor-csca"
    "wrong-algorithm"
    "unknown-curve"
    "wrong-signature"
    "wrong-digest"
    "lds1"
    "no-ds-inside"
    "rsa-pkcs1"
    "rsa-pss"
    "ecdsa-plain"
    "p384"
    "p521"
    "brainpool384"
    "brainpool512"
    "triple-des"
    "bac"
    "pace-im"
    "pace-cam"
    "aa-rsa1024"
    "aa-rsa2048"
    "aa-ecdsa"
    "no-clone-check"
    "keeps-old-keys"
    "extended"
    "removed"
    "stalled"
    "garbage"
    "bare-success"
    "slow"
    "waiting"
];

const RIGHT: &str = "the built-in profiles are right: a test reads them";

impl Profile {
    /// All built-in profiles by name.
    pub fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let read = |text| toml::from_str(text).expect(RIGHT);
        BUILT_IN.iter().map(move |(name, text)| (*name, read(text)))
    }

    /// The built-in profile of a name.
    pub fn named(name: &str) -> Option<Self> {
        let mut same = BUILT_IN.iter().filter(|(known, _)| *known == name);
        same.next()
            .map(|(_, text)| toml::from_str(text).expect(RIGHT))
    }

    /// The built-in profile of a name, or the one in a file.
    ///
    /// # Errors
    /// Words for a human: there is neither, or what is wrong in the file.
    pub fn find(name_or_path: &str) -> Result<Self, String> {
        if let Some(profile) = Self::named(name_or_path) {
            return Ok(profile);
        }
        let path = Path::new(name_or_path);
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{name_or_path}: no such profile, nor a file: {error}"))?;
        toml::from_str(&text).map_err(|error| format!("{name_or_path}: {error}"))
    }
}
