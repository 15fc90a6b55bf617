//! What was found in one session with a card: its files, and what was proved. Wiped when dropped.

use std::collections::VecDeque;

use super::Request;
use super::agenda::{self, Task};
use super::clone_check::CloneCheck;
use crate::emrtd::chip::{Files, Plan};
use crate::emrtd::file::FileFault;
use crate::emrtd::lds::{File, SecurityInfos};
use crate::emrtd::proof::{Passive, PassiveStep, Proof, Proofs, passive};
use crate::emrtd::{Chip, Habits, LinkStats, ReadError};
use crate::identity::{Check, CheckResult, Person};

pub(super) struct Session {
    agenda: VecDeque<Task>,
    /// How the chip was opened.
    pub access: String,
    /// What EF.CardAccess says; it is unsigned, and compared with DG14 later.
    pub card_access: Option<SecurityInfos>,
    pub clone_check: CloneCheck,
    passive: Option<Passive>,
    files: Files,
    holder: Option<Person>,
}

impl Session {
    pub fn new(plan: &Plan) -> Self {
        Self {
            agenda: agenda::of(plan).collect(),
            access: String::new(),
            card_access: None,
            clone_check: CloneCheck::default(),
            passive: None,
            files: Files::new(*plan),
            holder: None,
        }
    }

    /// A new session with the same card.
    pub fn next(&mut self, plan: &Plan) -> Self {
        Self {
            clone_check: self.clone_check.next(),
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
            if task == Task::Read(File::Dg2) && self.is_genuine() {
                self.holder = self.files.person().ok();
            }
            if self.is_wanted(task) {
                return Some(task);
            }
        }
        None
    }

    /// A copy or a forgery brings keys of its own: they are asked for nothing once a step failed.
    fn is_wanted(&self, task: Task) -> bool {
        let open = self.clone_check.is_open() && self.is_genuine();
        let active_open = self.clone_check.is_active_open() && self.is_genuine();
        match task {
            Task::Read(File::Sod | File::Dg1) => true,
            // After a PACE-CAM that decided nothing, too: the card may have wanted it so.
            Task::Read(File::Dg14) => self.lists(File::Dg14) && open,
            Task::Chip => open,
            Task::Read(File::Dg15) => self.lists(File::Dg15) && open && active_open,
            Task::Active => active_open,
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

    /// As far as known: no step of passive authentication has failed.
    fn is_genuine(&self) -> bool {
        !self.passive.as_ref().is_some_and(Passive::has_failed)
    }

    /// Takes a whole file as it was read.
    pub fn take(&mut self, file: File, bytes: &[u8]) -> Result<(), ReadError> {
        if let (Some(passive), Some(group)) = (&mut self.passive, file.group()) {
            passive.check_group(group, bytes);
        }
        match file {
            File::Sod => self.passive = Some(Passive::parse(bytes)),
            File::Dg14 => {
                self.clone_check.take_dg14(bytes);
                self.compare_card_access();
            }
            File::Dg15 => self.clone_check.take_dg15(bytes),
            File::Dg1 => {
                self.files.add(file, bytes)?;
                if let Some(state) = self.files.issuing_state() {
                    self.clone_check.check_state(state);
                }
            }
            File::Dg2 | File::Dg11 | File::Dg12 | File::Dg13 => self.files.add(file, bytes)?,
            File::CardAccess | File::CardSecurity => {}
        }
        Ok(())
    }

    /// Takes EF.CardSecurity.
    pub fn take_card_security(&mut self, bytes: &[u8], request: &Request<'_>) {
        let verified = passive::verified_card_security(bytes, request.trust, request.today);
        self.clone_check
            .take_card_security(verified, self.card_access.as_ref());
    }

    /// EF.CardAccess is not signed. If DG14 lists how PACE is done, and not so, then somebody has
    /// changed it: perhaps to make us use a weaker protocol.
    fn compare_card_access(&mut self) {
        let (Some(signed), Some(unsigned), Some(passive)) = (
            self.clone_check.dg14(),
            &self.card_access,
            &mut self.passive,
        ) else {
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

    /// A file that the card did not give, or that is none.
    pub fn miss(&mut self, file: File, fault: &FileFault) {
        let listed = |name| {
            let reason = format!("{name} is listed in the security object, and the card: {fault}");
            Proof::other(None, CheckResult::Failed, &reason)
        };
        match file {
            File::Sod => self.passive = Some(Passive::missing(&fault.to_string())),
            File::Dg14 => self.clone_check.end_chip(listed("DG14")),
            File::Dg15 => self.clone_check.end_active(listed("DG15")),
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
        if passive.has_failed() {
            self.files.keep_to_zone();
        }
        let (chip, active) = std::mem::take(&mut self.clone_check).finish(&passive);
        let proofs = Proofs::new(&passive, chip, active);
        let files = std::mem::take(&mut self.files);
        files.into_chip(std::mem::take(&mut self.access), proofs, link, habits)
    }
}
