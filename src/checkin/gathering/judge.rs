//! The one place that decides when the slots suffice. Pure.

use super::slots::{Slot, Slots, Tries};
use crate::checkin::context::Rules;
use crate::checkin::view::{Want, Ways};
use crate::config::Chip;
use crate::identity::Way;
use crate::words::Cause;

/// What gathering needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The patient: show this.
    Patient(Want),
    /// An answer that has been asked for.
    Answers,
    /// Nothing: go on.
    Enough,
    /// The desk.
    Desk(Cause),
}

/// The state of affairs around the slots.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each from another source"
)]
pub(super) struct Around {
    /// Ways whose devices work.
    pub(super) working: Ways,
    /// A card lies on the reader.
    pub(super) card_present: bool,
    /// The card that lies there is none of ours, or was tried with enough digits.
    pub(super) card_useless: bool,
    /// The card will be read in a moment: digits that were wrong make the next ones wait.
    pub(super) about_to_read: bool,
    /// The patient said that there is no card, or waiting for it has ended.
    pub(super) no_card: bool,
    /// What the patient chose to type.
    pub(super) typing: Option<Want>,
    /// Trying has lasted long enough.
    pub(super) tried_long: bool,
}

/// What is needed, given the policy.
pub(super) fn judge(slots: &Slots, tries: &Tries, rules: &Rules, around: Around) -> Need {
    // A failed proof is an alert before anything else, whatever else was shown.
    if slots.rejected(rules) {
        return Need::Enough;
    }
    if slots.two_persons() {
        return Need::Desk(Cause::TwoPersons);
    }
    if slots.chip.is_asked() {
        return Need::Patient(Want::HoldStill);
    }
    if slots.chip.got().is_some() {
        return lookups(slots);
    }
    let chip_lost = !rules.chip_offered()
        || !around.working.chip
        || slots.chip == Slot::Failed
        || tries.chip_failed()
        || around.no_card;
    let required = rules.policy.chip == Chip::Required;
    if required && chip_lost {
        return Need::Desk(Cause::ChipRequired);
    }
    let digits_missing = around.card_present && !around.card_useless && !chip_lost;
    if around.about_to_read && !chip_lost {
        return Need::Patient(Want::HoldStill);
    }
    if slots.claim.is_some() {
        return if chip_lost {
            lookups(slots)
        } else if slots.can().is_some() {
            Need::Patient(Want::Card)
        } else if !required {
            lookups(slots)
        } else if digits_missing {
            Need::Patient(Want::CodeOrCan)
        } else {
            Need::Patient(Want::Card)
        };
    }
    if tries.enough() || around.tried_long {
        return Need::Desk(Cause::TriedEnough);
    }
    Need::Patient(if let Some(typing) = around.typing {
        typing
    } else if digits_missing {
        Want::CodeOrCan
    } else {
        Want::CardOrCode
    })
}

fn lookups(slots: &Slots) -> Need {
    if slots.looking_up() {
        Need::Answers
    } else {
        Need::Enough
    }
}

/// Whether the way is one of the site's, and works.
pub(in crate::checkin) fn ways(rules: &Rules, working: Ways) -> Ways {
    let offered = |way| rules.policy.ways.contains(&way);
    Ways {
        chip: rules.chip_offered() && working.chip,
        code: (offered(Way::CardQr) || offered(Way::BhytQr)) && working.code,
        typed: offered(Way::Typed),
        hospital_number: offered(Way::Typed) && rules.hospital_number.is_some(),
    }
}
