//! The crate `dmrtd`, a reader that we did not write, as its own documentation says it is used.
#![allow(dead_code, reason = "the bench uses a part, the test all of it")]

use dmrtd::auth::passive::{self, ChainStatus, DataGroup, PassiveAuthError, TrustAnchor};
use dmrtd::com::Transceiver;
use dmrtd::lds::ef::ElementaryFile;
use dmrtd::lds::efcard_access::EfCardAccess;
use dmrtd::lds::mrz::Mrz;
use dmrtd::passport::Passport;
use dmrtd::proto::can_key::CanKey;
use dmrtd::proto::dba_key::DBAKey;

/// What opens the chip.
pub enum Key<'k> {
    /// The six digits.
    Can(&'k str),
    /// The whole zone, which it takes apart itself.
    Zone(&'k [u8]),
}

/// A session with a chip.
pub struct Session<T: Transceiver> {
    passport: Passport<T>,
    /// How it was opened.
    pub access: String,
}

impl<T: Transceiver> Session<T> {
    /// Opens the chip with PACE if EF.CardAccess announces it, else with BAC.
    ///
    /// # Errors
    /// In the crate's words.
    pub fn open(line: T, key: &Key<'_>) -> Result<Self, String> {
        let mut passport = Passport::new(line);
        let announced = card_access(&mut passport);
        let access = match (&announced, key) {
            (Some(announced), Key::Can(can)) => {
                let key = CanKey::new(can).map_err(words)?;
                passport.start_session_pace(key, announced).map_err(words)?;
                "PACE"
            }
            (Some(announced), Key::Zone(zone)) => {
                let key = zone_key(zone, true)?;
                passport.start_session_pace(key, announced).map_err(words)?;
                "PACE"
            }
            (None, Key::Zone(zone)) => {
                let key = zone_key(zone, false)?;
                passport.start_session(key).map_err(words)?;
                "BAC"
            }
            (None, Key::Can(_)) => return Err("no PACE announced, and no MRZ for BAC".to_owned()),
        };
        Ok(Self {
            passport,
            access: access.to_owned(),
        })
    }

    /// Reads and parses EF.COM; it selects the application too.
    ///
    /// # Errors
    /// In the crate's words.
    pub fn common(&mut self) -> Result<Vec<u8>, String> {
        Ok(self
            .passport
            .read_ef_com()
            .map_err(words)?
            .to_bytes()
            .to_vec())
    }

    /// Reads a file of the application, unparsed.
    ///
    /// # Errors
    /// In the crate's words.
    pub fn file(&mut self, short_id: u8) -> Result<Vec<u8>, String> {
        let api = self.passport.api_mut();
        api.read_file_by_sfi(short_id).map_err(words)
    }

    /// Reads DG1 and parses it.
    ///
    /// # Errors
    /// In the crate's words.
    pub fn zone(&mut self) -> Result<Vec<u8>, String> {
        let group = self.passport.read_ef_dg1().map_err(words)?;
        Ok(group.mrz().to_bytes().to_vec())
    }

    /// Active authentication with this challenge, against the key of DG15.
    ///
    /// # Errors
    /// In the crate's words.
    pub fn active(&mut self, challenge: [u8; 8]) -> Result<(), String> {
        self.passport
            .verify_active_authentication(&challenge)
            .map_err(words)
    }
}

/// By its short identifier; where that is refused, as the crate does it, after SELECT MF.
fn card_access<T: Transceiver>(passport: &mut Passport<T>) -> Option<EfCardAccess> {
    let by_short_id = passport.api_mut().read_file_by_sfi(EfCardAccess::SFI);
    match by_short_id {
        Ok(bytes) => EfCardAccess::from_bytes(bytes).ok(),
        Err(_) => passport.read_ef_card_access().ok(),
    }
}

fn zone_key(zone: &[u8], pace: bool) -> Result<DBAKey, String> {
    let zone = Mrz::from_bytes(zone).map_err(words)?;
    let number = zone.document_number();
    DBAKey::new(number, zone.date_of_birth, zone.date_of_expiry, pace).map_err(words)
}

/// Passive authentication of groups that were read: whether the chain reached an anchor.
///
/// # Errors
/// What is wrong with the SOD or a group.
pub fn passive(
    sod: &[u8],
    groups: &[(u8, &[u8])],
    anchors: &[Vec<u8>],
) -> Result<bool, PassiveAuthError> {
    let groups: Vec<_> = groups
        .iter()
        .map(|(number, bytes)| DataGroup {
            number: *number,
            bytes,
        })
        .collect();
    let anchors: Result<Vec<_>, _> = anchors
        .iter()
        .map(|anchor| TrustAnchor::from_certificate(anchor))
        .collect();
    let proved = passive::verify(sod, &groups, &anchors?)?;
    Ok(matches!(proved.chain, ChainStatus::Trusted { .. }))
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
