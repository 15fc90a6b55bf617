//! What a chip proves is what a patient gets: the simulated issuer's trust folder on the site, and
//! cards that were signed, copied, altered and revoked.

use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{Card, Faults, vpcd};
use tiepdon::sim::issuer::Issuer;

use crate::chip::Stage;
use crate::site::{Plan, known};

impl Stage {
    /// The site trusts the issuer of the simulated cards.
    fn trusting(chip: &str) -> Option<Self> {
        let stage = Self::new(Plan {
            chip,
            ..Plan::with_chip()
        })?;
        let folder = stage.site.folder().join("trust");
        Issuer::shared().write_trust(&folder).expect("written");
        Some(stage)
    }

    /// Lays down the known patient's card of this kind.
    fn profile(&self, name: &str) -> vpcd::Inserted {
        let profile = Profile::named(name).expect("a built-in profile");
        let card = Card::of(profile.chip(known(), Issuer::shared()), Faults::default());
        vpcd::insert(card, self.reader.address()).expect("vpcd takes the card")
    }
}

#[test]
fn each_kind_of_card_gets_the_grade_that_it_proves_and_a_failed_proof_leads_to_the_desk() {
    let rejected = "rejected card_rejected rejected confirmed local";
    let table = [
        ("genuine", "issued null proven confirmed sent"),
        ("no-clone-check", "issued null signed confirmed sent"),
        ("unknown-csca", "issued null read confirmed sent"),
        ("cloned", rejected),
        ("altered-dg1", rejected),
        ("altered-dg13", rejected),
        ("revoked-ds", rejected),
        ("impostor-csca", rejected),
    ];
    std::thread::scope(|scope| {
        for (kind, short) in table {
            scope.spawn(move || {
                let Some(stage) = Stage::trusting("preferred") else {
                    return;
                };
                let _card = stage.profile(kind);
                let end = stage.site.check_in(&["--qr-text", &known().card_qr()]);
                assert_eq!(end.short(), short, "{kind}: {end:#?}");
                stage.site.assert_issued(&end);
            });
        }
    });
}

/// Whoever knows the number of a card that failed does not get round it by another way.
#[test]
fn a_number_whose_card_failed_goes_to_the_desk_all_day_by_code_and_by_keypad() {
    let Some(stage) = Stage::trusting("preferred") else {
        return;
    };
    let card = stage.profile("cloned");
    let code = known().card_qr();
    let end = stage.site.check_in(&["--qr-text", &code]);
    end.assert("rejected card_rejected rejected confirmed local");
    drop(card);
    for args in [["--qr-text", &code], ["--number", known().number.expose()]] {
        let end = stage.site.check_in(&args);
        end.assert("rejected card_rejected claimed confirmed sent");
    }
}

#[test]
fn the_holder_of_a_passport_is_led_to_the_desk_and_beside_a_code_the_code_serves() {
    for (args, short) in [
        (
            ["--can", known().number.can()],
            "desk other_document null confirmed local",
        ),
        (
            ["--qr-text", &known().card_qr()],
            "issued null claimed confirmed sent",
        ),
    ] {
        let Some(stage) = Stage::trusting("preferred") else {
            return;
        };
        let _passport = stage.profile("pace-cam");
        stage.site.check_in(&args).assert(short);
    }
}

#[test]
fn a_site_that_only_reports_goes_on_with_what_needs_no_proof() {
    let Some(stage) = Stage::trusting("report-only") else {
        return;
    };
    let _card = stage.profile("cloned");
    let end = stage.site.check_in(&["--qr-text", &known().card_qr()]);
    end.assert("issued null read confirmed sent");
}
