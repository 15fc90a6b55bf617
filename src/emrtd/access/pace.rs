use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::curve::{Point, Secret};
use super::{Access, PaceInfo};
use crate::emrtd::apdu::{Command, LE_MAX, Reply, Sw};
use crate::emrtd::crypto::{self, BLOCK, Key, MAC_LEN, Use};
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::tlv::{self, TlvError};

/// PACE with generic mapping (ICAO 9303-11 §4.4.3), as far as it has gone.
pub(in crate::emrtd) struct Pace {
    info: PaceInfo,
    stage: Stage,
}

/// What the next reply answers, with the secrets that are still needed.
enum Stage {
    /// MSE:Set AT.
    Set { password: Key },
    /// Which nonce?
    Nonce { password: Key },
    /// Our mapping key was sent.
    Map {
        nonce: Zeroizing<[u8; BLOCK]>,
        secret: Secret,
        public: Point,
    },
    /// Our ephemeral key was sent.
    Agree { secret: Secret, public: Point },
    /// Our token was sent.
    Prove {
        encryption: Key,
        mac: Key,
        expected: [u8; MAC_LEN],
    },
}

/// What comes after a reply.
pub(in crate::emrtd) enum Turn {
    /// One more command.
    Send(Pace, Command),
    /// The card knows the password, too: talk under these keys.
    Open(SecureMessaging),
}

/// Why PACE ended early.
#[derive(Debug)]
pub(in crate::emrtd) enum Failure {
    /// The card does not do this protocol at all: it refused MSE:Set AT.
    Refused(Sw),
    /// The card does not have the same password.
    WrongPassword,
    /// The card broke the protocol.
    Broken(String),
}

impl From<TlvError> for Failure {
    fn from(error: TlvError) -> Self {
        Self::Broken(format!("PACE reply: {error}"))
    }
}

type Random<'r> = &'r mut dyn FnMut(&mut [u8]);

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
            password: access.key(),
        };
        (Self { info, stage }, command)
    }

    /// How many of the five commands have been answered.
    pub fn answered(&self) -> u8 {
        match self.stage {
            Stage::Set { .. } => 0,
            Stage::Nonce { .. } => 1,
            Stage::Map { .. } => 2,
            Stage::Agree { .. } => 3,
            Stage::Prove { .. } => 4,
        }
    }

    /// Takes the card's reply to the last command.
    pub fn on_reply(self, reply: &Reply, random: Random<'_>) -> Result<Turn, Failure> {
        let Self { info, stage } = self;
        let (stage, command) = match stage {
            Stage::Set { password } => {
                if reply.sw != Sw::OK {
                    return Err(Failure::Refused(reply.sw));
                }
                (Stage::Nonce { password }, authenticate(&[], false))
            }
            Stage::Nonce { password } => on_nonce(&password, data(reply, 0x80)?, random)?,
            Stage::Map {
                nonce,
                secret,
                public,
            } => {
                let peer = peer_key(data(reply, 0x82)?, &public)?;
                on_mapping(&nonce, &secret, &peer, random)?
            }
            Stage::Agree { secret, public } => {
                let peer = peer_key(data(reply, 0x84)?, &public)?;
                on_agreement(&info, &secret, &public, &peer)?
            }
            Stage::Prove {
                encryption,
                mac,
                expected,
            } => {
                if reply.sw.is_wrong_password() {
                    return Err(Failure::WrongPassword);
                }
                let token = data(reply, 0x86)?;
                if !bool::from(token.ct_eq(&expected)) {
                    return Err(Failure::WrongPassword);
                }
                return Ok(Turn::Open(SecureMessaging::new(encryption, mac)));
            }
        };
        Ok(Turn::Send(Self { info, stage }, command))
    }
}

fn on_nonce(password: &Key, sent: &[u8], random: Random<'_>) -> Result<(Stage, Command), Failure> {
    let decrypted = crypto::decrypt_cbc(password, [0; BLOCK], sent)
        .filter(|nonce| nonce.len() == BLOCK)
        .ok_or_else(|| Failure::Broken("PACE: nonce is not one block".to_owned()))?;
    let mut nonce = Zeroizing::new([0; BLOCK]);
    nonce.copy_from_slice(&decrypted);
    let secret = draw(random)?;
    let public = secret.public(&Point::generator()).ok_or_else(infinity)?;
    let command = authenticate(&tlv::build(0x81, &public.encode()), false);
    Ok((
        Stage::Map {
            nonce,
            secret,
            public,
        },
        command,
    ))
}

fn on_mapping(
    nonce: &[u8; BLOCK],
    secret: &Secret,
    peer: &Point,
    random: Random<'_>,
) -> Result<(Stage, Command), Failure> {
    let base = secret
        .agree(peer)
        .and_then(|shared| shared.map(nonce))
        .ok_or_else(infinity)?;
    let secret = draw(random)?;
    let public = secret.public(&base).ok_or_else(infinity)?;
    let command = authenticate(&tlv::build(0x83, &public.encode()), false);
    Ok((Stage::Agree { secret, public }, command))
}

fn on_agreement(
    info: &PaceInfo,
    secret: &Secret,
    public: &Point,
    peer: &Point,
) -> Result<(Stage, Command), Failure> {
    let shared = secret.agree(peer).ok_or_else(infinity)?.x();
    let encryption = crypto::derive(&*shared, Use::Encryption);
    let mac = crypto::derive(&*shared, Use::Mac);
    let ours = token(info, &mac, peer);
    let expected = token(info, &mac, public);
    let command = authenticate(&tlv::build(0x85, &ours), true);
    Ok((
        Stage::Prove {
            encryption,
            mac,
            expected,
        },
        command,
    ))
}

/// A token authenticates the public key of the *other* side (ICAO 9303-11 §4.4.3.4).
fn token(info: &PaceInfo, mac: &Key, public: &Point) -> [u8; MAC_LEN] {
    let oid = tlv::build(0x06, &info.protocol);
    let key = tlv::build(0x86, &public.encode());
    crypto::mac(mac, &[&tlv::build(0x7F49, &[oid, key].concat())])
}

/// GENERAL AUTHENTICATE; all but the last are chained.
fn authenticate(object: &[u8], last: bool) -> Command {
    Command {
        cla: if last { 0x00 } else { 0x10 },
        ins: 0x86,
        p1: 0x00,
        p2: 0x00,
        data: tlv::build(0x7C, object),
        le: Some(LE_MAX),
    }
}

/// The one object that a reply must carry in its dynamic authentication data.
fn data(reply: &Reply, tag: u32) -> Result<&[u8], Failure> {
    if reply.sw != Sw::OK {
        return Err(Failure::Broken(format!("PACE: {}", reply.sw)));
    }
    Ok(tlv::find(tlv::expect(&reply.data, 0x7C)?, tag)?)
}

fn peer_key(bytes: &[u8], ours: &Point) -> Result<Point, Failure> {
    Point::decode(bytes)
        .filter(|peer| peer != ours)
        .ok_or_else(|| Failure::Broken("PACE: the card's key is off the curve or ours".to_owned()))
}

fn draw(random: Random<'_>) -> Result<Secret, Failure> {
    Secret::draw(random).ok_or_else(|| Failure::Broken("the random source is stuck".to_owned()))
}

fn infinity() -> Failure {
    Failure::Broken("PACE: the point at infinity".to_owned())
}
