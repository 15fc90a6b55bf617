//! A check-in as a kiosk asks the store for its number.

use jiff::Timestamp;
use jiff::civil::date;
use tiepdon::identity::{Grade, Payload, Way};
use tiepdon::queue::{Draft, InsuranceStatus, ServiceCode, VisitKind};
use uuid::Uuid;

/// Person `who` comes with a chip to this kiosk, for this service.
pub fn draft(who: u32, kiosk: &str, service: &str) -> Draft {
    let card = format!(
        "09{who:010}|012345678|Nguyễn Văn A|01011999|Nam|Số 1, phố Thử Nghiệm, phường Ba Đình, Hà Nội|15032022"
    );
    let person = Payload::parse(&card).into_person();
    assert!(person.is_some(), "the card's text is understood");
    Draft {
        visit: Uuid::new_v4(),
        provenance: Uuid::new_v4(),
        session: Default::default(),
        stops: Vec::new(),
        kiosk: kiosk.into(),
        kind: VisitKind::Service,
        service: ServiceCode(service.into()),
        day: date(2026, 11, 23),
        at: Timestamp::now(),
        person,
        grade: Some(Grade::Read),
        way: Way::Chip,
        proofs: None,
        rejected: false,
        patient: None,
        may_register: true,
        priority: None,
        insurance: InsuranceStatus::Eligible,
        appointment: None,
        companion: None,
        reason: None,
    }
}
