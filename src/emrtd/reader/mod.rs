//! The conversation that reads and proves one chip: what to send next, and what a reply means.
//!
//! `opening` gets into the chip (EF.CardAccess, PACE, BAC), `agenda` says what is read and proved
//! then and in which order, `session` holds what was found, `clone_check` whether the chip is no
//! copy; this file keeps the conversation going.

mod agenda;
mod clone_check;
mod opening;
mod session;

use jiff::civil::Date;

use super::access::{Bac, Pace};
use super::apdu::{Command, Reply, Sw};
use super::file::FileRead;
use super::habits::Habits;
use super::lds::File;
use super::lds::security_info::PaceInfo;
use super::messaging::{SecureMessaging, SecurityEvent};
use super::proof::{ActiveAuthentication, ChipAuthentication};
use super::transport::Line;
use super::trust::TrustStore;
use super::{Access, Chip, LinkStats, Plan, ReadError};
use crate::identity::Person;
use agenda::Task;
use opening::CardAccessWay;
use session::Session;

/// Percentages at which the parts of a reading begin; measured shares of the time, roughly.
const PACE_FROM: u8 = 5;
const PACE_SHARE: u8 = 5;
const FILES_FROM: u8 = 30;

/// What a reading is asked for, and what it may rely on.
#[derive(Clone)]
pub struct Request<'r> {
    /// The password.
    pub access: Access,
    /// What to read.
    pub plan: Plan,
    /// Whom to trust.
    pub trust: &'r TrustStore,
    /// The day in UTC: certificates are valid or not on it.
    pub today: Date,
    /// What was learned from a card with the same answer to reset.
    pub habits: Option<Habits>,
}

impl<'r> Request<'r> {
    /// A reading of a card of which nothing is known yet.
    pub fn new(access: Access, plan: Plan, trust: &'r TrustStore, today: Date) -> Self {
        Self {
            access,
            plan,
            trust,
            today,
            habits: None,
        }
    }
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this command, then call [`Reader::on_reply`]. Meanwhile, call [`Reader::work`].
    Transmit(Vec<u8>),
    /// Reset the card, then call [`Reader::on_reset`]: its session is over.
    Reset,
    /// The card is read.
    Done(Box<Chip>),
    /// The card is not read, and nothing of it is kept.
    Failed(ReadError),
}

/// The conversation that reads one chip, once.
pub struct Reader<'r> {
    request: Request<'r>,
    line: Line,
    random: &'r mut dyn FnMut(&mut [u8]),
    state: State,
    messaging: Option<SecureMessaging>,
    /// What was found in this session with the card.
    session: Session,
    habits: Habits,
    percent: u8,
    link: LinkStats,
}

/// What the next reply answers.
enum State {
    /// Nothing was sent yet.
    Idle,
    /// A read of EF.CardAccess, and what to try if it is refused.
    CardAccess(FileRead, CardAccessWay),
    /// SELECT of the master file.
    MasterFile,
    /// SELECT of EF.CardAccess.
    SelectCardAccess,
    /// A read of EF.ATR/INFO, before this way of PACE.
    AtrInfo(PaceInfo),
    /// PACE; whether the card itself announced it.
    Pace(Box<Pace>, bool),
    /// SELECT of the application without PACE: is this a travel document, and does it do BAC?
    PlainApplication,
    /// BAC.
    Bac(Bac),
    /// A read of EF.CardSecurity.
    CardSecurity(FileRead),
    /// SELECT of the application, under secure messaging.
    Application,
    /// A read of a file of the application.
    File(File, FileRead),
    /// Chip authentication.
    Chip(Box<ChipAuthentication>),
    /// Active authentication.
    Active(Box<ActiveAuthentication>),
    /// The reading has ended.
    Over,
}

/// A transition: the next state with its command, or the end.
enum Next {
    Send(State, Command),
    Reset,
    Done(Box<Chip>),
}

