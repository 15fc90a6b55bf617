use serde_json::json;

use super::{SetupError, check_url, understood};
use crate::insurance::InsuranceStatus::{Eligible, NotEligible, SeeStaff};

#[test]
fn an_answer_is_a_code_or_one_of_our_words() {
    for (answer, status) in [
        (json!({"maKetQua": "000", "maThe": "x"}), Some(Eligible)),
        (json!({"maKetQua": "010"}), Some(NotEligible)),
        (json!({"maKetQua": "060"}), Some(SeeStaff)),
        (json!({"status": "eligible"}), Some(Eligible)),
        (json!({"status": "see_staff"}), Some(SeeStaff)),
        (json!({"status": "not_eligible"}), Some(NotEligible)),
        (json!({"status": "unverified"}), None),
        (json!({"maKetQua": "500"}), None),
        (json!({"maKetQua": 0}), None),
        (json!({"maKetQua": "000", "status": "not_eligible"}), None),
        (json!({"status": "Eligible"}), None),
        (json!({}), None),
        (json!([]), None),
        (json!(null), None),
    ] {
        assert_eq!(understood(&answer).ok(), status, "{answer}");
    }
}

#[test]
fn a_cause_repeats_nothing_of_the_answer_but_digits_of_a_code() {
    let cause = understood(&json!({"maKetQua": "099012345678 NGUYEN VAN A"}));
    assert_eq!(cause, Err("the gateway answered \"099\"".to_owned()));
}

#[test]
fn plain_http_is_for_loopback_only() {
    assert_eq!(check_url("http://127.0.0.1:1/insurance"), Ok(()));
    assert_eq!(check_url("https://his.hospital.example/bhyt"), Ok(()));
    assert!(matches!(
        check_url("http://10.0.0.5/bhyt"),
        Err(SetupError::PlainHttp(_))
    ));
    for wrong in ["", "bhyt", "ftp://127.0.0.1/"] {
        assert!(
            matches!(check_url(wrong), Err(SetupError::Url(_))),
            "{wrong}"
        );
    }
}

#[cfg(feature = "sim")]
mod against_a_server {
    use std::time::Duration;

    use jiff::civil::date;

    use crate::identity::{BirthDate, InsuranceNumber, Person, PersonalNumber, Private};
    use crate::insurance::{InsuranceStatus, Provider, Service};
    use crate::sim::ehr::{Fault, Insured, Seed, Server};

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(200);

    fn server() -> Server {
        let insured = |number: &str, code: &str| Insured {
            number: number.to_owned(),
            name: "NGUYỄN VĂN A".to_owned(),
            birth_date: "28/02/1990".to_owned(),
            code: code.to_owned(),
        };
        let insured = vec![
            insured("DN4010123456789", "000"),
            insured("099012345678", "010"),
            insured("0123456789", "500"),
        ];
        let seed = Seed {
            insured,
            ..Seed::default()
        };
        Server::start(0, seed).expect("a free port")
    }

    fn person(personal: &str, insurance: &str, name: &str) -> Person {
        Person {
            personal_number: PersonalNumber::parse(personal),
            insurance_number: InsuranceNumber::parse(insurance),
            name: Some(Private::from(name)),
            birth_date: BirthDate::parse("1990-02-28"),
            ..Person::default()
        }
    }

    fn check(server: &Server, person: &Person, request: Duration) -> InsuranceStatus {
        let service = Service::new(&server.insurance_url(), request).expect("loopback");
        service.check(person, date(2026, 11, 23))
    }

    #[test]
    fn the_answer_of_the_service_is_told() {
        use InsuranceStatus::{Eligible, NotEligible, SeeStaff, Unverified};
        let server = server();
        for (personal, insurance, name, status) in [
            ("", "DN4010123456789", "Nguyễn Văn A", Eligible),
            ("099012345678", "DN4010123456789", "Nguyễn Văn A", Eligible),
            ("099012345678", "", "Nguyễn Văn A", NotEligible),
            ("", "DN4010123456789", "Trần Văn B", SeeStaff),
            ("", "HS4010123456780", "Nguyễn Văn A", SeeStaff),
            ("", "0123456789", "Nguyễn Văn A", Unverified),
            ("", "", "Nguyễn Văn A", Unverified),
        ] {
            let person = person(personal, insurance, name);
            assert_eq!(check(&server, &person, LONG), status, "{insurance} {name}");
        }
    }

    #[test]
    fn whatever_goes_wrong_is_no_refusal() {
        let server = server();
        let person = person("099012345678", "", "Nguyễn Văn A");
        let status = |code| Fault::Status {
            code,
            retry_after: None,
        };
        for (fault, wait) in [
            (status(500), LONG),
            (status(404), LONG),
            (status(401), LONG),
            (Fault::Html, LONG),
            (Fault::Redirect, LONG),
            (Fault::CutBody, LONG),
            (Fault::Silent, SHORT),
            (Fault::Slow(LONG), SHORT),
        ] {
            server.set(fault.clone());
            let status = check(&server, &person, wait);
            assert_eq!(status, InsuranceStatus::Unverified, "{fault:?}");
        }
        server.set(Fault::None);
        assert_eq!(check(&server, &person, LONG), InsuranceStatus::NotEligible);
        let url = server.insurance_url();
        drop(server);
        let service = Service::new(&url, LONG).expect("loopback");
        let status = service.check(&person, date(2026, 11, 23));
        assert_eq!(status, InsuranceStatus::Unverified, "nobody listens");
    }
}
