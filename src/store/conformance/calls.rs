use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Promise, TODAY, at, draft, id, new, proven, same};
use crate::identity::PriorityReason;
use crate::queue::{CallAct, CallState, Draft, ServiceCode, Session};
use crate::store::{NextCall, Order, Ordered, QueueLine, Store};

pub(super) const PROMISES: &[Promise] = &[
    the_lanes_come_in_their_turn,
    whom_the_morning_left_is_called_before_the_afternoon,
    a_button_pressed_twice_is_pressed_once,
    rooms_that_call_at_once_call_different_patients,
    a_number_belongs_to_the_room_that_called_it,
    the_next_call_ends_the_one_before_and_a_route_goes_on,
    who_did_not_come_comes_back_at_the_own_place,
    who_is_skipped_is_called_three_later,
    a_transfer_keeps_the_place_of_arrival,
    what_is_held_is_not_called_and_still_counts,
    nobody_gets_a_second_live_number_by_coming_back,
    a_closed_queue_calls_nobody,
    a_number_that_left_the_queue_is_not_called,
    the_pace_is_measured_from_call_to_call,
    who_says_that_they_go_first_does_when_staff_judge_so,
];

fn press(n: u32, room: &str) -> NextCall {
    NextCall {
        id: id(1000 + n),
        service: ServiceCode("NOI".into()),
        day: TODAY,
        room: room.into(),
        who: "lan".into(),
        at: at(100 + n),
    }
}

fn next(store: &dyn Store, n: u32, room: &str) -> Option<QueueLine> {
    store.call_next(&press(n, room)).expect("works")
}

fn called(store: &dyn Store, n: u32, room: &str) -> String {
    let line = next(store, n, room);
    line.map_or_else(|| "nobody".into(), |line| line.number.to_string())
}

fn order(n: u32, visit: Uuid, act: CallAct) -> Order {
    Order {
        id: id(2000 + n),
        visit,
        act,
        room: None,
        to: None,
        priority: None,
        who: "lan".into(),
        at: at(200 + n),
    }
}

fn done(store: &dyn Store, order: &Order) -> QueueLine {
    match store.order(order).expect("works") {
        Ordered::Done(line) => line,
        other @ (Ordered::NotNow(_) | Ordered::OtherRoom(_) | Ordered::HasOther) => {
            panic!("{:?} of {}: {other:?}", order.act, order.visit)
        }
    }
}

fn queue(store: &dyn Store, service: &str) -> Vec<String> {
    let lines = store.queue(&ServiceCode(service.into()), TODAY);
    let numbers = lines.expect("listed").into_iter();
    numbers.map(|line| line.number.to_string()).collect()
}

fn elderly(n: u32) -> Draft {
    Draft {
        priority: Some(PriorityReason::Elderly),
        ..proven(n, n)
    }
}

fn the_lanes_come_in_their_turn(store: &dyn Store) {
    for n in 1..=4 {
        new(store, &proven(n, n));
    }
    for n in 5..=7 {
        new(store, &elderly(n));
    }
    // One that is seen first, two others; when one lane is empty, the other goes on.
    let expected = ["A005", "A001", "A002", "A006", "A003", "A004", "A007"];
    assert_eq!(queue(store, "NOI"), expected);
    // Who comes now is told of those who are called before.
    assert_eq!(new(store, &elderly(8)).ahead, 7);
    let order: Vec<_> = (1..=8).map(|n| called(store, n, "101")).collect();
    assert_eq!(order[..7], expected);
    assert_eq!(order[7], "A008");
    assert_eq!(called(store, 9, "101"), "nobody");
}

fn whom_the_morning_left_is_called_before_the_afternoon(store: &dyn Store) {
    let of = |n, session| Draft {
        session: Session(session),
        ..proven(n, n)
    };
    new(store, &of(1, 1));
    new(store, &of(2, 0));
    new(store, &of(3, 1));
    new(store, &of(4, 0));
    assert_eq!(queue(store, "NOI"), ["A002", "A004", "A001", "A003"]);
    assert_eq!(called(store, 1, "101"), "A002");
}

fn a_button_pressed_twice_is_pressed_once(store: &dyn Store) {
    let first = new(store, &proven(1, 1)).visit;
    new(store, &proven(2, 2));
    let line = next(store, 1, "101").expect("somebody");
    assert_eq!((line.visit, line.state), (first, CallState::Called));
    assert_eq!(line.room.as_deref(), Some("101"));
    assert_eq!(line.called, Some(at(101)));
    assert_eq!(next(store, 1, "101"), Some(line));
    let recall = order(1, first, CallAct::Recall);
    let again = done(store, &recall);
    assert_eq!(again.called, Some(at(201)));
    done(store, &order(2, first, CallAct::NoShow));
    // A late repetition of what was done before changes nothing.
    assert_eq!(done(store, &recall).state, CallState::Missed);
    assert_eq!(called(store, 1, "101"), "A001");
    assert_eq!(queue(store, "NOI"), ["A002"]);
}

