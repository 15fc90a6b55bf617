use std::sync::Arc;
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::pos2;
use egui_kittest::kittest::Queryable;

use super::super::gallery::samples;
use super::{PANELS, kiosk, sample, welcome};
use crate::checkin::{Key, Touch};
use crate::queue::ServiceCode;
use crate::words::{Language, Text, text};

#[test]
fn each_button_sends_its_touch() {
    let service = Touch::Choose(ServiceCode("S1".to_owned()));
    let table = [
        ("welcome", text(Language::Vi, Text::Start), Touch::Start),
        ("welcome", text(Language::Vi, Text::WayChip), Touch::Start),
        ("welcome", text(Language::Vi, Text::WayCode), Touch::Start),
        (
            "welcome",
            text(Language::Vi, Text::TypeNumber),
            Touch::TypeNumber,
        ),
        (
            "welcome",
            text(Language::Vi, Text::NoPapers),
            Touch::NoPapers,
        ),
        (
            "welcome",
            text(Language::Vi, Text::CallStaff),
            Touch::CallStaff,
        ),
        (
            "welcome",
            text(Language::Vi, Text::Emergency),
            Touch::Emergency,
        ),
        (
            "welcome-none",
            text(Language::Vi, Text::WelcomeDesk),
            Touch::NoPapers,
        ),
        (
            "consent",
            text(Language::Vi, Text::ConsentYes),
            Touch::Consent(true),
        ),
        (
            "consent",
            text(Language::Vi, Text::ConsentNo),
            Touch::Consent(false),
        ),
        (
            "card-or-code",
            text(Language::Vi, Text::TypeNumber),
            Touch::TypeNumber,
        ),
        (
            "card-or-code",
            text(Language::Vi, Text::NoPapers),
            Touch::NoPapers,
        ),
        (
            "card-or-code",
            text(Language::Vi, Text::Cancel),
            Touch::Cancel,
        ),
        ("card", text(Language::Vi, Text::NoCard), Touch::NoCard),
        ("number", "7", Touch::Key(Key::Digit(7))),
        ("number", "0", Touch::Key(Key::Digit(0))),
        (
            "number",
            text(Language::Vi, Text::Erase),
            Touch::Key(Key::Erase),
        ),
        (
            "can",
            text(Language::Vi, Text::Clear),
            Touch::Key(Key::Clear),
        ),
        (
            "confirm",
            text(Language::Vi, Text::ConfirmYes),
            Touch::Confirm(true),
        ),
        (
            "confirm",
            text(Language::Vi, Text::ConfirmNo),
            Touch::Confirm(false),
        ),
        ("choose", "Khám ngoại", service),
        ("done", text(Language::Vi, Text::Finish), Touch::Finish),
        (
            "done",
            text(Language::Vi, Text::AskPriority),
            Touch::AskPriority,
        ),
        ("help", text(Language::Vi, Text::Back), Touch::Cancel),
    ];
    let mut kiosk = kiosk(PANELS[0], false, welcome(0));
    for (name, label, expected) in table {
        kiosk.show(sample(name));
        assert_eq!(kiosk.press(label), Some(expected), "{name}: {label}");
        assert!(
            kiosk.heard.lock().unwrap().is_empty(),
            "{name}: {label} was heard twice"
        );
    }
}

#[test]
fn the_language_can_be_switched_on_every_screen_and_nothing_of_the_other_remains() {
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    for (vi, en) in samples(Language::Vi).into_iter().zip(samples(Language::En)) {
        kiosk.show(vi.view.clone());
        let english = text(Language::En, Text::Language);
        assert_eq!(
            kiosk.press(english),
            Some(Touch::Language(Language::En)),
            "{}",
            vi.name
        );
        kiosk.show(en.view.clone());
        let words = kiosk.words();
        for key in Text::ALL {
            let (ours, theirs) = (text(Language::Vi, *key), text(Language::En, *key));
            let shown = ["screen.", "common."]
                .iter()
                .any(|room| key.key().starts_with(room));
            if shown && ours != theirs && *key != Text::Language {
                assert!(
                    !words.iter().any(|word| word == ours),
                    "{}: {ours}",
                    vi.name
                );
            }
        }
    }
}

#[test]
fn a_screen_that_is_about_to_end_asks_and_a_touch_anywhere_on_it_gains_time() {
    for panel in PANELS {
        let mut kiosk = kiosk(panel, false, welcome(0));
        for sample in samples(Language::Vi) {
            let mut view = sample.view;
            view.leaving = true;
            kiosk.show(view);
            let more = text(Language::Vi, Text::MoreTime);
            assert!(
                kiosk
                    .harness
                    .query_by_label(text(Language::Vi, Text::StillThere))
                    .is_some()
            );
            assert_eq!(kiosk.press(more), Some(Touch::MoreTime), "{}", sample.name);
            let aside = pos2(kiosk.size.x * 0.25, kiosk.size.y * 0.3);
            kiosk.harness.drag_at(aside);
            kiosk.harness.run_steps(1);
            kiosk.harness.drop_at(aside);
            kiosk.harness.run_steps(3);
            let heard = std::mem::take(&mut *kiosk.heard.lock().unwrap());
            assert_eq!(heard, [Touch::MoreTime], "{}", sample.name);
        }
    }
}

#[test]
fn the_second_tap_of_a_double_tap_presses_nothing_on_the_next_screen() {
    let mut kiosk = kiosk(PANELS[0], false, welcome(1));
    kiosk.show(sample("consent"));
    *kiosk.latest.lock().unwrap() = Arc::new(sample("confirm"));
    kiosk.harness.run_steps(1);
    let yes = text(Language::Vi, Text::ConfirmYes);
    kiosk
        .harness
        .get_by_role_and_label(Role::Button, yes)
        .click();
    kiosk.harness.run_steps(2);
    assert_eq!(*kiosk.heard.lock().unwrap(), []);
    kiosk.harness.run_steps(3);
    assert_eq!(kiosk.press(yes), Some(Touch::Confirm(true)));
}

#[test]
fn nothing_of_a_patient_is_left_when_the_next_conversation_begins() {
    let mut untouched = kiosk(PANELS[0], true, welcome(2));
    untouched.rest();
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    for name in ["number", "confirm", "done"] {
        kiosk.show(sample(name));
        assert!(kiosk.words().iter().any(|word| {
            word.contains("NGUYỄN") || word.contains("A042") || word.contains("0990123")
        }));
    }
    *kiosk.latest.lock().unwrap() = Arc::new(welcome(2));
    kiosk.rest();
    for word in kiosk.words() {
        for personal in ["NGUYỄN", "1948", "5678", "A042", "0990123"] {
            assert!(!word.contains(personal), "{word}");
        }
    }
    assert_eq!(
        kiosk.galleys(),
        untouched.galleys(),
        "texts of the last patient are still laid out"
    );
}

#[test]
fn an_idle_window_asks_for_no_repaint_and_the_driver_can_wake_it() {
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    for sample in samples(Language::Vi) {
        *kiosk.latest.lock().unwrap() = Arc::new(sample.view);
        kiosk.rest();
        kiosk.harness.step();
        assert_eq!(
            kiosk.repaint_wanted(),
            Some(Duration::MAX),
            "{}",
            sample.name
        );
    }
    assert!(!kiosk.harness.ctx.has_requested_repaint());
    kiosk.wake.wake();
    assert!(kiosk.harness.ctx.has_requested_repaint());
}
