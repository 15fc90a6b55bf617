use std::collections::BTreeSet;

use jiff::civil::date;

use super::{
    MORNING_MOST, Promise, TODAY, at, at_service, desk, draft, id, new, number, of, proven,
    refused, rejected, same,
};
use crate::identity::{Grade, PriorityReason, Way};
use crate::queue::{Draft, Paper, QueueNumber, Refusal, Session};
use crate::store::{Answer, Store, StoreError, VisitLine};

pub(super) const PROMISES: &[Promise] = &[
    a_number_is_told_with_all_that_a_ticket_needs,
    the_same_visit_gets_the_same_number_for_ever,
    numbers_taken_at_once_are_unique_and_without_gaps,
    a_person_who_comes_everywhere_at_once_gets_one_number,
    a_full_session_gives_no_further_number,
    an_unclaimed_number_leaves_the_queue_and_comes_back_to_its_person,
    an_unclaimed_number_is_not_given_to_other_evidence,
    a_printed_number_cannot_be_unclaimed_and_paper_brings_one_back,
    after_staff_settled_a_visit_a_new_number_may_be_had,
    a_reprint_is_known_as_one,
    a_new_day_begins_its_series_anew_and_an_old_one_goes_on,
    the_tally_names_every_queue,
    staff_see_who_waits_and_why,
    what_nobody_knows_is_told_as_such,
    a_purge_forgets_what_was_sent_and_gives_no_number_again,
];

fn a_number_is_told_with_all_that_a_ticket_needs(store: &dyn Store) {
    let wish = Draft {
        priority: Some(PriorityReason::Elderly),
        ..proven(1, 1)
    };
    let issued = new(store, &wish);
    assert_eq!((issued.visit, issued.number), (wish.visit, number("A001")));
    assert_eq!((issued.kind, issued.service), (wish.kind, wish.service));
    assert_eq!((issued.day, issued.at), (wish.day, wish.at));
    assert_eq!(issued.priority, Some(PriorityReason::Elderly));
    assert_eq!((issued.grade, issued.printed), (Some(Grade::Proven), 0));
    assert_eq!(issued.ahead, 0);
    assert_eq!(new(store, &draft(2)).ahead, 1);
    assert_eq!(new(store, &at_service(draft(3), "NGOAI")).ahead, 0);
}

fn the_same_visit_gets_the_same_number_for_ever(store: &dyn Store) {
    for wish in [draft(1), proven(2, 1), desk(3), rejected(4, 2)] {
        let first = new(store, &wish);
        assert_eq!(same(store, &wish), first);
        store.settle(wish.visit, at(9)).expect("settled");
        assert_eq!(same(store, &wish).number, first.number);
    }
}

fn numbers_taken_at_once_are_unique_and_without_gaps(store: &dyn Store) {
    const THREADS: u32 = 8;
    const EACH: u32 = 50;
    let numbers: BTreeSet<_> = std::thread::scope(|scope| {
        let kiosks: Vec<_> = (0..THREADS)
            .map(|thread| {
                let take = move |n| new(store, &proven(thread * EACH + n, thread * EACH + n));
                scope.spawn(move || (0..EACH).map(|n| take(n).number).collect::<Vec<_>>())
            })
            .collect();
        let taken =
            |kiosk: std::thread::ScopedJoinHandle<'_, Vec<_>>| kiosk.join().expect("no panic");
        kiosks.into_iter().flat_map(taken).collect()
    });
    let expected = (1..=THREADS * EACH).map(|n| number(&format!("A{n:03}")));
    assert_eq!(numbers, expected.collect());
}

