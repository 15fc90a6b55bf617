use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Access, CamEvidence, Failure, Turn};
use crate::emrtd::apdu::{Command, LE_SHORT_MAX, Reply, Sw};
use crate::emrtd::curve::{self, Point, Random, Secret};
use crate::emrtd::lds::security_info::{Mapping, PaceInfo};
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::symmetric::{BLOCK_MAX, Key, MAC_LEN, Use};
use crate::emrtd::tlv;

/// Bytes of the longest nonce: no key is longer, and every curve's coordinates have room for it.
const NONCE_MAX: usize = 32;

/// PACE over an elliptic curve (ICAO 9303-11 §4.4), as far as it has gone.
pub(in crate::emrtd) struct Pace {
    info: PaceInfo,
    stage: Stage,
}

/// What the next reply answers, with the secrets that are still needed.
enum Stage {
    /// MSE:Set AT. Our mapping key may be drawn already.
    Set { password: Key, ahead: Option<Pair> },
    /// Which nonce?
    Nonce { password: Key, ahead: Option<Pair> },
    /// Our half of the mapping was sent.
    Map(Map),
    /// Our ephemeral key was sent. The chip's mapping key is kept for its authentication.
    Agree {
        pair: Pair,
        mapping_key: Option<Point>,
    },
    /// Our token was sent.
    Prove {
        encryption: Key,
        mac: Key,
        expected: [u8; MAC_LEN],
        mapping_key: Option<Point>,
    },
}

/// A key pair of ours.
struct Pair {
    secret: Secret,
    public: Point,
}

/// The mapping of the card's nonce to a generator.
enum Map {
    Generic {
        nonce: Zeroizing<Vec<u8>>,
        pair: Pair,
        /// `nonce · G`, if it is computed already.
        ahead: Option<Point>,
    },
    Integrated {
        /// The pseudo-random number that both nonces give.
        number: Zeroizing<Vec<u8>>,
        /// The new generator, if it is computed already.
        ahead: Option<Point>,
    },
}

impl Pace {
    /// The first command: MSE:Set AT with protocol, password and domain parameters.
    pub fn start(info: PaceInfo, access: &Access) -> (Self, Command) {
        let command = Command {
            cla: 0x00,
            ins: 0x22,
            p1: 0xC1,
            p2: 0xA4,
            data: [
                tlv::build(0x80, &info.protocol),
                tlv::build(0x83, &[access.reference()]),
                tlv::build(0x84, &[info.parameter]),
            ]
            .concat(),
            le: None,
        };
        let stage = Stage::Set {
            password: access.key(info.cipher),
            ahead: None,
        };
        (Self { info, stage }, command)
    }

    /// How many of the five commands have been answered.
    pub fn answered(&self) -> u8 {
        match self.stage {
            Stage::Set { .. } => 0,
            Stage::Nonce { .. } => 1,
            Stage::Map(_) => 2,
            Stage::Agree { .. } => 3,
            Stage::Prove { .. } => 4,
        }
    }

    /// Whether there is something to prepare.
    pub fn has_work(&self) -> bool {
        match &self.stage {
            Stage::Set { ahead, .. } | Stage::Nonce { ahead, .. } => {
                ahead.is_none() && self.info.mapping != Mapping::Integrated
            }
            Stage::Map(_) => true,
            Stage::Agree { .. } | Stage::Prove { .. } => false,
        }
    }

    /// Computes what the next steps need and the card's reply does not decide. It may be called
    /// while the card is busy, and need not be.
    pub fn prepare(&mut self, random: Random<'_>) {
        let curve = self.info.curve;
        match &mut self.stage {
            Stage::Set { ahead, .. } | Stage::Nonce { ahead, .. }
                if ahead.is_none() && self.info.mapping != Mapping::Integrated =>
            {
                *ahead = Pair::draw(&self.info, None, random).ok();
            }
            Stage::Map(Map::Generic { nonce, ahead, .. }) => *ahead = Point::of_nonce(curve, nonce),
            Stage::Map(Map::Integrated { number, ahead }) => {
                *ahead = Point::of_number(curve, number);
            }
            Stage::Set { .. } | Stage::Nonce { .. } | Stage::Agree { .. } | Stage::Prove { .. } => {
            }
        }
    }

    /// Takes the card's reply to the last command.
    pub fn on_reply(self, reply: &Reply, random: Random<'_>) -> Result<Turn<Self>, Failure> {
        let Self { info, stage } = self;
        let (stage, command) = match stage {
            Stage::Set { password, ahead } => {
                if reply.sw != Sw::OK {
                    return Err(Failure::Refused(reply.sw));
                }
                (Stage::Nonce { password, ahead }, authenticate(&[], false))
            }
            Stage::Nonce { password, ahead } => {
                let nonce = nonce(&password, data(reply, 0x80)?)?;
                on_nonce(&info, nonce, ahead, random)?
            }
            Stage::Map(map) => on_mapping(&info, map, reply, random)?,
            Stage::Agree { pair, mapping_key } => {
                let peer = peer_key(&info, data(reply, 0x84)?, &pair.public)?;
                on_agreement(&info, &pair, &peer, mapping_key)?
            }
            Stage::Prove {
                encryption,
                mac,
                expected,
                mapping_key,
            } => {
                check_token(reply, &expected)?;
                let evidence = mapping_key
                    .map(|key| CamEvidence::new(key, &encryption, data(reply, 0x8A).ok()));
                let session = SecureMessaging::new(encryption, mac);
                return Ok(Turn::Open(session, evidence));
            }
        };
        Ok(Turn::Send(Self { info, stage }, command))
    }
}

