use std::collections::BTreeSet;

use eframe::egui::accesskit::Role;
use eframe::egui::{Rect, pos2};
use egui_kittest::kittest::Queryable;

use super::super::gallery::samples;
use super::{MISFITS, PANELS, everywhere, kiosk, welcome};
use crate::checkin::{PaperShown, Screen, View, Want};
use crate::queue::ServiceCode;
use crate::words::{Cause, Language, Text, text};

#[test]
fn every_control_is_large_enough_for_a_finger_inside_the_panel_and_alone_in_its_place() {
    everywhere(|kiosk, sample| {
        let window = Rect::from_min_size(pos2(0.0, 0.0), kiosk.size);
        let controls = kiosk.controls();
        for (label, rect) in &controls {
            let name = format!("{} {:?}: {label} {rect}", sample.name, kiosk.size);
            let (width, height) = (rect.width() / kiosk.mm, rect.height() / kiosk.mm);
            assert!(
                width.min(height) >= 14.9,
                "{name}: {width:.1} x {height:.1} mm"
            );
            assert!(window.contains_rect(*rect), "{name} leaves the panel");
        }
        if sample.view.leaving {
            return;
        }
        for (index, (one, first)) in controls.iter().enumerate() {
            for (other, second) in &controls[index + 1..] {
                let overlap = first.intersect(*second);
                let apart = overlap.width() <= 0.5 || overlap.height() <= 0.5;
                assert!(apart, "{}: {one} lies on {other}", sample.name);
            }
        }
    });
}

#[test]
fn no_text_is_cut_off_on_any_panel_whatever_goes_wrong() {
    everywhere(|kiosk, sample| {
        let misfits = MISFITS.take();
        assert!(
            misfits.is_empty(),
            "{} {:?}: {misfits:?}",
            sample.name,
            kiosk.size
        );
    });
    for panel in PANELS {
        let mut kiosk = kiosk(panel, true, welcome(0));
        for language in Language::ALL {
            for cause in Cause::ALL {
                for view in troubles(language, cause) {
                    kiosk.show(view);
                    let misfits = MISFITS.take();
                    assert!(misfits.is_empty(), "{cause:?} {panel:?}: {misfits:?}");
                }
            }
        }
    }
}

/// `cause` wherever a patient can meet it.
fn troubles(language: Language, cause: Cause) -> Vec<View> {
    let all = samples(language).into_iter().map(|sample| sample.view);
    all.filter_map(|mut view| {
        match &mut view.screen {
            Screen::Gathering { problem, .. } => *problem = Some(cause),
            Screen::Done {
                paper: PaperShown::Missing(missing),
                desk,
                ..
            } => {
                *missing = cause;
                *desk = desk.map(|_| cause);
            }
            Screen::Done {
                desk: Some(desk), ..
            } => *desk = cause,
            Screen::Help { cause: shown } => *shown = cause,
            Screen::Welcome { .. }
            | Screen::Consent
            | Screen::Confirm { .. }
            | Screen::Choose { .. }
            | Screen::Issuing { .. }
            | Screen::Printing { .. }
            | Screen::Done { .. } => return None,
        }
        Some(view)
    })
    .collect()
}

#[test]
fn staff_can_be_called_from_every_screen_and_once_called_every_screen_says_so() {
    everywhere(|kiosk, sample| {
        let language = sample.view.language;
        let button = kiosk
            .harness
            .query_by_role_and_label(Role::Button, text(language, Text::CallStaff));
        let called = kiosk
            .harness
            .query_by_label(text(language, Text::StaffCalled));
        assert_eq!(
            button.is_some(),
            !sample.view.staff_called,
            "{}",
            sample.name
        );
        assert_eq!(
            called.is_some(),
            sample.view.staff_called,
            "{}",
            sample.name
        );
    });
}

#[test]
fn every_screen_of_a_trial_says_so_and_no_other_does() {
    everywhere(|kiosk, sample| {
        let mark = text(sample.view.language, Text::Trial);
        assert!(
            kiosk.harness.query_by_label(mark).is_some(),
            "{}",
            sample.name
        );
    });
    let mut kiosk = kiosk(PANELS[0], false, welcome(0));
    for sample in samples(Language::Vi) {
        kiosk.show(sample.view);
        assert!(
            kiosk
                .harness
                .query_by_label(text(Language::Vi, Text::Trial))
                .is_none()
        );
    }
}

#[test]
fn every_service_can_be_reached_however_many_there_are() {
    let services: Vec<(ServiceCode, String)> = (0..40)
        .map(|index| (ServiceCode(format!("S{index}")), format!("Khám {index}")))
        .collect();
    for panel in PANELS {
        let mut kiosk = kiosk(panel, false, welcome(0));
        let mut view = welcome(1);
        view.screen = Screen::Choose {
            services: services.clone(),
            full: None,
            who: None,
        };
        kiosk.show(view);
        let mut seen = BTreeSet::new();
        for _ in 0..services.len() {
            seen.extend(kiosk.controls().into_iter().map(|(label, _)| label));
            let more = text(Language::Vi, Text::MoreServices);
            assert_eq!(
                kiosk.press(more),
                None,
                "turning a page is nobody else's business"
            );
        }
        assert!(
            services.iter().all(|(_, name)| seen.contains(name)),
            "{panel:?}: {seen:?}"
        );
    }
}

#[test]
fn the_samples_show_every_screen_and_everything_that_is_asked() {
    let views: Vec<View> = samples(Language::Vi)
        .into_iter()
        .map(|it| it.view)
        .collect();
    for want in [
        Want::CardOrCode,
        Want::CodeOrCan,
        Want::Card,
        Want::HoldStill,
        Want::Number,
        Want::HospitalNumber,
        Want::BirthYear,
        Want::Wait,
    ] {
        let asked =
            |view: &View| matches!(&view.screen, Screen::Gathering { want: it, .. } if *it == want);
        assert!(views.iter().any(asked), "{want:?}");
    }
    let kinds: BTreeSet<String> = views
        .iter()
        .map(|view| serde_json::to_value(&view.screen).unwrap()["name"].to_string())
        .collect();
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}
