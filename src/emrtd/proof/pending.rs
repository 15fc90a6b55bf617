//! Shapes until the real ones land.
use super::Proof;
use crate::emrtd::apdu::{Command, Reply};
use crate::emrtd::lds::SecurityInfos;
use crate::emrtd::signature::PublicKey;
use crate::identity::CheckResult;
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
