//! Every screen with made-up persons: for the tests, and for taking the screens' pictures.

mod sight;

use crate::checkin::{Keypad, PaperShown, PriorityShown, Reading, Screen, Shown, View, Want, Ways};
use crate::identity::{Grade, Private};
use crate::queue::{QueueNumber, Series, ServiceCode, Session};
use crate::scan::Glance;
use crate::words::{Cause, Language};

/// A view and what it shows.
#[derive(Debug, Clone)]
pub struct Sample {
    /// A name for its picture.
    pub name: &'static str,
    /// The view.
    pub view: View,
    /// What the camera sees meanwhile.
    pub glance: Option<Glance>,
}

/// All ways in.
const ALL_WAYS: Ways = Ways {
    chip: true,
    code: true,
    typed: true,
    hospital_number: true,
};

/// One of each screen, in the order a patient meets them.
pub fn samples(language: Language) -> Vec<Sample> {
    let mut all = Vec::new();
    all.extend(arrivals().map(|(name, screen)| sample(name, language, screen)));
    all.extend(gatherings().map(|(name, screen)| sample(name, language, screen)));
    all.extend(decisions(language).map(|(name, screen)| sample(name, language, screen)));
    all.extend(ends().map(|(name, screen)| sample(name, language, screen)));
    all.extend(sight::samples(language));
    all.extend(others(language));
    all
}

fn sample(name: &'static str, language: Language, screen: Screen) -> Sample {
    let view = View {
        language,
        conversation: 1,
        screen,
        staff_called: false,
        alert: None,
        leaving: false,
        card_present: false,
    };
    Sample {
        name,
        view,
        glance: None,
    }
}

fn arrivals() -> impl Iterator<Item = (&'static str, Screen)> {
    let only_code = Ways {
        chip: false,
        code: true,
        typed: false,
        hospital_number: false,
    };
    let only_typed = Ways {
        chip: false,
        code: false,
        typed: true,
        hospital_number: false,
    };
    [
        (
            "welcome",
            Screen::Welcome {
                ways: ALL_WAYS,
                notice: true,
            },
        ),
        (
            "welcome-code",
            Screen::Welcome {
                ways: only_code,
                notice: false,
            },
        ),
        (
            "welcome-typed",
            Screen::Welcome {
                ways: only_typed,
                notice: false,
            },
        ),
        (
            "welcome-none",
            Screen::Welcome {
                ways: Ways::default(),
                notice: false,
            },
        ),
        ("consent", Screen::Consent),
    ]
    .into_iter()
}

fn gathering(want: Want) -> Screen {
    Screen::Gathering {
        want,
        reading: None,
        problem: None,
        keypad: None,
        who: None,
        code_read: false,
        ways: ALL_WAYS,
    }
}

