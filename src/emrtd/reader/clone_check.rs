//! Is the chip no copy? What was done to find out, and what came of it: PACE with chip
//! authentication mapping, chip authentication, active authentication.

use crate::emrtd::access::CamEvidence;
use crate::emrtd::lds::security_info::{Mapping, PaceInfo};
use crate::emrtd::lds::{self, SecurityInfos};
use crate::emrtd::proof::passive::CardSecurity;
use crate::emrtd::proof::{Passive, Proof, Unconfirmed, cam};
use crate::emrtd::signature::PublicKey;
use crate::identity::{Check, CheckResult};

/// Sessions with a wrong reply after chip authentication until it has failed.
const REFUTED_MAX: u8 = 2;

#[derive(Default)]
pub(super) struct CloneCheck {
    /// What PACE-CAM told, until EF.CardSecurity judges it.
    cam: Option<CamEvidence>,
    /// The EF.CardSecurity by which it was judged, until it is known whose card this is.
    card_security: Option<CardSecurity>,
    /// The card did not give it.
    hides_card_security: bool,
    dg14: Option<SecurityInfos>,
    dg15: Option<PublicKey>,
    /// Chip authentication was done; the next right MAC will prove it.
    unconfirmed: Option<Unconfirmed>,
    /// Times that it was not so.
    refuted: u8,
    chip: Option<Proof>,
    active: Option<Proof>,
}

impl CloneCheck {
    /// For a new session with the same card. Only what was refuted is remembered: nothing that
    /// comes later can make it good.
    pub fn next(&mut self) -> Self {
        Self {
            refuted: self.refuted,
            chip: self.chip.take().filter(has_failed),
            active: self.active.take().filter(has_failed),
            ..Self::default()
        }
    }

    /// Whether nothing has decided about the chip yet.
    pub fn is_open(&self) -> bool {
        let decided = |proof: &Proof| {
            matches!(
                proof.result(),
                CheckResult::Successful | CheckResult::Failed
            )
        };
        !self.chip.as_ref().is_some_and(decided)
    }

    /// Whether active authentication has not ended yet.
    pub fn is_active_open(&self) -> bool {
        self.active.is_none()
    }

    pub fn dg14(&self) -> Option<&SecurityInfos> {
        self.dg14.as_ref()
    }

    /// The key of active authentication, and what DG14 says of its hash.
    pub fn active_key(&self) -> Option<(&PublicKey, Option<&SecurityInfos>)> {
        Some((self.dg15.as_ref()?, self.dg14.as_ref()))
    }

    pub fn take_cam(&mut self, evidence: CamEvidence) {
        self.cam = Some(evidence);
    }

    /// Judges what PACE-CAM told by EF.CardSecurity, which has to agree with EF.CardAccess.
    pub fn take_card_security(
        &mut self,
        verified: Result<CardSecurity, Check>,
        card_access: Option<&SecurityInfos>,
    ) {
        let Some(evidence) = self.cam.take() else {
            return;
        };
        let read = verified.and_then(|card_security| {
            match SecurityInfos::parse(card_security.content()) {
                Ok(infos) => Ok((card_security, infos)),
                Err(error) => Err(Check::new(CheckResult::Undetermined, &error.to_string())),
            }
        });
        let proof = match read {
            Ok((_, infos)) if card_access.is_some_and(|access| infos.contradicts(access)) => {
                unjudged(CheckResult::Failed, "EF.CardAccess offers PACE otherwise")
            }
            Ok((card_security, infos)) => {
                self.card_security = Some(card_security);
                cam::judge(&evidence, &infos)
            }
            Err(check) => unjudged(check.result, &check.reason),
        };
        self.end_chip(proof);
    }

    /// EF.CardSecurity could not be read.
    pub fn miss_card_security(&mut self, why: &str) {
        self.cam = None;
        self.hides_card_security = true;
        self.end_chip(unjudged(CheckResult::Undetermined, why));
    }

    /// EF.CardSecurity does not say whose card it is of. With one of another country, and its key,
    /// a copy would be as good as the original.
    pub fn check_state(&mut self, issuing_state: &str) {
        let Some(card_security) = self.card_security.take() else {
            return;
        };
        let check = card_security.check_state(issuing_state);
        if check.result != CheckResult::Successful {
            self.end_chip(unjudged(check.result, &check.reason));
        }
    }

