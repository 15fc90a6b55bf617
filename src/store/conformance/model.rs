//! The same promises once more, by the simplest means: a list of visits in memory, searched from end
//! to end. A store and this model do the same acts and must give the same answers.

use std::collections::BTreeMap;

use super::acts::Act;
use super::{TODAY, at, services};
use crate::identity::Person;
use crate::queue::{
    Draft, Issued, Paper, QueueNumber, Refusal, ServiceCode, Session, VisitKind, VisitRecord,
};
use crate::store::{Answer, Backlog, OutboxRow, Store, Tally};
use jiff::Timestamp;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Unclaimed,
    Settled,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sending {
    Queued,
    Sent,
    Parked,
    Local,
}

struct Visit {
    draft: Draft,
    number: QueueNumber,
    state: State,
    paper: Option<Paper>,
    printed: u32,
    sending: Sending,
    due: Timestamp,
    attempts: u32,
    frozen: Option<Vec<u8>>,
}

/// The model: visits in the order in which they came.
#[derive(Default)]
struct Model {
    visits: Vec<Visit>,
    tried: Vec<Draft>,
}

/// Does all acts to the store and to a model, and compares every answer and, after each act, all
/// that can be asked.
pub(in crate::store) fn compare(store: &dyn Store, acts: &[Act]) {
    let mut model = Model::default();
    for (n, act) in (1..).zip(acts) {
        model.act(store, n, act);
        model.compare(store);
    }
}

impl Model {
    fn act(&mut self, store: &dyn Store, n: u32, act: &Act) {
        match act {
            Act::Issue(wish) => {
                let draft = wish.draft(n);
                self.issue(store, &draft);
                self.tried.push(draft);
            }
            Act::Retry(which) => {
                if let Some(draft) = self.tried.get(*which).cloned() {
                    self.issue(store, &draft);
                }
            }
            Act::Paper(which, paper) => self.paper(store, *which, *paper),
            Act::Unclaim(which) => self.change(*which, |visit| {
                store.unclaim(visit.draft.visit, at(n)).expect("works");
                if visit.state == State::Waiting && visit.printed == 0 {
                    visit.state = State::Unclaimed;
                }
            }),
            Act::Settle(which) => self.change(*which, |visit| {
                store.settle(visit.draft.visit, at(n)).expect("works");
                visit.state = State::Settled;
            }),
            Act::Freeze(which, byte) => self.change(*which, |visit| {
                let frozen = store.freeze(visit.draft.visit, &[*byte]).expect("works");
                if visit.sending != Sending::Sent {
                    visit.attempts += 1;
                    assert_eq!(&frozen, visit.frozen.get_or_insert(vec![*byte]));
                }
            }),
            Act::Sent(which) => self.change(*which, |visit| {
                store.sent(visit.draft.visit, "e", at(n)).expect("works");
                visit.sending = Sending::Sent;
            }),
            Act::Local(which) => self.change(*which, |visit| {
                store.local(visit.draft.visit).expect("works");
                if visit.sending != Sending::Sent {
                    (visit.sending, visit.frozen) = (Sending::Local, None);
                }
            }),
            Act::Postpone(which, second) => self.change(*which, |visit| {
                let until = at(*second);
                store
                    .postpone(visit.draft.visit, until, "down")
                    .expect("works");
                if matches!(visit.sending, Sending::Queued | Sending::Parked) {
                    (visit.sending, visit.due) = (Sending::Queued, until);
                }
            }),
            Act::Park(which) => self.change(*which, |visit| {
                store.park(visit.draft.visit, "refused").expect("works");
                if visit.sending == Sending::Queued {
                    visit.sending = Sending::Parked;
                }
            }),
        }
    }

    fn change(&mut self, which: usize, change: impl FnOnce(&mut Visit)) {
        if let Some(visit) = self.visits.get_mut(which) {
            change(visit);
        }
    }

