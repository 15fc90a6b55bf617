use serde::{Deserialize, Serialize};

/// How far an identity was proved at this visit. It speaks of the card, not of who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// A code was shown or a number typed: anybody could have.
    Claimed,
    /// The chip was read, its signature could not be verified here.
    Read,
    /// The data are signed by a trusted issuer; a copy of the chip is not excluded.
    Signed,
    /// Signed, and the chip is not a copy.
    Proven,
}

impl Grade {
    /// The name in JSON, the store and the EHR.
    pub fn code(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Read => "read",
            Self::Signed => "signed",
            Self::Proven => "proven",
        }
    }
}

/// The way by which an identity came in. Order: a later one is stronger evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Nothing: no papers, or a desk number for somebody unknown.
    None,
    /// Digits on the keypad.
    Typed,
    /// The QR of a BHYT card.
    BhytQr,
    /// The QR of a citizen card (on the card or shown by an app).
    CardQr,
    /// The chip.
    Chip,
}

impl Way {
    /// The name in JSON, the store and the EHR.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Typed => "typed",
            Self::BhytQr => "bhyt_qr",
            Self::CardQr => "card_qr",
            Self::Chip => "chip",
        }
    }
}

/// The result of one check (BSI TR-03135-1 §3.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// Done, and right.
    Successful,
    /// Done, and wrong.
    Failed,
    /// It could not be decided here.
    Undetermined,
    /// The card does not offer it.
    NotSupported,
    /// It was interrupted.
    Aborted,
}

/// A check and why it ended as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// How it ended.
    pub result: CheckResult,
    /// The cause, in an engineer's words; never personal.
    pub reason: String,
}

impl Check {
    /// A check with its result and reason.
    pub fn new(result: CheckResult, reason: &str) -> Self {
        Self {
            result,
            reason: reason.to_owned(),
        }
    }
}

/// The results of the three proofs that a chip can give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// Passive authentication: are the data signed by a trusted issuer?
    pub passive: Check,
    /// Chip authentication, or PACE with chip authentication mapping: is the chip no copy?
    pub chip: Check,
    /// Active authentication: is the chip no copy?
    pub active: Check,
}

impl Proofs {
    /// The first check that failed.
    pub fn failed(&self) -> Option<&Check> {
        let all = [&self.passive, &self.chip, &self.active];
        all.into_iter()
            .find(|check| check.result == CheckResult::Failed)
    }
}

/// What a card's proofs amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The identity has this grade.
    Graded(Grade),
    /// A check failed: only the desk can help, and staff are alerted.
    Rejected,
    /// A check was interrupted: no grade, try again.
    TryAgain,
}

/// The grade that the proofs give. Failed beats aborted beats everything else.
pub fn judge(proofs: &Proofs) -> Verdict {
    use CheckResult::{Aborted, Failed, NotSupported, Successful, Undetermined};
    let all = [
        proofs.passive.result,
        proofs.chip.result,
        proofs.active.result,
    ];
    if all.contains(&Failed) {
        return Verdict::Rejected;
    }
    if all.contains(&Aborted) {
        return Verdict::TryAgain;
    }
    Verdict::Graded(match proofs.passive.result {
        Undetermined | NotSupported | Failed | Aborted => Grade::Read,
        Successful if all[1..].contains(&Successful) => Grade::Proven,
        Successful => Grade::Signed,
    })
}

#[cfg(test)]
mod tests {
    use super::CheckResult::{Aborted, Failed, NotSupported, Successful, Undetermined};
    use super::{Check, CheckResult, Grade, Proofs, Verdict, judge};

    const ALL: [CheckResult; 5] = [Successful, Failed, Undetermined, NotSupported, Aborted];

    /// The rules of the trust grade, told a second time and more slowly.
    fn expected(passive: CheckResult, chip: CheckResult, active: CheckResult) -> Verdict {
        if passive == Failed || chip == Failed || active == Failed {
            Verdict::Rejected
        } else if passive == Aborted || chip == Aborted || active == Aborted {
            Verdict::TryAgain
        } else if passive != Successful {
            Verdict::Graded(Grade::Read)
        } else if chip == Successful || active == Successful {
            Verdict::Graded(Grade::Proven)
        } else {
            Verdict::Graded(Grade::Signed)
        }
    }

    #[test]
    fn all_125_combinations_give_the_grade_of_the_rules() {
        let check = |result| Check::new(result, "");
        for passive in ALL {
            for chip in ALL {
                for active in ALL {
                    let proofs = Proofs {
                        passive: check(passive),
                        chip: check(chip),
                        active: check(active),
                    };
                    assert_eq!(
                        judge(&proofs),
                        expected(passive, chip, active),
                        "{proofs:?}"
                    );
                }
            }
        }
    }
}
