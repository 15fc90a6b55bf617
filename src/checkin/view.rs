use serde::Serialize;

use crate::identity::{Grade, Private};
use crate::queue::{QueueNumber, ServiceCode};
use crate::words::{Cause, Language};

/// What a finger can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    /// Welcome: begin.
    Start,
    /// Speak this language from now on.
    Language(Language),
    /// The answer to the privacy question.
    Consent(bool),
    /// A key of the keypad.
    Key(Key),
    /// "I have no card with me": type the number instead.
    TypeNumber,
    /// "I have a paper of this hospital": type its number.
    TypeHospitalNumber,
    /// "No card": do not wait for the chip any longer.
    NoCard,
    /// "I have no papers."
    NoPapers,
    /// Call staff.
    CallStaff,
    /// It is an emergency: no number, but staff at once.
    Emergency,
    /// "Is this you?"
    Confirm(bool),
    /// The service wanted.
    Choose(ServiceCode),
    /// "I go first": for a reason that no paper shows.
    AskPriority,
    /// More time, please.
    MoreTime,
    /// Leave without a number.
    Cancel,
    /// The ticket is taken, thank you.
    Finish,
}

/// A key of the keypad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A digit, 0 to 9.
    Digit(u8),
    /// Take the last digit back.
    Erase,
    /// Take all back.
    Clear,
}

/// Everything a screen shows, and all that a kiosk tells of itself: masked already, so that it may
/// be seen by the next in line and by staff.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// Language of the screen.
    pub language: Language,
    /// Counts conversations: a new one means that everything of the last is gone.
    pub conversation: u64,
    /// What is on the screen.
    pub screen: Screen,
    /// Staff have been called and will come.
    pub staff_called: bool,
    /// What staff have been told while the check-in goes on. Nobody is called for it.
    pub alert: Option<Cause>,
    /// The screen is about to end by itself: ask whether somebody is there.
    pub leaving: bool,
    /// A card lies on the reader.
    pub card_present: bool,
}

/// One screen each.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Screen {
    /// Nobody is here.
    Welcome {
        /// The ways in that this site offers now.
        ways: Ways,
        /// Show the privacy notice line.
        notice: bool,
    },
    /// May the chip be read?
    Consent,
    /// Finding out who it is.
    Gathering {
        /// What the patient is asked for.
        want: Want,
        /// The chip is being read.
        reading: Option<Reading>,
        /// What went wrong last, with the next way.
        problem: Option<Cause>,
        /// The keypad, where digits are asked for.
        keypad: Option<Keypad>,
        /// Who it is so far.
        who: Option<Shown>,
        /// That was read from a code.
        code_read: bool,
        /// The ways that are left.
        ways: Ways,
    },
    /// Is this you?
    Confirm {
        /// Who the code says.
        who: Shown,
    },
    /// Which service?
    Choose {
        /// Code and name, in the order of the configuration.
        services: Vec<(ServiceCode, String)>,
        /// The one that was wanted, and has given all its numbers.
        full: Option<String>,
        /// Who it is.
        who: Option<Shown>,
    },
    /// The number is being taken.
    Issuing {
        /// Who it is.
        who: Option<Shown>,
    },
    /// The number stands, the ticket is being printed.
    Printing {
        /// The number.
        number: QueueNumber,
        /// Name of the service or desk.
        service: String,
        /// Where to go.
        place: String,
        /// Who it is.
        who: Option<Shown>,
    },
    /// All done.
    Done {
        /// The number.
        number: QueueNumber,
        /// Name of the service or desk.
        service: String,
        /// Where to go.
        place: String,
        /// It is a desk number: staff will go on with the check-in.
        desk: Option<Cause>,
        /// The paper.
        paper: PaperShown,
        /// Who it is.
        who: Option<Shown>,
        /// The grade, as the small mark on the ticket shows it.
        grade: Option<Grade>,
        /// Whether the patient may say that they go first.
        priority: PriorityShown,
    },
    /// Staff will help.
    Help {
        /// Why.
        cause: Cause,
    },
}

/// What the patient is asked for while gathering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// A card on the reader, or a code to the camera.
    CardOrCode,
    /// A card lies there: its code, or the last six digits of its number.
    CodeOrCan,
    /// A code was read: the card on the reader, if there is one.
    Card,
    /// Nothing: the chip is being read.
    HoldStill,
    /// The twelve digits of the personal number.
    Number,
    /// The digits of the hospital's number, from its papers.
    HospitalNumber,
    /// The year of birth, beside the hospital's number.
    BirthYear,
    /// Nothing: looking up.
    Wait,
}

/// How far the chip is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Steps done, in percent.
    pub percent: u8,
}

/// The keypad's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keypad {
    /// The digits so far. Shown on the screen; never published.
    pub typed: Private<String>,
    /// Digits wanted.
    pub length: u8,
}

/// Published without the digits.
impl Serialize for Keypad {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.typed.expose().len(), self.length).serialize(serializer)
    }
}

/// A person as a screen may show them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Shortened name, where the grade allows it.
    pub name: Option<String>,
    /// Year of birth.
    pub birth_year: Option<i16>,
    /// The last four digits.
    pub number: Option<String>,
}

/// What is known of the paper, for the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperShown {
    /// Take the ticket.
    Printed,
    /// No paper: remember the number, staff will print it.
    Missing(Cause),
}

/// Whether the patient may say that they go first, for a reason that no paper shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityShown {
    /// There is nothing to say: their age shows it, or the desk sees to them anyway.
    Known,
    /// They may.
    Offered,
    /// They did: staff know, and judge.
    Asked,
}

/// Ways to be recognised that this site offers and that work now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ways {
    /// Card on the reader.
    pub chip: bool,
    /// Code to the camera or scanner.
    pub code: bool,
    /// Digits on the keypad.
    pub typed: bool,
    /// The number on the hospital's papers.
    pub hospital_number: bool,
}
