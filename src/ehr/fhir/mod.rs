//! A FHIR R4 server as the hospital's system. Invariant: a search by identifier is believed only
//! of resources that hold the identifier; a visit is written at most once, however often it is
//! sent; no error names a value that came from a patient or from the server.

mod appointment;
mod bundle;
mod find;
mod http;
mod outcome;
mod patient;
mod profile;
mod search;
mod send;
mod setup;
#[cfg(test)]
pub(super) mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::bundle::{Renderer, Subject};
use self::http::Client;
use self::profile::Profile;
use super::{Appointment, EhrError, Handed, HospitalSystem, Match, SetupError};
use crate::config::Fhir;
use crate::identity::Person;
use crate::queue::{PatientRef, ServiceCode, VisitKind, VisitRecord};

/// What a server said of itself is believed this long: an upgrade shows without a restart.
const PROFILE_LIFE: Duration = Duration::from_secs(3600);

/// A FHIR R4 server.
pub struct FhirServer {
    settings: Fhir,
    zone: TimeZone,
    services: Vec<ServiceCode>,
    client: Client,
    profile: Mutex<Option<(Instant, Profile)>>,
}

impl FhirServer {
    /// A server by its settings; nothing is sent yet. `zone` bounds the days and `services` are
    /// the codes by which an appointment names one of ours.
    ///
    /// # Errors
    /// A URL that is none, plain HTTP to another machine, a CA file or header that cannot be used.
    pub fn new(
        settings: Fhir,
        zone: TimeZone,
        services: Vec<ServiceCode>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            client: Client::new(&settings)?,
            settings,
            zone,
            services,
            profile: Mutex::new(None),
        })
    }

    /// What the server can do; asked once in a while.
    fn profile(&self) -> Result<Profile, EhrError> {
        let mut known = self.profile.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, profile)) = &*known
            && since.elapsed() < PROFILE_LIFE
        {
            return Ok(profile.clone());
        }
        let answer = self.client.get("metadata", self.client.deadline())?;
        let profile = Profile::read(answer)?;
        *known = Some((Instant::now(), profile.clone()));
        Ok(profile)
    }

    /// Whom a visit is of. `None`: nobody that the hospital's system could take, so the desk does.
    fn subject(&self, record: &VisitRecord) -> Result<Option<Subject>, EhrError> {
        let draft = &record.draft;
        // A failed proof is an alert for staff, never an entry in anybody's record.
        let Some(person) = draft.person.as_ref().filter(|_| !draft.rejected) else {
            return Ok(None);
        };
        if let Some(patient) = &draft.patient {
            return Ok(Some(Subject::Known(patient.clone())));
        }
        let desk = draft.kind == VisitKind::Desk;
        match self.find_patient(person)? {
            Match::Known(patient) => Ok(Some(Subject::Known(patient))),
            _ if desk => Ok(None),
            Match::Unknown if draft.may_register => Ok(Some(Subject::New)),
            Match::Unknown => Ok(Some(Subject::ByNumber)),
            Match::Several | Match::Contradicted => Err(EhrError::Refused(
                "the number leads to several patients, or to somebody else".to_owned(),
            )),
        }
    }
}

impl HospitalSystem for FhirServer {
    fn find(&self, person: &Person) -> Result<Match, EhrError> {
        self.find_patient(person)
    }

    fn appointments(&self, patient: &PatientRef, day: Date) -> Result<Vec<Appointment>, EhrError> {
        self.find_appointments(patient, day)
    }

    /// Looks for the patient where the check-in found none. Empty bytes: nothing to send, the desk
    /// has the visit (nobody named, a rejected card, a desk number of somebody unknown).
    fn render(&self, record: &VisitRecord) -> Result<Vec<u8>, EhrError> {
        let Some(subject) = self.subject(record)? else {
            return Ok(Vec::new());
        };
        let renderer = Renderer {
            settings: &self.settings,
            zone: &self.zone,
            provenance: self.profile()?.provenance,
        };
        Ok(renderer.bundle(record, &subject).to_string().into_bytes())
    }

    fn hand_over(
        &self,
        record: &VisitRecord,
        frozen: &[u8],
        repeat: bool,
    ) -> Result<Handed, EhrError> {
        self.send_visit(record, frozen, repeat)
    }

    fn probe(&self) -> Result<String, EhrError> {
        let answer = self.client.get("metadata", self.client.deadline())?;
        let skew = profile::skew(answer.date);
        let profile = Profile::read(answer)?;
        let (name, version) = (&profile.name, &profile.fhir_version);
        let provenance = if profile.provenance {
            "with"
        } else {
            "without"
        };
        Ok(format!(
            "{name}, FHIR {version}: {}, {provenance} Provenance; {}",
            profile.writes(),
            skew?
        ))
    }
}

/// Whether a text can be a logical id (FHIR R4 §2.24.0.1, `id`).
fn is_id(text: &str) -> bool {
    const ID_MAX: usize = 64;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    (1..=ID_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// The id in a reference or location: `Patient/p1`, absolute or not, with a version or not.
fn id_of<'a>(reference: &'a str, kind: &str) -> Option<&'a str> {
    let unversioned = reference.split("/_history/").next().unwrap_or_default();
    let (before, id) = unversioned.rsplit_once('/')?;
    let found = before.rsplit('/').next()?;
    (found == kind && is_id(id)).then_some(id)
}
