//! Chip authentication, version 1 (ICAO 9303-11 §6.2): an agreement with the chip's static key.
//! Its keys are worth nothing until the chip has used them: the proof is the first right MAC.
//!
//! Keys for Diffie-Hellman over integers are not used, and end as undetermined.

use std::cmp::Reverse;

use super::Proof;
use crate::emrtd::apdu::{Command, LE_SHORT_MAX, Reply, Sw};
use crate::emrtd::curve::{Point, Random, Secret};
use crate::emrtd::lds::security_info::{ChipAuthenticationInfo, ChipPublicKey, SecurityInfos};
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::signature::{KeyFault, PublicKey};
use crate::emrtd::symmetric::{Cipher, Key, Use};
use crate::emrtd::tlv;
use crate::identity::CheckResult::{Failed, Undetermined};

/// Chip authentication, as far as it has gone.
pub(in crate::emrtd) struct ChipAuthentication {
    offer: Offer,
    secret: Secret,
    stage: Stage,
    /// Our public key and the new session, as soon as they are computed.
    public: Option<Point>,
    session: Option<SecureMessaging>,
}

/// What the next reply answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// MSE:Set KAT, with our public key.
    SetKat,
    /// MSE:Set AT.
    SetAt,
    /// GENERAL AUTHENTICATE, with our public key.
    Authenticate,
}

/// What comes after a reply.
pub(in crate::emrtd) enum CaTurn {
    /// One more command.
    Send(ChipAuthentication, Command),
    /// The chip has taken our key. From the next command on, these keys count.
    NewKeys(SecureMessaging, Unconfirmed),
}

/// Chip authentication that the chip has not proved yet.
#[must_use]
pub(in crate::emrtd) struct Unconfirmed {
    method: &'static str,
}

impl Unconfirmed {
    /// The MAC of the first reply under the new keys was right.
    pub fn confirmed(self) -> Proof {
        Proof::successful(self.method, "the chip used its private key")
    }

    /// It was wrong: a copy without the private key, or a chip that keeps its old keys.
    pub fn refuted(self) -> Proof {
        let reason = "the chip does not talk under the keys that its private key would give";
        Proof::other(Some(self.method), Failed, reason)
    }
}

/// One static key, and the protocol that it is for.
struct Offer {
    key: Point,
    key_id: Option<u64>,
    cipher: Cipher,
    protocol: Vec<u8>,
}

impl ChipAuthentication {
    /// The first command, where the chip offers this at all. `infos` must be those of a verified
    /// DG14: a copy brings keys of its own.
    pub fn start(
        infos: &SecurityInfos,
        random: Random<'_>,
    ) -> Result<Option<(Self, Command)>, Proof> {
        if infos.chip_authentication.is_empty() && infos.chip_keys.is_empty() {
            return Ok(None);
        }
        let undetermined = |reason| Proof::other(None, Undetermined, reason);
        let offer = Offer::choose(infos).map_err(undetermined)?;
        let secret = Secret::draw(offer.key.curve(), random)
            .ok_or_else(|| undetermined("the random source is stuck"))?;
        let mut this = Self {
            offer,
            secret,
            stage: Stage::SetAt,
            public: None,
            session: None,
        };
        let command = if this.offer.cipher == Cipher::TripleDes {
            this.set_kat()?
        } else {
            this.set_at()
        };
        Ok(Some((this, command)))
    }

    /// Computes what the next steps need. It may be called while the card is busy, and need not
    /// be.
    pub fn prepare(&mut self) {
        match self.stage {
            Stage::SetAt => self.public = self.public.take().or_else(|| self.secret.public()),
            Stage::SetKat | Stage::Authenticate => {
                self.session = self.session.take().or_else(|| self.agree());
            }
        }
    }

    /// Takes the card's reply to the last command, which comes under the old keys.
    pub fn on_reply(mut self, reply: &Reply) -> Result<CaTurn, Proof> {
        match (self.stage, reply.sw) {
            (Stage::SetAt, Sw::OK) => {
                let command = self.authenticate()?;
                Ok(CaTurn::Send(self, command))
            }
            (Stage::SetKat | Stage::Authenticate, Sw::OK) => {
                self.prepare();
                let method = self.offer.method();
                let session = self.session.take().ok_or_else(|| self.infinity())?;
                Ok(CaTurn::NewKeys(session, Unconfirmed { method }))
            }
            // Some cards do 3DES with the commands of AES alone (ICAO 9303-11 §8.5).
            (Stage::SetKat, _) => {
                self.session = None;
                let command = self.set_at();
                Ok(CaTurn::Send(self, command))
            }
            (Stage::SetAt | Stage::Authenticate, sw) => {
                let reason = format!("the chip refuses what it offers: {sw}");
                Err(Proof::other(Some(self.offer.method()), Failed, &reason))
            }
        }
    }

