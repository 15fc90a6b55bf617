//! SecurityInfos: what a chip says that it can do (ICAO 9303-11 §9.2). They stand unsigned in
//! EF.CardAccess, hashed in DG14 and signed in EF.CardSecurity.

#[cfg(test)]
mod tests;

use crate::emrtd::algorithm::{Curve, HashAlgorithm};
use crate::emrtd::symmetric::Cipher;
use crate::emrtd::tlv::{self, Tlv, TlvError};
use crate::emrtd::{curve, signature};

/// 0.4.0.127.0.7.2.2: the protocols of BSI TR-03110, which ICAO took over.
const PROTOCOLS: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];
/// The next number: public keys, chip authentication, PACE.
const PUBLIC_KEY: u8 = 1;
const CHIP_AUTHENTICATION: u8 = 3;
const PACE: u8 = 4;
/// After [`PUBLIC_KEY`] and [`CHIP_AUTHENTICATION`]: elliptic curves. 1 is Diffie-Hellman over
/// integers.
const ECDH: u8 = 2;

/// 0.4.0.127.0.7.1.2: domain parameters by their standardised number.
const STANDARDISED: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02];
/// 2.23.136.1.1.5: active authentication.
const ACTIVE_AUTHENTICATION: [u8; 6] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x05];
/// 0.4.0.127.0.7.1.1.4.1: ECDSA with r and s side by side (BSI TR-03111); one more number tells
/// the hash.
const ECDSA_PLAIN: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01];

/// All that one file says, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::emrtd) struct SecurityInfos {
    /// The offers of PACE that this reader can take.
    pub pace: Vec<PaceInfo>,
    /// The offers of chip authentication.
    pub chip_authentication: Vec<ChipAuthenticationInfo>,
    /// The chip's static public keys.
    pub chip_keys: Vec<ChipPublicKey>,
    /// The hash of active authentication with ECDSA, where one is named.
    pub active_hash: Option<ActiveHash>,
    /// The protocols of what this reader has no use for, as their value bytes.
    pub others: Vec<Vec<u8>>,
    /// All that it says of PACE as it came, also what this reader cannot use.
    pub pace_offers: Vec<Vec<u8>>,
}

/// The hash that a chip says it signs a challenge with (ICAO 9303-11 §9.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) enum ActiveHash {
    Known(HashAlgorithm),
    /// It names an algorithm that is unknown here.
    Unknown,
}

/// How a nonce becomes a generator (ICAO 9303-11 §4.4.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) enum Mapping {
    Generic,
    Integrated,
    /// Generic, and the chip proves its static key with it.
    ChipAuthentication,
}

/// One offer to do PACE (ICAO 9303-11 §9.2.3). Only what this reader can do exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct PaceInfo {
    /// The protocol's object identifier, as its value bytes.
    pub protocol: Vec<u8>,
    pub mapping: Mapping,
    pub cipher: Cipher,
    pub curve: Curve,
    /// Number of the domain parameters.
    pub parameter: u8,
}

/// One offer to do chip authentication (ICAO 9303-11 §9.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct ChipAuthenticationInfo {
    /// The protocol's object identifier, as its value bytes.
    pub protocol: Vec<u8>,
    /// On an elliptic curve; else Diffie-Hellman over integers.
    pub is_ecdh: bool,
    pub cipher: Cipher,
    /// Which of the chip's keys it is for, where there are several.
    pub key_id: Option<u64>,
}

/// A static public key of the chip (ICAO 9303-11 §9.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct ChipPublicKey {
    /// SubjectPublicKeyInfo, tag and length included.
    pub spki: Vec<u8>,
    pub key_id: Option<u64>,
    /// For an elliptic curve; else for Diffie-Hellman over integers.
    pub is_ecdh: bool,
}

impl SecurityInfos {
    /// Reads `SET OF SecurityInfo`. What is unknown is passed over: a newer card may say more.
    pub fn parse(set: &[u8]) -> Result<Self, TlvError> {
        let all = tlv::list(tlv::expect(set, 0x31)?)?
            .into_iter()
            .filter(|info| info.tag == 0x30)
            .map(|info| Ok((info.raw, tlv::list(info.value)?)))
            .collect::<Result<Vec<_>, TlvError>>()?;
        let entries: Vec<Entry<'_>> = all
            .iter()
            .filter_map(|(raw, fields)| Entry::of(raw, fields))
            .collect();
        let domains: Vec<_> = entries.iter().filter_map(Entry::domain).collect();
        let mut infos = Self::default();
        for entry in entries {
            infos.add(&entry, &domains);
        }
        Ok(infos)
    }

