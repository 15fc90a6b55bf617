//! Known defects of real issuers (BSI TR-03135-1 §5.8): a step that fails for all of an issuer's
//! genuine documents proves nothing about one of them, so there it is undetermined. This is data:
//! an entry needs a published source, and none applies to a document that is read here so far.

use super::PassiveStep;
use crate::identity::{Check, CheckResult};

/// A step that an issuer's documents fail although they are genuine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defect {
    /// The two-letter country of the signer's certificate.
    pub country: &'static str,
    /// What fails.
    pub step: PassiveStep,
    /// Where the defect is published.
    pub source: &'static str,
}

/// The defects that are known.
pub(super) const KNOWN: &[Defect] = &[];

/// The check as the defects let it stand.
pub(super) fn excused(
    known: &[Defect],
    country: Option<&str>,
    step: PassiveStep,
    check: Check,
) -> Check {
    let is_known = |defect: &&Defect| Some(defect.country) == country && defect.step == step;
    match known.iter().find(is_known) {
        Some(defect) if check.result == CheckResult::Failed => {
            let reason = format!("{} (a known defect: {})", check.reason, defect.source);
            Check::new(CheckResult::Undetermined, &reason)
        }
        Some(_) | None => check,
    }
}

#[cfg(test)]
mod tests {
    use super::{Defect, KNOWN, excused};
    use crate::emrtd::proof::passive::PassiveStep;
    use crate::identity::{Check, CheckResult};

    #[test]
    fn a_known_defect_turns_failed_into_undetermined_for_its_issuer_and_step_alone() {
        let known = [Defect {
            country: "XO",
            step: PassiveStep::Certificate,
            source: "a test",
        }];
        let failed = || Check::new(CheckResult::Failed, "no key usage");
        let result = |country, step| excused(&known, country, step, failed()).result;
        let undetermined = CheckResult::Undetermined;
        assert_eq!(result(Some("XO"), PassiveStep::Certificate), undetermined);
        for (country, step) in [
            (Some("VN"), PassiveStep::Certificate),
            (Some("XO"), PassiveStep::Signature),
            (None, PassiveStep::Certificate),
        ] {
            assert_eq!(result(country, step), CheckResult::Failed);
        }
        let good = Check::new(CheckResult::Successful, "");
        assert_eq!(
            excused(&known, Some("XO"), PassiveStep::Certificate, good.clone()),
            good
        );
    }

    #[test]
    fn no_issuer_is_excused_yet() {
        assert!(KNOWN.is_empty());
    }
}