fn a_person_who_comes_everywhere_at_once_gets_one_number(store: &dyn Store) {
    const KIOSKS: u32 = 8;
    const PERSONS: u32 = 12;
    let numbers: Vec<BTreeSet<_>> = std::thread::scope(|scope| {
        let kiosks: Vec<_> = (0..KIOSKS)
            .map(|kiosk| {
                let take = move |who: u32| {
                    let draft = proven(1 + kiosk * PERSONS + who, who);
                    match store.issue(&draft).expect("the store works") {
                        Answer::New(issued) | Answer::Same(issued) => issued.number,
                        Answer::Refused(refusal) => panic!("{refusal:?}"),
                    }
                };
                scope.spawn(move || (0..PERSONS).map(take).collect::<Vec<_>>())
            })
            .collect();
        let taken: Vec<Vec<_>> = kiosks
            .into_iter()
            .map(|k| k.join().expect("no panic"))
            .collect();
        let of = |who: usize| taken.iter().map(|numbers| numbers[who].clone()).collect();
        (0..PERSONS as usize).map(of).collect()
    });
    assert!(
        numbers.iter().all(|of_one| of_one.len() == 1),
        "{numbers:?}"
    );
    let all: BTreeSet<_> = numbers.into_iter().flatten().collect();
    let expected = (1..=PERSONS).map(|n| number(&format!("A{n:03}")));
    assert_eq!(all, expected.collect());
}

fn a_full_session_gives_no_further_number(store: &dyn Store) {
    const KIOSKS: u32 = 6;
    let of = |n, session| Draft {
        session: Session(session),
        ..at_service(proven(n, n), "SIEU")
    };
    let taken: Vec<_> = std::thread::scope(|scope| {
        let kiosks: Vec<_> = (0..KIOSKS)
            .map(|kiosk| {
                let take = move |n| store.issue(&of(1 + kiosk * MORNING_MOST + n, 0));
                scope.spawn(move || (0..MORNING_MOST / 2).map(take).collect::<Vec<_>>())
            })
            .collect();
        let taken = kiosks.into_iter().flat_map(|k| k.join().expect("no panic"));
        taken
            .map(|answer| answer.expect("the store works"))
            .collect()
    });
    let new: BTreeSet<_> = taken.iter().filter_map(number_of).collect();
    let expected = (1..=MORNING_MOST).map(|n| number(&format!("C{n:03}")));
    assert_eq!(new, expected.collect());
    let full = |session| Refusal::Full {
        session: Session(session),
    };
    let refused_now = taken
        .iter()
        .filter(|answer| **answer == Answer::Refused(full(0)));
    assert_eq!(
        refused_now.count() as u32,
        KIOSKS * MORNING_MOST / 2 - MORNING_MOST
    );
    // The afternoon has places of its own, and a desk number is never refused.
    assert_eq!(super::new(store, &of(901, 1)).number.as_str(), "C021");
    assert_eq!(refused(store, &of(902, 1)), full(1));
    assert_eq!(super::new(store, &desk(903)).number.as_str(), "Q001");
}

fn number_of(answer: &Answer) -> Option<QueueNumber> {
    match answer {
        Answer::New(issued) => Some(issued.number.clone()),
        Answer::Same(_) | Answer::Refused(_) => None,
    }
}

fn an_unclaimed_number_leaves_the_queue_and_comes_back_to_its_person(store: &dyn Store) {
    let first = new(store, &proven(1, 1));
    assert_eq!(new(store, &proven(2, 2)).ahead, 1);
    store.unclaim(first.visit, at(10)).expect("unclaimed");
    assert_eq!(same(store, &proven(2, 2)).ahead, 0);
    assert_eq!(same(store, &proven(3, 1)), first);
    assert_eq!(same(store, &proven(2, 2)).ahead, 1);
    store
        .paper(first.visit, Paper::Confirmed, at(11))
        .expect("told");
    assert_eq!(waits(store), NOBODY);
}

fn an_unclaimed_number_is_not_given_to_other_evidence(store: &dyn Store) {
    let left = new(store, &proven(1, 1));
    store.unclaim(left.visit, at(10)).expect("unclaimed");
    // A late retry of the visit that was left does not bring it back.
    assert_eq!(same(store, &proven(1, 1)).number, left.number);
    assert_eq!(waits(store), ["A001 unclaimed"]);
    let typed = new(store, &of(2, 1, Grade::Claimed, Way::Typed));
    assert_eq!(typed.number, number("A002"));
    assert_eq!(refused(store, &proven(3, 1)), Refusal::HeldByWeaker);
    store.unclaim(typed.visit, at(11)).expect("unclaimed");
    assert_eq!(same(store, &proven(4, 1)).number, left.number);
}

