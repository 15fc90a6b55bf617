//! The card's side of PACE over elliptic curves (ICAO 9303-11 §4.4).

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcPoint, EcPointRef};
use openssl::memcmp;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha1;

use super::mapping;
use crate::sim::card::apdu::Status;
use crate::sim::card::chip::{Chip, CipherKind, Mapping, PaceOffer};
use crate::sim::card::crypto::{Coprocessor, Direction, Domain, Keys, MAC_LEN, padded};
use crate::sim::card::messaging::Session;
use crate::sim::card::tlv;

/// PACE between two commands.
pub(in crate::sim::card) struct Pace {
    offer: PaceOffer,
    domain: Domain,
    stage: Stage,
}

enum Stage {
    Nonce {
        password: Vec<u8>,
    },
    Map {
        nonce: Vec<u8>,
    },
    Agree {
        base: EcPoint,
        mapping_secret: Option<BigNum>,
    },
    Prove(Agreed),
}

struct Agreed {
    keys: Keys,
    ours: Vec<u8>,
    theirs: Vec<u8>,
    /// For chip authentication mapping: the secret of the mapping's key pair.
    mapping_secret: Option<BigNum>,
}

/// What a step leads to, with the objects of the reply.
pub(in crate::sim::card) enum Outcome {
    Next(Pace, Vec<u8>),
    Open(Session, Vec<u8>),
}

/// Value bytes of the protocol's object identifier.
pub(in crate::sim::card) fn protocol(offer: PaceOffer) -> [u8; 10] {
    let mapping = match offer.mapping {
        Mapping::Generic => 2,
        Mapping::Integrated => 4,
        Mapping::ChipAuthentication => 6,
    };
    let cipher = offer.cipher.arc();
    [
        0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, mapping, cipher,
    ]
}

impl Pace {
    /// MSE:Set AT.
    pub fn set(chip: &Chip, data: &[u8]) -> Result<Self, Status> {
        let [mechanism, reference, parameter] =
            tlv::pick(data, [0x80, 0x83, 0x84]).ok_or(Status::WRONG_DATA)?;
        let mechanism = mechanism.ok_or(Status::WRONG_DATA)?;
        let same = |offer: &&PaceOffer| protocol(**offer) == mechanism;
        let mut offers = chip.pace.iter().filter(same);
        if offers.clone().next().is_none() {
            return Err(Status::WRONG_DATA);
        }
        let offer = match parameter {
            Some(number) => offers.find(|offer| [offer.parameter] == number),
            // Without a number it must be clear which one is meant.
            None => offers.next().filter(|_| offers.next().is_none()),
        };
        let offer = *offer.ok_or(Status::NO_REFERENCE)?;
        let password = match reference.ok_or(Status::WRONG_DATA)? {
            [reference] => password_of(chip, *reference).ok_or(Status::NO_REFERENCE)?,
            _ => return Err(Status::WRONG_DATA),
        };
        Ok(Self {
            offer,
            domain: Domain::of_parameter(offer.parameter).ok_or(Status::WRONG_DATA)?,
            stage: Stage::Nonce {
                password: offer.cipher.derive(&password, 3),
            },
        })
    }

    /// Whether the nonce was not asked for yet.
    pub fn is_new(&self) -> bool {
        matches!(self.stage, Stage::Nonce { .. })
    }

    /// GENERAL AUTHENTICATE.
    pub fn step(
        self,
        work: &mut Coprocessor,
        mapping_key: Option<&PKey<Private>>,
        chained: bool,
        data: &[u8],
    ) -> Result<Outcome, Status> {
        let body = tlv::only(data, 0x7C).ok_or(Status::WRONG_DATA)?;
        let Self {
            offer,
            domain,
            stage,
        } = self;
        if chained == matches!(stage, Stage::Prove(_)) {
            return Err(Status::OUT_OF_ORDER);
        }
        let (stage, object) = match stage {
            Stage::Nonce { password } if body.is_empty() => {
                send_nonce(work, offer.cipher, &password)
            }
            Stage::Nonce { .. } => return Err(Status::WRONG_DATA),
            Stage::Map { nonce } => map(work, offer, &domain, &nonce, object(body, 0x81)?)?,
            Stage::Agree {
                base,
                mapping_secret,
            } => {
                let sent = object(body, 0x83)?;
                agree(work, offer.cipher, &domain, &base, sent, mapping_secret)?
            }
            Stage::Prove(agreed) => {
                let sent = object(body, 0x85)?;
                return prove(work, offer, &domain, agreed, mapping_key, sent);
            }
        };
        let next = Self {
            offer,
            domain,
            stage,
        };
        Ok(Outcome::Next(next, object))
    }
}

/// The password with this reference: 1 is the MRZ, hashed, 2 the CAN, as it stands.
fn password_of(chip: &Chip, reference: u8) -> Option<Vec<u8>> {
    match reference {
        1 => Some(sha1(chip.mrz_key.as_ref()?.as_bytes()).to_vec()),
        2 => Some(chip.can.clone()?.into_bytes()),
        _ => None,
    }
}

/// The one object that a step allows. One that belongs to another step is out of order.
fn object(body: &[u8], tag: u8) -> Result<&[u8], Status> {
    match tlv::only(body, tag) {
        Some(value) => Ok(value),
        None if matches!(body.first(), None | Some(0x81 | 0x83 | 0x85)) => {
            Err(Status::OUT_OF_ORDER)
        }
        None => Err(Status::WRONG_DATA),
    }
}