type Outcome = Result<Next, ReadError>;

impl<'r> Reader<'r> {
    /// A reader for `request` over `line`. `random` must be the operating system's source; it is
    /// asked only for keys and challenges.
    pub fn new(request: Request<'r>, line: Line, random: &'r mut dyn FnMut(&mut [u8])) -> Self {
        let habits = request.habits.unwrap_or_default();
        Self {
            session: Session::new(&request.plan),
            request,
            line,
            random,
            state: State::Idle,
            messaging: None,
            habits,
            percent: 0,
            link: LinkStats::default(),
        }
    }

    /// The first step. The card must be freshly powered.
    pub fn start(&mut self) -> Step {
        let next = self.open_card();
        self.carry_out(Ok(next))
    }

    /// The first step as if the chip were open already and spoke in the clear. For fuzzing alone:
    /// no reading of a card begins so.
    pub(super) fn start_unprotected(&mut self) -> Step {
        self.carry_out(Ok(opening::select_application()))
    }

    /// Takes the card's reply to the command of the last [`Step::Transmit`].
    pub fn on_reply(&mut self, reply: &[u8]) -> Step {
        self.link.bytes_received += reply.len() as u64;
        let state = std::mem::replace(&mut self.state, State::Over);
        let next = match self.unprotect(reply) {
            Ok(reply) => {
                self.session.clone_check.confirm_chip();
                self.on_plain(state, &reply)
            }
            Err(event) => self.on_security_event(&state, event),
        };
        self.carry_out(next)
    }

    /// The card was reset as [`Step::Reset`] asked: begin again.
    pub fn on_reset(&mut self) -> Step {
        self.start()
    }

    /// Whether there is something to calculate while the card is busy.
    pub fn has_work(&self) -> bool {
        let asks = matches!(&self.state, State::Pace(pace, _) if pace.has_work())
            || matches!(self.state, State::Chip(_));
        asks || self.session.has_work()
    }

    /// Calculates what will be needed after the reply that is awaited. Never necessary: what was
    /// not done by then is done when it is needed.
    pub fn work(&mut self) {
        if let State::Pace(pace, _) = &mut self.state {
            pace.prepare(self.random);
        }
        if let State::Chip(chip) = &mut self.state {
            chip.prepare();
        }
        self.session.work(&self.request);
    }

    /// How far the reading is, 0 to 100. It never falls.
    pub fn percent(&self) -> u8 {
        self.percent
    }

    /// The holder, as soon as known and as far as the data were proved by then: before the
    /// portrait is read.
    pub fn holder(&self) -> Option<&Person> {
        self.session.holder()
    }

    /// Sends the next command, or ends: then every key and file is dropped.
    fn carry_out(&mut self, next: Outcome) -> Step {
        match next {
            Ok(Next::Send(state, command)) => {
                self.note_progress(&state);
                self.state = state;
                let command = match &mut self.messaging {
                    Some(messaging) => messaging.protect(&command),
                    None => command,
                };
                let bytes = command.encode();
                self.link.apdus += 1;
                self.link.bytes_sent += bytes.len() as u64;
                Step::Transmit(bytes)
            }
            Ok(Next::Reset) => {
                self.forget();
                Step::Reset
            }
            Ok(Next::Done(chip)) => {
                self.percent = 100;
                self.forget();
                Step::Done(chip)
            }
            Err(error) => {
                self.forget();
                Step::Failed(error)
            }
        }
    }

    fn forget(&mut self) {
        self.state = State::Over;
        self.messaging = None;
        self.session = self.session.next(&self.request.plan);
    }

    fn unprotect(&mut self, reply: &[u8]) -> Result<Reply, SecurityEvent> {
        match &mut self.messaging {
            Some(messaging) => messaging.unprotect(reply),
            None => {
                Reply::parse(reply).ok_or(SecurityEvent::Malformed("shorter than a status word"))
            }
        }
    }