    fn paper(&mut self, store: &dyn Store, which: usize, paper: Paper) {
        let Some(visit) = self.visits.get_mut(which) else {
            return;
        };
        let draft = visit.draft.clone();
        store.paper(draft.visit, paper, draft.at).expect("works");
        // Told twice, with the same time, it is one sheet.
        let again = visit.paper.replace(paper) == Some(paper);
        if paper == Paper::Failed {
            return;
        }
        visit.printed += u32::from(!again);
        let unclaimed = visit.state == State::Unclaimed;
        let has_other = self.visits.iter().any(|other| {
            other.state == State::Waiting
                && other.draft.kind == VisitKind::Service
                && same_queue(&other.draft, &draft)
                && same_person(&other.draft, &draft)
        });
        if unclaimed && !has_other {
            self.visits[which].state = State::Waiting;
        }
    }

    /// The rules of [`crate::store::Visits::issue`], in their order.
    fn issue(&mut self, store: &dyn Store, draft: &Draft) {
        let answer = store.issue(draft).expect("works");
        let expected = self.expected(draft);
        assert_eq!(answer, expected, "{:?}", self.tried);
    }

    fn expected(&mut self, draft: &Draft) -> Answer {
        let by_id = |visit: &Visit| visit.draft.visit == draft.visit;
        if let Some(known) = self.visits.iter().position(by_id) {
            return Answer::Same(self.issued(known));
        }
        if draft.kind == VisitKind::Desk {
            return Answer::New(self.take(draft));
        }
        let mine = |visit: &Visit| same_person(&visit.draft, draft);
        let rejected = |v: &Visit| mine(v) && v.draft.rejected && v.draft.day == draft.day;
        if !draft.rejected && self.visits.iter().any(rejected) {
            return Answer::Refused(Refusal::RejectedToday);
        }
        let here = |v: &Visit, state| {
            mine(v)
                && v.draft.kind == VisitKind::Service
                && same_queue(&v.draft, draft)
                && v.state == state
        };
        let evidence = |draft: &Draft| (draft.grade, draft.way);
        let mut all = self.visits.iter();
        if let Some(live) = all.position(|v| here(v, State::Waiting)) {
            let held = evidence(&self.visits[live].draft);
            return if held > evidence(draft) {
                Answer::Refused(Refusal::HeldByStronger)
            } else if held < evidence(draft) {
                Answer::Refused(Refusal::HeldByWeaker)
            } else {
                Answer::Same(self.issued(live))
            };
        }
        let left = |v: &Visit| here(v, State::Unclaimed) && evidence(&v.draft) == evidence(draft);
        if let Some(left) = self.visits.iter().position(left) {
            self.visits[left].state = State::Waiting;
            return Answer::Same(self.issued(left));
        }
        Answer::New(self.take(draft))
    }

    fn take(&mut self, draft: &Draft) -> Issued {
        let before = self.visits.iter().filter(|v| same_queue(&v.draft, draft));
        let before = before.count() as u32;
        let service = services().into_iter().find(|s| s.code == draft.service);
        let series = service.expect("a service of these tests").series;
        self.visits.push(Visit {
            draft: draft.clone(),
            number: series.number(Session::default(), series.first + before),
            state: State::Waiting,
            paper: None,
            printed: 0,
            sending: Sending::Queued,
            due: Timestamp::UNIX_EPOCH,
            attempts: 0,
            frozen: None,
        });
        self.issued(self.visits.len() - 1)
    }

    fn issued(&self, which: usize) -> Issued {
        let visit = &self.visits[which];
        let ahead = self.visits[..which]
            .iter()
            .filter(|v| v.state == State::Waiting && same_queue(&v.draft, &visit.draft));
        Issued {
            visit: visit.draft.visit,
            number: visit.number.clone(),
            kind: visit.draft.kind,
            service: visit.draft.service.clone(),
            day: visit.draft.day,
            at: visit.draft.at,
            ahead: ahead.count() as u32,
            priority: visit.draft.priority,
            grade: visit.draft.grade,
            printed: visit.printed,
            stops: visit.draft.stops.clone(),
        }
    }

    fn compare(&self, store: &dyn Store) {
        for day in [TODAY, tomorrow()] {
            assert_eq!(store.tally(day).expect("works"), self.tally(day));
            let waiting = store.waiting(day).expect("works").into_iter();
            let waiting: BTreeMap<_, _> = waiting.map(|l| (l.visit, l.waits_for)).collect();
            assert_eq!(waiting, self.waiting(day));
        }
        assert_eq!(store.backlog().expect("works"), self.backlog());
        let first: Vec<&Visit> = self.first_of_each().collect();
        let next = first.iter().map(|visit| visit.due).min();
        assert_eq!(store.next_due().expect("works"), next);
        for now in [at(0), at(50), at(100)] {
            let due = first.iter().filter(|visit| visit.due <= now);
            let due: Vec<_> = due.map(|visit| visit.row()).collect();
            assert_eq!(store.due(now, 100).expect("works"), due);
        }
        for visit in &self.visits {
            let state = store.state(visit.draft.visit).expect("works");
            assert_eq!(state.as_deref(), Some(visit.sending.code()));
        }
    }