    pub fn take_dg14(&mut self, bytes: &[u8]) {
        match lds::parse_dg14(bytes) {
            Ok(infos) => self.dg14 = Some(infos),
            Err(error) => {
                let reason = format!("DG14: {error}");
                self.end_chip(Proof::other(None, CheckResult::Undetermined, &reason));
            }
        }
    }

    pub fn take_dg15(&mut self, bytes: &[u8]) {
        match lds::parse_dg15(bytes) {
            Ok(key) => self.dg15 = Some(key),
            Err(error) => {
                let reason = format!("DG15: {error}");
                self.end_active(Proof::other(None, CheckResult::Undetermined, &reason));
            }
        }
    }

    /// DG14 offers no chip authentication. If it lists PACE-CAM, then that was to be done, and
    /// EF.CardSecurity to be there: a copy would rather do without. What PACE-CAM left open else
    /// stays so.
    pub fn chip_not_offered(&mut self) {
        let authenticates = |offer: &PaceInfo| offer.mapping == Mapping::ChipAuthentication;
        let offers = self.dg14().map_or(&[][..], |infos| &infos.pace);
        let proof = if !offers.iter().any(authenticates) {
            Proof::other(None, CheckResult::NotSupported, "DG14 offers none")
        } else if self.hides_card_security {
            let reason = "DG14 lists PACE-CAM, and it is not given";
            unjudged(CheckResult::Failed, reason)
        } else {
            let reason = "DG14 lists it, and the chip was opened without";
            Proof::other(Some("PACE-CAM"), CheckResult::Undetermined, reason)
        };
        if self.chip.is_none() || has_failed(&proof) {
            self.end_chip(proof);
        }
    }

    /// A proof of the chip has ended. What failed once stays so, in an earlier session, too.
    pub fn end_chip(&mut self, proof: Proof) {
        if !self.chip.as_ref().is_some_and(has_failed) {
            self.chip = Some(proof);
        }
    }

    pub fn end_active(&mut self, proof: Proof) {
        self.active = Some(proof);
    }

    /// Chip authentication was done: the next reply decides.
    pub fn await_chip(&mut self, unconfirmed: Unconfirmed) {
        self.unconfirmed = Some(unconfirmed);
    }

    /// Whether the next right reply proves chip authentication.
    pub fn awaits_chip(&self) -> bool {
        self.unconfirmed.is_some()
    }

    /// A reply under the new keys was right: the chip has the private key.
    pub fn confirm_chip(&mut self) {
        if let Some(unconfirmed) = self.unconfirmed.take() {
            self.chip = Some(unconfirmed.confirmed());
        }
    }

    /// The first reply under the new keys was wrong; false where none was awaited. A card that lost
    /// its power for a moment just then looks the same, and "failed" stands against its holder for a
    /// day: so it takes two sessions that end so.
    pub fn refute_chip(&mut self) -> bool {
        let Some(unconfirmed) = self.unconfirmed.take() else {
            return false;
        };
        self.refuted += 1;
        if self.refuted >= REFUTED_MAX {
            self.chip = Some(unconfirmed.refuted());
        }
        true
    }

    /// What came of it: chip authentication, active authentication.
    pub fn finish(self, passive: &Passive) -> (Proof, Proof) {
        let chip = self.chip.unwrap_or_else(|| not_done("DG14", 14, passive));
        let active = self.active.unwrap_or_else(|| not_done("DG15", 15, passive));
        (chip, active)
    }
}

fn has_failed(proof: &Proof) -> bool {
    proof.result() == CheckResult::Failed
}

/// A proof that was never begun, and why.
fn not_done(group_name: &str, group: u8, passive: &Passive) -> Proof {
    let (result, reason) = if passive.groups().is_empty() {
        let reason = "no security object says whether the card offers it".to_owned();
        (CheckResult::Undetermined, reason)
    } else if passive.lists(group) {
        let reason = "not asked: another proof has decided".to_owned();
        (CheckResult::Undetermined, reason)
    } else {
        let reason = format!("the card has no {group_name}");
        (CheckResult::NotSupported, reason)
    };
    Proof::other(None, result, &reason)
}

/// PACE-CAM without an EF.CardSecurity to judge it by.
fn unjudged(result: CheckResult, why: &str) -> Proof {
    Proof::other(Some("PACE-CAM"), result, &format!("EF.CardSecurity: {why}"))
}
