//! What was found in one session with a card. Wiped when dropped.

use std::collections::VecDeque;

use super::Request;
use super::agenda::{self, Task};
use crate::emrtd::access::CamEvidence;
use crate::emrtd::chip::{Files, Plan};
use crate::emrtd::file::FileFault;
use crate::emrtd::lds::security_info::{Mapping, PaceInfo};
use crate::emrtd::lds::{self, File, SecurityInfos};
use crate::emrtd::proof::passive::{self, CardSecurity};
use crate::emrtd::proof::{Passive, PassiveStep, Proof, Proofs, Unconfirmed, cam};
use crate::emrtd::signature::PublicKey;
use crate::emrtd::{Chip, Habits, LinkStats, ReadError};
use crate::identity::{Check, CheckResult, Person};

/// Sessions with a wrong reply after chip authentication until it has failed.
const REFUTED_MAX: u8 = 2;

pub(super) struct Session {
    agenda: VecDeque<Task>,
    /// How the chip was opened.
    pub access: String,
    /// What EF.CardAccess says; it is unsigned, and compared with DG14 later.
    pub card_access: Option<SecurityInfos>,
    /// What PACE-CAM told, until EF.CardSecurity judges it.
    pub cam: Option<CamEvidence>,
    /// The EF.CardSecurity by which PACE-CAM was judged, until it is known whose card this is.
    card_security: Option<CardSecurity>,
    /// The card did not give it.
    hides_card_security: bool,
    passive: Option<Passive>,
    dg14: Option<SecurityInfos>,
    dg15: Option<PublicKey>,
    /// Chip authentication was done; the next right MAC will prove it.
    unconfirmed: Option<Unconfirmed>,
    /// Times that it was not so.
    refuted: u8,
    chip: Option<Proof>,
    active: Option<Proof>,
    files: Files,
    holder: Option<Person>,
}

impl Session {
    pub fn new(plan: &Plan) -> Self {
        Self {
            agenda: agenda::of(plan),
            access: String::new(),
            card_access: None,
            cam: None,
            card_security: None,
            hides_card_security: false,
            passive: None,
            dg14: None,
            dg15: None,
            unconfirmed: None,
            refuted: 0,
            chip: None,
            active: None,
            files: Files::new(*plan),
            holder: None,
        }
    }

    /// A new session with the same card. Only what was refuted is remembered: nothing that comes
    /// later can make it good.
    pub fn next(&mut self, plan: &Plan) -> Self {
        let refuted = |proof: &Proof| proof.result() == CheckResult::Failed;
        Self {
            refuted: self.refuted,
            chip: self.chip.take().filter(refuted),
            active: self.active.take().filter(refuted),
            ..Self::new(plan)
        }
    }

    pub fn holder(&self) -> Option<&Person> {
        self.holder.as_ref()
    }

    pub fn has_work(&self) -> bool {
        self.passive.as_ref().is_some_and(Passive::is_unverified)
    }

    /// Verifies the security object, if that is still to be done.
    pub fn work(&mut self, request: &Request<'_>) {
        if let Some(passive) = &mut self.passive {
            passive.verify(request.trust, request.today);
        }
    }

    /// The next task that is worth doing.
    pub fn next_task(&mut self, request: &Request<'_>) -> Option<Task> {
        while let Some(task) = self.agenda.pop_front() {
            if matches!(task, Task::Chip | Task::Read(File::Dg15 | File::Dg2)) {
                // What a chip authentication is worth depends on whether DG14 is genuine, and
                // nobody is shown before the signature was looked at.
                self.work(request);
            }
            if task == Task::Read(File::Dg2) && !self.passive_failed() {
                self.holder = self.files.person().ok();
            }
            if self.is_wanted(task) {
                return Some(task);
            }
        }
        None
    }

    fn is_wanted(&self, task: Task) -> bool {
        let open = |proof: &Option<Proof>| {
            proof.as_ref().is_none_or(|p| {
                !matches!(p.result(), CheckResult::Successful | CheckResult::Failed)
            })
        };
        let genuine = !self.passive_failed();
        match task {
            Task::Read(File::Sod | File::Dg1) => true,
            // After a PACE-CAM that decided nothing, too: the card may have wanted it so.
            Task::Read(File::Dg14) => self.lists(File::Dg14) && open(&self.chip) && genuine,
            Task::Chip => open(&self.chip) && genuine,
            Task::Read(File::Dg15) => {
                self.lists(File::Dg15) && open(&self.chip) && self.active.is_none() && genuine
            }
            Task::Active => self.active.is_none(),
            // Without a security object nothing says what there is.
            Task::Read(file) => self.lists(file) || self.groups().is_empty(),
        }
    }

    fn groups(&self) -> &[u8] {
        self.passive.as_ref().map_or(&[], Passive::groups)
    }

    fn lists(&self, file: File) -> bool {
        file.group()
            .is_some_and(|group| self.groups().contains(&group))
    }

