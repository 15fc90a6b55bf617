//! The real program under real fingers: whole journeys through its window, on a display of its own,
//! looked at from outside through its store.
#![cfg(all(feature = "ui", feature = "sim"))]

mod booth;

use std::fs::File;
use std::net::TcpStream;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tiepdon::config::Config;
use tiepdon::sim::card::vpcd;
use tiepdon::sim::pcscd::Pcscd;
use tiepdon::store::Visits;
use tiepdon::words::{Language, Text, text};

use booth::{Booth, PATIENCE, until};

/// There is one virtual reader on a machine, and its users take turns.
const LOCK: &str = "/tmp/tiepdon-pcscd.lock";

/// A small station without reader, scanner or hospital's system; what is written in braces differs.
const STATION: &str = r#"
[site]
name = "Trạm Y tế xã Hữu Kiên"
time_zone = "Asia/Ho_Chi_Minh"
[kiosk]
id = "K1"
[policy]
chip = "off"
[policy.waits]
idle_seconds = {idle}
warning_seconds = {warning}
done_seconds = 60
[[services]]
code = "KB"
name_vi = "Khám bệnh"
name_en = "General consultation"
place = "Phòng 1"
prefix = "A"
[desk]
code = "QUAY"
name_vi = "Quầy tiếp đón"
name_en = "Reception desk"
place = "Quầy số 1"
prefix = "T"
[printer]
folder = "tickets"
[store]
path = "store.sqlite"
key_file = "store.key"
[staff]
listen = "127.0.0.1:0"
token_file = "staff.token"
[screen]
width_mm = 217
"#;

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(test: &str, reason: &str) {
    eprintln!("skipped: {test} ({reason})");
}

/// A station at which nobody is hurried.
fn station(test: &str) -> Option<Booth> {
    station_with(test, 300, 60)
}

fn station_with(test: &str, idle: u32, warning: u32) -> Option<Booth> {
    let folder = TempDir::new().expect("a folder");
    let source = STATION
        .replace("{idle}", &idle.to_string())
        .replace("{warning}", &warning.to_string());
    let file = folder.path().join("tiepdon.toml");
    std::fs::write(&file, source).expect("a file");
    std::fs::write(folder.path().join("staff.token"), "0123456789abcdef").expect("a file");
    let config = Config::load(&file).expect("no fault");
    let services: Vec<_> = config.services.into_iter().chain([config.desk]).collect();
    let booth = Booth::open(test, folder, &["--config", "tiepdon.toml"], &services)?;
    booth.until_screen("welcome");
    Some(booth)
}

/// Numbers given today by each queue.
fn issued(booth: &Booth) -> Vec<(String, u32)> {
    let zone = jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").expect("a time zone");
    let day = Timestamp::now().to_zoned_datetime(zone).date();
    let tally = booth.store.tally(day).expect("the store can be read");
    let line = |tally: tiepdon::store::Tally| (tally.service.0, tally.issued);
    tally.into_iter().map(line).collect()
}

fn typed(view: &Value) -> u64 {
    view["screen"]["keypad"][0].as_u64().unwrap_or_default()
}

#[test]
fn start_code_and_card_lead_to_a_number_and_nothing_stays_behind() {
    let test = "start_code_and_card_lead_to_a_number_and_nothing_stays_behind";
    let lock = File::create(LOCK).expect("the lock file can be made");
    lock.lock().expect("the lock can be waited for");
    for needed in [
        "/usr/sbin/pcscd",
        "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    ] {
        if !Path::new(needed).exists() {
            return skipped(test, &format!("no {needed}"));
        }
    }
    let foreign = Pcscd::answers();
    let folder = TempDir::new().expect("a folder");
    let Some(booth) = Booth::open(test, folder, &["--demo"], &[]) else {
        return;
    };
    booth.until("a welcome with reader and scanner", |view| {
        let screen = &view["screen"];
        screen["name"] == "welcome"
            && screen["ways"]["chip"] == true
            && screen["ways"]["code"] == true
    });
    // The second tap of a double tap falls on "Type my number", and must not be felt.
    booth.click(text(Language::Vi, Text::Start), 2);
    let done = booth.until_screen("done");
    let screen = &done["screen"];
    assert_eq!(screen["grade"], "proven", "the chip was proved: {done}");
    assert_eq!(screen["desk"], Value::Null, "{done}");
    assert_eq!(screen["paper"], "printed", "{done}");
    assert_eq!(screen["number"], "A001", "{done}");
    assert!(booth.stop().success());
    if !foreign {
        let gone = || !Pcscd::answers() && TcpStream::connect(vpcd::ADDRESS).is_err();
        assert!(until(PATIENCE, gone), "the trial's reader goes with it");
    }
}

