use jiff::civil::Date;

use crate::checkin::event::{AskId, ChipRead, Mono};
use crate::ehr::{Appointment, Match};
use crate::identity::{Person, Private, Way};
use crate::queue::InsuranceStatus;
use crate::words::Cause;

/// What one source has given so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot<T> {
    /// Not asked.
    Empty,
    /// Asked; the answer brings this number back.
    Asked(AskId),
    /// Here.
    Got(T),
    /// It will not come.
    Failed,
}

impl<T> Slot<T> {
    pub(super) fn got(&self) -> Option<&T> {
        match self {
            Self::Got(value) => Some(value),
            Self::Empty | Self::Asked(_) | Self::Failed => None,
        }
    }

    pub(super) fn awaits(&self, ask: AskId) -> bool {
        matches!(self, Self::Asked(asked) if *asked == ask)
    }

    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked(_))
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// What was shown or typed: a claim, and the way it came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) person: Person,
    pub(super) way: Way,
}

/// One slot a source. Any order fills them.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) claim: Option<Claim>,
    pub(super) chip: Slot<Box<ChipRead>>,
    pub(super) patient: Slot<Match>,
    pub(super) appointments: Slot<Vec<Appointment>>,
    pub(super) insurance: Slot<InsuranceStatus>,
    /// The six digits typed for the card on the reader.
    pub(super) typed_can: Option<Private<String>>,
    /// When a lookup that has not answered counts as failed.
    pub(super) lookup_until: Option<Mono>,
    /// When the card is no longer waited for.
    pub(super) card_until: Option<Mono>,
    /// The person for whom the lookups were asked, and the day.
    pub(super) looked_up: Option<(Person, Date)>,
}

impl Slots {
    pub(super) fn empty() -> Self {
        Self {
            claim: None,
            chip: Slot::Empty,
            patient: Slot::Empty,
            appointments: Slot::Empty,
            insurance: Slot::Empty,
            typed_can: None,
            lookup_until: None,
            card_until: None,
            looked_up: None,
        }
    }

    /// The best identity so far, with the way it came by. The chip outranks every claim.
    pub(super) fn person(&self) -> Option<(&Person, Way)> {
        let chip = self.chip.got().map(|chip| (&chip.person, Way::Chip));
        chip.or(self.claim.as_ref().map(|claim| (&claim.person, claim.way)))
    }

    /// The card access number, from the digits typed for this card or from the claimed number.
    pub(super) fn can(&self) -> Option<Private<String>> {
        let claimed = self
            .claim
            .as_ref()
            .and_then(|claim| claim.person.personal_number.as_ref());
        self.typed_can
            .clone()
            .or_else(|| claimed.map(|number| Private::from(number.can())))
    }

    /// Whether chip and claim are of two persons. Where both have a personal number it decides;
    /// else name and birth date must agree.
    pub(super) fn two_persons(&self) -> bool {
        let (Some(chip), Some(claim)) = (self.chip.got(), &self.claim) else {
            return false;
        };
        let (chip, claim) = (&chip.person, &claim.person);
        match (&chip.personal_number, &claim.personal_number) {
            (Some(a), Some(b)) => a != b,
            (None, _) | (_, None) => !alike(chip, claim),
        }
    }

    /// A lookup has been asked and has not answered.
    pub(super) fn looking_up(&self) -> bool {
        self.patient.is_asked() || self.appointments.is_asked() || self.insurance.is_asked()
    }

    /// Forgets what was looked up: it was for somebody else.
    pub(super) fn restart_lookups(&mut self) {
        self.patient = Slot::Empty;
        self.appointments = Slot::Empty;
        self.insurance = Slot::Empty;
        self.lookup_until = None;
        self.looked_up = None;
    }

    /// Lookups that have not answered in time will not.
    pub(super) fn give_up_lookups(&mut self) {
        if self.patient.is_asked() {
            self.patient = Slot::Failed;
        }
        if self.appointments.is_asked() {
            self.appointments = Slot::Failed;
        }
        if self.insurance.is_asked() {
            self.insurance = Slot::Got(InsuranceStatus::Unverified);
        }
        self.lookup_until = None;
    }
}

fn alike(chip: &Person, claim: &Person) -> bool {
    let births = match (chip.birth_date, claim.birth_date) {
        (Some(a), Some(b)) => a.agrees_with(b),
        (None, _) | (_, None) => false,
    };
    let names = claim
        .name
        .as_ref()
        .and_then(|name| chip.name_agrees(name.expose()));
    births && names == Some(true)
}

/// The ways that failed, and how often: two failed ways are enough for one patient.
#[derive(Debug, Default)]
pub(super) struct Tries {
    moved: u8,
    unreadable: u8,
    wrong_can: u8,
    foreign_card: u8,
    foreign_code: u8,
    /// When trying has lasted long enough.
    pub(super) until: Option<Mono>,
}

/// A card that moved may be laid down again this often.
const MOVED_MAX: u8 = 3;
/// Tries with wrong digits: fewer than any chip takes to slow down or block.
const WRONG_CAN_MAX: u8 = 2;
/// Every other thing may go wrong this often before its way counts as failed.
const WRONG_MAX: u8 = 2;

impl Tries {
    /// Notes a failure at `now`; the first one starts the clock.
    pub(super) fn note(&mut self, cause: Cause, trying_until: Mono) {
        let count = if cause == Cause::CardMoved {
            &mut self.moved
        } else if cause == Cause::WrongCan {
            &mut self.wrong_can
        } else if cause == Cause::NotACitizenCard {
            &mut self.foreign_card
        } else if matches!(cause, Cause::QrOther | Cause::QrOpaque) {
            &mut self.foreign_code
        } else {
            &mut self.unreadable
        };
        *count = count.saturating_add(1);
        self.until.get_or_insert(trying_until);
    }

    /// The chip has had its chances.
    pub(super) fn chip_failed(&self) -> bool {
        self.moved >= MOVED_MAX
            || self.unreadable >= WRONG_MAX
            || self.wrong_can >= WRONG_CAN_MAX
            || self.foreign_card >= WRONG_MAX
    }

    /// The digits have had their chances: no further try may reach a chip.
    pub(super) fn can_spent(&self) -> bool {
        self.wrong_can >= WRONG_CAN_MAX
    }

    /// Codes have had their chances.
    pub(super) fn codes_failed(&self) -> bool {
        self.foreign_code >= WRONG_MAX
    }

    /// Two ways failed.
    pub(super) fn enough(&self) -> bool {
        self.chip_failed() && self.codes_failed()
    }
}