fn rooms_that_call_at_once_call_different_patients(store: &dyn Store) {
    const ROOMS: u32 = 6;
    const EACH: u32 = 6;
    for n in 1..=ROOMS * EACH {
        new(store, &proven(n, n));
    }
    let lines: Vec<QueueLine> = std::thread::scope(|scope| {
        let rooms: Vec<_> = (0..ROOMS)
            .map(|room| {
                let call = move |n| next(store, room * EACH + n, &room.to_string());
                scope.spawn(move || (0..EACH).filter_map(call).collect::<Vec<_>>())
            })
            .collect();
        let called = rooms
            .into_iter()
            .flat_map(|room| room.join().expect("no panic"));
        called.collect()
    });
    let numbers: BTreeSet<_> = lines.iter().map(|line| line.number.clone()).collect();
    assert_eq!((lines.len(), numbers.len()), (36, 36));
    assert_eq!(queue(store, "NOI"), [""; 0]);
}

fn a_number_belongs_to_the_room_that_called_it(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    next(store, 1, "101");
    let by = |n, room: &str, act| Order {
        room: Some(room.into()),
        ..order(n, visit, act)
    };
    for act in [
        CallAct::Call,
        CallAct::Recall,
        CallAct::Finish,
        CallAct::NoShow,
    ] {
        let other = store.order(&by(1, "102", act)).expect("works");
        assert_eq!(other, Ordered::OtherRoom("101".into()), "{act:?}");
    }
    assert_eq!(
        done(store, &by(2, "101", CallAct::Finish)).state,
        CallState::Done
    );
    let late = store.order(&by(3, "101", CallAct::NoShow)).expect("works");
    assert!(matches!(late, Ordered::NotNow(_)), "{late:?}");
}

fn the_next_call_ends_the_one_before_and_a_route_goes_on(store: &dyn Store) {
    let routed = Draft {
        stops: vec![ServiceCode("NGOAI".into())],
        ..proven(1, 1)
    };
    let first = new(store, &routed).visit;
    let second = new(store, &proven(2, 2)).visit;
    assert_eq!(called(store, 1, "101"), "A001");
    assert_eq!(called(store, 2, "101"), "A002");
    assert_eq!(queue(store, "NGOAI"), ["A001"]);
    assert_eq!(called(store, 3, "101"), "nobody");
    let state = |n, visit| done(store, &order(n, visit, CallAct::Finish)).state;
    assert_eq!(state(1, second), CallState::Done);
    // At its last stop it is done for good, and its person may have a new number at the first.
    let last = NextCall {
        service: ServiceCode("NGOAI".into()),
        ..press(4, "201")
    };
    let line = store.call_next(&last).expect("works").expect("somebody");
    assert_eq!((line.visit, line.stops.len()), (first, 0));
    assert_eq!(state(2, first), CallState::Done);
    assert_eq!(new(store, &proven(9, 1)).number.as_str(), "A003");
}

fn who_did_not_come_comes_back_at_the_own_place(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    new(store, &proven(2, 2));
    next(store, 1, "101");
    assert_eq!(
        done(store, &order(1, visit, CallAct::NoShow)).state,
        CallState::Missed
    );
    assert_eq!(queue(store, "NOI"), ["A002"]);
    assert_eq!(
        done(store, &order(2, visit, CallAct::Back)).state,
        CallState::Waiting
    );
    assert_eq!(queue(store, "NOI"), ["A001", "A002"]);
}

fn who_is_skipped_is_called_three_later(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    for n in 2..=6 {
        new(store, &proven(n, n));
    }
    next(store, 1, "101");
    done(store, &order(1, visit, CallAct::Skip));
    assert_eq!(
        queue(store, "NOI"),
        ["A002", "A003", "A004", "A001", "A005", "A006"]
    );
}

fn a_transfer_keeps_the_place_of_arrival(store: &dyn Store) {
    let to = |n, visit| Order {
        to: Some(ServiceCode("NGOAI".into())),
        ..order(n, visit, CallAct::Transfer)
    };
    let early = new(store, &proven(1, 1)).visit;
    let there = super::at_service(proven(2, 2), "NGOAI");
    new(store, &there);
    next(store, 1, "101");
    let line = done(store, &to(1, early));
    assert_eq!(
        (line.service.0.as_str(), line.state),
        ("NGOAI", CallState::Waiting)
    );
    assert_eq!(line.number.as_str(), "A001");
    assert_eq!(queue(store, "NGOAI"), ["A001", "B101"]);
    // The queue it left is free for its person; the one where they wait is not.
    let other = new(store, &proven(3, 1)).visit;
    next(store, 2, "101");
    assert_eq!(
        store.order(&to(2, other)).expect("works"),
        Ordered::HasOther
    );
}

