//! Active authentication (ICAO 9303-11 §6.1): the chip signs eight fresh bytes with the key whose
//! public half stands in DG15. Only the true chip can; the key must come from a verified DG15,
//! since a copy would bring its own. Keys of less than 1024 bits are none to [`PublicKey`].

mod iso9796;
#[cfg(test)]
mod tests;

use super::Proof;
use crate::emrtd::algorithm::{Curve, HashAlgorithm};
use crate::emrtd::apdu::{Command, LE_SHORT_MAX, Reply, Sw};
use crate::emrtd::curve::Random;
use crate::emrtd::lds::security_info::{ActiveHash, SecurityInfos};
use crate::emrtd::signature::PublicKey;
use crate::identity::CheckResult::{self, Aborted, Failed, Undetermined};

/// Bytes of the challenge.
const CHALLENGE_LEN: usize = 8;
/// The longest signature that a short reply has room for under AES secure messaging; a card with
/// Triple DES has eight bytes more, which no usual key size needs.
const SIGNATURE_SHORT_MAX: usize = 223;
/// The smallest Le that is written in extended form. Cards take it for a limit, and some of them
/// answer nothing to the highest.
const LE_EXTENDED_MIN: u32 = LE_SHORT_MAX + 1;
/// Commands for one signature: extended, short, and with the length that the card names.
const TRIES_MAX: u8 = 3;

const AA_RSA: &str = "AA-RSA";
const AA_ECDSA: &str = "AA-ECDSA";

/// Active authentication, waiting for the signature.
pub(in crate::emrtd) struct ActiveAuthentication {
    key: PublicKey,
    /// Of ECDSA; RSA says it in its trailer.
    hash: HashAlgorithm,
    challenge: [u8; CHALLENGE_LEN],
    asked: u32,
    tries: u8,
}

/// What comes after a reply.
pub(in crate::emrtd) enum AaTurn {
    /// The same challenge again, with another Le.
    Send(ActiveAuthentication, Command),
    /// It is decided.
    Done(Proof),
}

impl ActiveAuthentication {
    /// INTERNAL AUTHENTICATE with a fresh challenge. `key` is of the verified DG15, `infos` are of
    /// the verified DG14 if there is one; `extended`: card and reader speak extended length.
    /// `Err`: it cannot be carried out here, and why.
    pub fn start(
        key: &PublicKey,
        infos: Option<&SecurityInfos>,
        random: Random<'_>,
        extended: bool,
    ) -> Result<(Self, Command), Proof> {
        let hash = match key {
            PublicKey::Rsa(rsa) if rsa.bits() % 8 != 0 => {
                return Err(other(key, Undetermined, "its RSA key has no whole bytes"));
            }
            PublicKey::Rsa(_) => HashAlgorithm::Sha1,
            PublicKey::Ec { curve, .. } => match infos.and_then(|infos| infos.active_hash) {
                Some(ActiveHash::Known(hash)) => hash,
                Some(ActiveHash::Unknown) => {
                    let reason = "DG14 names a signature algorithm that is unknown here";
                    return Err(other(key, Undetermined, reason));
                }
                None => hash_by_size(*curve),
            },
        };
        let long = signature_len(key) > SIGNATURE_SHORT_MAX;
        if long && !extended {
            let reason = "its signature is longer than a short reply, and there is no other here";
            return Err(other(key, Undetermined, reason));
        }
        let mut challenge = [0; CHALLENGE_LEN];
        random(&mut challenge);
        let conversation = Self {
            key: key.clone(),
            hash,
            challenge,
            asked: if long {
                LE_EXTENDED_MIN.max(len_u32(key))
            } else {
                LE_SHORT_MAX
            },
            tries: 1,
        };
        let command = conversation.command();
        Ok((conversation, command))
    }

