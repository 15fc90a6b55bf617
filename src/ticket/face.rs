use std::collections::BTreeMap;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::layout::Fields;
use crate::config::{Service, Site};
use crate::identity::{Grade, PriorityReason, VisitCode, VisitKey};
use crate::queue::{Issued, ServiceCode, VisitKind, WaitRange};
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
    /// The number, as it is called: "A012", or "K3-A012" of a kiosk that is cut off.
    pub number: String,
    /// The service's Vietnamese name; of a desk ticket, the desk's.
    pub service: String,
    /// Where to go now: room and floor.
    pub place: String,
    /// Where to go after that, in order.
    pub stops: Vec<Stop>,
    /// The class of priority in words, never more of the reason.
    pub priority: Option<String>,
    /// How many were waiting before; absent where nobody knows.
    pub ahead: Option<u32>,
    /// How long the wait may be, in minutes; absent where there is no estimate.
    pub wait: Option<WaitRange>,
    /// The patient's name, already shortened; absent where the policy forbids it.
    pub name: Option<String>,
    /// When the number was taken, as the patient reads it: "07:45:12 · 23/11/2026".
    pub time: String,
    /// The small mark for staff: how far the identity was proved.
    pub grade: Option<String>,
    /// What the QR holds: the signed visit code, [`VisitCode`].
    pub code: Option<String>,
    /// The last digits of the visit code, beside the QR.
    pub code_text: Option<String>,
    /// How often this ticket was printed before; 0 for the first.
    pub reprint: u32,
    /// A trial: the ticket says very visibly that it is worth nothing.
    pub trial: bool,
    /// A desk number: the check-in goes on at the reception desk.
    pub desk: bool,
    /// Which kiosk printed it.
    pub kiosk: String,
    /// The patient's language beside Vietnamese.
    pub second: Option<Second>,
}

/// A further stop of the patient's way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Stop {
    /// What it is: "Thu ngân".
    pub service: String,
    /// Room and floor.
    pub place: String,
}

/// A second language on a ticket. Labels come from the catalogue; names do not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Second {
    /// Which.
    pub language: Language,
    /// The service's name in it.
    pub service: String,
    /// The class of priority in it.
    pub priority: Option<String>,
}

