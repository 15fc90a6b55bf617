//! Profiles: kinds of cards, each a file of `assets/sim/cards`, and how a chip is made from one.

mod bsi;
mod build;
mod built_in;
mod groups;
mod plan;
mod security;
mod zone;

#[cfg(test)]
mod tests;

use super::chip::Chip;
use crate::sim::SimPerson;
use crate::sim::issuer::Issuer;

pub use bsi::bsi;
pub use plan::{
    AccessPlan, ActivePlan, ChipPlan, Document, PacePlan, Portrait, Possession, Profile,
};

/// The genuine citizen card of a person, by the issuer of this process.
pub fn citizen(person: &SimPerson) -> Chip {
    Profile::default().chip(person, Issuer::shared())
}

/// What the first tests call kinds of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personality {
    /// A citizen card.
    Citizen,
    /// A citizen card that announces nothing: EF.CardAccess cannot be read.
    Silent,
    /// A passport: an MRZ of two lines, no DG13.
    Passport,
    /// A bank card: no application of travel documents.
    Bank,
}

pub(super) fn of(personality: Personality, person: &SimPerson) -> Chip {
    let mut profile = Profile::default();
    match personality {
        Personality::Citizen => {}
        Personality::Silent => profile.access.card_access = false,
        Personality::Passport => profile.document = Document::Passport,
        Personality::Bank => {
            profile.document = Document::Bank;
            profile.habits.master_file = true;
        }
    }
    profile.chip(person, Issuer::shared())
}