    fn passive_failed(&self) -> bool {
        let failed = |passive: &Passive| passive.proof().result() == CheckResult::Failed;
        self.passive.as_ref().is_some_and(failed)
    }

    /// Takes a whole file as it was read.
    pub fn take(
        &mut self,
        file: File,
        bytes: &[u8],
        request: &Request<'_>,
    ) -> Result<(), ReadError> {
        if let (Some(passive), Some(group)) = (&mut self.passive, file.group()) {
            passive.check_group(group, bytes);
        }
        match file {
            File::Sod => self.passive = Some(Passive::parse(bytes)),
            File::Dg14 => {
                self.work(request);
                self.take_dg14(bytes);
            }
            File::Dg15 => {
                self.work(request);
                self.take_dg15(bytes);
            }
            File::Dg1 => {
                self.files.add(file, bytes)?;
                self.compare_card_security();
            }
            File::Dg2 | File::Dg11 | File::Dg12 | File::Dg13 => self.files.add(file, bytes)?,
            File::CardAccess | File::CardSecurity => {}
        }
        Ok(())
    }

    /// EF.CardSecurity does not say whose card it is of. With one of another country, and its key,
    /// a copy would be as good as the original.
    fn compare_card_security(&mut self) {
        let (Some(card_security), Some(state)) =
            (self.card_security.take(), self.files.issuing_state())
        else {
            return;
        };
        let check = card_security.check_state(state);
        if check.result != CheckResult::Successful {
            self.chip_ended(unjudged(check.result, &check.reason));
        }
    }

    fn take_dg14(&mut self, bytes: &[u8]) {
        if self.passive_failed() {
            return;
        }
        match lds::parse_dg14(bytes) {
            Ok(infos) => {
                self.compare_card_access(&infos);
                self.dg14 = Some(infos);
            }
            Err(error) => {
                let reason = format!("DG14: {error}");
                self.chip_ended(Proof::other(None, CheckResult::Undetermined, &reason));
            }
        }
    }

    /// EF.CardAccess is not signed. If DG14 lists how PACE is done, and not so, then somebody has
    /// changed it: perhaps to make us use a weaker protocol.
    fn compare_card_access(&mut self, signed: &SecurityInfos) {
        let (Some(unsigned), Some(passive)) = (&self.card_access, &mut self.passive) else {
            return;
        };
        let check = if signed.pace_offers.is_empty() {
            Check::new(CheckResult::NotSupported, "DG14 does not list PACE")
        } else if signed.contradicts(unsigned) {
            let reason = "EF.CardAccess offers PACE otherwise than DG14";
            Check::new(CheckResult::Failed, reason)
        } else {
            Check::new(CheckResult::Successful, "as in DG14")
        };
        passive.add(PassiveStep::CardAccess, check);
    }

    fn take_dg15(&mut self, bytes: &[u8]) {
        if self.passive_failed() {
            return;
        }
        match lds::parse_dg15(bytes) {
            Ok(key) => self.dg15 = Some(key),
            Err(error) => {
                let reason = format!("DG15: {error}");
                self.active = Some(Proof::other(None, CheckResult::Undetermined, &reason));
            }
        }
    }

    /// A file that the card did not give, or that is none.
    pub fn miss(&mut self, file: File, fault: &FileFault) {
        let listed = |name| {
            let reason = format!("{name} is listed in the security object, and the card: {fault}");
            Proof::other(None, CheckResult::Failed, &reason)
        };
        match file {
            File::Sod => self.passive = Some(Passive::missing(&fault.to_string())),
            File::Dg14 => self.chip_ended(listed("DG14")),
            File::Dg15 => self.active = Some(listed("DG15")),
            File::Dg1 | File::Dg2 | File::Dg11 | File::Dg12 | File::Dg13 => {
                self.miss_data(file, fault);
            }
            File::CardAccess | File::CardSecurity => {}
        }
    }

    /// The holder's data prove nothing by being there, and newer cards give them to few readers.
    fn miss_data(&mut self, file: File, fault: &FileFault) {
        let group = file.group().filter(|group| self.groups().contains(group));
        if let (Some(passive), Some(group)) = (&mut self.passive, group) {
            let reason = format!("it is listed, and the card: {fault}");
            let check = Check::new(CheckResult::NotSupported, &reason);
            passive.add(PassiveStep::DataGroup(group), check);
        }
    }

    pub fn dg14(&self) -> Option<&SecurityInfos> {
        self.dg14.as_ref()
    }

    pub fn active_key(&self) -> Option<(&PublicKey, Option<&SecurityInfos>)> {
        Some((self.dg15.as_ref()?, self.dg14.as_ref()))
    }

