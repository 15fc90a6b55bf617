//! The hospital's system behind one trait. FHIR R4 is one implementation, [`Handover`] without any
//! API another. Invariant: a patient is believed only if the answer holds the identifier asked for;
//! anything odd in an answer is "system down", never "not found".

mod fhir;
mod handover;

pub use fhir::FhirServer;
pub use handover::{Handover, LocalRegister};

use jiff::civil::Date;

use crate::identity::Person;
use crate::queue::{PatientRef, ServiceCode, VisitRecord};

/// Who the hospital's system says a person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// Exactly one certain patient.
    Known(PatientRef),
    /// Nobody by any of the person's numbers.
    Unknown,
    /// Several patients hold the number: staff decide.
    Several,
    /// One patient holds the number, but name or birth date contradict the card: staff decide.
    Contradicted,
}

/// An appointment of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Its id in the hospital's system.
    pub id: String,
    /// The service it is with, where that is one of ours.
    pub service: Option<ServiceCode>,
}

/// What became of a visit that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// The system has it, under this id.
    Sent {
        /// Id in the hospital's system.
        id: String,
    },
    /// There is no system: the clerk takes it from the console.
    Local,
}

/// Why the hospital's system gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EhrError {
    /// No connection, no answer in time, or an answer that is none. Outcome unknown.
    #[error("the hospital's system is not reachable: {0}")]
    Down(String),
    /// Busy: ask again after this many seconds.
    #[error("the hospital's system is busy, again in {0} s")]
    Busy(u64),
    /// It understood and refused: staff must see it.
    #[error("the hospital's system refused: {0}")]
    Refused(String),
}

/// Why the settings of the hospital's system cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The base URL is none.
    #[error("{0:?} is no base URL: write https://HOST/PATH")]
    Url(String),
    /// Patients' data would cross the network in the clear.
    #[error("plain http to {0}: only https leaves this machine")]
    PlainHttp(String),
    /// The file with CA certificates.
    #[error("the CA file {path} cannot be used: {cause}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// A header, or the token, holds signs that HTTP does not allow.
    #[error("the header {0} cannot be sent")]
    Header(String),
}

/// The hospital's system.
pub trait HospitalSystem: Send + Sync {
    /// Finds the patient by the person's numbers.
    fn find(&self, person: &Person) -> Result<Match, EhrError>;

    /// Today's open appointments of a patient.
    fn appointments(&self, patient: &PatientRef, day: Date) -> Result<Vec<Appointment>, EhrError>;

    /// Renders a visit to the bytes that will be sent, each time the same; they are frozen in the
    /// outbox before the first send.
    fn render(&self, record: &VisitRecord) -> Result<Vec<u8>, EhrError>;

    /// Hands a frozen visit over. Harmless to repeat. `repeat` says that an earlier send had an
    /// unknown outcome: look by visit identifier before sending again.
    fn hand_over(
        &self,
        record: &VisitRecord,
        frozen: &[u8],
        repeat: bool,
    ) -> Result<Handed, EhrError>;

    /// One line for `doctor`: what answers at the other end.
    fn probe(&self) -> Result<String, EhrError>;
}
