//! Hospital, insurance and printer that answer at once, and can be made to hang or to panic.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use jiff::civil::Date;
use uuid::Uuid;

use super::PATIENCE;
use crate::ehr::{Appointment, EhrError, Handed, HospitalSystem, Match};
use crate::identity::Person;
use crate::insurance::Provider;
use crate::queue::{InsuranceStatus, Paper, PatientRef, VisitRecord};
use crate::ticket::{Printer, PrinterFault, Raster};

/// A place that calls come by. Open at first.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    panics: bool,
    waiting: u32,
    came: u32,
}

impl Gate {
    pub(super) fn close(&self) {
        self.state.lock().unwrap().closed = true;
    }

    pub(super) fn open(&self) {
        self.state.lock().unwrap().closed = false;
        self.changed.notify_all();
    }

    /// The next call panics.
    pub(super) fn panic_once(&self) {
        self.state.lock().unwrap().panics = true;
    }

    /// Waits until so many calls stand before the gate.
    pub(super) fn until_waiting(&self, count: u32) {
        let fewer = |state: &mut State| state.waiting < count;
        let state = self.state.lock().unwrap();
        let waited = self.changed.wait_timeout_while(state, PATIENCE, fewer);
        assert!(!waited.unwrap().1.timed_out(), "nobody came to the gate");
    }

    /// Calls that came so far.
    pub(super) fn came(&self) -> u32 {
        self.state.lock().unwrap().came
    }

    /// Goes through, when it may.
    pub(super) fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.came += 1;
        if std::mem::take(&mut state.panics) {
            drop(state);
            panic!("as the test wants it");
        }
        state.waiting += 1;
        self.changed.notify_all();
        let mut state = self
            .changed
            .wait_while(state, |state| state.closed)
            .unwrap();
        state.waiting -= 1;
    }
}

/// A hospital that knows everybody.
#[derive(Default)]
pub(super) struct Clinic {
    pub(super) finding: Gate,
    pub(super) taking: Gate,
    taken: Mutex<BTreeMap<Uuid, VisitRecord>>,
}

impl Clinic {
    /// The visit with this number.
    pub(super) fn visit(&self, number: &str) -> Option<VisitRecord> {
        let taken = self.taken.lock().unwrap();
        let mut all = taken.values();
        all.find(|record| record.number.as_str() == number).cloned()
    }
}

impl HospitalSystem for Clinic {
    fn find(&self, _: &Person) -> Result<Match, EhrError> {
        self.finding.pass();
        Ok(Match::Known(PatientRef("p1".to_owned())))
    }

    fn appointments(&self, _: &PatientRef, _: Date) -> Result<Vec<Appointment>, EhrError> {
        Ok(Vec::new())
    }

    fn render(&self, record: &VisitRecord) -> Result<Vec<u8>, EhrError> {
        Ok(record.number.as_str().into())
    }

    fn hand_over(&self, record: &VisitRecord, _: &[u8], _: bool) -> Result<Handed, EhrError> {
        self.taking.pass();
        let visit = record.draft.visit;
        self.taken.lock().unwrap().insert(visit, record.clone());
        Ok(Handed::Sent {
            id: visit.to_string(),
        })
    }

    fn probe(&self) -> Result<String, EhrError> {
        Ok("a clinic of the tests".to_owned())
    }
}

/// Everybody is insured.
#[derive(Default)]
pub(super) struct Insurer(pub(super) Gate);

impl Provider for Insurer {
    fn check(&self, _: &Person, _: Date) -> InsuranceStatus {
        self.0.pass();
        InsuranceStatus::Eligible
    }
}

/// A printer that always prints.
pub(super) struct Press(pub(super) std::sync::Arc<Gate>);

impl Printer for Press {
    fn print(&mut self, _: &Raster, _: [u8; 4], _: Duration) -> Result<Paper, PrinterFault> {
        self.0.pass();
        Ok(Paper::Confirmed)
    }

    fn status(&mut self, _: Duration) -> Result<(), PrinterFault> {
        Ok(())
    }
}
