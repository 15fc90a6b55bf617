//! The end of a kiosk.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use jiff::Timestamp;

use super::{AN, House, PATIENCE, draft};
use crate::checkin::{Screen, Touch};
use crate::store::faulty::Fault;
use crate::store::{Outbox, Visits};

const SHORT: Duration = Duration::from_millis(100);

/// Drops the kiosk beside the test, which waits no longer than it may.
fn stop(house: &mut House, hangs: &str, meanwhile: impl FnOnce(&House)) {
    let kiosk = house.kiosk.take();
    let (stopped, wait) = channel();
    let thread = std::thread::Builder::new().name("stop".to_owned());
    let dropping = move || {
        drop(kiosk);
        stopped.send(()).unwrap();
    };
    thread.spawn(dropping).unwrap();
    meanwhile(house);
    let stopped = wait.recv_timeout(PATIENCE);
    assert!(stopped.is_ok(), "the kiosk does not stop: {hangs} hangs");
}

#[test]
fn a_kiosk_that_is_dropped_leaves_no_thread_behind() {
    let mut house = House::new();
    house.check_in(AN);
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    stop(&mut house, "nothing", |_| ());
    // Driver, drainer and heartbeat each held one.
    assert_eq!(Arc::strong_count(&house.store), 1);
    assert_eq!(Arc::strong_count(&house.clinic), 1);
}

#[test]
fn a_number_on_its_way_still_gets_its_paper_when_the_kiosk_stops() {
    let mut house = House::with(|setup| setup.limits.stop = PATIENCE);
    house.store.strike("issue", Fault::Hangs);
    house.show_code(AN);
    house.confirm();
    house.store.wait_until_hanging("issue");
    stop(&mut house, "nothing", |house| house.store.heal("issue"));
    assert_eq!(house.press.came(), 1);
    let tally = house.store.tally(house.today).unwrap();
    assert_eq!(tally[0].issued, 1);
    // Of a ticket of which nothing was recorded, the list would tell once there is a later one.
    house.store.issue(&draft(2, Timestamp::now())).unwrap();
    house.until_waiting(&[]);
}

#[test]
fn what_hangs_does_not_keep_a_kiosk_from_stopping() {
    type Hang = fn(&House);
    let hanging: [(&str, Hang); 5] = [
        ("lookup", |house| {
            house.clinic.finding.close();
            house.show_code(AN);
            house.clinic.finding.until_waiting(1);
        }),
        ("handover", |house| {
            house.clinic.taking.close();
            house.check_in(AN);
            house.clinic.taking.until_waiting(1);
        }),
        ("printer", |house| {
            house.press.close();
            house.show_code(AN);
            house.confirm();
            house.press.until_waiting(1);
        }),
        ("store", |house| {
            house.store.strike("issue", Fault::Hangs);
            house.show_code(AN);
            house.confirm();
            house.store.wait_until_hanging("issue");
        }),
        ("heartbeat", |house| {
            house.store.strike("publish", Fault::Hangs);
            house.touch(Touch::Start);
            house.store.wait_until_hanging("publish");
        }),
    ];
    for (what, hang) in hanging {
        let mut house = House::with(|setup| setup.limits.stop = SHORT);
        hang(&house);
        stop(&mut house, what, |_| ());
    }
}

#[test]
fn events_after_the_end_go_nowhere() {
    let mut house = House::new();
    let (inlet, shared) = (house.kiosk().inlet(), house.kiosk().shared());
    stop(&mut house, "nothing", |_| ());
    inlet.touch(Touch::Start);
    inlet.health("reader", Ok(()));
    assert!(matches!(shared.first_view().screen, Screen::Welcome { .. }));
}
