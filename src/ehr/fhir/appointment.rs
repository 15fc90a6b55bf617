//! Today's appointments. A day is a range with an offset: a server takes `date=2026-11-23` as UTC
//! and finds an appointment of half past midnight on the day before.

use jiff::civil::Date;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::Value;

use super::search::{Found, search};
use super::{FhirServer, id_of, is_id};
use crate::ehr::{Appointment, EhrError};
use crate::queue::{PatientRef, ServiceCode};

/// The states in which somebody may still come (FHIR R4 `appointmentstatus`).
const OPEN: [&str; 4] = ["booked", "pending", "arrived", "checked-in"];
/// A moment with its offset, as FHIR writes it.
pub(super) const MOMENT: &str = "%Y-%m-%dT%H:%M:%S%:z";

impl FhirServer {
    pub(super) fn find_appointments(
        &self,
        patient: &PatientRef,
        day: Date,
    ) -> Result<Vec<Appointment>, EhrError> {
        let (from, until) = self.bounds(day)?;
        let parameters = [
            ("patient", patient.0.clone()),
            ("date", format!("ge{}", from.strftime(MOMENT))),
            ("date", format!("lt{}", until.strftime(MOMENT))),
            ("status", OPEN.join(",")),
        ];
        let parameters = parameters.each_ref().map(|(name, value)| (*name, &**value));
        let deadline = self.client.deadline();
        let matches = match search(&self.client, "Appointment", &parameters, deadline)? {
            Found::All(matches) => matches,
            // Many EHRs have no appointments; nobody has hundreds on a day.
            Found::Unsupported(_) | Found::TooMany => Vec::new(),
        };
        let range = from.timestamp()..until.timestamp();
        let mut open: Vec<(Timestamp, Appointment)> = matches
            .iter()
            .filter(|found| is_of(found, patient) && is_open(found))
            .filter_map(|found| self.read_appointment(found))
            .filter(|(start, _)| range.contains(start))
            .collect();
        open.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.id.cmp(&y.id)));
        Ok(open.into_iter().map(|(_, found)| found).collect())
    }

    fn bounds(&self, day: Date) -> Result<(ZonedDateTime, ZonedDateTime), EhrError> {
        let start = |day: Date| day.to_zoned_datetime(self.zone.clone());
        let until = day.tomorrow().and_then(start);
        start(day)
            .and_then(|from| Ok((from, until?)))
            .map_err(|_| EhrError::Refused("there is no such day".to_owned()))
    }

    fn read_appointment(&self, found: &Value) -> Option<(Timestamp, Appointment)> {
        let start: Timestamp = found["start"].as_str()?.parse().ok()?;
        let id = found["id"].as_str().filter(|id| is_id(id))?.to_owned();
        let service = self.service_of(found);
        Some((start, Appointment { id, service }))
    }

    fn service_of(&self, found: &Value) -> Option<ServiceCode> {
        let types = found["serviceType"].as_array().into_iter().flatten();
        let mut codes = types
            .flat_map(|kind| kind["coding"].as_array().into_iter().flatten())
            .filter_map(|coding| coding["code"].as_str());
        codes.find_map(|code| self.services.iter().find(|ours| ours.0 == code).cloned())
    }
}

/// A server that ignores a parameter answers with everybody's appointments.
fn is_of(found: &Value, patient: &PatientRef) -> bool {
    let participants = found["participant"].as_array().into_iter().flatten();
    participants
        .filter_map(|participant| participant["actor"]["reference"].as_str())
        .any(|reference| id_of(reference, "Patient") == Some(&patient.0))
}

fn is_open(found: &Value) -> bool {
    found["status"]
        .as_str()
        .is_some_and(|status| OPEN.contains(&status))
}