fn a_printed_number_cannot_be_unclaimed_and_paper_brings_one_back(store: &dyn Store) {
    let out = new(store, &proven(1, 1));
    store.paper(out.visit, Paper::OkAfter, at(2)).expect("told");
    store.unclaim(out.visit, at(3)).expect("nothing happens");
    let late = new(store, &proven(2, 2));
    assert_eq!(late.ahead, 1);
    store.unclaim(late.visit, at(4)).expect("unclaimed");
    store.paper(late.visit, Paper::Failed, at(5)).expect("told");
    assert_eq!(waits(store), ["A002 unclaimed paper_failed"]);
    store
        .paper(late.visit, Paper::Unverified, at(6))
        .expect("told");
    assert_eq!(waits(store), NOBODY);
    // Unless the person took another number meanwhile.
    let left = new(store, &proven(3, 3));
    store.unclaim(left.visit, at(7)).expect("unclaimed");
    let other = new(store, &of(4, 3, Grade::Read, Way::Chip));
    store
        .paper(other.visit, Paper::Confirmed, at(8))
        .expect("told");
    store
        .paper(left.visit, Paper::Confirmed, at(8))
        .expect("told");
    assert_eq!(waits(store), ["A003 unclaimed"]);
}

fn after_staff_settled_a_visit_a_new_number_may_be_had(store: &dyn Store) {
    let first = new(store, &proven(1, 1));
    store.settle(first.visit, at(2)).expect("settled");
    let second = new(store, &of(2, 1, Grade::Claimed, Way::Typed));
    assert_eq!((second.number, second.ahead), (number("A002"), 0));
    store.unclaim(first.visit, at(3)).expect("nothing happens");
    assert_eq!(waits(store), NOBODY);
}

fn a_reprint_is_known_as_one(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    let papers = [
        (Paper::Failed, 0),
        (Paper::Confirmed, 1),
        (Paper::Failed, 1),
        (Paper::Unverified, 2),
    ];
    for (second, (paper, printed)) in (2..).zip(papers) {
        store.paper(visit, paper, at(second)).expect("told");
        assert_eq!(same(store, &proven(9, 1)).printed, printed, "{paper:?}");
    }
}

fn a_new_day_begins_its_series_anew_and_an_old_one_goes_on(store: &dyn Store) {
    let on = |n, day| {
        at_service(
            Draft {
                day,
                ..proven(n, 1)
            },
            "NGOAI",
        )
    };
    assert_eq!(new(store, &on(1, TODAY)).number, number("B101"));
    // A clock that was reset, and was set right again.
    let epoch = Draft {
        at: jiff::Timestamp::UNIX_EPOCH,
        ..on(2, date(1970, 1, 1))
    };
    assert_eq!(new(store, &epoch).number, number("B101"));
    let tomorrow = TODAY.tomorrow().expect("a day");
    assert_eq!(new(store, &on(3, tomorrow)).number, number("B101"));
    let back = at_service(proven(4, 2), "NGOAI");
    let back = new(store, &back);
    assert_eq!((back.number, back.ahead), (number("B102"), 1));
}

