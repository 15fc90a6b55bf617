//! What a peer says of a card, and what may be said of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tiepdon::sim::card::chip::Chip;

/// One reading, as the peer tells it. A proof is "successful", "failed: why" or "undetermined", and
/// absent where the card has nothing to prove by.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// How it opened the chip.
    pub access: Option<String>,
    /// SHA-256 of every file that it read: `card_access`, `card_security`, `com`, `sod`, 1 to 16.
    pub files: BTreeMap<String, String>,
    /// Status words of the files that the card refused.
    pub refused: BTreeMap<String, String>,
    /// The machine readable zone.
    pub zone: Option<String>,
    /// Type and length of the portrait.
    pub portrait: Option<String>,
    /// Whether a group has the hash that the SOD gives.
    pub digests: BTreeMap<u8, bool>,
    pub signature: Option<String>,
    pub chain: Option<String>,
    /// Whether the signer's certificate is valid today.
    pub validity: Option<String>,
    /// Chip authentication.
    pub chip: Option<String>,
    /// Active authentication.
    pub active: Option<String>,
    /// Chip authentication mapping of PACE.
    pub mapping: Option<String>,
    /// Why it ended early.
    pub error: Option<String>,
    pub apdus: u32,
}

impl Report {
    /// The first words of all proofs in one line: `signature successful, chain failed`.
    pub fn proofs(&self) -> String {
        let wrong: Vec<_> = self.digests.iter().filter(|(_, right)| !**right).collect();
        let digests = match (self.digests.is_empty(), &wrong[..]) {
            (true, _) => None,
            (false, []) => Some("successful".to_owned()),
            (false, wrong) => {
                let numbers: Vec<_> = wrong.iter().map(|(n, _)| n.to_string()).collect();
                Some(format!("failed at {}", numbers.join(" ")))
            }
        };
        let named = [
            ("digests", &digests),
            ("signature", &self.signature),
            ("chain", &self.chain),
            ("validity", &self.validity),
            ("chip", &self.chip),
            ("active", &self.active),
            ("mapping", &self.mapping),
        ];
        let said = named.iter().filter_map(|(name, result)| {
            let result = result.as_deref()?.split(':').next()?;
            Some(format!("{name} {result}"))
        });
        said.collect::<Vec<_>>().join(", ")
    }

    /// The reading in one line: how it got in, what it proved, what it did not read, or why not.
    pub fn summary(&self, chip: &Chip) -> String {
        if let Some(error) = &self.error {
            return format!("refused: {error}");
        }
        let wrong = self.wrong_files(chip);
        let unread = (!wrong.is_empty()).then(|| format!("not read {}", wrong.join(" ")));
        let opened = self.access.clone().unwrap_or_default();
        let parts = [Some(opened), Some(self.proofs()), unread].into_iter();
        parts.flatten().collect::<Vec<_>>().join("; ")
    }

    /// Whether these words are in its error.
    pub fn says(&self, words: &str) -> bool {
        let error = self.error.as_deref();
        error.is_some_and(|error| error.contains(words))
    }

    /// What the peer said of each proof that did not succeed.
    pub fn reasons(&self) -> Vec<&str> {
        let proofs = [
            &self.signature,
            &self.chain,
            &self.validity,
            &self.chip,
            &self.active,
            &self.mapping,
        ];
        let said = proofs.into_iter().flatten().map(String::as_str);
        said.filter(|result| *result != "successful").collect()
    }

    /// The files that are not what the chip holds, or that nobody read, though a reader may.
    pub fn wrong_files(&self, chip: &Chip) -> Vec<String> {
        let mut wrong = Vec::new();
        for (id, bytes) in &chip.files {
            let name = name(*id);
            if chip.habits.refused_files.iter().any(|(file, _)| file == id) {
                continue;
            }
            let hash = hex::encode(Sha256::digest(bytes));
            if self.files.get(&name) != Some(&hash) {
                wrong.push(name);
            }
        }
        wrong
    }
}

fn name(id: u16) -> String {
    match id {
        0x011D => "sod".to_owned(),
        0x011E => "com".to_owned(),
        _ => (id & 0xFF).to_string(),
    }
}
