use std::time::Duration;

use egui_kittest::kittest::Queryable;

use super::super::gallery::samples;
use super::{Kiosk, MISFITS, PANELS, kiosk, sample, welcome};
use crate::scan::{Glance, Hint};
use crate::words::{Language, Text, text};

/// What the camera sees in the sample of this name.
fn glance(name: &str) -> Glance {
    let mut all = samples(Language::Vi).into_iter();
    let sample = all.find(|sample| sample.name == name).unwrap();
    sample.glance.unwrap()
}

fn textures(kiosk: &Kiosk) -> usize {
    kiosk.harness.ctx.tex_manager().read().num_allocated()
}

fn says(kiosk: &Kiosk, key: Text) -> bool {
    let words = text(Language::Vi, key);
    kiosk.harness.query_by_label(words).is_some()
}

#[test]
fn each_hint_is_said_in_both_languages_on_every_panel_without_being_cut_off() {
    for panel in PANELS {
        let mut kiosk = kiosk(panel, true, welcome(0));
        for sample in samples(Language::Vi)
            .into_iter()
            .chain(samples(Language::En))
        {
            let Some(seen) = sample.glance else { continue };
            for hint in Hint::ALL.map(Some).into_iter().chain([None]) {
                let seen = seen.clone();
                kiosk.see(Some(Glance { hint, ..seen }));
                kiosk.show(sample.view.clone());
                let misfits = MISFITS.take();
                assert!(misfits.is_empty(), "{hint:?} {panel:?}: {misfits:?}");
            }
        }
    }
}

#[test]
fn the_words_follow_the_camera_and_a_code_that_was_read_is_said_to_be() {
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    kiosk.see(Some(glance("camera")));
    kiosk.show(sample("camera"));
    assert!(says(&kiosk, Text::HoldCode) && !says(&kiosk, Text::WayCode));
    kiosk.see(Some(glance("camera-far")));
    kiosk.rest();
    assert!(says(&kiosk, Text::HintNearer) && !says(&kiosk, Text::HoldCode));
    kiosk.see(Some(glance("camera-read")));
    kiosk.rest();
    assert!(says(&kiosk, Text::CodeRead) && !says(&kiosk, Text::HintNearer));
}

#[test]
fn without_a_picture_the_screen_is_as_if_there_were_no_camera() {
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    kiosk.show(sample("card-or-code"));
    let without = kiosk.words();
    kiosk.see(Some(glance("camera-far")));
    kiosk.rest();
    assert_ne!(kiosk.words(), without);
    kiosk.see(None);
    kiosk.rest();
    assert_eq!(kiosk.words(), without);
}

#[test]
fn the_picture_is_let_go_as_soon_as_no_screen_shows_it() {
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    kiosk.rest();
    let none = textures(&kiosk);
    kiosk.see(Some(glance("camera")));
    kiosk.show(sample("camera"));
    assert_eq!(textures(&kiosk), none + 1);
    for name in ["card", "hold-still", "confirm", "welcome"] {
        kiosk.show(sample("camera"));
        kiosk.show(sample(name));
        assert_eq!(textures(&kiosk), none, "{name}");
    }
    kiosk.show(sample("camera"));
    kiosk.see(None);
    kiosk.rest();
    assert_eq!(textures(&kiosk), none, "the camera was closed");
}

#[test]
fn each_picture_is_painted_once_and_only_where_a_screen_shows_it() {
    let mut kiosk = kiosk(PANELS[0], true, welcome(0));
    kiosk.see(Some(glance("camera")));
    kiosk.show(sample("hold-still"));
    kiosk.rest();
    kiosk.see(Some(glance("camera-far")));
    assert!(!kiosk.harness.ctx.has_requested_repaint());
    kiosk.show(sample("camera"));
    kiosk.rest();
    kiosk.see(Some(glance("camera")));
    assert!(kiosk.harness.ctx.has_requested_repaint());
    kiosk.rest();
    assert_eq!(kiosk.repaint_wanted(), Some(Duration::MAX));
}
