//! No reader: codes and digits alone, right, halved, foreign and unknown.

use tiepdon::sim::ehr::{Seed, Server};

use crate::site::{Plan, Site, known, new_one};

/// What comes of showing one thing: the report's short line, and the number's series.
fn check(args: &[&str], short: &str, number: &str) {
    let ehr = Server::start(0, Seed::trial(Seed::today())).expect("a server");
    let site = Site::new(&Plan {
        register_from: "read",
        ehr: Some((ehr.base_url(), "t")),
        ..Plan::default()
    });
    let end = site.check_in(args);
    end.assert(short);
    assert_eq!(end.text("number"), number, "{end:#?}");
    site.assert_issued(&end);
}

#[test]
fn whatever_code_is_shown_there_is_a_number_in_the_end() {
    let code = known().card_qr();
    let half: String = code.chars().take(code.chars().count() / 2).collect();
    let unknown = new_one().card_qr();
    let number = known().number.expose();
    let table = [
        // The claim of a known patient is good for a number, and for no more.
        (
            [&*code, "--qr-text"],
            "issued null claimed confirmed sent",
            "A001",
        ),
        (
            [number, "--qr-text"],
            "issued null claimed confirmed sent",
            "A001",
        ),
        (
            [number, "--number"],
            "issued null claimed confirmed sent",
            "A001",
        ),
        // A claim registers nobody.
        (
            [&unknown, "--qr-text"],
            "desk register_at_desk claimed confirmed local",
            "T001",
        ),
        (
            ["099012345678", "--number"],
            "desk register_at_desk claimed confirmed local",
            "T001",
        ),
        (
            ["DN4010123456789", "--qr-text"],
            "desk register_at_desk claimed confirmed local",
            "T001",
        ),
        // What says nothing of anybody: after a while of trying, an anonymous number of the desk.
        (
            [&half, "--qr-text"],
            "desk tried_enough null confirmed local",
            "T001",
        ),
        (
            ["THUỐC HO 10 VIÊN", "--qr-text"],
            "desk tried_enough null confirmed local",
            "T001",
        ),
        (
            ["https://vneid.example/q?x=81ac", "--qr-text"],
            "desk tried_enough null confirmed local",
            "T001",
        ),
        (
            [
                "eyJhbGciOiJIUzI1NiJ9.Zm9vYmFyMTIzNDU2Nzg5.c2ln",
                "--qr-text",
            ],
            "desk tried_enough null confirmed local",
            "T001",
        ),
        (
            ["00020101021138540010A000000727", "--qr-text"],
            "desk tried_enough null confirmed local",
            "T001",
        ),
    ];
    std::thread::scope(|scope| {
        for ([value, option], short, number) in &table {
            scope.spawn(move || check(&[option, value], short, number));
        }
    });
}