fn the_tally_names_every_queue(store: &dyn Store) {
    new(store, &draft(1));
    let left = new(store, &draft(2));
    store.unclaim(left.visit, at(3)).expect("unclaimed");
    new(store, &desk(4));
    let tally = store.tally(TODAY).expect("tally");
    let lines = tally.into_iter().map(|line| {
        let last = line.last.as_ref().map_or("-", QueueNumber::as_str);
        format!("{} {} {last}", line.service.0, line.issued)
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines, ["NOI 2 A002", "NGOAI 0 -", "BAN 1 Q001", "SIEU 0 -"]);
    let yesterday = store.tally(TODAY.yesterday().expect("a day"));
    assert!(
        yesterday
            .expect("tally")
            .iter()
            .all(|line| line.issued == 0)
    );
}

const NOBODY: [&str; 0] = [];

fn waits(store: &dyn Store) -> Vec<String> {
    let line = |line: VisitLine| format!("{} {}", line.number, line.waits_for.join(" "));
    let lines = store.waiting(TODAY).expect("list");
    lines.into_iter().map(line).collect()
}

fn staff_see_who_waits_and_why(store: &dyn Store) {
    let visits = [
        proven(6, 1),
        draft(5),
        desk(4),
        proven(3, 3),
        proven(2, 2),
        draft(1),
    ];
    let ids = visits.map(|wish| new(store, &wish).visit);
    store.unclaim(ids[1], at(7)).expect("unclaimed");
    store.paper(ids[0], Paper::Failed, at(7)).expect("told");
    store.paper(ids[2], Paper::Confirmed, at(7)).expect("told");
    store.park(ids[3], "no such clinic").expect("parked");
    store.paper(ids[3], Paper::Confirmed, at(7)).expect("told");
    store.local(ids[4]).expect("local");
    store.paper(ids[4], Paper::Confirmed, at(7)).expect("told");
    // Of the first, nothing was heard; the kiosk still prints the last.
    let expected = [
        "A004 handover",
        "A003 parked",
        "Q001 desk",
        "A002 unclaimed paper_failed",
        "A001 paper_failed",
    ];
    assert_eq!(waits(store), expected);
    let lines = store.waiting(TODAY).expect("list");
    let reasons: Vec<_> = lines.iter().map(|line| line.reason.as_deref()).collect();
    let expected = [None, Some("no such clinic"), Some("no_papers"), None, None];
    assert_eq!(reasons, expected);
    assert_eq!(lines[0].shown_name.as_deref(), Some("N. V. AN"));
    assert_eq!((lines[0].at, lines[0].kiosk.as_str()), (at(2), "K1"));
    assert_eq!(lines[2].shown_name, None);
    for visit in ids {
        store.settle(visit, at(8)).expect("settled");
    }
    assert_eq!(waits(store), NOBODY);
}

fn what_nobody_knows_is_told_as_such(store: &dyn Store) {
    let nowhere = at_service(draft(1), "RHM");
    let answer = store.issue(&nowhere);
    assert!(matches!(answer, Err(StoreError::NoService(code)) if code == "RHM"));
    let unknown = |answer: Result<(), StoreError>| matches!(answer, Err(StoreError::Unknown { what: "visit", id: told }) if told == id(1));
    assert!(unknown(store.paper(id(1), Paper::Confirmed, at(1))));
    assert!(unknown(store.unclaim(id(1), at(1))));
    assert!(unknown(store.settle(id(1), at(1))));
    assert!(unknown(store.freeze(id(1), b"x").map(|_| ())));
    assert!(unknown(store.sent(id(1), "e1", at(1))));
    assert!(unknown(store.local(id(1))));
    assert!(unknown(store.postpone(id(1), at(1), "down")));
    assert!(unknown(store.park(id(1), "refused")));
    assert_eq!(store.state(id(1)).expect("asked"), None);
}

fn a_purge_forgets_what_was_sent_and_gives_no_number_again(store: &dyn Store) {
    let sent = new(store, &proven(1, 1)).visit;
    store.sent(sent, "e1", at(2)).expect("sent");
    let local = new(store, &draft(2)).visit;
    store.local(local).expect("local");
    let queued = new(store, &draft(3)).visit;
    let parked = new(store, &draft(4)).visit;
    store.park(parked, "refused").expect("parked");
    let tomorrow = TODAY.tomorrow().expect("a day");
    let purged = |day, keep| store.purge(day, keep).expect("purged");
    assert_eq!(purged(TODAY, 0), 0);
    assert_eq!(purged(tomorrow, 0), 0, "nobody came since");
    let later = Draft {
        day: tomorrow,
        ..draft(6)
    };
    new(store, &later);
    assert_eq!(purged(TODAY, 0), 0);
    assert_eq!(purged(tomorrow, 1), 0);
    assert_eq!(purged(tomorrow, 0), 2);
    assert_eq!(purged(tomorrow, 0), 0);
    for (visit, state) in [
        (sent, None),
        (local, None),
        (queued, Some("queued")),
        (parked, Some("parked")),
    ] {
        assert_eq!(store.state(visit).expect("asked").as_deref(), state);
    }
    assert_eq!(new(store, &proven(5, 1)).number, number("A005"));
}