#[test]
fn who_has_no_papers_gets_a_desk_number() {
    let Some(booth) = station("who_has_no_papers_gets_a_desk_number") else {
        return;
    };
    let done = booth.press_for_screen(Text::NoPapers, "done");
    let screen = &done["screen"];
    assert_eq!(
        (&screen["number"], &screen["desk"]),
        (&"T001".into(), &"no_papers".into())
    );
    let ticket = std::fs::read_dir(booth.folder.path().join("tickets"));
    assert_eq!(ticket.expect("a folder of tickets").count(), 1);
    booth.press_for_screen(Text::Finish, "welcome");
    assert!(booth.stop().success());
}

#[test]
fn twelve_digits_of_somebody_unknown_lead_to_the_desk() {
    let Some(booth) = station("twelve_digits_of_somebody_unknown_lead_to_the_desk") else {
        return;
    };
    booth.press_for_screen(Text::TypeNumber, "gathering");
    // One digit too many is taken back.
    for (count, key) in (1..).zip("0990".chars()) {
        booth.press(&key.to_string(), |view| typed(view) == count);
    }
    booth.press(text(Language::Vi, Text::Erase), |view| typed(view) == 3);
    for (count, key) in (4..).zip("012345678".chars()) {
        booth.press(&key.to_string(), |view| {
            typed(view) == count || view["screen"]["keypad"].is_null()
        });
    }
    let done = booth.until_screen("done");
    let screen = &done["screen"];
    assert_eq!(
        (&screen["number"], &screen["desk"]),
        (&"T001".into(), &"register_at_desk".into())
    );
    assert!(booth.stop().success());
}

#[test]
fn another_language_mid_way_changes_the_words_and_keeps_the_digits() {
    let Some(booth) = station("another_language_mid_way_changes_the_words_and_keeps_the_digits")
    else {
        return;
    };
    booth.press_for_screen(Text::TypeNumber, "gathering");
    booth.press("7", |view| typed(view) == 1);
    let (english, vietnamese) = (
        text(Language::En, Text::Language),
        text(Language::Vi, Text::Language),
    );
    // The finger rests where it will press, so that the pictures differ by words alone.
    booth.press(english, |view| view["language"] == "en");
    let in_english = settled_picture(&booth);
    let view = booth.press(vietnamese, |view| view["language"] == "vi");
    assert_eq!(typed(&view), 1);
    let changed = until(PATIENCE, || booth.picture() != in_english);
    assert!(changed, "the words on the screen are others");
    let view = booth.press(english, |view| view["language"] == "en");
    assert_eq!(typed(&view), 1);
    let back = until(PATIENCE, || booth.picture() == in_english);
    assert!(back, "the same words are the same picture");
    assert!(booth.stop().success());
}

/// The picture once two in a row are the same.
fn settled_picture(booth: &Booth) -> Vec<u8> {
    let mut last = booth.picture();
    let settled = until(PATIENCE, || {
        let next = booth.picture();
        std::mem::replace(&mut last, next) == last
    });
    assert!(settled, "the picture never rests");
    last
}

#[test]
fn staff_are_called_from_the_first_screen_and_mid_way() {
    let Some(booth) = station("staff_are_called_from_the_first_screen_and_mid_way") else {
        return;
    };
    let help = booth.press_for_screen(Text::CallStaff, "help");
    assert_eq!(help["screen"]["cause"], "called_by_patient");
    booth.press_for_screen(Text::Back, "welcome");
    booth.press_for_screen(Text::TypeNumber, "gathering");
    let call = text(Language::Vi, Text::CallStaff);
    let view = booth.press(call, |view| view["staff_called"] == true);
    assert_eq!(
        view["screen"]["name"], "gathering",
        "the way goes on: {view}"
    );
    booth.press("1", |view| typed(view) == 1);
    assert!(booth.stop().success());
}

#[test]
fn a_patient_who_left_is_asked_and_then_forgotten() {
    let Some(booth) = station_with("a_patient_who_left_is_asked_and_then_forgotten", 2, 12) else {
        return;
    };
    let here = booth.press_for_screen(Text::TypeNumber, "gathering");
    booth.until("a warning", |view| view["leaving"] == true);
    // Somebody is there after all, and then not.
    booth.press(text(Language::Vi, Text::MoreTime), |view| {
        view["leaving"] == false && view["screen"]["name"] == "gathering"
    });
    booth.until("a second warning", |view| view["leaving"] == true);
    let gone = booth.until_screen("welcome");
    assert_ne!(gone["conversation"], here["conversation"]);
    assert!(issued(&booth).iter().all(|(_, count)| *count == 0));
    assert!(booth.stop().success());
}

#[test]
fn a_double_tap_takes_one_number() {
    let Some(booth) = station("a_double_tap_takes_one_number") else {
        return;
    };
    booth.click(text(Language::Vi, Text::NoPapers), 2);
    let done = booth.until_screen("done");
    assert_eq!(done["screen"]["number"], "T001");
    // The window takes touches in their order: after this one, the second tap has had its turn.
    let next = booth.press_for_screen(Text::Finish, "welcome");
    assert_eq!(next["staff_called"], false);
    assert_eq!(
        issued(&booth),
        [("KB".to_owned(), 0), ("QUAY".to_owned(), 1)]
    );
    assert!(booth.stop().success());
}