    fn set_kat(&mut self) -> Result<Command, Proof> {
        self.stage = Stage::SetKat;
        let public = tlv::build(0x91, &self.public()?.encode());
        Ok(command(
            0x22,
            0x41A6,
            [public, self.offer.reference()].concat(),
        ))
    }

    fn set_at(&mut self) -> Command {
        self.stage = Stage::SetAt;
        let protocol = tlv::build(0x80, &self.offer.protocol);
        command(0x22, 0x41A4, [protocol, self.offer.reference()].concat())
    }

    fn authenticate(&mut self) -> Result<Command, Proof> {
        self.stage = Stage::Authenticate;
        let public = tlv::build(0x80, &self.public()?.encode());
        Ok(Command {
            le: Some(LE_SHORT_MAX),
            ..command(0x86, 0, tlv::build(0x7C, &public))
        })
    }

    fn public(&mut self) -> Result<&Point, Proof> {
        let computed = self.public.take().or_else(|| self.secret.public());
        let computed = computed.ok_or_else(|| self.infinity())?;
        Ok(self.public.insert(computed))
    }

    /// The session that only the owner of the static private key can have, too.
    fn agree(&self) -> Option<SecureMessaging> {
        let shared = self.secret.multiply(&self.offer.key)?.x();
        let derive = |purpose| Key::derive(self.offer.cipher, &shared, purpose);
        Some(SecureMessaging::new(
            derive(Use::Encryption),
            derive(Use::Mac),
        ))
    }

    fn infinity(&self) -> Proof {
        let reason = "the agreement gave the point at infinity";
        Proof::other(Some(self.offer.method()), Undetermined, reason)
    }
}

impl Offer {
    /// The strongest cipher of all keys that can be used; else why none can.
    fn choose(infos: &SecurityInfos) -> Result<Self, &'static str> {
        let mut reason = "there is a protocol for chip authentication, and no key";
        let mut strongest: Option<Self> = None;
        for key in &infos.chip_keys {
            match point(key).map(|point| Self::of(point, key.key_id, infos)) {
                Ok(Some(offer)) if strongest.as_ref().is_none_or(|s| s.cipher < offer.cipher) => {
                    strongest = Some(offer);
                }
                Ok(Some(_)) => {}
                Ok(None) => reason = "no protocol is for the key that there is",
                Err(why) => reason = why,
            }
        }
        strongest.ok_or(reason)
    }

    /// One key with the strongest of the protocols that it is for: those of its number. A sole
    /// protocol and a sole key belong together whatever their numbers.
    fn of(key: Point, key_id: Option<u64>, infos: &SecurityInfos) -> Option<Self> {
        let protocols = &infos.chip_authentication;
        let sole = protocols.len() == 1 && infos.chip_keys.len() == 1;
        let fits = |info: &&ChipAuthenticationInfo| info.is_ecdh && (sole || info.key_id == key_id);
        let inferred = ChipAuthenticationInfo::inferred(key_id);
        let info = match protocols.is_empty() {
            true => Some(&inferred),
            false => {
                let fitting = protocols.iter().filter(fits);
                fitting.min_by_key(|info| Reverse(info.cipher))
            }
        }?;
        Some(Self {
            key,
            key_id: info.key_id.or(key_id),
            cipher: info.cipher,
            protocol: info.protocol.clone(),
        })
    }

    /// Which key of the chip is meant (object 84), where the keys have numbers.
    fn reference(&self) -> Vec<u8> {
        let Some(id) = self.key_id else {
            return Vec::new();
        };
        let bytes = id.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        tlv::build(0x84, &bytes[zeros.min(bytes.len() - 1)..])
    }

    fn method(&self) -> &'static str {
        match self.cipher {
            Cipher::TripleDes => "CA-ECDH-3DES",
            Cipher::Aes128 => "CA-ECDH-AES128",
            Cipher::Aes192 => "CA-ECDH-AES192",
            Cipher::Aes256 => "CA-ECDH-AES256",
        }
    }
}

/// A static key of the chip as a point; else why it cannot be used.
pub(super) fn point(key: &ChipPublicKey) -> Result<Point, &'static str> {
    if !key.is_ecdh {
        return Err("DH keys are not done here");
    }
    match PublicKey::parse(&key.spki) {
        Ok(PublicKey::Ec { curve, point }) => {
            Point::decode(curve, &point).ok_or("no keys are agreed on this curve here")
        }
        Ok(PublicKey::Rsa(_)) => Err("the key is for RSA"),
        Err(KeyFault::Unsupported(reason)) => Err(reason),
        Err(KeyFault::Malformed(_)) => Err("the key is malformed"),
    }
}

fn command(ins: u8, parameters: u16, data: Vec<u8>) -> Command {
    let [p1, p2] = parameters.to_be_bytes();
    Command {
        cla: 0x00,
        ins,
        p1,
        p2,
        data,
        le: None,
    }
}

#[cfg(test)]
mod tests;
