//! The card's side of chip authentication, version 1 (ICAO 9303-11 §6.2).

use crate::sim::card::apdu::Status;
use crate::sim::card::chip::{ChipKey, CipherKind};
use crate::sim::card::crypto::{Coprocessor, Domain, Keys};
use crate::sim::card::messaging::Session;
use crate::sim::card::tlv;

/// id-CA-ECDH without the arc of its cipher, value bytes.
const PROTOCOL: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02];

/// A key that MSE:Set AT chose and GENERAL AUTHENTICATE will use.
pub(in crate::sim::card) struct ChipAuthentication(ChipKey);

impl ChipAuthentication {
    /// MSE:Set AT.
    pub fn set(keys: &[ChipKey], data: &[u8]) -> Result<Self, Status> {
        let [protocol, id] = tlv::pick(data, [0x80, 0x84]).ok_or(Status::WRONG_DATA)?;
        let protocol = protocol.ok_or(Status::WRONG_DATA)?;
        let of_protocol = |key: &ChipKey| {
            key.cipher != CipherKind::TripleDes
                && protocol.split_last() == Some((&key.cipher.arc(), &PROTOCOL[..]))
        };
        choose(keys, id, of_protocol).map(Self)
    }

    /// GENERAL AUTHENTICATE: the new session, and the reply that still comes under the old one.
    pub fn step(&self, work: &mut Coprocessor, data: &[u8]) -> Result<(Session, Vec<u8>), Status> {
        let body = tlv::only(data, 0x7C).ok_or(Status::WRONG_DATA)?;
        let sent = tlv::only(body, 0x80).ok_or(Status::WRONG_DATA)?;
        Ok((agree(work, &self.0, sent)?, tlv::object(&[0x7C], &[])))
    }
}

/// MSE:Set KAT, all of the protocol in one command for Triple DES.
pub(in crate::sim::card) fn set_key_agreement(
    work: &mut Coprocessor,
    keys: &[ChipKey],
    data: &[u8],
) -> Result<Session, Status> {
    let [sent, id] = tlv::pick(data, [0x91, 0x84]).ok_or(Status::WRONG_DATA)?;
    let key = choose(keys, id, |key| key.cipher == CipherKind::TripleDes)?;
    agree(work, &key, sent.ok_or(Status::WRONG_DATA)?)
}

/// The key with this number; without a number the only one.
fn choose(
    keys: &[ChipKey],
    id: Option<&[u8]>,
    suits: impl Fn(&ChipKey) -> bool,
) -> Result<ChipKey, Status> {
    if !keys.iter().any(&suits) {
        return Err(Status::WRONG_DATA);
    }
    let mut suitable = keys.iter().filter(|key| suits(key));
    let key = match id {
        Some(sent) => suitable.find(|key| key.id.is_some_and(|id| [id] == sent)),
        None => suitable.next().filter(|_| suitable.next().is_none()),
    };
    key.cloned().ok_or(Status::NO_REFERENCE)
}

/// A clone lacks the private key: it takes any other one of the same curve.
fn agree(work: &mut Coprocessor, key: &ChipKey, sent: &[u8]) -> Result<Session, Status> {
    let (domain, secret) = match &key.private {
        Some(private) => {
            let private = private.ec_key()?;
            let domain = Domain::of_group(private.group()).ok_or(Status::WRONG_DATA)?;
            (domain, private.private_key().to_owned()?)
        }
        None => {
            let domain = Domain::of_point(sent).ok_or(Status::WRONG_DATA)?;
            let other = work.scalar(&domain)?;
            (domain, other)
        }
    };
    let peer = domain.point(sent)?;
    let shared = work.multiply(&domain, &peer, &secret)?;
    let keys = Keys::derive(key.cipher, &domain.shared(&shared)?);
    Ok(Session::new(keys))
}
