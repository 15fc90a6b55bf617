use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::layout::Fields;
use crate::config::{Service, Site};
use crate::identity::{Grade, PriorityReason};
use crate::queue::{Issued, VisitKind};
use crate::words::{Language, Text, text};

/// What stands on one ticket: words ready to be printed, and nothing that is not printed. Never
/// the personal or the insurance number, a full name, a birth date or a diagnosis: a ticket is
/// held, dropped and read by others. An empty or absent field leaves no trace on the paper.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Face {
    /// Name of the hospital or station.
    pub hospital: String,
    /// A line below it, such as the facility code.
    pub facility: Option<String>,
    /// The number, as it is called: "A012".
    pub number: String,
    /// The service's Vietnamese name; of a desk ticket, the desk's.
    pub service: String,
    /// The service's English name.
    pub service_english: Option<String>,
    /// Where to go: room and floor.
    pub place: String,
    /// The class of priority in words, never more of the reason.
    pub priority: Option<String>,
    /// How many were waiting before; absent where nobody knows.
    pub ahead: Option<u32>,
    /// The patient's name, already shortened; absent where the policy forbids it.
    pub name: Option<String>,
    /// When the number was taken, as the patient reads it: "07:45:12 · 23/11/2026".
    pub time: String,
    /// The small mark for staff: how far the identity was proved.
    pub grade: Option<String>,
    /// What the QR holds: an opaque visit code.
    pub code: Option<String>,
    /// The visit code as a person would type it, beside the QR.
    pub code_text: Option<String>,
    /// How often this ticket was printed before; 0 for the first.
    pub reprint: u32,
    /// A trial: the ticket says very visibly that it is worth nothing.
    pub trial: bool,
    /// A desk number: the check-in goes on at the reception desk.
    pub desk: bool,
    /// Which kiosk printed it.
    pub kiosk: String,
}

impl Face {
    /// The face of a number that is durable. Name, visit code and trial mark are the caller's to add.
    pub fn of(issued: &Issued, site: &Site, service: &Service, kiosk: &str) -> Self {
        let at = issued.at.to_zoned_datetime(site.time_zone.clone());
        let facility = site.facility_code.as_ref();
        Self {
            hospital: site.name.clone(),
            facility: facility.map(|code| format!("{} {code}", vietnamese(Text::TicketFacility))),
            number: issued.number.to_string(),
            service: service.name_vi.clone(),
            service_english: Some(service.name_en.clone()),
            place: service.place.clone(),
            priority: issued
                .priority
                .map(|reason| vietnamese(priority(reason)).to_owned()),
            ahead: Some(issued.ahead),
            time: at.strftime("%H:%M:%S · %d/%m/%Y").to_string(),
            grade: issued
                .grade
                .map(|proved| vietnamese(grade_mark(proved)).to_owned()),
            reprint: issued.printed,
            desk: issued.kind == VisitKind::Desk,
            kiosk: kiosk.to_owned(),
            ..Self::default()
        }
    }

    /// The longest words that a ticket is expected to carry: every template is tried with them.
    pub(super) fn longest() -> Self {
        toml::from_str(include_str!("../../assets/ticket-longest.toml"))
            .expect("the embedded face is TOML, the template tests read it")
    }

    /// Every field by the name that templates know it by, in NFC.
    pub(super) fn fields(&self) -> Fields {
        let flag = |set: bool| if set { "1".to_owned() } else { String::new() };
        let words = |words: &Option<String>| words.clone().unwrap_or_default();
        [
            ("hospital", self.hospital.clone()),
            ("facility", words(&self.facility)),
            ("number", self.number.clone()),
            ("service", self.service.clone()),
            ("service_english", words(&self.service_english)),
            ("place", self.place.clone()),
            ("priority", words(&self.priority)),
            (
                "ahead",
                self.ahead.map(|n| n.to_string()).unwrap_or_default(),
            ),
            ("name", words(&self.name)),
            ("time", self.time.clone()),
            ("grade", words(&self.grade)),
            ("code", words(&self.code)),
            ("code_text", words(&self.code_text)),
            (
                "reprint",
                Some(self.reprint)
                    .filter(|&n| n > 0)
                    .map(|n| n.to_string())
                    .unwrap_or_default(),
            ),
            ("trial", flag(self.trial)),
            ("desk", flag(self.desk)),
            ("kiosk", self.kiosk.clone()),
        ]
        .map(|(field, words)| (field, words.trim().nfc().collect()))
        .into()
    }
}

fn vietnamese(key: Text) -> &'static str {
    text(Language::Vi, key)
}

fn priority(reason: PriorityReason) -> Text {
    match reason {
        PriorityReason::Child => Text::TicketPriorityChild,
        PriorityReason::Elderly => Text::TicketPriorityElderly,
        PriorityReason::Pregnant => Text::TicketPriorityPregnant,
        PriorityReason::Disabled => Text::TicketPriorityDisabled,
        PriorityReason::Merit => Text::TicketPriorityMerit,
    }
}

/// The mark for staff: how far an identity was proved.
pub fn grade_mark(grade: Grade) -> Text {
    match grade {
        Grade::Proven => Text::TicketGradeProven,
        Grade::Signed => Text::TicketGradeSigned,
        Grade::Read => Text::TicketGradeRead,
        Grade::Claimed => Text::TicketGradeClaimed,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use uuid::Uuid;

    use super::Face;
    use crate::config::{Service, Site};
    use crate::identity::{Grade, PriorityReason};
    use crate::queue::{Issued, Session, VisitKind};

    #[test]
    fn a_face_says_what_was_issued_in_the_hospitals_own_time() {
        let service = Service {
            name_vi: "Khám Nội tổng hợp".into(),
            name_en: "General internal medicine".into(),
            place: "Phòng 101".into(),
            ..Service::new("NOI", "A")
        };
        let issued = Issued {
            visit: Uuid::nil(),
            number: service.series.number(Session::default(), 12),
            kind: VisitKind::Service,
            service: service.code.clone(),
            day: date(2026, 11, 23),
            at: "2026-11-23T00:45:12Z".parse().expect("timestamp"),
            ahead: 0,
            priority: Some(PriorityReason::Elderly),
            grade: Some(Grade::Proven),
            printed: 1,
        };
        let site = Site {
            name: "Bệnh viện Đa khoa tỉnh Lạng Sơn".into(),
            facility_code: Some("20001".into()),
            time_zone: TimeZone::get("Asia/Ho_Chi_Minh").expect("zone"),
        };
        let face = Face::of(&issued, &site, &service, "K1");
        let expected = Face {
            hospital: site.name.clone(),
            facility: Some("Mã cơ sở KCB: 20001".into()),
            number: "A012".into(),
            service: service.name_vi.clone(),
            service_english: Some(service.name_en.clone()),
            place: service.place.clone(),
            priority: Some("Người từ đủ 75 tuổi".into()),
            ahead: Some(0),
            time: "07:45:12 · 23/11/2026".into(),
            grade: Some("Thẻ căn cước: chip đã xác thực".into()),
            reprint: 1,
            kiosk: "K1".into(),
            ..Face::default()
        };
        assert_eq!(face, expected);
        assert_eq!(face.fields()["ahead"], "0", "nobody ahead is worth saying");
    }
}
