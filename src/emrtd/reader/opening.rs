//! Getting into the chip: EF.CardAccess, then PACE, or BAC where the card does no PACE.

use super::{Next, Outcome, Reader, State};
use crate::emrtd::ReadError;
use crate::emrtd::access::{Bac, Failure, Pace, Turn};
use crate::emrtd::apdu::{Command, Reply, Sw};
use crate::emrtd::file::{FileFault, FileRead, Progress};
use crate::emrtd::lds::security_info::{Mapping, PaceInfo};
use crate::emrtd::lds::{self, File, SecurityInfos};
use crate::emrtd::messaging::SecureMessaging;

/// The application of travel documents (ICAO 9303-10 §3.6).
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
const CARD_ACCESS_FID: [u8; 2] = [0x01, 0x1C];
const MASTER_FILE: [u8; 2] = [0x3F, 0x00];
/// EF.ATR/INFO in the master file (ICAO 9303-10 §3.11.2).
const ATR_INFO_SFI: u8 = 0x01;

/// How EF.CardAccess is being read; each way is followed by the next if the card refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CardAccessWay {
    /// By its short identifier, as right after power-up.
    AtOnce,
    /// The same after SELECT of the master file. Citizen cards answer that with 6D00.
    AfterMasterFile,
    /// After SELECT by its identifier.
    Selected,
}