    /// Whether EF.CardAccess, which nobody signs, says of PACE anything else than these infos,
    /// which are signed: somebody between wants a weaker protocol. Chips whose signed infos are
    /// silent about PACE do not contradict.
    pub fn contradicts(&self, card_access: &Self) -> bool {
        let sorted = |infos: &Self| {
            let mut offers = infos.pace_offers.clone();
            offers.sort();
            offers.dedup();
            offers
        };
        !self.pace_offers.is_empty() && sorted(self) != sorted(card_access)
    }

    fn add(&mut self, entry: &Entry<'_>, domains: &[Domain]) {
        let Entry {
            protocol,
            required,
            optional,
            ..
        } = *entry;
        if protocol == ACTIVE_AUTHENTICATION {
            self.active_hash = self.active_hash.or(Some(active_hash(optional)));
            return;
        }
        let version = integer(required);
        match protocol.strip_prefix(&PROTOCOLS) {
            Some([PACE, mapping, cipher]) if version == Some(2) => {
                self.pace_offers.push(entry.raw.to_vec());
                self.pace.extend(
                    optional
                        .and_then(integer)
                        .and_then(|number| PaceInfo::with(*mapping, *cipher, number, domains)),
                );
            }
            Some([CHIP_AUTHENTICATION, agreement, cipher]) if version == Some(1) => {
                let info = |(key_id, cipher)| ChipAuthenticationInfo {
                    protocol: protocol.to_vec(),
                    is_ecdh: *agreement == ECDH,
                    cipher,
                    key_id,
                };
                let cipher = Cipher::from_protocol(*cipher);
                self.chip_authentication
                    .extend(key_id(optional).zip(cipher).map(info));
            }
            Some([PUBLIC_KEY, agreement]) if required.tag == 0x30 => {
                let key = |key_id| ChipPublicKey {
                    spki: required.raw.to_vec(),
                    key_id,
                    is_ecdh: *agreement == ECDH,
                };
                self.chip_keys.extend(key_id(optional).map(key));
            }
            Some([PACE, _]) => self.pace_offers.push(entry.raw.to_vec()),
            Some(_) | None => self.others.push(protocol.to_vec()),
        }
    }
}

/// `SEQUENCE { protocol OID, required ANY, optional ANY OPTIONAL }`.
struct Entry<'a> {
    raw: &'a [u8],
    protocol: &'a [u8],
    required: &'a Tlv<'a>,
    optional: Option<&'a Tlv<'a>>,
}

/// Domain parameters that a chip describes, and the number it gives to them.
type Domain = (u64, Curve);

impl<'a> Entry<'a> {
    fn of(raw: &'a [u8], fields: &'a [Tlv<'a>]) -> Option<Self> {
        let (protocol, required, optional) = match fields {
            [protocol, required] => (protocol, required, None),
            [protocol, required, optional] => (protocol, required, Some(optional)),
            _ => return None,
        };
        (protocol.tag == 0x06).then_some(Self {
            raw,
            protocol: protocol.value,
            required,
            optional,
        })
    }

    /// PACEDomainParameterInfo (ICAO 9303-11 §9.2.4), where it describes a curve that is known.
    fn domain(&self) -> Option<Domain> {
        let [PACE, _] = self.protocol.strip_prefix(&PROTOCOLS)? else {
            return None;
        };
        let number = self.optional.and_then(integer)?;
        match tlv::list(self.required.value).ok()?[..] {
            [oid, parameter] if oid.value == STANDARDISED => {
                let id = u8::try_from(integer(&parameter)?).ok()?;
                Some((number, Curve::from_parameter_id(id)?))
            }
            [_, parameters] => Some((number, signature::curve(parameters.raw).ok()?)),
            _ => None,
        }
    }
}

fn active_hash(algorithm: Option<&Tlv<'_>>) -> ActiveHash {
    match algorithm.and_then(|field| field.value.strip_prefix(&ECDSA_PLAIN)) {
        Some([1]) => ActiveHash::Known(HashAlgorithm::Sha1),
        Some([2]) => ActiveHash::Known(HashAlgorithm::Sha224),
        Some([3]) => ActiveHash::Known(HashAlgorithm::Sha256),
        Some([4]) => ActiveHash::Known(HashAlgorithm::Sha384),
        Some([5]) => ActiveHash::Known(HashAlgorithm::Sha512),
        Some(_) | None => ActiveHash::Unknown,
    }
}

impl ChipAuthenticationInfo {
    /// What a key without a protocol is for: 3DES, which was the only cipher when the protocol
    /// did not have to be named.
    pub fn inferred(key_id: Option<u64>) -> Self {
        Self {
            protocol: [&PROTOCOLS[..], &[CHIP_AUTHENTICATION, ECDH, 1]].concat(),
            is_ecdh: true,
            cipher: Cipher::TripleDes,
            key_id,
        }
    }
}

impl PaceInfo {
    /// What citizen cards announce, for those that do not let their EF.CardAccess be read.
    pub fn citizen_card() -> Self {
        Self::new(2, 2, 13).expect("this reader does what citizen cards announce")
    }

