//! The card's side of PACE with generic mapping on brainpoolP256r1.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::sha::sha1;

use super::chip::Chip;
use super::messaging::{self, Session};
use super::tlv;

/// id-PACE-ECDH-GM-AES-CBC-CMAC-128.
const PROTOCOL: [u8; 10] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02];

/// PACE between two commands.
pub(super) struct Pace {
    group: EcGroup,
    stage: Stage,
}

enum Stage {
    Nonce {
        password: [u8; 16],
    },
    Map {
        nonce: [u8; 16],
    },
    Agree {
        base: EcPoint,
    },
    Prove {
        encryption: [u8; 16],
        mac: [u8; 16],
        ours: Vec<u8>,
        theirs: Vec<u8>,
    },
}

/// What a step leads to, with the object of the reply.
pub(super) enum Outcome {
    Next(Pace, Vec<u8>),
    Open(Session, Vec<u8>),
}

/// The reader broke the rules.
const WRONG_DATA: u16 = 0x6A80;
/// A step out of order.
const OUT_OF_ORDER: u16 = 0x6985;
/// The reader has another password.
const WRONG_PASSWORD: u16 = 0x6300;

/// Nothing that the reader sends can make OpenSSL fail here otherwise.
fn broken(_: ErrorStack) -> u16 {
    0x6F00
}

impl Pace {
    /// MSE:Set AT.
    pub fn set(data: &[u8], chip: &Chip) -> Result<Self, u16> {
        let mut rest = data;
        let mut objects = Vec::new();
        while !rest.is_empty() {
            let (tag, value, _) = tlv::take(&mut rest).ok_or(WRONG_DATA)?;
            objects.push((tag, value));
        }
        let password = match objects[..] {
            [(0x80, protocol), (0x83, &[reference]), (0x84, &[13])] if protocol == PROTOCOL => {
                password_of(chip, reference).ok_or(0x6A88u16)?
            }
            _ => return Err(WRONG_DATA),
        };
        Ok(Self {
            group: EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).map_err(broken)?,
            stage: Stage::Nonce {
                password: messaging::derive(&password, 3),
            },
        })
    }

    /// GENERAL AUTHENTICATE.
    pub fn step(self, chained: bool, data: &[u8]) -> Result<Outcome, u16> {
        let body = tlv::only(data, 0x7C).ok_or(WRONG_DATA)?;
        let Self { group, stage } = self;
        if chained == matches!(stage, Stage::Prove { .. }) {
            return Err(OUT_OF_ORDER);
        }
        let (stage, object) = match stage {
            Stage::Nonce { password } if body.is_empty() => send_nonce(&password)?,
            Stage::Nonce { .. } => return Err(WRONG_DATA),
            Stage::Map { nonce } => map(&group, &nonce, object(body, 0x81)?)?,
            Stage::Agree { base } => agree(&group, &base, object(body, 0x83)?)?,
            Stage::Prove {
                encryption,
                mac,
                ours,
                theirs,
            } => {
                if object(body, 0x85)? != token(&mac, &ours) {
                    return Err(WRONG_PASSWORD);
                }
                let reply = tlv::object(&[0x86], &token(&mac, &theirs));
                return Ok(Outcome::Open(Session::new(encryption, mac), reply));
            }
        };
        Ok(Outcome::Next(Self { group, stage }, object))
    }
}

/// The one object that a step allows. One that belongs to another step is out of order.
fn object(body: &[u8], tag: u8) -> Result<&[u8], u16> {
    match tlv::only(body, tag) {
        Some(value) => Ok(value),
        None if matches!(body.first(), None | Some(0x81 | 0x83 | 0x85)) => Err(OUT_OF_ORDER),
        None => Err(WRONG_DATA),
    }
}

