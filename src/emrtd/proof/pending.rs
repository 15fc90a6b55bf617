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
pub enum PassiveStep {
    CardAccess,
}
pub struct Passive {
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
pub mod passive {
    use super::*;
    pub fn verified_card_security(
        _f: &[u8],
        _t: &TrustStore,
        _d: Date,
    ) -> Result<SecurityInfos, Check> {
        Err(Check::new(CheckResult::Undetermined, "pending"))
    }
}
pub mod cam {
    use super::*;
    pub fn judge(_e: &CamEvidence, _s: &SecurityInfos) -> Proof {
        Proof::other(None, CheckResult::Undetermined, "pending")
    }
}
pub struct ChipAuthentication;
pub enum CaTurn {
    Send(ChipAuthentication, Command),
    NewKeys(SecureMessaging, Unconfirmed),
}
pub struct Unconfirmed;
impl Unconfirmed {
    pub fn confirmed(self) -> Proof {
        Proof::other(None, CheckResult::Undetermined, "pending")
    }
    pub fn refuted(self) -> Proof {
        Proof::other(None, CheckResult::Undetermined, "pending")
    }
}
impl ChipAuthentication {
    pub fn start(
        _i: &SecurityInfos,
        _r: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Option<(Self, Command)>, Proof> {
        Ok(None)
    }
    pub fn on_reply(self, _r: &Reply) -> Result<CaTurn, Proof> {
        Err(Proof::other(None, CheckResult::Undetermined, "pending"))
    }
}
pub struct ActiveAuthentication;
pub enum AaTurn {
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