    /// Every such event ends the session. Two have a sequel: some cards answer a read that is too
    /// long for them without protection and forget the session, and then a fresh one with smaller
    /// reads succeeds; and a chip that does not have the keys of chip authentication is no original,
    /// but whose data it carries is still to be told to staff. Both end: the sizes do, and a chip is
    /// refuted only so often.
    fn on_security_event(&mut self, state: &State, event: SecurityEvent) -> Outcome {
        // First, for it says nothing about the chip's key, and the first read under the new keys is
        // of a file that is shorter than most.
        if let (State::File(..), SecurityEvent::Unprotected(sw)) = (state, event)
            && sw.is_about_length()
            && !(self.session.clone_check.awaits_chip() && sw == Sw::SM_OBJECTS_WRONG)
            && let Some(smaller) = self.habits.read_size.smaller()
        {
            self.habits.read_size = smaller;
            return Ok(Next::Reset);
        }
        if self.session.clone_check.refute_chip() {
            return Ok(Next::Reset);
        }
        Err(ReadError::unreadable(event.to_string()))
    }

    fn on_plain(&mut self, state: State, reply: &Reply) -> Outcome {
        match state {
            State::CardAccess(file, way) => self.on_card_access(file, way, reply),
            State::MasterFile => Ok(self.after_master_file(reply.sw == Sw::OK)),
            State::SelectCardAccess => Ok(self.after_select_card_access(reply.sw == Sw::OK)),
            State::AtrInfo(offer) => Ok(self.on_atr_info(offer, reply)),
            State::Pace(pace, announced) => self.on_pace(*pace, announced, reply),
            State::PlainApplication => self.on_plain_application(reply.sw),
            State::Bac(bac) => self.on_bac(bac, reply),
            State::CardSecurity(file) => Ok(self.on_card_security(file, reply)),
            State::Application if reply.sw == Sw::OK => self.advance(),
            State::Application => Err(ReadError::not_a_citizen_card(format!(
                "no travel document application: {}",
                reply.sw
            ))),
            State::File(file, read) => self.on_file(file, read, reply),
            State::Chip(chip) => self.on_chip(*chip, reply),
            State::Active(active) => self.on_active(*active, reply),
            State::Idle | State::Over => Err(ReadError::unreadable("the reading is over")),
        }
    }

    /// The next command of a file's reading.
    fn read_file(&self, mut file: FileRead, state: impl FnOnce(FileRead) -> State) -> Next {
        let command = file.command(self.habits.read_size);
        Next::Send(state(file), command)
    }

    fn note_progress(&mut self, state: &State) {
        let percent = match state {
            State::Pace(pace, _) => PACE_FROM + PACE_SHARE * pace.answered(),
            State::CardSecurity(_) | State::Application => FILES_FROM,
            State::File(file, read) => self.share(Task::Read(*file), read.percent()),
            State::Chip(_) => self.share(Task::Chip, 0),
            State::Active(_) => self.share(Task::Active, 0),
            State::Idle
            | State::CardAccess(..)
            | State::MasterFile
            | State::SelectCardAccess
            | State::AtrInfo(_)
            | State::PlainApplication
            | State::Bac(_)
            | State::Over => 0,
        };
        self.percent = self.percent.max(percent);
    }

    /// The percentage at which a task is that is itself done by `done` percent: the tasks share
    /// what follows the opening by their usual weight.
    fn share(&self, task: Task, done: u8) -> u8 {
        let weight = |task: Task| u32::from(task.weight());
        let tasks = || agenda::of(&self.request.plan);
        let all: u32 = tasks().map(weight).sum();
        let before: u32 = tasks().take_while(|t| *t != task).map(weight).sum();
        let here = before * 100 + weight(task) * u32::from(done);
        let of_files = u32::from(99 - FILES_FROM) * here / (all * 100);
        FILES_FROM + u8::try_from(of_files).expect("a share of a percentage is one")
    }
}