fn send_nonce(password: &[u8; 16]) -> Result<(Stage, Vec<u8>), u16> {
    let mut nonce = [0; 16];
    openssl::rand::rand_bytes(&mut nonce).map_err(broken)?;
    let encrypted = messaging::encrypt(password, &[0; 16], &nonce);
    Ok((Stage::Map { nonce }, tlv::object(&[0x80], &encrypted)))
}

fn map(group: &EcGroup, nonce: &[u8; 16], sent: &[u8]) -> Result<(Stage, Vec<u8>), u16> {
    let peer = point(group, sent)?;
    let secret = EcKey::generate(group).map_err(broken)?;
    let base = mapped(group, nonce, &secret, &peer).map_err(broken)?;
    let public = encode(group, secret.public_key()).map_err(broken)?;
    Ok((Stage::Agree { base }, tlv::object(&[0x82], &public)))
}

fn mapped(
    group: &EcGroup,
    nonce: &[u8],
    secret: &EcKey<Private>,
    peer: &EcPoint,
) -> Result<EcPoint, ErrorStack> {
    let context = &mut *BigNumContext::new()?;
    let mut shared = EcPoint::new(group)?;
    shared.mul2(group, peer, secret.private_key(), context)?;
    let mut base = EcPoint::new(group)?;
    base.mul_generator2(group, &*BigNum::from_slice(nonce)?, context)?;
    let mut sum = EcPoint::new(group)?;
    sum.add(group, &base, &shared, context)?;
    Ok(sum)
}

fn agree(group: &EcGroup, base: &EcPoint, sent: &[u8]) -> Result<(Stage, Vec<u8>), u16> {
    let peer = point(group, sent)?;
    let (public, shared) = agreed(group, base, &peer).map_err(broken)?;
    let reply = tlv::object(&[0x84], &public);
    let stage = Stage::Prove {
        encryption: messaging::derive(&shared, 1),
        mac: messaging::derive(&shared, 2),
        ours: public,
        theirs: sent.to_vec(),
    };
    Ok((stage, reply))
}

fn agreed(
    group: &EcGroup,
    base: &EcPoint,
    peer: &EcPoint,
) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
    let context = &mut *BigNumContext::new()?;
    // Any key of the curve has a good secret scalar; its public key is of the other generator.
    let secret = EcKey::generate(group)?;
    let mut public = EcPoint::new(group)?;
    public.mul2(group, base, secret.private_key(), context)?;
    let mut shared = EcPoint::new(group)?;
    shared.mul2(group, peer, secret.private_key(), context)?;
    let shared = encode(group, &shared)?;
    Ok((encode(group, &public)?, shared[1..33].to_vec()))
}

fn point(group: &EcGroup, bytes: &[u8]) -> Result<EcPoint, u16> {
    if bytes.len() != 65 || bytes[0] != 0x04 {
        return Err(WRONG_DATA);
    }
    let mut context = BigNumContext::new().map_err(broken)?;
    // OpenSSL refuses points that are not on the curve.
    EcPoint::from_bytes(group, bytes, &mut context).map_err(|_| WRONG_DATA)
}

fn encode(group: &EcGroup, point: &openssl::ec::EcPointRef) -> Result<Vec<u8>, ErrorStack> {
    let mut context = BigNumContext::new()?;
    point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut context)
}

fn token(mac: &[u8; 16], public: &[u8]) -> Vec<u8> {
    let content = [
        tlv::object(&[0x06], &PROTOCOL),
        tlv::object(&[0x86], public),
    ]
    .concat();
    messaging::mac(mac, &tlv::object(&[0x7F, 0x49], &content))
}

/// The password with this reference: 1 is the MRZ, hashed, 2 the CAN, as it stands.
fn password_of(chip: &Chip, reference: u8) -> Option<Vec<u8>> {
    match reference {
        1 => Some(sha1(chip.mrz_key.as_ref()?.as_bytes()).to_vec()),
        2 => Some(chip.can.clone()?.into_bytes()),
        _ => None,
    }
}