impl Reader<'_> {
    pub(super) fn open_card(&mut self) -> Next {
        if self.habits.selects_card_access {
            return select_card_access();
        }
        self.read_card_access(CardAccessWay::AtOnce)
    }

    fn read_card_access(&self, way: CardAccessWay) -> Next {
        let tag = File::CardAccess.tag();
        let file = match way {
            CardAccessWay::Selected => FileRead::selected(tag),
            CardAccessWay::AtOnce | CardAccessWay::AfterMasterFile => {
                FileRead::by_sfi(File::CardAccess.short_id(), tag)
            }
        };
        self.read_file(file, |file| State::CardAccess(file, way))
    }

    pub(super) fn after_master_file(&self, selected: bool) -> Next {
        if selected {
            self.read_card_access(CardAccessWay::AfterMasterFile)
        } else {
            select_card_access()
        }
    }

    pub(super) fn after_select_card_access(&mut self, selected: bool) -> Next {
        if selected {
            self.read_card_access(CardAccessWay::Selected)
        } else {
            self.start_pace(PaceInfo::citizen_card(), false)
        }
    }

    pub(super) fn on_card_access(
        &mut self,
        mut file: FileRead,
        way: CardAccessWay,
        reply: &Reply,
    ) -> Outcome {
        match file.on_reply(reply, &mut self.habits.read_size) {
            Ok(Progress::More) => Ok(self.read_file(file, |file| State::CardAccess(file, way))),
            Ok(Progress::Whole(bytes)) => {
                self.habits.selects_card_access = way == CardAccessWay::Selected;
                let infos = SecurityInfos::parse(&bytes)
                    .map_err(|e| ReadError::unreadable(format!("EF.CardAccess: {e}")))?;
                Ok(self.on_offers(infos))
            }
            Err(FileFault::Refused(_)) => Ok(match way {
                CardAccessWay::AtOnce => {
                    Next::Send(State::MasterFile, Command::select(0x00, &MASTER_FILE))
                }
                CardAccessWay::AfterMasterFile => select_card_access(),
                CardAccessWay::Selected => self.start_pace(PaceInfo::citizen_card(), false),
            }),
            Err(FileFault::Broken(reason)) => {
                Err(ReadError::unreadable(format!("EF.CardAccess: {reason}")))
            }
        }
    }

    /// A card that offers no way of PACE that is known here may do BAC as well.
    fn on_offers(&mut self, infos: SecurityInfos) -> Next {
        let offer = best_offer(&infos.pace).cloned();
        self.session.card_access = Some(infos);
        match offer {
            Some(offer) => self.ask_card_abilities(offer),
            None => select_plain_application(),
        }
    }

    /// Whether longer replies are worth asking for is told by the answer to reset, else by
    /// EF.ATR/INFO: one command, which only a portrait earns back.
    fn ask_card_abilities(&mut self, offer: PaceInfo) -> Next {
        let told = self.habits.knows_reply_max(&self.line);
        if told || !self.request.plan.portrait {
            return self.start_pace(offer, true);
        }
        // It is a list of objects without one around them, and shorter than any reply.
        let command = Command::read_sfi(ATR_INFO_SFI, self.habits.read_size.most());
        Next::Send(State::AtrInfo(offer), command)
    }

    pub(super) fn on_atr_info(&mut self, offer: PaceInfo, reply: &Reply) -> Next {
        let given = matches!(reply.sw, Sw::OK | Sw::END_OF_FILE);
        let info = given
            .then(|| lds::parse_atr_info(&reply.data).ok())
            .flatten();
        self.habits.learn(info.as_ref());
        self.start_pace(offer, true)
    }

    fn start_pace(&mut self, info: PaceInfo, announced: bool) -> Next {
        self.session.access = info.name().to_owned();
        let (pace, command) = Pace::start(info, &self.request.access);
        Next::Send(State::Pace(Box::new(pace), announced), command)
    }

    pub(super) fn on_pace(&mut self, pace: Pace, announced: bool, reply: &Reply) -> Outcome {
        match pace.on_reply(reply, self.random) {
            Ok(Turn::Send(pace, command)) => {
                Ok(Next::Send(State::Pace(Box::new(pace), announced), command))
            }
            Ok(Turn::Open(messaging, evidence)) => {
                self.enter(messaging);
                let Some(evidence) = evidence else {
                    return Ok(select_application());
                };
                self.session.clone_check.take_cam(evidence);
                let file =
                    FileRead::by_sfi(File::CardSecurity.short_id(), File::CardSecurity.tag());
                Ok(self.read_file(file, State::CardSecurity))
            }
            Err(Failure::WrongPassword) => Err(ReadError::WrongCan),
            Err(Failure::Refused(sw)) if announced => Err(ReadError::unreadable(format!(
                "the card announces PACE and refuses it: {sw}"
            ))),
            // Passports that are older than PACE have no EF.CardAccess either.
            Err(Failure::Refused(_)) => Ok(select_plain_application()),
            Err(Failure::Broken(reason)) => Err(ReadError::Unreadable { reason }),
        }
    }

    pub(super) fn on_card_security(&mut self, mut file: FileRead, reply: &Reply) -> Next {
        match file.on_reply(reply, &mut self.habits.read_size) {
            Ok(Progress::More) => return self.read_file(file, State::CardSecurity),
            Ok(Progress::Whole(bytes)) => self.session.take_card_security(&bytes, &self.request),
            Err(fault) => {
                let check = &mut self.session.clone_check;
                check.miss_card_security(&fault.to_string());
            }
        }
        select_application()
    }

    pub(super) fn on_plain_application(&mut self, status: Sw) -> Outcome {
        if status != Sw::OK {
            return Err(ReadError::not_a_citizen_card(format!(
                "it does no PACE, and has no travel document application: {status}"
            )));
        }
        let Some((bac, command)) = Bac::start(&self.request.access) else {
            return Err(ReadError::OtherDocument);
        };
        self.session.access = Bac::NAME.to_owned();
        Ok(Next::Send(State::Bac(bac), command))
    }

    pub(super) fn on_bac(&mut self, bac: Bac, reply: &Reply) -> Outcome {
        match bac.on_reply(reply, self.random) {
            Ok(Turn::Send(bac, command)) => Ok(Next::Send(State::Bac(bac), command)),
            Ok(Turn::Open(messaging, _)) => {
                self.enter(messaging);
                // The application is selected already.
                self.advance()
            }
            Err(Failure::WrongPassword) => Err(ReadError::WrongCan),
            Err(Failure::Refused(sw)) => Err(ReadError::not_a_citizen_card(format!(
                "it does neither PACE nor BAC: {sw}"
            ))),
            Err(Failure::Broken(reason)) => Err(ReadError::Unreadable { reason }),
        }
    }

    /// The session is open; how much one reply can carry depends on its cipher.
    fn enter(&mut self, messaging: SecureMessaging) {
        self.habits.settle_read_size(messaging.cipher(), &self.line);
        self.messaging = Some(messaging);
    }
}

/// Of several offers, the one that also authenticates the chip, else the first.
fn best_offer(offers: &[PaceInfo]) -> Option<&PaceInfo> {
    let authenticates = |offer: &&PaceInfo| offer.mapping == Mapping::ChipAuthentication;
    offers.iter().find(authenticates).or(offers.first())
}

pub(super) fn select_application() -> Next {
    Next::Send(State::Application, Command::select(0x04, &APPLICATION))
}

fn select_plain_application() -> Next {
    Next::Send(State::PlainApplication, Command::select(0x04, &APPLICATION))
}

fn select_card_access() -> Next {
    let command = Command::select(0x02, &CARD_ACCESS_FID);
    Next::Send(State::SelectCardAccess, command)
}
