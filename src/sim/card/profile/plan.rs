//! What a profile says, as its file is written. What it leaves out is as in the genuine citizen
//! card.

use serde::Deserialize;

use super::super::chip::{CipherKind, Habits, Mapping, PaceOffer};
use super::super::faults::Faults;
use super::super::link::LinkPlan;
use crate::sim::issuer::{Csca, Curve, Hash, KeyKind, SignerPlan, SodPlan};

/// A kind of card.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// What is special about it, in a line.
    pub about: String,
    /// What it gives itself out as.
    pub document: Document,
    /// The picture of its holder.
    pub portrait: Portrait,
    /// How it is opened.
    pub access: AccessPlan,
    /// Whose CSCA its document signer claims.
    pub csca: Csca,
    /// Its document signer.
    pub signer: SignerPlan,
    /// Its EF.SOD.
    pub sod: SodPlan,
    /// Its keys of chip authentication.
    pub chip: Vec<ChipPlan>,
    /// Its active authentication.
    pub active: ActivePlan,
    /// Groups that were changed after they were signed.
    pub altered: Vec<u8>,
    /// How it behaves.
    pub habits: Habits,
    /// What goes wrong, and when.
    pub faults: Faults,
    /// Its link; without one, it answers as fast as this machine can.
    pub link: Option<LinkPlan>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            about: String::new(),
            document: Document::default(),
            portrait: Portrait::default(),
            access: AccessPlan::default(),
            csca: Csca::default(),
            signer: SignerPlan::default(),
            sod: SodPlan::default(),
            chip: vec![ChipPlan::default()],
            active: ActivePlan::default(),
            altered: Vec::new(),
            habits: Habits::default(),
            faults: Faults::default(),
            link: None,
        }
    }
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// A Vietnamese citizen card: three lines, DG3 behind a lock, DG13.
    #[default]
    Citizen,
    /// A passport of the country of its CSCA: two lines.
    Passport,
    /// A bank card: no application of travel documents.
    Bank,
}

/// A picture in DG2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Portrait {
    /// JPEG.
    #[default]
    Jpeg,
    /// JPEG 2000.
    Jpeg2000,
    /// There is no DG2, as on a small child's card.
    None,
}

/// Ways into the chip.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessPlan {
    /// PACE takes the six digits.
    pub can: bool,
    /// PACE and BAC take the MRZ key.
    pub mrz: bool,
    /// Basic access control.
    pub bac: bool,
    /// Ways of PACE, as EF.CardAccess announces them.
    pub pace: Vec<PacePlan>,
    /// There is an EF.CardAccess.
    pub card_access: bool,
}

impl Default for AccessPlan {
    fn default() -> Self {
        Self {
            can: true,
            mrz: true,
            bac: false,
            pace: vec![PacePlan::default()],
            card_access: true,
        }
    }
}

/// A way of PACE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PacePlan {
    /// Its mapping.
    pub mapping: Mapping,
    /// Its cipher.
    pub cipher: CipherKind,
    /// Its curve.
    pub curve: Curve,
}

impl Default for PacePlan {
    fn default() -> Self {
        Self {
            mapping: Mapping::Generic,
            cipher: CipherKind::Aes128,
            curve: Curve::Brainpool256,
        }
    }
}

impl PacePlan {
    pub(super) fn offer(self) -> PaceOffer {
        PaceOffer {
            mapping: self.mapping,
            cipher: self.cipher,
            parameter: self.curve.parameter(),
        }
    }
}

/// Whether the chip has the private key to what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Possession {
    /// It has.
    #[default]
    Own,
    /// It has another one of the same kind: a clone that tries.
    Other,
    /// It has none, and refuses.
    None,
}

/// A key of chip authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChipPlan {
    /// Its curve, named or written out.
    pub key: KeyKind,
    /// The cipher of the session that it opens.
    pub cipher: CipherKind,
    /// The number that tells it from others.
    pub id: Option<u8>,
    /// Whether the chip has it.
    pub private: Possession,
}

impl Default for ChipPlan {
    fn default() -> Self {
        Self {
            key: KeyKind::Named(Curve::Brainpool256),
            cipher: CipherKind::Aes128,
            id: None,
            private: Possession::Own,
        }
    }
}

/// The key of active authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivePlan {
    /// There is a DG15.
    pub offered: bool,
    /// The kind of key.
    pub key: KeyKind,
    /// The hash that goes with it.
    pub hash: Hash,
    /// Whether the chip has it.
    pub private: Possession,
}

impl Default for ActivePlan {
    fn default() -> Self {
        Self {
            offered: true,
            key: KeyKind::Named(Curve::P256),
            hash: Hash::Sha256,
            private: Possession::Own,
        }
    }
}