    /// Judges what PACE-CAM told by EF.CardSecurity.
    pub fn take_card_security(&mut self, bytes: &[u8], request: &Request<'_>) {
        let Some(evidence) = self.cam.take() else {
            return;
        };
        let verified = passive::verified_card_security(bytes, request.trust, request.today);
        let proof = match verified {
            Ok(card_security) => match SecurityInfos::parse(card_security.content()) {
                Ok(infos)
                    if self
                        .card_access
                        .as_ref()
                        .is_some_and(|a| infos.contradicts(a)) =>
                {
                    unjudged(CheckResult::Failed, "EF.CardAccess offers PACE otherwise")
                }
                Ok(infos) => {
                    self.card_security = Some(card_security);
                    cam::judge(&evidence, &infos)
                }
                Err(error) => unjudged(CheckResult::Undetermined, &error.to_string()),
            },
            Err(check) => unjudged(check.result, &check.reason),
        };
        self.chip_ended(proof);
    }

    /// EF.CardSecurity could not be read.
    pub fn miss_card_security(&mut self, fault: &FileFault) {
        self.cam = None;
        self.hides_card_security = true;
        self.chip_ended(unjudged(CheckResult::Undetermined, &fault.to_string()));
    }

    /// DG14 offers no chip authentication. If it lists PACE-CAM, then that was to be done, and
    /// EF.CardSecurity to be there: a copy would rather do without. What PACE-CAM left open else
    /// stays so.
    pub fn chip_not_offered(&mut self) {
        let authenticates = |offer: &PaceInfo| offer.mapping == Mapping::ChipAuthentication;
        let offers = self.dg14().map_or(&[][..], |infos| &infos.pace);
        let proof = if !offers.iter().any(authenticates) {
            Proof::other(None, CheckResult::NotSupported, "DG14 offers none")
        } else if self.hides_card_security {
            unjudged(
                CheckResult::Failed,
                "DG14 lists PACE-CAM, and it is not given",
            )
        } else {
            let reason = "DG14 lists it, and the chip was opened without";
            Proof::other(Some("PACE-CAM"), CheckResult::Undetermined, reason)
        };
        if self.chip.is_none() || proof.result() == CheckResult::Failed {
            self.chip_ended(proof);
        }
    }

    /// A proof of the chip has ended. What failed once stays so, in an earlier session, too.
    pub fn chip_ended(&mut self, proof: Proof) {
        let has_failed = |proof: &Proof| proof.result() == CheckResult::Failed;
        if !self.chip.as_ref().is_some_and(has_failed) {
            self.chip = Some(proof);
        }
    }

    pub fn chip_awaits(&mut self, unconfirmed: Unconfirmed) {
        self.unconfirmed = Some(unconfirmed);
    }

    /// Whether the next right reply proves chip authentication.
    pub fn awaits_chip(&self) -> bool {
        self.unconfirmed.is_some()
    }

    /// A reply under the new keys was right: the chip has the private key.
    pub fn confirm_chip(&mut self) {
        if let Some(unconfirmed) = self.unconfirmed.take() {
            self.chip = Some(unconfirmed.confirmed());
        }
    }

    /// The first reply under the new keys was wrong; false where none was awaited. A card that lost
    /// its power for a moment just then looks the same, and "failed" stands against its holder for a
    /// day: so it takes two sessions that end so.
    pub fn refute_chip(&mut self) -> bool {
        let Some(unconfirmed) = self.unconfirmed.take() else {
            return false;
        };
        self.refuted += 1;
        if self.refuted >= REFUTED_MAX {
            self.chip = Some(unconfirmed.refuted());
        }
        true
    }

    pub fn active_ended(&mut self, proof: Proof) {
        self.active = Some(proof);
    }

    /// What the files say together, with what was proved of them.
    pub fn finish(
        &mut self,
        request: &Request<'_>,
        link: LinkStats,
        habits: Habits,
    ) -> Result<Chip, ReadError> {
        self.work(request);
        let mut passive = self
            .passive
            .take()
            .unwrap_or_else(|| Passive::missing("not read"));
        self.files.check(&mut passive)?;
        if passive.proof().result() == CheckResult::Failed {
            self.files.keep_to_zone();
        }
        let unsupported = |what: &str, group: u8| {
            let (result, reason) = if passive.groups().is_empty() {
                let reason = "no security object says whether the card offers it".to_owned();
                (CheckResult::Undetermined, reason)
            } else if passive.lists(group) {
                let reason = "not asked: another proof has decided".to_owned();
                (CheckResult::Undetermined, reason)
            } else {
                (CheckResult::NotSupported, format!("the card has no {what}"))
            };
            Proof::other(None, result, &reason)
        };
        let chip = self.chip.take().unwrap_or_else(|| unsupported("DG14", 14));
        let active = self.active.take();
        let active = active.unwrap_or_else(|| unsupported("DG15", 15));
        let proofs = Proofs::new(&passive, chip, active);
        let files = std::mem::take(&mut self.files);
        files.into_chip(std::mem::take(&mut self.access), proofs, link, habits)
    }
}

/// PACE-CAM without an EF.CardSecurity to judge it by.
fn unjudged(result: CheckResult, why: &str) -> Proof {
    Proof::other(Some("PACE-CAM"), result, &format!("EF.CardSecurity: {why}"))
}