    fn tally(&self, day: jiff::civil::Date) -> Vec<Tally> {
        let line = |service: ServiceCode| {
            let mine = |v: &&Visit| v.draft.service == service && v.draft.day == day;
            let issued = self.visits.iter().filter(mine).count() as u32;
            let last = self.visits.iter().rfind(mine).map(|v| v.number.clone());
            Tally {
                issued,
                last,
                service: service.clone(),
            }
        };
        services().into_iter().map(|s| line(s.code)).collect()
    }

    fn waiting(&self, day: jiff::civil::Date) -> BTreeMap<uuid::Uuid, Vec<String>> {
        let mut lines = BTreeMap::new();
        for (n, visit) in self.visits.iter().enumerate() {
            let draft = &visit.draft;
            let later = self.visits[n + 1..].iter();
            let moved_on = later
                .filter(|v| v.draft.kiosk == draft.kiosk && v.draft.day == day)
                .count();
            let unheard = visit.paper.is_none() && moved_on > 0;
            let reasons = [
                ("desk", draft.kind == VisitKind::Desk),
                ("unclaimed", visit.state == State::Unclaimed),
                (
                    "paper_failed",
                    visit.printed == 0 && (unheard || visit.paper == Some(Paper::Failed)),
                ),
                ("handover", visit.sending == Sending::Local),
                ("parked", visit.sending == Sending::Parked),
            ];
            let reasons = reasons.iter().filter(|(_, so)| *so);
            let reasons: Vec<String> = reasons.map(|(code, _)| (*code).to_owned()).collect();
            if draft.day == day && visit.state != State::Settled && !reasons.is_empty() {
                lines.insert(draft.visit, reasons);
            }
        }
        lines
    }

    fn backlog(&self) -> Backlog {
        let count = |sending| self.visits.iter().filter(move |v| v.sending == sending);
        Backlog {
            queued: count(Sending::Queued).count() as u32,
            parked: count(Sending::Parked).count() as u32,
            oldest: count(Sending::Queued).map(|visit| visit.draft.at).min(),
        }
    }

    fn first_of_each(&self) -> impl Iterator<Item = &Visit> {
        let queued = |visit: &&Visit| visit.sending == Sending::Queued;
        let all = self.visits.iter().enumerate();
        all.filter(move |(n, visit)| {
            let mut earlier = self.visits[..*n].iter().filter(queued);
            queued(visit) && !earlier.any(|earlier| same_person(&earlier.draft, &visit.draft))
        })
        .map(|(_, visit)| visit)
    }
}

impl Visit {
    fn row(&self) -> OutboxRow {
        OutboxRow {
            record: VisitRecord {
                version: VisitRecord::VERSION,
                number: self.number.clone(),
                draft: self.draft.clone(),
            },
            frozen: self.frozen.clone(),
            attempts: self.attempts,
        }
    }
}

impl Sending {
    fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Parked => "parked",
            Self::Local => "local",
        }
    }
}

pub(super) fn tomorrow() -> jiff::civil::Date {
    TODAY.tomorrow().expect("a day")
}

fn same_queue(one: &Draft, other: &Draft) -> bool {
    one.service == other.service && one.day == other.day
}

/// By the personal number where there is one, else by the insurance number; nobody without.
fn same_person(one: &Draft, other: &Draft) -> bool {
    let (Some(a), Some(b)) = (&one.person, &other.person) else {
        return one.visit == other.visit;
    };
    let number = |person: &Person| {
        let personal = person
            .personal_number
            .as_ref()
            .map(|n| n.expose().to_owned());
        let insurance = person.insurance_number.as_ref();
        (
            personal.clone(),
            insurance
                .filter(|_| personal.is_none())
                .map(|n| n.bhxh_number().to_owned()),
        )
    };
    number(a) == number(b)
}