/// A nonce as long as a key, in whole blocks (§4.4.3.3).
fn send_nonce(work: &mut Coprocessor, cipher: CipherKind, password: &[u8]) -> (Stage, Vec<u8>) {
    let nonce = work.random_vec(cipher.key_len().next_multiple_of(cipher.block()));
    let zero = vec![0; cipher.block()];
    let encrypted = work.cbc(Direction::Encrypt, cipher, password, &zero, &nonce);
    (Stage::Map { nonce }, tlv::object(&[0x80], &encrypted))
}

fn map(
    work: &mut Coprocessor,
    offer: PaceOffer,
    domain: &Domain,
    nonce: &[u8],
    sent: &[u8],
) -> Result<(Stage, Vec<u8>), Status> {
    if offer.mapping == Mapping::Integrated {
        let base = mapping::integrated(work, offer.cipher, domain, nonce, sent)?;
        let stage = Stage::Agree {
            base,
            mapping_secret: None,
        };
        return Ok((stage, tlv::object(&[0x82], &[])));
    }
    let peer = domain.point(sent)?;
    let secret = work.scalar(domain)?;
    let base = mapping::generic(work, domain, nonce, &peer, &secret)?;
    let public = work.multiply(domain, domain.generator(), &secret)?;
    let reply = tlv::object(&[0x82], &domain.encode(&public)?);
    let mapping_secret = (offer.mapping == Mapping::ChipAuthentication).then_some(secret);
    let stage = Stage::Agree {
        base,
        mapping_secret,
    };
    Ok((stage, reply))
}

fn agree(
    work: &mut Coprocessor,
    cipher: CipherKind,
    domain: &Domain,
    base: &EcPointRef,
    sent: &[u8],
    mapping_secret: Option<BigNum>,
) -> Result<(Stage, Vec<u8>), Status> {
    let peer = domain.point(sent)?;
    let secret = work.scalar(domain)?;
    let public = work.multiply(domain, base, &secret)?;
    let public = domain.encode(&public)?;
    let shared = work.multiply(domain, &peer, &secret)?;
    let reply = tlv::object(&[0x84], &public);
    let stage = Stage::Prove(Agreed {
        keys: Keys::derive(cipher, &domain.shared(&shared)?),
        ours: public,
        theirs: sent.to_vec(),
        mapping_secret,
    });
    Ok((stage, reply))
}

fn prove(
    work: &mut Coprocessor,
    offer: PaceOffer,
    domain: &Domain,
    agreed: Agreed,
    mapping_key: Option<&PKey<Private>>,
    sent: &[u8],
) -> Result<Outcome, Status> {
    let keys = agreed.keys;
    let right = token(work, offer, &keys, &agreed.ours);
    if sent.len() != MAC_LEN || !memcmp::eq(sent, &right) {
        return Err(Status::WRONG_PASSWORD);
    }
    let mut reply = tlv::object(&[0x86], &token(work, offer, &keys, &agreed.theirs));
    if let Some(secret) = agreed.mapping_secret {
        let key = mapping_key.ok_or(Status::NO_REFERENCE)?;
        let proof = chip_data(work, domain, &keys, key, &secret)?;
        reply.extend(tlv::object(&[0x8A], &proof));
    }
    Ok(Outcome::Open(Session::new(keys), reply))
}

/// The authentication token over a public key (§4.4.3.4).
pub(in crate::sim::card) fn token(
    work: &mut Coprocessor,
    offer: PaceOffer,
    keys: &Keys,
    public: &[u8],
) -> [u8; MAC_LEN] {
    let content = [
        tlv::object(&[0x06], &protocol(offer)),
        tlv::object(&[0x86], public),
    ];
    let mut input = tlv::object(&[0x7F, 0x49], &content.concat());
    // CMAC pads by itself.
    if offer.cipher == CipherKind::TripleDes {
        input = padded(&input, offer.cipher.block());
    }
    work.mac(offer.cipher, &keys.mac, &input)
}

/// Encrypted chip authentication data: the mapping's secret over the static one (§4.4.3.5).
fn chip_data(
    work: &mut Coprocessor,
    domain: &Domain,
    keys: &Keys,
    key: &PKey<Private>,
    mapping_secret: &BigNum,
) -> Result<Vec<u8>, Status> {
    let key = key.ec_key()?;
    let context = &mut *BigNumContext::new()?;
    let (mut inverse, mut data) = (BigNum::new()?, BigNum::new()?);
    inverse.mod_inverse(key.private_key(), domain.order(), context)?;
    data.mod_mul(&inverse, mapping_secret, domain.order(), context)?;
    let len = i32::try_from(domain.scalar_len()).map_err(|_| Status::BROKEN)?;
    let blocks = padded(&data.to_vec_padded(len)?, keys.cipher.block());
    let zero = vec![0; keys.cipher.block()];
    let ones = vec![0xFF; keys.cipher.block()];
    let mut cbc = |vector: &[u8], blocks: &[u8]| {
        let key = &keys.encryption;
        work.cbc(Direction::Encrypt, keys.cipher, key, vector, blocks)
    };
    let vector = cbc(&zero, &ones);
    Ok(cbc(&vector, &blocks))
}
