//! Shapes until the real ones land.
use super::Proof;
use crate::emrtd::access::CamEvidence;
use crate::emrtd::apdu::{Command, Reply};
use crate::emrtd::lds::SecurityInfos;
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::signature::PublicKey;
use crate::emrtd::trust::TrustStore;
use crate::identity::{Check, CheckResult};
use jiff::civil::Date;
pub(in crate::emrtd) enum PassiveStep {
    CardAccess,
}
pub(in crate::emrtd) struct Passive {
    groups: Vec<u8>,
}
impl Passive {
    pub fn parse(_sod: &[u8]) -> Self {
        Self {
            groups: vec![1, 2, 13],
        }
    }
    pub fn missing(_why: &str) -> Self {
        Self { groups: vec![] }
    }
    pub fn verify(&mut self, _t: &TrustStore, _d: Date) {}
    pub fn groups(&self) -> &[u8] {
        &self.groups
    }
    pub fn lists(&self, g: u8) -> bool {
        self.groups.contains(&g)
    }
    pub fn check_group(&mut self, _g: u8, _f: &[u8]) {}
    pub fn check_document(&mut self, _s: &str, _c: &str, _i: Option<Date>) {}
    pub fn add(&mut self, _s: PassiveStep, _c: Check) {}
    pub fn proof(&self) -> Proof {
        Proof::other(None, CheckResult::Undetermined, "pending")
    }
}
pub(in crate::emrtd) mod passive {
    use super::*;
    pub fn verified_card_security(_f: &[u8], _t: &TrustStore, _d: Date) -> Result<Vec<u8>, Check> {
        Err(Check::new(CheckResult::Undetermined, "pending"))
    }
}
pub(in crate::emrtd) struct ActiveAuthentication;
pub(in crate::emrtd) enum AaTurn {
    Send(ActiveAuthentication, Command),
    Done(Proof),
}
impl ActiveAuthentication {
    pub fn start(
        _k: &PublicKey,
        _i: Option<&SecurityInfos>,
        _r: &mut dyn FnMut(&mut [u8]),
        _e: bool,
    ) -> Result<(Self, Command), Proof> {
        Err(Proof::other(None, CheckResult::Undetermined, "pending"))
    }
    pub fn on_reply(self, _r: &Reply) -> AaTurn {
        AaTurn::Done(Proof::other(None, CheckResult::Undetermined, "pending"))
    }
}
