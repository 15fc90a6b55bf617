//! The client against one-page answers, against a scripted server, and against the simulated one.

mod judging;
mod script;
mod scripted;
// Where the simulators are built, so is what issues their certificates.
#[cfg(feature = "sim")]
mod secure;
#[cfg(feature = "sim")]
mod simulated;

use std::time::Duration;

use jiff::civil::date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::FhirServer;
use crate::config::{EhrAuth, Fhir};
use crate::identity::{
    BirthDate, Check, CheckResult, Grade, Person, PersonalNumber, PriorityReason, Private, Proofs,
    Sex, Way,
};
use crate::queue::{Draft, InsuranceStatus, Series, ServiceCode, Session, VisitKind, VisitRecord};

/// Long enough that only a fault which is meant to run out does.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(250);
const NUMBER: &str = "099012345678";
const CCCD: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
const OLD_CCCD: &str = "http://fhir.ehealth.gov.vn/core/sid/national_id";
const BHYT: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";
const VISIT: &str = "https://hospital.example/sid/visit";

fn settings_at(base_url: &str, request: Duration) -> Fhir {
    Fhir {
        base_url: base_url.to_owned(),
        auth: EhrAuth::Bearer(Private::from("secret")),
        headers: vec![("X-Tenant-ID".to_owned(), "t1".into())],
        ca_file: None,
        personal_number_systems: vec![CCCD.to_owned(), OLD_CCCD.to_owned()],
        hospital_numbers: None,
        insurance_number_systems: vec![BHYT.to_owned()],
        visit_system: VISIT.to_owned(),
        queue_system: "https://hospital.example/sid/queue".to_owned(),
        connect: Duration::from_secs(3),
        request,
    }
}

fn server_at(base_url: &str, request: Duration) -> FhirServer {
    server_with(settings_at(base_url, request))
}

fn server_with(settings: Fhir) -> FhirServer {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("bundled");
    let services = vec![ServiceCode("NOI".into()), ServiceCode("NHI".into())];
    FhirServer::new(settings, zone, services).expect("settings")
}

fn person() -> Person {
    Person {
        name: Some(Private::from("Nguyễn Văn A")),
        birth_date: BirthDate::parse("1990-02-28"),
        sex: Some(Sex::Male),
        ..Person::typed(number(NUMBER))
    }
}

fn number(digits: &str) -> PersonalNumber {
    PersonalNumber::parse(digits).expect("twelve digits")
}

/// A visit of [`person`], each by another id.
pub(in crate::ehr) fn visit(id: u128) -> VisitRecord {
    let check = |result| Check::new(result, "");
    VisitRecord {
        version: VisitRecord::VERSION,
        number: Series::new("A").number(Session::default(), 42),
        draft: Draft {
            visit: Uuid::from_u128(id),
            provenance: Uuid::from_u128(id + (1 << 64)),
            session: Default::default(),
            stops: Vec::new(),
            kiosk: "K1".into(),
            kind: VisitKind::Service,
            service: ServiceCode("NOI".into()),
            day: date(2026, 11, 23),
            at: "2026-11-23T00:01:02Z".parse().expect("a moment"),
            person: Some(person()),
            grade: Some(Grade::Proven),
            way: Way::Chip,
            proofs: Some(Proofs {
                passive: check(CheckResult::Successful),
                chip: check(CheckResult::Successful),
                active: check(CheckResult::NotSupported),
            }),
            rejected: false,
            patient: None,
            may_register: true,
            priority: Some(PriorityReason::Elderly),
            insurance: InsuranceStatus::Unverified,
            appointment: None,
            companion: None,
            reason: None,
        },
    }
}