impl Pair {
    /// A fresh pair over `base`, or over the curve's own generator.
    fn draw(info: &PaceInfo, base: Option<&Point>, random: Random<'_>) -> Result<Self, Failure> {
        let secret =
            Secret::draw(info.curve, random).ok_or_else(|| broken("the random source is stuck"))?;
        let public = match base {
            Some(base) => secret.multiply(base),
            None => secret.public(),
        };
        let public = public.ok_or_else(infinity)?;
        Ok(Self { secret, public })
    }
}

/// The card's nonce, decrypted with the password (ICAO 9303-11 §4.4.3.3).
fn nonce(password: &Key, sent: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    Some(sent)
        .filter(|sent| (1..=NONCE_MAX).contains(&sent.len()))
        .and_then(|sent| password.decrypt([0; BLOCK_MAX], sent))
        .ok_or_else(|| broken("the nonce is not whole blocks, or too long"))
}

fn on_nonce(
    info: &PaceInfo,
    nonce: Zeroizing<Vec<u8>>,
    pair: Option<Pair>,
    random: Random<'_>,
) -> Result<(Stage, Command), Failure> {
    let ahead = None;
    let (map, sent) = match info.mapping {
        Mapping::Generic | Mapping::ChipAuthentication => {
            let pair = pair.map_or_else(|| Pair::draw(info, None, random), Ok)?;
            let sent = pair.public.encode();
            (Map::Generic { nonce, pair, ahead }, sent)
        }
        Mapping::Integrated => {
            let mut ours = vec![0; info.cipher.key_len()];
            random(&mut ours);
            let number = curve::pseudo_random(info.cipher, info.curve, &nonce, &ours)
                .ok_or_else(|| broken("the nonce is not as long as the key asks for"))?;
            (Map::Integrated { number, ahead }, ours)
        }
    };
    let command = authenticate(&tlv::build(0x81, &sent), false);
    Ok((Stage::Map(map), command))
}

fn on_mapping(
    info: &PaceInfo,
    map: Map,
    reply: &Reply,
    random: Random<'_>,
) -> Result<(Stage, Command), Failure> {
    let mut mapping_key = None;
    let base = match map {
        Map::Generic { nonce, pair, ahead } => {
            let peer = peer_key(info, data(reply, 0x82)?, &pair.public)?;
            let shared = pair.secret.multiply(&peer);
            mapping_key = (info.mapping == Mapping::ChipAuthentication).then_some(peer);
            ahead
                .or_else(|| Point::of_nonce(info.curve, &nonce))
                .zip(shared)
                .and_then(|(of_nonce, shared)| of_nonce.plus(&shared))
        }
        Map::Integrated { number, ahead } => {
            // The card has nothing to add; that it agrees is all that its reply says.
            dynamic_data(reply)?;
            ahead.or_else(|| Point::of_number(info.curve, &number))
        }
    };
    let pair = Pair::draw(info, Some(&base.ok_or_else(infinity)?), random)?;
    let command = authenticate(&tlv::build(0x83, &pair.public.encode()), false);
    Ok((Stage::Agree { pair, mapping_key }, command))
}

fn on_agreement(
    info: &PaceInfo,
    pair: &Pair,
    peer: &Point,
    mapping_key: Option<Point>,
) -> Result<(Stage, Command), Failure> {
    let shared = pair.secret.multiply(peer).ok_or_else(infinity)?.x();
    let derive = |purpose| Key::derive(info.cipher, &shared, purpose);
    let mac = derive(Use::Mac);
    let ours = token(info, &mac, peer);
    let stage = Stage::Prove {
        encryption: derive(Use::Encryption),
        expected: token(info, &mac, &pair.public),
        mac,
        mapping_key,
    };
    let command = authenticate(&tlv::build(0x85, &ours), true);
    Ok((stage, command))
}

/// A token authenticates the public key of the *other* side (ICAO 9303-11 §4.4.3.4).
fn token(info: &PaceInfo, mac: &Key, public: &Point) -> [u8; MAC_LEN] {
    let oid = tlv::build(0x06, &info.protocol);
    let key = tlv::build(0x86, &public.encode());
    mac.mac(&tlv::build(0x7F49, &[oid, key].concat()))
}

fn check_token(reply: &Reply, expected: &[u8; MAC_LEN]) -> Result<(), Failure> {
    if reply.sw.is_wrong_password() {
        return Err(Failure::WrongPassword);
    }
    let token = data(reply, 0x86)?;
    if !bool::from(token.ct_eq(expected)) {
        return Err(Failure::WrongPassword);
    }
    Ok(())
}

/// GENERAL AUTHENTICATE; all but the last are chained.
fn authenticate(object: &[u8], last: bool) -> Command {
    Command {
        cla: if last { 0x00 } else { 0x10 },
        ins: 0x86,
        p1: 0x00,
        p2: 0x00,
        data: tlv::build(0x7C, object),
        le: Some(LE_SHORT_MAX),
    }
}

/// The dynamic authentication data of a good reply.
fn dynamic_data(reply: &Reply) -> Result<&[u8], Failure> {
    if reply.sw != Sw::OK {
        return Err(broken(&reply.sw.to_string()));
    }
    Ok(tlv::expect(&reply.data, 0x7C)?)
}

/// One object of them.
fn data(reply: &Reply, tag: u32) -> Result<&[u8], Failure> {
    Ok(tlv::find(dynamic_data(reply)?, tag)?)
}

fn peer_key(info: &PaceInfo, bytes: &[u8], ours: &Point) -> Result<Point, Failure> {
    Point::decode(info.curve, bytes)
        .filter(|peer| peer != ours)
        .ok_or_else(|| broken("the card's key is off the curve or ours"))
}

fn infinity() -> Failure {
    broken("the point at infinity")
}

fn broken(reason: &str) -> Failure {
    Failure::Broken(format!("PACE: {reason}"))
}
