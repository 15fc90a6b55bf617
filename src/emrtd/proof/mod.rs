//! What was proved about a chip, and how. Only the verifiers of this folder can say "successful":
//! the constructor is theirs alone, so a proof that was not carried out cannot be claimed.

mod active;
pub(super) mod cam;
mod chip;
pub(super) mod passive;

pub(super) use active::{AaTurn, ActiveAuthentication};
pub(super) use chip::{CaTurn, ChipAuthentication, Unconfirmed};
pub(super) use passive::Passive;
pub use passive::PassiveStep;

use crate::identity::{self, Check, CheckResult, Verdict, judge};

/// The outcome of one proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    method: Option<&'static str>,
    check: Check,
}

impl Proof {
    /// By which protocol, where one was chosen: `CA-ECDH-AES128`, `PACE-CAM`, `AA-RSA`.
    pub fn method(&self) -> Option<&'static str> {
        self.method
    }

    /// How it ended.
    pub fn result(&self) -> CheckResult {
        self.check.result
    }

    /// Why, in an engineer's words; never personal.
    pub fn reason(&self) -> &str {
        &self.check.reason
    }

    /// As it is written down.
    pub fn record(&self) -> Check {
        self.check.clone()
    }

    /// Carried out, and right. For the verifiers alone.
    fn successful(method: &'static str, reason: &str) -> Self {
        Self {
            method: Some(method),
            check: Check::new(CheckResult::Successful, reason),
        }
    }

    /// Anything but success, which anybody may say.
    ///
    /// # Panics
    /// When asked for [`CheckResult::Successful`].
    pub(super) fn other(method: Option<&'static str>, result: CheckResult, reason: &str) -> Self {
        assert!(
            result != CheckResult::Successful,
            "only a verifier may say that a proof succeeded"
        );
        Self {
            method,
            check: Check::new(result, reason),
        }
    }
}

/// Everything that was proved about one chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proofs {
    passive: Proof,
    steps: Vec<(PassiveStep, Check)>,
    chip: Proof,
    active: Proof,
}

impl Proofs {
    pub(super) fn new(passive: &Passive, chip: Proof, active: Proof) -> Self {
        Self {
            passive: passive.proof(),
            steps: passive.steps().to_vec(),
            chip,
            active,
        }
    }

    /// Passive authentication: are the data signed by a trusted issuer?
    pub fn passive(&self) -> &Proof {
        &self.passive
    }

    /// The steps of passive authentication, in the order in which they were carried out.
    pub fn passive_steps(&self) -> &[(PassiveStep, Check)] {
        &self.steps
    }

    /// Chip authentication, or PACE with chip authentication mapping: is the chip no copy?
    pub fn chip(&self) -> &Proof {
        &self.chip
    }

    /// Active authentication: is the chip no copy?
    pub fn active(&self) -> &Proof {
        &self.active
    }

    /// What they amount to.
    pub fn verdict(&self) -> Verdict {
        judge(&self.record())
    }

    /// As they are written down.
    pub fn record(&self) -> identity::Proofs {
        identity::Proofs {
            passive: self.passive.record(),
            chip: self.chip.record(),
            active: self.active.record(),
        }
    }

    /// Proofs of any outcome, for tests of what follows from them.
    #[cfg(test)]
    pub(crate) fn assumed(record: identity::Proofs) -> Self {
        let proof = |check| Proof {
            method: None,
            check,
        };
        Self {
            passive: proof(record.passive),
            steps: Vec::new(),
            chip: proof(record.chip),
            active: proof(record.active),
        }
    }
}