impl Face {
    /// The face of a number that is durable. Name, estimate, further stops, visit code, second
    /// language and trial mark are the caller's to add.
    pub fn of(issued: &Issued, site: &Site, service: &Service, kiosk: &str) -> Self {
        let at = issued.at.to_zoned_datetime(site.time_zone.clone());
        let facility = site.facility_code.as_ref();
        Self {
            hospital: site.name.clone(),
            facility: facility.map(|code| format!("{} {code}", vietnamese(Text::TicketFacility))),
            number: issued.number.to_string(),
            service: service.name_vi.clone(),
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

    /// With the further stops of its way, by the names that `queues` have.
    #[must_use]
    pub fn on_its_way<'a>(
        mut self,
        issued: &Issued,
        queues: impl Iterator<Item = &'a Service> + Clone,
    ) -> Self {
        let stop = |code: &ServiceCode| {
            let queue = queues.clone().find(|queue| queue.code == *code)?;
            Some(Stop {
                service: queue.name_vi.clone(),
                place: queue.place.clone(),
            })
        };
        self.stops = issued.stops.iter().filter_map(stop).collect();
        self
    }

    /// With the words of `language` beside the Vietnamese ones; Vietnamese alone needs no second.
    #[must_use]
    pub fn beside(mut self, language: Language, issued: &Issued, service: &Service) -> Self {
        self.second = (language != Language::Vi).then(|| Second {
            language,
            service: service.name(language).to_owned(),
            priority: issued
                .priority
                .map(|reason| text(language, priority(reason)).to_owned()),
        });
        self
    }

    /// With the code of its visit, signed.
    #[must_use]
    pub fn signed(mut self, visit: Uuid, key: &VisitKey) -> Self {
        let code = VisitCode::sign(visit, key);
        self.code = Some(code.to_string());
        self.code_text = Some(code.short());
        self
    }

    /// Tickets of nobody, by name: one as usual, of a foreigner with a way to go, of the desk, of a
    /// kiosk that is cut off, and one with the longest words that a ticket is expected to carry.
    pub fn examples() -> BTreeMap<String, Self> {
        toml::from_str(include_str!("../../assets/ticket-examples.toml"))
            .expect("the embedded faces are TOML, the template tests read them")
    }

    /// Every field by the name that templates know it by, in NFC.
    pub(super) fn fields(&self) -> Fields {
        let flag = |set: bool| if set { "1".to_owned() } else { String::new() };
        let words = |words: &Option<String>| words.clone().unwrap_or_default();
        let count = |count: Option<u32>| count.map(|n| n.to_string()).unwrap_or_default();
        let own = [
            ("hospital", self.hospital.clone()),
            ("facility", words(&self.facility)),
            ("number", self.number.clone()),
            ("service", self.service.clone()),
            ("place", self.place.clone()),
            ("stops", flag(!self.stops.is_empty())),
            ("stop", String::new()),
            ("stop_place", String::new()),
            ("priority", words(&self.priority)),
            ("ahead", count(self.ahead)),
            ("wait", self.wait.map(range).unwrap_or_default()),
            ("name", words(&self.name)),
            ("time", self.time.clone()),
            ("grade", words(&self.grade)),
            ("code", words(&self.code)),
            ("code_text", words(&self.code_text)),
            ("reprint", count(Some(self.reprint).filter(|&n| n > 0))),
            ("trial", flag(self.trial)),
            ("desk", flag(self.desk)),
            ("kiosk", self.kiosk.clone()),
        ];
        let second = self.second.as_ref();
        let told = |words: Option<&str>| words.unwrap_or_default().to_owned();
        let service = told(second.map(|second| second.service.as_str()));
        let priority = second.and_then(|second| second.priority.as_deref());
        let names = [
            ("second_service", service),
            ("second_priority", told(priority)),
        ];
        let labels = SECOND
            .map(|(field, key)| (field, told(second.map(|second| text(second.language, key)))));
        let all = own.into_iter().chain(names).chain(labels);
        Fields {
            words: all.map(|(field, words)| (field, clean(&words))).collect(),
            stops: self
                .stops
                .iter()
                .map(|stop| {
                    let own = [("stop", &stop.service), ("stop_place", &stop.place)];
                    own.map(|(field, words)| (field, clean(words))).into()
                })
                .collect(),
        }
    }
}

/// The labels of a ticket in the second language.
const SECOND: [(&str, Text); 15] = [
    ("second_title", Text::TicketTitle),
    ("second_desk_title", Text::TicketDeskTitle),
    ("second_priority_label", Text::TicketPriority),
    ("second_stops", Text::TicketStops),
    ("second_ahead", Text::TicketAhead),
    ("second_wait", Text::TicketWait),
    ("second_name", Text::TicketName),
    ("second_time", Text::TicketTime),
    ("second_code", Text::TicketCode),
    ("second_missed", Text::TicketMissed),
    ("second_desk_help", Text::TicketDeskHelp),
    ("second_keep", Text::TicketKeep),
    ("second_reprint", Text::TicketReprint),
    ("second_trial", Text::TicketTrial),
    ("second_not_valid", Text::TicketNotValid),
];

fn clean(words: &str) -> String {
    words.trim().nfc().collect()
}

/// "20–40" or "> 120", in minutes.
fn range(wait: WaitRange) -> String {
    match wait.to {
        None => format!("> {}", wait.from),
        Some(most) if most == wait.from => most.to_string(),
        Some(most) => format!("{}–{most}", wait.from),
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

    use super::{Face, Stop};
    use crate::config::{Service, Site};
    use crate::identity::{Grade, PriorityReason, VisitCode, VisitKey};
    use crate::queue::{Issued, ServiceCode, Session, VisitKind, WaitRange};
    use crate::words::Language;

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
            stops: vec![ServiceCode("TN".into()), ServiceCode("NOBODY".into())],
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
        assert_eq!(
            face.fields().words["ahead"],
            "0",
            "nobody ahead is worth saying"
        );
        let foreign = face.clone().beside(Language::En, &issued, &service);
        let fields = foreign.fields().words;
        assert_eq!(fields["second_service"], "General internal medicine");
        assert_eq!(fields["second_priority"], "Aged 75 or over");
        assert_eq!(fields["second_ahead"], "Ahead of you");
        assert_eq!(face.clone().beside(Language::Vi, &issued, &service), face);
        let cashier = Service {
            place: "Quầy 3".into(),
            ..Service::new("TN", "C")
        };
        let further = face
            .clone()
            .on_its_way(&issued, [&service, &cashier].into_iter());
        let stop = Stop {
            service: "TN".into(),
            place: "Quầy 3".into(),
        };
        assert_eq!(further.stops, [stop]);
        let wait = |to| {
            let wait = Some(WaitRange { from: 20, to });
            let face = Face {
                wait,
                ..Face::default()
            };
            face.fields().words["wait"].clone()
        };
        let waits = [Some(40), Some(20), None].map(wait);
        assert_eq!(waits, ["20–40", "20", "> 20"]);
        let signed = face.signed(issued.visit, &VisitKey::derive(b"a key"));
        let code = VisitCode::parse(signed.code.as_deref().expect("a code"));
        let genuine = code.and_then(|code| code.verify(&VisitKey::derive(b"a key")));
        assert_eq!(genuine, Some(issued.visit));
    }
}
