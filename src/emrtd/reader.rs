use super::access::{Failure, Pace, Turn};
use super::apdu::{Command, Reply, Sw};
use super::chip::Files;
use super::file::{FileFault, FileRead, Progress, ReadSize};
use super::lds::DataGroup;
use super::lds::security_info::{PaceInfo, parse_card_access};
use super::messaging::{SecureMessaging, SecurityEvent};
use super::{Access, Chip, LinkStats, Plan, ReadError};

/// The application of travel documents (ICAO 9303-10 §3.6).
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// EF.CardAccess, in short and in full.
const CARD_ACCESS_SFI: u8 = 0x1C;
const CARD_ACCESS_FID: [u8; 2] = [0x01, 0x1C];
const CARD_ACCESS_TAG: u32 = 0x31;
const MASTER_FILE: [u8; 2] = [0x3F, 0x00];
/// Fresh starts after a card dropped its session over a long read: one for each smaller size that
/// could help.
const RESTARTS_MAX: u8 = 2;
/// Percentages at which the parts of a reading begin; measured shares of the time, roughly.
const PACE_FROM: u8 = 5;
const PACE_SHARE: u8 = 5;
const FILES_FROM: u8 = 30;

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this command, then call [`Reader::on_reply`].
    Transmit(Vec<u8>),
    /// Reset the card, then call [`Reader::on_reset`]: it dropped its session.
    Reset,
    /// The card is read.
    Done(Box<Chip>),
    /// The card is not read, and nothing of it is kept.
    Failed(ReadError),
}

/// The conversation that reads one chip, once.
pub struct Reader<'r> {
    access: Access,
    plan: Plan,
    random: &'r mut dyn FnMut(&mut [u8]),
    state: State,
    session: Option<SecureMessaging>,
    size: ReadSize,
    restarts: u8,
    files: Files,
    opened_by: &'static str,
    percent: u8,
    link: LinkStats,
}

/// What the next reply answers.
enum State {
    /// Nothing was sent yet.
    Idle,
    /// A read of EF.CardAccess, and what to try if it is refused.
    CardAccess(FileRead, Fallback),
    /// SELECT of the master file.
    MasterFile,
    /// SELECT of EF.CardAccess.
    SelectCardAccess,
    /// PACE; whether the card itself announced it.
    Pace(Pace, bool),
    /// SELECT of the application, under secure messaging.
    Application,
    /// A read of a data group.
    Group(DataGroup, FileRead),
    /// The reading has ended.
    Over,
}

/// The next way to EF.CardAccess. Citizen cards answer 6D00 to SELECT MF.
#[derive(Clone, Copy)]
enum Fallback {
    MasterFile,
    SelectFile,
    BuiltIn,
}

/// A transition: the next state with its command, or the end.
enum Next {
    Send(State, Command),
    Reset,
    Done(Box<Chip>),
}

impl<'r> Reader<'r> {
    /// A reader that will open the chip with `access` and read what `plan` asks for. `random` must
    /// be the operating system's source; it is asked only while the session keys are agreed.
    pub fn new(access: Access, plan: Plan, random: &'r mut dyn FnMut(&mut [u8])) -> Self {
        Self {
            access,
            plan,
            random,
            state: State::Idle,
            session: None,
            size: ReadSize::default(),
            restarts: 0,
            files: Files::default(),
            opened_by: "",
            percent: 0,
            link: LinkStats::default(),
        }
    }

    /// The first step. The card must be freshly powered.
    pub fn start(&mut self) -> Step {
        let next = self.read_card_access(Fallback::MasterFile);
        self.carry_out(Ok(next))
    }

    /// Takes the card's reply to the command of the last [`Step::Transmit`].
    pub fn on_reply(&mut self, reply: &[u8]) -> Step {
        self.link.bytes_received += reply.len() as u64;
        let state = std::mem::replace(&mut self.state, State::Over);
        let next = match self.open(reply) {
            Ok(reply) => self.on_plain(state, &reply),
            Err(event) => self.on_security_event(&state, event),
        };
        self.carry_out(next)
    }

    /// The card was reset as [`Step::Reset`] asked: begin again with smaller reads.
    pub fn on_reset(&mut self) -> Step {
        self.start()
    }

    /// How far the reading is, 0 to 100. It never falls.
    pub fn percent(&self) -> u8 {
        self.percent
    }

