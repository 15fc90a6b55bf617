//! Profiles: kinds of cards, each a file of `assets/sim/cards`, and how a chip is made from one.

mod build;
mod groups;
mod plan;
mod security;
mod zone;

#[cfg(test)]
mod tests;

use super::chip::Chip;
use crate::sim::SimPerson;
use crate::sim::issuer::Issuer;

pub use plan::{
    AccessPlan, ActivePlan, ChipPlan, Document, PacePlan, Portrait, Possession, Profile,
};

/// The genuine citizen card of a person, by the issuer of this process.
pub fn citizen(person: &SimPerson) -> Chip {
    Profile::default().chip(person, Issuer::shared())
}
