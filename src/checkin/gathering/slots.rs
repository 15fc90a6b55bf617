use crate::checkin::context::Rules;
use crate::checkin::event::{AskId, ChipRead, Mono};
use crate::config::Chip;
use crate::ehr::{Appointment, Match};
use crate::identity::{Person, Private, Verdict, Way};
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

impl Claim {
    /// This claim after which `new` came. Two papers of one person add up; the paper of another
    /// person takes the place of the first. What says too little to tell (a bare number) never
    /// takes the place of more.
    pub(super) fn then(self, new: Self) -> Self {
        let same = self.person.agrees_with(&new.person);
        if same == Some(false) {
            return new;
        }
        let (mut best, other) = if new.way < self.way {
            (self, new)
        } else {
            (new, self)
        };
        if same == Some(true) && best.person.insurance_number.is_none() {
            best.person.insurance_number = other.person.insurance_number;
        }
        best
    }
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
    /// The six digits with which the chip is being read.
    pub(super) tried_can: Option<Private<String>>,
    /// When a lookup that has not answered counts as failed.
    pub(super) lookup_until: Option<Mono>,
    /// When the card is no longer waited for.
    pub(super) card_until: Option<Mono>,
    /// The person for whom the lookups were asked.
    pub(super) looked_up: Option<Person>,
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
            tried_can: None,
            lookup_until: None,
            card_until: None,
            looked_up: None,
        }
    }

    /// Somebody is known by a code.
    pub(super) fn code_read(&self) -> bool {
        self.claim
            .as_ref()
            .is_some_and(|claim| claim.way > Way::Typed)
    }

    /// Somebody is known.
    pub(super) fn known(&self) -> bool {
        self.chip.got().is_some() || self.claim.is_some()
    }

    /// The best identity so far, with the way it came by. The chip outranks every claim; a claim of
    /// the same person adds the insurance number, which no chip knows.
    pub(super) fn person(&self) -> Option<(Person, Way)> {
        let Some(chip) = self.chip.got() else {
            let claim = self.claim.clone()?;
            return Some((claim.person, claim.way));
        };
        let chip = Claim {
            person: chip.person.clone(),
            way: Way::Chip,
        };
        let both = match self.claim.clone() {
            Some(claim) if !self.two_persons() => claim.then(chip),
            Some(_) | None => chip,
        };
        Some((both.person, both.way))
    }

    /// A proof of the chip failed, and this site heeds it.
    pub(super) fn rejected(&self, rules: &Rules) -> bool {
        let chip = self.chip.got();
        let failed = chip.is_some_and(|chip| chip.proofs.verdict() == Verdict::Rejected);
        failed && rules.policy.chip != Chip::ReportOnly
    }

    /// The card access number, from the digits typed for this card or from the claimed number.
    pub(super) fn can(&self) -> Option<Private<String>> {
        self.typed_can.clone().or_else(|| self.claimed_can())
    }

    fn claimed_can(&self) -> Option<Private<String>> {
        let claim = self.claim.as_ref()?;
        let number = claim.person.personal_number.as_ref()?;
        Some(Private::from(number.can()))
    }

    /// Whether a card with these digits is the one whose code was shown.
    pub(super) fn shown_on_code(&self, can: &Private<String>) -> bool {
        self.code_read() && self.claimed_can().as_ref() == Some(can)
    }

    /// Whether chip and claim are of two persons.
    pub(super) fn two_persons(&self) -> bool {
        self.chip
            .got()
            .zip(self.claim.as_ref())
            .is_some_and(|(chip, claim)| chip.person.agrees_with(&claim.person) == Some(false))
    }

    /// Whether the lookups were asked for this person, as far as they go by it.
    pub(super) fn looked_up_for(&self, person: &Person) -> bool {
        self.looked_up.as_ref().is_some_and(|asked| {
            asked.personal_number == person.personal_number
                && asked.insurance_number == person.insurance_number
                && asked.hospital_number == person.hospital_number
                && asked.birth_date == person.birth_date
                && asked.name == person.name
                && asked.name_latin == person.name_latin
        })
    }

    /// One of these questions waits for this answer.
    pub(super) fn await_answer(&self, ask: AskId) -> bool {
        self.chip.awaits(ask)
            || self.patient.awaits(ask)
            || self.appointments.awaits(ask)
            || self.insurance.awaits(ask)
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

    /// Somebody is at it: the time for trying begins anew.
    pub(super) fn renew(&mut self, trying_until: Mono) {
        self.until = self.until.map(|_| trying_until);
    }

    /// The chip has had its chances.
    pub(super) fn chip_failed(&self) -> bool {
        self.moved >= MOVED_MAX
            || self.unreadable >= WRONG_MAX
            || self.wrong_can >= WRONG_MAX
            || self.foreign_card >= WRONG_MAX
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