    /// The offer by the last two numbers of its protocol and the number of its domain parameters.
    pub fn new(mapping: u8, cipher: u8, parameter: u64) -> Option<Self> {
        Self::with(mapping, cipher, parameter, &[])
    }

    /// The same, where the chip describes domain parameters itself.
    fn with(mapping: u8, cipher: u8, parameter: u64, domains: &[Domain]) -> Option<Self> {
        let protocol = [&PROTOCOLS[..], &[PACE, mapping, cipher]].concat();
        // 1 and 3 are the same over integers.
        let mapping = match mapping {
            2 => Mapping::Generic,
            4 => Mapping::Integrated,
            6 => Mapping::ChipAuthentication,
            _ => return None,
        };
        let cipher = Cipher::from_protocol(cipher)?;
        if mapping == Mapping::ChipAuthentication && cipher == Cipher::TripleDes {
            return None;
        }
        let parameter = u8::try_from(parameter).ok()?;
        let described = domains
            .iter()
            .find(|domain| domain.0 == u64::from(parameter));
        let curve = Curve::from_parameter_id(parameter)
            .or(described.map(|domain| domain.1))
            .filter(|curve| curve::agrees_on(*curve))?;
        Some(Self {
            protocol,
            mapping,
            cipher,
            curve,
            parameter,
        })
    }

    /// The name of the protocol, for reports.
    pub fn name(&self) -> &'static str {
        use Cipher::{Aes128, Aes192, Aes256, TripleDes};
        use Mapping::{ChipAuthentication, Generic, Integrated};
        match (self.mapping, self.cipher) {
            (Generic, TripleDes) => "PACE-ECDH-GM-3DES",
            (Generic, Aes128) => "PACE-ECDH-GM-AES128",
            (Generic, Aes192) => "PACE-ECDH-GM-AES192",
            (Generic, Aes256) => "PACE-ECDH-GM-AES256",
            (Integrated, TripleDes) => "PACE-ECDH-IM-3DES",
            (Integrated, Aes128) => "PACE-ECDH-IM-AES128",
            (Integrated, Aes192) => "PACE-ECDH-IM-AES192",
            (Integrated, Aes256) => "PACE-ECDH-IM-AES256",
            (ChipAuthentication, TripleDes | Aes128) => "PACE-ECDH-CAM-AES128",
            (ChipAuthentication, Aes192) => "PACE-ECDH-CAM-AES192",
            (ChipAuthentication, Aes256) => "PACE-ECDH-CAM-AES256",
        }
    }
}

/// A small INTEGER that is not negative; `None` for any other.
fn integer(field: &Tlv<'_>) -> Option<u64> {
    let negative = field.value.first()? & 0x80 != 0;
    if field.tag != 0x02 || negative {
        return None;
    }
    let digits = field.value.iter().skip_while(|byte| **byte == 0);
    (digits.clone().count() <= 8).then(|| digits.fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// The key's number: `Some(None)` where there is none, `None` where it is no number.
#[expect(clippy::option_option, reason = "absent is not wrong")]
fn key_id(field: Option<&Tlv<'_>>) -> Option<Option<u64>> {
    match field {
        None => Some(None),
        Some(field) => integer(field).map(Some),
    }
}