    /// Sends the next command, or ends: then every key and file is dropped.
    fn carry_out(&mut self, next: Result<Next, ReadError>) -> Step {
        match next {
            Ok(Next::Send(state, command)) => {
                self.note_progress(&state);
                self.state = state;
                let command = match &mut self.session {
                    Some(session) => session.protect(&command),
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
        self.session = None;
        self.files = Files::default();
    }

    fn open(&mut self, reply: &[u8]) -> Result<Reply, SecurityEvent> {
        match &mut self.session {
            Some(session) => session.unprotect(reply),
            None => {
                Reply::parse(reply).ok_or(SecurityEvent::Malformed("shorter than a status word"))
            }
        }
    }

    /// Every such event ends the session. Only one has a cure: some cards answer a read that is
    /// too long for them without protection and forget the session, and then a fresh one with
    /// smaller reads succeeds.
    fn on_security_event(
        &mut self,
        state: &State,
        event: SecurityEvent,
    ) -> Result<Next, ReadError> {
        if let (State::Group(..), SecurityEvent::Unprotected(sw)) = (state, event) {
            let about_length = sw.exact_le().is_some()
                || matches!(
                    sw,
                    Sw::WRONG_LENGTH | Sw::WRONG_OFFSET | Sw::SM_OBJECTS_WRONG
                );
            if let Some(smaller) = self.size.smaller().filter(|_| about_length)
                && self.restarts < RESTARTS_MAX
            {
                self.restarts += 1;
                self.size = smaller;
                return Ok(Next::Reset);
            }
        }
        Err(ReadError::unreadable(event.to_string()))
    }

    fn on_plain(&mut self, state: State, reply: &Reply) -> Result<Next, ReadError> {
        match state {
            State::CardAccess(file, fallback) => self.on_card_access(file, fallback, reply),
            State::MasterFile if reply.sw == Sw::OK => {
                Ok(self.read_card_access(Fallback::SelectFile))
            }
            State::MasterFile => Ok(select_card_access()),
            State::SelectCardAccess if reply.sw == Sw::OK => {
                let file = FileRead::selected(CARD_ACCESS_TAG);
                Ok(self.read_file(file, |file| State::CardAccess(file, Fallback::BuiltIn)))
            }
            State::SelectCardAccess => Ok(self.start_pace(PaceInfo::citizen_card(), false)),
            State::Pace(pace, announced) => self.on_pace(pace, announced, reply),
            State::Application if reply.sw == Sw::OK => Ok(self.read_group(DataGroup::Dg1)),
            State::Application => Err(ReadError::not_a_citizen_card(format!(
                "no travel document application: {}",
                reply.sw
            ))),
            State::Group(group, file) => self.on_group(group, file, reply),
            State::Idle | State::Over => Err(ReadError::unreadable("the reading is over")),
        }
    }

    fn read_card_access(&mut self, fallback: Fallback) -> Next {
        let file = FileRead::by_sfi(CARD_ACCESS_SFI, CARD_ACCESS_TAG);
        self.read_file(file, |file| State::CardAccess(file, fallback))
    }

    fn on_card_access(
        &mut self,
        mut file: FileRead,
        fallback: Fallback,
        reply: &Reply,
    ) -> Result<Next, ReadError> {
        match file.on_reply(reply, &mut self.size) {
            Ok(Progress::More) => {
                Ok(self.read_file(file, |file| State::CardAccess(file, fallback)))
            }
            Ok(Progress::Whole(bytes)) => {
                let offer = parse_card_access(&bytes)
                    .map_err(|e| ReadError::unreadable(format!("EF.CardAccess: {e}")))?;
                let offer = offer.ok_or_else(|| {
                    ReadError::not_a_citizen_card("EF.CardAccess offers no PACE that is known")
                })?;
                Ok(self.start_pace(offer, true))
            }
            Err(FileFault::Refused(_)) => Ok(match fallback {
                Fallback::MasterFile => {
                    Next::Send(State::MasterFile, Command::select(0x00, &MASTER_FILE))
                }
                Fallback::SelectFile => select_card_access(),
                Fallback::BuiltIn => self.start_pace(PaceInfo::citizen_card(), false),
            }),
            Err(FileFault::Broken(reason)) => {
                Err(ReadError::unreadable(format!("EF.CardAccess: {reason}")))
            }
        }
    }

    fn start_pace(&mut self, info: PaceInfo, announced: bool) -> Next {
        self.opened_by = info.name();
        let (pace, command) = Pace::start(info, &self.access);
        Next::Send(State::Pace(pace, announced), command)
    }

    fn on_pace(&mut self, pace: Pace, announced: bool, reply: &Reply) -> Result<Next, ReadError> {
        match pace.on_reply(reply, self.random) {
            Ok(Turn::Send(pace, command)) => Ok(Next::Send(State::Pace(pace, announced), command)),
            Ok(Turn::Open(session, _)) => {
                self.session = Some(session);
                let command = Command::select(0x04, &APPLICATION);
                Ok(Next::Send(State::Application, command))
            }
            Err(Failure::WrongPassword) => Err(ReadError::WrongCan),
            Err(Failure::Refused(sw)) if announced => Err(ReadError::unreadable(format!(
                "the card announces PACE and refuses it: {sw}"
            ))),
            Err(Failure::Refused(sw)) => Err(ReadError::not_a_citizen_card(format!(
                "it does no PACE: {sw}"
            ))),
            Err(Failure::Broken(reason)) => Err(ReadError::Unreadable { reason }),
        }
    }

    fn read_group(&mut self, group: DataGroup) -> Next {
        let file = FileRead::by_sfi(group.number(), group.tag());
        self.read_file(file, |file| State::Group(group, file))
    }

    fn on_group(
        &mut self,
        group: DataGroup,
        mut file: FileRead,
        reply: &Reply,
    ) -> Result<Next, ReadError> {
        match file.on_reply(reply, &mut self.size) {
            Ok(Progress::More) => Ok(self.read_file(file, |file| State::Group(group, file))),
            Ok(Progress::Whole(bytes)) => {
                self.files.add(group, &bytes)?;
                self.after(group)
            }
            // DG1 makes the identity; without the others there is only less of it.
            Err(FileFault::Refused(sw)) if group == DataGroup::Dg1 => {
                Err(ReadError::unreadable(format!("DG1: {sw}")))
            }
            Err(FileFault::Broken(reason)) if group == DataGroup::Dg1 => {
                Err(ReadError::unreadable(format!("DG1: {reason}")))
            }
            Err(FileFault::Refused(_) | FileFault::Broken(_)) => self.after(group),
        }
    }

    /// The order is DG1, DG13, DG2: the identity is known before the long read begins.
    fn after(&mut self, group: DataGroup) -> Result<Next, ReadError> {
        let next = match group {
            DataGroup::Dg1 if self.plan.dg13 => Some(DataGroup::Dg13),
            DataGroup::Dg1 | DataGroup::Dg13 if self.plan.portrait => Some(DataGroup::Dg2),
            DataGroup::Dg1
            | DataGroup::Dg13
            | DataGroup::Dg2
            | DataGroup::Dg11
            | DataGroup::Dg12
            | DataGroup::Dg14
            | DataGroup::Dg15 => None,
        };
        match next {
            Some(group) => Ok(self.read_group(group)),
            None => {
                let files = std::mem::take(&mut self.files);
                let chip = files.into_chip(self.opened_by, self.link)?;
                Ok(Next::Done(Box::new(chip)))
            }
        }
    }

    fn read_file(&self, mut file: FileRead, state: impl FnOnce(FileRead) -> State) -> Next {
        let command = file.command(self.size);
        Next::Send(state(file), command)
    }

    fn note_progress(&mut self, state: &State) {
        let percent = match state {
            State::Pace(pace, _) => PACE_FROM + PACE_SHARE * pace.answered(),
            State::Application => FILES_FROM,
            State::Group(group, file) => {
                let (from, to) = self.share(*group);
                from + u8::try_from(u32::from(to - from) * u32::from(file.percent()) / 100)
                    .expect("a share of a percentage is one")
            }
            State::Idle
            | State::CardAccess(..)
            | State::MasterFile
            | State::SelectCardAccess
            | State::Over => 0,
        };
        self.percent = self.percent.max(percent);
    }

    /// From which percentage to which a data group takes.
    fn share(&self, group: DataGroup) -> (u8, u8) {
        let Plan { dg13, portrait } = self.plan;
        let dg1_to = if dg13 || portrait { 35 } else { 99 };
        let dg13_to = if portrait { 45 } else { 99 };
        match group {
            DataGroup::Dg1 => (FILES_FROM, dg1_to),
            DataGroup::Dg13 => (dg1_to, dg13_to),
            DataGroup::Dg2 if dg13 => (dg13_to, 99),
            DataGroup::Dg2
            | DataGroup::Dg11
            | DataGroup::Dg12
            | DataGroup::Dg14
            | DataGroup::Dg15 => (dg1_to, 99),
        }
    }
}

fn select_card_access() -> Next {
    let command = Command::select(0x02, &CARD_ACCESS_FID);
    Next::Send(State::SelectCardAccess, command)
}
