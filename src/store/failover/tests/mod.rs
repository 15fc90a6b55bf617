mod cutting;

use cutting::{Cut, PATIENCE, Wire, kiosk, shared};

use super::Failover;
use crate::identity::{Grade, Way};
use crate::queue::{Draft, Paper, ServiceCode};
use crate::store::conformance::{self, TODAY, at, draft, new, of, proven, services};
use crate::store::{Answer, Calls, Outbox, Sqlite, Store, Visits};

fn mended(kiosk: &Failover<cutting::Cutting>) {
    assert!(kiosk.wait_until_mended(PATIENCE), "the line is not mended");
}

fn number(answer: Answer) -> String {
    match answer {
        Answer::New(issued) | Answer::Same(issued) => issued.number.to_string(),
        Answer::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn take(store: &impl Visits, draft: &Draft) -> String {
    number(store.issue(draft).expect("a number"))
}

/// Numbers that wait, in the order of their calling.
fn queue(store: &Sqlite) -> Vec<String> {
    let lines = store.queue(&ServiceCode("NOI".into()), TODAY);
    let numbers = lines.expect("listed").into_iter().map(|line| line.number);
    numbers.map(|number| number.to_string()).collect()
}

fn reasons(store: &Sqlite) -> Vec<String> {
    let lines = store.waiting(TODAY).expect("listed").into_iter();
    let lines = lines.map(|line| format!("{} {}", line.number, line.waits_for.join(" ")));
    lines.collect()
}

#[test]
fn with_the_line_up_it_keeps_every_promise_of_a_store() {
    let folder = tempfile::tempdir().expect("folder");
    let made = std::cell::Cell::new(0);
    conformance::all(|| {
        made.set(made.get() + 1);
        let folder = folder.path().join(made.get().to_string());
        std::fs::create_dir(&folder).expect("made");
        Box::new(kiosk(&folder, "K1", &Wire::whole())) as Box<dyn Store>
    });
}

#[test]
fn a_kiosk_that_is_cut_off_goes_on_and_everything_is_carried_over() {
    let folder = tempfile::tempdir().expect("folder");
    let wire = Wire::whole();
    let one = kiosk(folder.path(), "K1", &wire);
    assert_eq!(take(&one, &proven(1, 1)), "A001");
    wire.cut();
    assert_eq!(take(&one, &proven(2, 2)), "K1-A001");
    assert_eq!(take(&one, &proven(3, 3)), "K1-A002");
    assert!(one.line().cut.is_some());
    // A retry, a second tap and a reprint are the same number.
    assert_eq!(take(&one, &proven(2, 2)), "K1-A001");
    assert_eq!(take(&one, &proven(4, 3)), "K1-A002");
    one.paper(proven(2, 2).visit, Paper::Confirmed, at(5))
        .expect("told");
    wire.heal();
    mended(&one);
    let all = shared(folder.path());
    assert_eq!(queue(&all), ["A001", "K1-A001", "K1-A002"]);
    for (n, number) in [(2, "K1-A001"), (3, "K1-A002")] {
        assert_eq!(take(&one, &proven(n, n)), number);
        assert_eq!(
            take(&one, &proven(90 + n, n)),
            number,
            "another check-in of the person"
        );
    }
    assert_eq!(take(&one, &proven(5, 5)), "A002");
    assert_eq!(all.due(at(99), 99).expect("listed").len(), 4);
}

#[test]
fn a_kiosk_that_starts_with_the_line_down_gives_numbers_too() {
    let folder = tempfile::tempdir().expect("folder");
    let wire = Wire::whole();
    drop(shared(folder.path()));
    wire.cut();
    let one = kiosk(folder.path(), "K1", &wire);
    assert_eq!(take(&one, &proven(1, 1)), "K1-A001");
    drop(one);
    // It was restarted, still cut off.
    let one = kiosk(folder.path(), "K1", &wire);
    assert_eq!(take(&one, &proven(2, 2)), "K1-A002");
    wire.heal();
    mended(&one);
    assert_eq!(queue(&shared(folder.path())), ["K1-A001", "K1-A002"]);
}

#[test]
fn the_twin_that_nobody_saw_is_void() {
    for how in [Cut::Before, Cut::After] {
        let folder = tempfile::tempdir().expect("folder");
        let wire = Wire::whole();
        let one = kiosk(folder.path(), "K1", &wire);
        // What is asked before the number is taken passes.
        let before = wire.calls();
        take(&one, &proven(1, 1));
        let calls = wire.calls() - before;
        for met in 0..calls {
            let n = 10 + met;
            wire.cut_after(met, how);
            let told = take(&one, &proven(n, n));
            wire.heal();
            mended(&one);
            let all = shared(folder.path());
            let waiting = queue(&all);
            assert_eq!(waiting.len() as u32, 2 + met, "{how:?} {met}: {waiting:?}");
            assert!(
                waiting.contains(&told),
                "{how:?} {met}: {told} of {waiting:?}"
            );
            assert_eq!(take(&one, &proven(n, n)), told);
        }
    }
}

#[test]
fn what_happens_to_a_shared_number_during_a_cut_is_done_later() {
    let folder = tempfile::tempdir().expect("folder");
    let wire = Wire::whole();
    let one = kiosk(folder.path(), "K1", &wire);
    for n in 1..=3 {
        take(&one, &proven(n, n));
    }
    wire.cut();
    one.paper(proven(1, 1).visit, Paper::Failed, at(5))
        .expect("noted");
    one.paper(proven(1, 1).visit, Paper::Confirmed, at(6))
        .expect("noted");
    one.unclaim(proven(2, 2).visit, at(7)).expect("noted");
    one.paper(proven(3, 3).visit, Paper::Failed, at(8))
        .expect("noted");
    drop(one);
    wire.heal();
    mended(&kiosk(folder.path(), "K1", &wire));
    let all = shared(folder.path());
    assert_eq!(queue(&all), ["A001", "A003"]);
    assert_eq!(
        reasons(&all),
        ["A002 unclaimed paper_failed", "A003 paper_failed"]
    );
}

#[test]
fn who_took_two_numbers_across_a_cut_is_found() {
    let folder = tempfile::tempdir().expect("folder");
    let (first, second) = (Wire::whole(), Wire::whole());
    let one = kiosk(folder.path(), "K1", &first);
    let two = kiosk(folder.path(), "K2", &second);
    first.cut();
    second.cut();
    assert_eq!(take(&one, &proven(1, 7)), "K1-A001");
    assert_eq!(take(&two, &of(2, 7, Grade::Proven, Way::Chip)), "K2-A001");
    for (kiosk, wire, n) in [(&one, &first, 1), (&two, &second, 2)] {
        let visit = proven(n, 7).visit;
        kiosk.paper(visit, Paper::OkAfter, at(3)).expect("told");
        wire.heal();
        mended(kiosk);
    }
    let all = shared(folder.path());
    // Both tickets stay valid, and staff know.
    assert_eq!(queue(&all), ["K1-A001", "K2-A001"]);
    assert_eq!(
        reasons(&all),
        ["K1-A001 two_numbers", "K2-A001 two_numbers"]
    );
    all.settle(proven(2, 7).visit, at(9)).expect("settled");
    assert_eq!(reasons(&all), [""; 0]);
}

/// It died with a number in hand, and the line was down when it started again.
#[test]
fn what_a_kiosk_had_in_hand_when_it_died_is_unclaimed_though_it_starts_cut_off() {
    let folder = tempfile::tempdir().expect("folder");
    let wire = Wire::whole();
    let one = kiosk(folder.path(), "K1", &wire);
    assert_eq!(take(&one, &proven(1, 1)), "A001");
    drop(one);
    wire.cut();
    let one = kiosk(folder.path(), "K1", &wire);
    // Its clock went back meanwhile.
    one.abandon("K1", TODAY, at(0)).expect("noted");
    assert_eq!(take(&one, &proven(2, 2)), "K1-A001");
    wire.heal();
    mended(&one);
    let all = shared(folder.path());
    assert_eq!(queue(&all), ["K1-A001"], "its own of now stands");
    assert_eq!(reasons(&all)[0], "A001 unclaimed paper_failed");
    assert_eq!(take(&one, &proven(3, 1)), "A001", "its person gets it back");
}

/// A kiosk that is cut off again does not know what it gave before: that was carried over.
#[test]
fn who_took_a_number_in_each_of_two_cuts_holds_up_nobody_and_is_found() {
    let folder = tempfile::tempdir().expect("folder");
    let wire = Wire::whole();
    let one = kiosk(folder.path(), "K1", &wire);
    for (n, number) in [(1, "K1-A001"), (2, "K1-A002")] {
        wire.cut();
        assert_eq!(take(&one, &proven(n, 7)), number);
        one.paper(proven(n, 7).visit, Paper::Confirmed, at(3))
            .expect("told");
        wire.heal();
        mended(&one);
    }
    let all = shared(folder.path());
    assert_eq!(queue(&all), ["K1-A001", "K1-A002"]);
    assert_eq!(
        reasons(&all),
        ["K1-A001 two_numbers", "K1-A002 two_numbers"]
    );
    assert_eq!(take(&one, &proven(3, 8)), "A001");
}

/// Interrupted at each of its calls, before and after it is done, and started again.
#[test]
fn mending_may_be_interrupted_anywhere() {
    for how in [Cut::Before, Cut::After] {
        let mut met = 0;
        loop {
            let folder = tempfile::tempdir().expect("folder");
            let wire = Wire::whole();
            let one = kiosk(folder.path(), "K1", &wire);
            take(&one, &proven(1, 1));
            wire.cut();
            take(&one, &proven(2, 2));
            one.paper(proven(1, 1).visit, Paper::Confirmed, at(4))
                .expect("noted");
            take(&one, &proven(3, 3));
            drop(one);
            wire.cut_after(met, how);
            let passed = wire.calls();
            // Killed there: nothing of what it had in memory is left.
            let one = kiosk(folder.path(), "K1", &wire);
            let whole = one.line().cut.is_none();
            let calls = wire.calls() - passed;
            drop(one);
            wire.heal();
            let one = kiosk(folder.path(), "K1", &wire);
            mended(&one);
            let all = shared(folder.path());
            assert_eq!(queue(&all), ["A001", "K1-A001", "K1-A002"], "{how:?} {met}");
            assert_eq!(all.due(at(99), 99).expect("listed").len(), 3);
            assert_eq!(
                printed(&all, &proven(90, 1)),
                1,
                "told twice, it is one sheet"
            );
            if whole {
                assert!(calls >= 5, "{calls} calls mend");
                break;
            }
            met += 1;
        }
    }
}

fn printed(store: &Sqlite, draft: &Draft) -> u32 {
    match store.issue(draft).expect("works") {
        Answer::Same(issued) => issued.printed,
        Answer::New(_) | Answer::Refused(_) => panic!("not the same number"),
    }
}

#[test]
fn the_order_of_arrival_is_kept_whatever_this_machines_clock_does() {
    let folder = tempfile::tempdir().expect("folder");
    let (first, second) = (Wire::whole(), Wire::whole());
    let one = kiosk(folder.path(), "K1", &first);
    let two = kiosk(folder.path(), "K2", &second);
    let mut expected = Vec::new();
    first.cut();
    for n in 0..4 {
        // The clock that drafts are stamped by jumps an hour back each time.
        let back = |n: u32, who: u32| Draft {
            at: at(10_000 - 3600 * (n % 3)),
            ..proven(n, who)
        };
        expected.push(take(&one, &back(10 + n, 10 + n)));
        expected.push(take(&two, &back(20 + n, 20 + n)));
    }
    first.heal();
    mended(&one);
    assert_eq!(queue(&shared(folder.path())), expected);
}

/// It started with the line down and an hour behind the others, as a machine does whose battery is old.
#[test]
fn what_was_given_before_the_shared_clock_was_heard_is_set_right() {
    let folder = tempfile::tempdir().expect("folder");
    let (first, second) = (Wire::whole(), Wire::whole());
    let two = kiosk(folder.path(), "K2", &second);
    first.cut();
    let one = kiosk(folder.path(), "K1", &first);
    one.inner.state().clock.said -= 3_600_000_000;
    let mut expected = Vec::new();
    for n in 0..3 {
        expected.push(take(&two, &proven(20 + n, 20 + n)));
        expected.push(take(&one, &proven(10 + n, 10 + n)));
    }
    first.heal();
    mended(&one);
    assert_eq!(queue(&shared(folder.path())), expected);
    // And so is what comes in the next cut.
    first.cut();
    expected.push(take(&two, &proven(30, 30)));
    expected.push(take(&one, &proven(31, 31)));
    first.heal();
    mended(&one);
    assert_eq!(queue(&shared(folder.path())), expected);
}

/// It gave a number with a clock far ahead, and died before it heard the shared one.
#[test]
fn what_a_dead_run_gave_with_a_clock_far_ahead_holds_up_nobody() {
    let folder = tempfile::tempdir().expect("folder");
    let (first, second) = (Wire::whole(), Wire::whole());
    let two = kiosk(folder.path(), "K2", &second);
    first.cut();
    let dead = kiosk(folder.path(), "K1", &first);
    dead.inner.state().clock.said += 7_200_000_000;
    assert_eq!(take(&dead, &proven(1, 1)), "K1-A001");
    drop(dead);
    first.heal();
    let one = kiosk(folder.path(), "K1", &first);
    mended(&one);
    first.cut();
    let mut expected = vec!["K1-A001".to_owned()];
    for n in 1..3 {
        expected.push(take(&one, &proven(10 + n, 10 + n)));
        expected.push(take(&two, &proven(20 + n, 20 + n)));
    }
    first.heal();
    mended(&one);
    assert_eq!(queue(&shared(folder.path())), expected);
}

#[test]
fn staff_are_told_that_rooms_cannot_call_during_a_cut() {
    let folder = tempfile::tempdir().expect("folder");
    let wire = Wire::whole();
    let one = kiosk(folder.path(), "K1", &wire);
    new(&one, &draft(1));
    wire.cut();
    let call = crate::store::NextCall {
        id: proven(1, 1).visit,
        service: services()[0].code.clone(),
        day: TODAY,
        room: "101".into(),
        who: "lan".into(),
        at: at(1),
    };
    let error = one.call_next(&call).expect_err("cut off");
    assert!(
        matches!(error, crate::store::StoreError::Cut { .. }),
        "{error}"
    );
}