/// The fields of `Gathering` that samples vary.
#[derive(Default)]
struct Known {
    percent: Option<u8>,
    problem: Option<Cause>,
    typed: Option<(&'static str, u8)>,
    who: Option<Shown>,
}

fn knowing(want: Want, known: Known) -> Screen {
    Screen::Gathering {
        want,
        reading: known.percent.map(|percent| Reading { percent }),
        problem: known.problem,
        keypad: known.typed.map(|(typed, length)| Keypad {
            typed: Private::from(typed),
            length,
        }),
        code_read: known.who.is_some(),
        who: known.who,
        ways: ALL_WAYS,
    }
}

fn gatherings() -> impl Iterator<Item = (&'static str, Screen)> {
    let code_failed = Known {
        problem: Some(Cause::QrOther),
        ..Known::default()
    };
    let can = Known {
        typed: Some(("123", 6)),
        ..Known::default()
    };
    let can_wrong = Known {
        typed: Some(("", 6)),
        problem: Some(Cause::WrongCan),
        ..Known::default()
    };
    let named = Known {
        who: Some(person()),
        ..Known::default()
    };
    let reading = Known {
        percent: Some(45),
        who: Some(person()),
        ..Known::default()
    };
    let number = Known {
        typed: Some(("0990123", 12)),
        ..Known::default()
    };
    let number_after = Known {
        typed: Some(("", 12)),
        problem: Some(Cause::QrOpaque),
        ..Known::default()
    };
    let paper = Known {
        typed: Some(("2411", 8)),
        ..Known::default()
    };
    let year = Known {
        typed: Some(("19", 4)),
        ..Known::default()
    };
    let moved = Known {
        who: Some(person()),
        problem: Some(Cause::CardMoved),
        ..Known::default()
    };
    let looking = Known {
        who: Some(person()),
        ..Known::default()
    };
    [
        ("card-or-code", gathering(Want::CardOrCode)),
        (
            "card-or-code-problem",
            knowing(Want::CardOrCode, code_failed),
        ),
        ("can", knowing(Want::CodeOrCan, can)),
        ("can-wrong", knowing(Want::CodeOrCan, can_wrong)),
        ("card", knowing(Want::Card, named)),
        ("card-moved", knowing(Want::Card, moved)),
        ("hold-still", knowing(Want::HoldStill, reading)),
        ("number", knowing(Want::Number, number)),
        ("number-problem", knowing(Want::Number, number_after)),
        ("hospital-number", knowing(Want::HospitalNumber, paper)),
        ("birth-year", knowing(Want::BirthYear, year)),
        ("wait", knowing(Want::Wait, looking)),
    ]
    .into_iter()
}

/// A person as the kiosk shows them, shortened.
pub fn person() -> Shown {
    Shown {
        name: Some("NGUYỄN V. A.".to_owned()),
        birth_year: Some(1948),
        number: Some("5678".to_owned()),
    }
}

fn services(language: Language) -> Vec<(ServiceCode, String)> {
    let names = match language {
        Language::Vi => [
            "Khám nội tổng quát",
            "Khám ngoại",
            "Khám nhi",
            "Khám sản phụ khoa",
            "Khám mắt",
            "Khám tai mũi họng",
            "Khám răng hàm mặt",
            "Khám da liễu",
            "Y học cổ truyền",
            "Vật lý trị liệu, phục hồi chức năng",
            "Xét nghiệm",
            "Nhận thuốc bảo hiểm y tế",
        ],
        Language::En => [
            "General medicine",
            "Surgery",
            "Children",
            "Obstetrics and gynaecology",
            "Eyes",
            "Ear, nose and throat",
            "Dentistry",
            "Skin",
            "Traditional medicine",
            "Physiotherapy and rehabilitation",
            "Laboratory",
            "Insurance pharmacy",
        ],
    };
    names
        .iter()
        .enumerate()
        .map(|(index, name)| (ServiceCode(format!("S{index}")), (*name).to_owned()))
        .collect()
}

fn decisions(language: Language) -> impl Iterator<Item = (&'static str, Screen)> {
    let few = services(language).into_iter().take(5).collect();
    let nameless = Shown {
        name: None,
        birth_year: None,
        number: Some("5678".to_owned()),
    };
    [
        ("confirm", Screen::Confirm { who: person() }),
        ("confirm-nameless", Screen::Confirm { who: nameless }),
        (
            "choose",
            Screen::Choose {
                services: few,
                full: None,
                who: Some(person()),
            },
        ),
        (
            "choose-many",
            Screen::Choose {
                services: services(language),
                full: None,
                who: None,
            },
        ),
        (
            "choose-full",
            Screen::Choose {
                services: services(language).split_off(1),
                full: services(language).first().map(|(_, name)| name.clone()),
                who: Some(person()),
            },
        ),
        (
            "issuing",
            Screen::Issuing {
                who: Some(person()),
            },
        ),
    ]
    .into_iter()
}

fn number(prefix: &str, value: u32) -> QueueNumber {
    Series::new(prefix).number(Session::default(), value)
}

fn ended(desk: Option<Cause>, paper: PaperShown, grade: Option<Grade>) -> Screen {
    let (prefix, service, place) = if desk.is_some() {
        ("Q", "Tiếp đón", "Quầy tiếp đón, tầng 1")
    } else {
        ("A", "Khám nội tổng quát", "Phòng 105, tầng 1, nhà B")
    };
    Screen::Done {
        number: number(prefix, 42),
        service: service.to_owned(),
        place: place.to_owned(),
        desk,
        paper,
        who: desk.is_none().then(person),
        grade,
        priority: match desk {
            Some(_) => PriorityShown::Known,
            None => PriorityShown::Offered,
        },
    }
}

fn asked_priority() -> Screen {
    let mut done = ended(None, PaperShown::Printed, Some(Grade::Claimed));
    if let Screen::Done { priority, .. } = &mut done {
        *priority = PriorityShown::Asked;
    }
    done
}

fn ends() -> impl Iterator<Item = (&'static str, Screen)> {
    let missing = PaperShown::Missing(Cause::MediaEmpty);
    let printing = Screen::Printing {
        number: number("A", 42),
        service: "Khám nội tổng quát".to_owned(),
        place: "Phòng 105, tầng 1, nhà B".to_owned(),
        who: Some(person()),
    };
    [
        ("printing", printing),
        (
            "done",
            ended(None, PaperShown::Printed, Some(Grade::Proven)),
        ),
        ("done-priority-asked", asked_priority()),
        ("done-no-paper", ended(None, missing, Some(Grade::Claimed))),
        (
            "done-desk",
            ended(Some(Cause::TriedEnough), PaperShown::Printed, None),
        ),
        (
            "done-desk-no-paper",
            ended(Some(Cause::CardRejected), missing, None),
        ),
        ("help", help(Cause::CalledByPatient)),
        ("help-two-persons", help(Cause::TwoPersons)),
        ("help-emergency", help(Cause::Emergency)),
        ("help-clock", help(Cause::ClockWrong)),
    ]
    .into_iter()
}

fn help(cause: Cause) -> Screen {
    Screen::Help { cause }
}

/// What can lie over or beside a screen.
fn others(language: Language) -> Vec<Sample> {
    let done = ended(None, PaperShown::Printed, Some(Grade::Signed));
    let mut leaving = sample(
        "number-leaving",
        language,
        knowing(
            Want::Number,
            Known {
                typed: Some(("099", 12)),
                ..Known::default()
            },
        ),
    );
    leaving.view.leaving = true;
    let mut done_leaving = sample("done-leaving", language, done.clone());
    done_leaving.view.leaving = true;
    let mut forgotten = sample("done-card", language, done);
    forgotten.view.card_present = true;
    let mut called = sample("called", language, gathering(Want::CardOrCode));
    called.view.staff_called = true;
    let mut all = vec![leaving, done_leaving, forgotten, called, long(language)];
    // The code of another was shown beside a check-in.
    for (name, screen) in decisions(language) {
        let name = match name {
            "confirm" => "confirm-another",
            "choose" => "choose-another",
            _ => continue,
        };
        let mut beside = sample(name, language, screen);
        beside.view.alert = Some(Cause::AnotherPerson);
        all.push(beside);
    }
    all
}

/// Names as long as hospitals have them.
fn long(language: Language) -> Sample {
    let mut shown = person();
    shown.name = Some("CÔNG TẰNG TÔN NỮ THỊ NGUYỆT Q.".to_owned());
    let screen = Screen::Printing {
        number: QueueNumber::from_stored("PHCN10042".to_owned()),
        service: "Khám Y học cổ truyền - Vật lý trị liệu - Phục hồi chức năng".to_owned(),
        place: "Phòng 305, tầng 3, khu điều trị ngoại trú, nhà B".to_owned(),
        who: Some(shown),
    };
    sample("printing-long", language, screen)
}