/// How a number stands.
fn line_of(store: &dyn Store, visit: Uuid) -> QueueLine {
    let services = ["NOI", "NGOAI"].map(|code| ServiceCode(code.into()));
    let waiting = services
        .iter()
        .flat_map(|code| store.queue(code, TODAY).expect("listed"));
    let mut lines = waiting.chain(store.called(TODAY, 99).expect("listed"));
    lines.find(|line| line.visit == visit).expect("in a queue")
}

fn what_is_held_is_not_called_and_still_counts(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    done(store, &order(1, visit, CallAct::Hold));
    assert_eq!(called(store, 1, "101"), "nobody");
    assert_eq!(same(store, &proven(2, 1)).visit, visit);
    done(store, &order(2, visit, CallAct::Back));
    assert_eq!(called(store, 2, "101"), "A001");
    // Called, it is still the number of its person.
    assert_eq!(same(store, &proven(3, 1)).visit, visit);
}

fn nobody_gets_a_second_live_number_by_coming_back(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    next(store, 1, "101");
    done(store, &order(1, visit, CallAct::NoShow));
    let second = new(store, &proven(2, 1)).visit;
    assert_ne!(visit, second);
    let back = order(2, visit, CallAct::Back);
    assert_eq!(store.order(&back).expect("works"), Ordered::HasOther);
    store.settle(second, at(300)).expect("settled");
    assert_eq!(done(store, &back).state, CallState::Waiting);
}

fn a_closed_queue_calls_nobody(store: &dyn Store) {
    let afternoon = Draft {
        session: Session(1),
        ..proven(1, 1)
    };
    new(store, &afternoon);
    new(store, &proven(2, 2));
    new(store, &draft(3));
    let noi = ServiceCode("NOI".into());
    let close = |session| store.close(&noi, TODAY, session, at(9)).expect("closed");
    assert_eq!(close(Some(Session(0))), 2);
    assert_eq!(queue(store, "NOI"), ["A001"]);
    assert_eq!((close(None), close(None)), (1, 0));
    assert_eq!(called(store, 1, "101"), "nobody");
    assert_eq!(new(store, &proven(4, 2)).number.as_str(), "A004");
}

fn a_number_that_left_the_queue_is_not_called(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    store.unclaim(visit, at(2)).expect("unclaimed");
    assert_eq!(called(store, 1, "101"), "nobody");
    assert_eq!(same(store, &proven(2, 1)).visit, visit);
    assert_eq!(called(store, 2, "101"), "A001");
    // It is with a room: the kiosk cannot take it out of the queue any more.
    store.unclaim(visit, at(3)).expect("nothing happens");
    assert_eq!(line_of(store, visit).state, CallState::Called);
}

fn the_pace_is_measured_from_call_to_call(store: &dyn Store) {
    for n in 1..=4 {
        new(store, &proven(n, n));
    }
    for n in [1, 4, 9, 10, 30] {
        next(store, n, "101");
    }
    let noi = ServiceCode("NOI".into());
    assert_eq!(store.pace(&noi, TODAY, 50).expect("asked"), [3, 5, 1]);
    assert_eq!(store.pace(&noi, TODAY, 2).expect("asked"), [5, 1]);
}

fn who_says_that_they_go_first_does_when_staff_judge_so(store: &dyn Store) {
    let waits = || {
        let lines = store.waiting(TODAY).expect("listed").into_iter();
        let asking = lines.filter(|line| line.waits_for.contains(&"priority".to_owned()));
        asking.map(|line| line.visit).collect::<Vec<_>>()
    };
    new(store, &proven(1, 1));
    let [two, three] = [2, 3].map(|n| new(store, &proven(n, n)).visit);
    let old = new(store, &elderly(4)).visit;
    for visit in [two, three, two, old] {
        store.ask_priority(visit, at(50)).expect("noted");
    }
    assert_eq!(waits(), [two, three], "for the elderly it is known");
    assert_eq!(queue(store, "NOI"), ["A004", "A001", "A002", "A003"]);
    let judged = |n, visit, priority| Order {
        priority,
        ..order(n, visit, CallAct::Judge)
    };
    done(store, &judged(1, two, None));
    done(store, &judged(2, three, Some(PriorityReason::Pregnant)));
    assert!(waits().is_empty());
    let expected = ["A003", "A001", "A002", "A004"];
    assert_eq!(queue(store, "NOI"), expected, "at the place of arrival");
    // Pressed twice it is pressed once, whatever was judged since.
    done(store, &judged(3, three, None));
    done(store, &judged(2, three, Some(PriorityReason::Pregnant)));
    assert_eq!(queue(store, "NOI"), ["A004", "A001", "A002", "A003"]);
    store.settle(two, at(60)).expect("settled");
    let late = store.order(&judged(4, two, Some(PriorityReason::Merit)));
    assert!(matches!(late, Ok(Ordered::NotNow(_))), "{late:?}");
}