    /// Takes the reply, secure messaging already taken off.
    pub fn on_reply(self, reply: &Reply) -> AaTurn {
        let len = reply.data.len();
        let good = matches!(reply.sw, Sw::OK | Sw::END_OF_FILE);
        if good && self.is_whole(len) {
            return AaTurn::Done(self.judge(&reply.data));
        }
        let empty = good && len == 0;
        let other_le = match reply.sw.exact_le() {
            Some(le) => Some(le.into()),
            None if empty || reply.sw == Sw::WRONG_LENGTH => Some(LE_SHORT_MAX),
            None => None,
        };
        match other_le.filter(|le| *le != self.asked && self.tries < TRIES_MAX) {
            Some(le) => self.again(le),
            None if good && len < signature_len(&self.key) => AaTurn::Done(other(
                &self.key,
                Aborted,
                "its signature was cut on the way",
            )),
            None if good => {
                AaTurn::Done(other(&self.key, Failed, "its signature has a wrong length"))
            }
            // DG15 is signed, so the true chip can.
            None => {
                let reason = format!("it refuses to sign: {}", reply.sw);
                AaTurn::Done(other(&self.key, Failed, &reason))
            }
        }
    }

    fn again(mut self, le: u32) -> AaTurn {
        self.asked = le;
        self.tries += 1;
        let command = self.command();
        AaTurn::Send(self, command)
    }

    fn command(&self) -> Command {
        Command {
            cla: 0x00,
            ins: 0x88,
            p1: 0x00,
            p2: 0x00,
            data: self.challenge.to_vec(),
            le: Some(self.asked),
        }
    }

    /// Whether a reply is as long as a signature, in DER for ECDSA too.
    fn is_whole(&self, len: usize) -> bool {
        let plain = signature_len(&self.key);
        match self.key {
            PublicKey::Rsa(_) => len == plain,
            PublicKey::Ec { .. } => len == plain || (DER_MIN..=plain + DER_OVERHEAD).contains(&len),
        }
    }

    fn judge(&self, signature: &[u8]) -> Proof {
        match &self.key {
            PublicKey::Rsa(rsa) => match iso9796::verify(rsa, &self.challenge, signature) {
                Ok(hash) => {
                    let reason = format!("it signed a fresh challenge with {}", hash.name());
                    Proof::successful(AA_RSA, &reason)
                }
                Err(reason) => other(&self.key, Failed, reason),
            },
            PublicKey::Ec { .. } => self.judge_ecdsa(signature),
        }
    }

    fn judge_ecdsa(&self, signature: &[u8]) -> Proof {
        let hash = self.hash.digest(&[&self.challenge]);
        let name = self.hash.name();
        let (verified, defect) = match signature.len() == signature_len(&self.key) {
            true => (self.key.verify_ecdsa_plain(&hash, signature), ""),
            false => (
                self.key.verify_ecdsa_der(&hash, signature),
                ", in DER, which is a defect",
            ),
        };
        match verified {
            Ok(()) => {
                let reason = format!("it signed a fresh challenge with {name}{defect}");
                Proof::successful(AA_ECDSA, &reason)
            }
            Err(fault) => other(&self.key, fault.result(), &fault.to_string()),
        }
    }
}

/// The least bytes of an ECDSA signature in DER: two numbers of one byte.
const DER_MIN: usize = 8;
/// Bytes that DER adds at most: three headers, a longer length, a sign byte for each number.
const DER_OVERHEAD: usize = 9;

fn method(key: &PublicKey) -> &'static str {
    match key {
        PublicKey::Rsa(_) => AA_RSA,
        PublicKey::Ec { .. } => AA_ECDSA,
    }
}

fn other(key: &PublicKey, result: CheckResult, reason: &str) -> Proof {
    Proof::other(Some(method(key)), result, reason)
}

/// Bytes of a signature, plain for ECDSA: on all our curves the order is as long as the field.
fn signature_len(key: &PublicKey) -> usize {
    match key {
        PublicKey::Rsa(rsa) => rsa.len(),
        PublicKey::Ec { curve, .. } => 2 * curve.field_len(),
    }
}

fn len_u32(key: &PublicKey) -> u32 {
    u32::try_from(signature_len(key)).expect("a key has at most 8192 bits")
}

/// The hash of a card that names none: the largest that its key does not cut.
fn hash_by_size(curve: Curve) -> HashAlgorithm {
    match curve.field_len() {
        ..48 => HashAlgorithm::Sha256,
        48..64 => HashAlgorithm::Sha384,
        _ => HashAlgorithm::Sha512,
    }
}
