//! All that can happen to a store, for the model to try.

use proptest::prelude::*;

use super::model::tomorrow;
use super::{TODAY, draft, insured, person, services};
use crate::identity::{Grade, Way};
use crate::queue::{Draft, Paper, VisitKind};

/// Something that happens to a store. Visits are named by where they stand in the list.
#[derive(Debug, Clone)]
pub(in crate::store) enum Act {
    /// A check-in.
    Issue(Wish),
    /// The same check-in as an earlier one: a retry.
    Retry(usize),
    /// What became of the paper.
    Paper(usize, Paper),
    /// The patient left.
    Unclaim(usize),
    /// Staff have seen to it.
    Settle(usize),
    /// About to be sent.
    Freeze(usize, u8),
    /// Sent.
    Sent(usize),
    /// Handed to the clerk.
    Local(usize),
    /// Not now, but at this second.
    Postpone(usize, u32),
    /// Refused.
    Park(usize),
}

/// A check-in in few words, so that many meet.
#[derive(Debug, Clone)]
pub(in crate::store) struct Wish {
    who: Option<u32>,
    by_insurance: bool,
    service: usize,
    desk: bool,
    tomorrow: bool,
    evidence: (Option<Grade>, Way),
    rejected: bool,
    kiosk: &'static str,
}

/// Up to `most` acts.
pub(in crate::store) fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    proptest::collection::vec(act(), 1..most)
}

fn act() -> impl Strategy<Value = Act> {
    let which = 0..12_usize;
    let paper = prop_oneof![
        Just(Paper::Confirmed),
        Just(Paper::OkAfter),
        Just(Paper::Unverified),
        Just(Paper::Failed),
    ];
    prop_oneof![
        10 => wish().prop_map(Act::Issue),
        2 => which.clone().prop_map(Act::Retry),
        3 => (which.clone(), paper).prop_map(|(which, paper)| Act::Paper(which, paper)),
        4 => which.clone().prop_map(Act::Unclaim),
        2 => which.clone().prop_map(Act::Settle),
        2 => (which.clone(), any::<u8>()).prop_map(|(which, bytes)| Act::Freeze(which, bytes)),
        2 => which.clone().prop_map(Act::Sent),
        1 => which.clone().prop_map(Act::Local),
        2 => (which.clone(), 0..100_u32).prop_map(|(which, second)| Act::Postpone(which, second)),
        2 => which.prop_map(Act::Park),
    ]
}

/// Few persons, and mostly the same queue on the same day with the same evidence: so they meet.
fn wish() -> impl Strategy<Value = Wish> {
    let evidence = prop_oneof![
        1 => Just((None, Way::None)),
        2 => Just((Some(Grade::Claimed), Way::Typed)),
        1 => Just((Some(Grade::Claimed), Way::CardQr)),
        4 => Just((Some(Grade::Proven), Way::Chip)),
    ];
    (
        proptest::option::weighted(0.9, 0..2_u32),
        proptest::bool::weighted(0.1),
        prop_oneof![5 => Just(0), 1 => Just(1), 1 => Just(2)],
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.1),
        evidence,
        proptest::bool::weighted(0.05),
        prop_oneof![Just("K1"), Just("K2")],
    )
        .prop_map(
            |(who, by_insurance, service, desk, tomorrow, evidence, rejected, kiosk)| Wish {
                who,
                by_insurance,
                service,
                desk,
                tomorrow,
                evidence,
                rejected,
                kiosk,
            },
        )
}

impl Wish {
    /// The draft of check-in `n`.
    pub(super) fn draft(&self, n: u32) -> Draft {
        let service = services().swap_remove(self.service).code;
        let kind = match self.desk {
            true => VisitKind::Desk,
            false => VisitKind::Service,
        };
        let known = |who| match self.by_insurance {
            true => insured(who, "DN401"),
            false => person(who),
        };
        Draft {
            kiosk: self.kiosk.into(),
            kind,
            service,
            day: if self.tomorrow { tomorrow() } else { TODAY },
            person: self.who.map(known),
            grade: self.evidence.0,
            way: self.evidence.1,
            rejected: self.rejected,
            ..draft(n)
        }
    }
}
