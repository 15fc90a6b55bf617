//! What the key does: seals rows, and turns the numbers of persons into keyed hashes.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use crate::identity::Person;

/// Length of the key and of each key made from it, in bytes.
pub(super) const KEY_BYTES: usize = 32;
/// Random bits for each sealing: 96, as NIST SP 800-38D §8.2.2 wants of a random nonce.
const NONCE_BYTES: usize = 12;
/// Room for a usual record, so that its buffer does not grow and leave copies behind in memory.
const JSON_BYTES_USUAL: usize = 8 * 1024;
/// The first byte of what is sealed: how it is sealed.
const FORMAT: u8 = 1;

/// A keyed hash: of a number of a person, or over the end of a chain.
pub(super) type Digest = [u8; 32];

/// A column whose values are sealed. A value moved to another column or row does not open.
#[derive(Clone, Copy)]
pub(super) struct Column(pub(super) &'static str);

/// The keys of a store. Each purpose has its own, all made from the one in the key file; all are
/// wiped on drop.
pub(super) struct Seal {
    cipher: Aes256Gcm,
    person: Zeroizing<Digest>,
    chain: Zeroizing<Digest>,
    check: Digest,
}

impl Seal {
    /// Makes the keys of all purposes from the one in the key file.
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        let made = |label: &[u8]| Zeroizing::new(keyed(key, &[b"tiepdon store ", label]));
        let record = made(b"record");
        Self {
            cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*record)),
            person: made(b"person"),
            chain: made(b"chain"),
            check: *made(b"check"),
        }
    }

    /// A value that tells whether the key is the same, and nothing else of it.
    pub(super) fn check(&self) -> &Digest {
        &self.check
    }

    /// Seals `plain` for one row of a column.
    pub(super) fn close(
        &self,
        column: Column,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| StoreError::Unusable {
            path: "random numbers".into(),
            cause: error.to_string(),
        })?;
        let aad = place(column, row);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let text = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| damaged(column, "it is too long to be sealed"))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + text.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// Opens what [`Self::close`] sealed for the same row of the same column.
    pub(super) fn open(
        &self,
        column: Column,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let unknown = || damaged(column, "it is not sealed as this version seals");
        let (format, rest) = sealed.split_first().ok_or_else(unknown)?;
        if *format != FORMAT {
            return Err(unknown());
        }
        let (nonce, text) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(unknown)?;
        let aad = place(column, row);
        let payload = Payload {
            msg: text,
            aad: &aad,
        };
        self.cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| damaged(column, "it was altered, or sealed with another key"))
    }

    /// Seals a value as JSON.
    pub(super) fn close_json(
        &self,
        column: Column,
        row: &[u8],
        value: &impl Serialize,
    ) -> Result<Vec<u8>, StoreError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(JSON_BYTES_USUAL));
        serde_json::to_writer(&mut *plain, value)
            .map_err(|_| damaged(column, "it cannot be written as JSON"))?;
        self.close(column, row, &plain)
    }

    /// Opens what [`Self::close_json`] sealed. The error never quotes the value.
    pub(super) fn open_json<T: DeserializeOwned>(
        &self,
        column: Column,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<T, StoreError> {
        serde_json::from_slice(&self.open(column, row, sealed)?)
            .map_err(|_| damaged(column, "it is not of the form that this version knows"))
    }

    /// Who a visit is of: the personal number, else the insurance number, else nobody but the visit
    /// itself.
    pub(super) fn person_of(&self, visit: Uuid, person: Option<&Person>) -> Digest {
        let personal = person.and_then(|p| p.personal_number.as_ref());
        let insurance = person.and_then(|p| p.insurance_number.as_ref());
        let hospital = person.and_then(|p| p.hospital_number.as_ref());
        match (personal, insurance, hospital) {
            (Some(number), ..) => self.personal(number.expose()),
            (None, Some(number), _) => self.insurance(number.bhxh_number()),
            (None, None, Some(number)) => {
                keyed(&*self.person, &[b"hospital:", number.expose().as_bytes()])
            }
            (None, None, None) => keyed(&*self.person, &[b"visit:", visit.as_bytes()]),
        }
    }

    /// The keyed hash of a personal number.
    pub(super) fn personal(&self, number: &str) -> Digest {
        keyed(&*self.person, &[b"personal:", number.as_bytes()])
    }

    /// The keyed hash of a BHXH number.
    pub(super) fn insurance(&self, number: &str) -> Digest {
        keyed(&*self.person, &[b"insurance:", number.as_bytes()])
    }

    /// The seal over the end of a writer's chain.
    pub(super) fn chain_end(&self, writer: &str, seq: u64, hash: &[u8]) -> Digest {
        let writer_bytes = writer.len().to_be_bytes();
        keyed(
            &*self.chain,
            &[&writer_bytes, writer.as_bytes(), &seq.to_be_bytes(), hash],
        )
    }
}

fn place(column: Column, row: &[u8]) -> Vec<u8> {
    [column.0.as_bytes(), &[0], row].concat()
}

fn damaged(column: Column, cause: &str) -> StoreError {
    StoreError::Damaged {
        what: column.0,
        cause: cause.to_owned(),
    }
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> Digest {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .expect("HMAC takes a key of any length (RFC 2104)");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{Column, Seal, keyed};
    use crate::identity::{InsuranceNumber, Person, PersonalNumber};
    use uuid::Uuid;

    const HERE: Column = Column("visits.record");

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.close(HERE, b"row", b"plain").expect("sealed");
        assert_eq!(*seal.open(HERE, b"row", &sealed).expect("opens"), b"plain");
        assert!(seal.open(HERE, b"other", &sealed).is_err());
        assert!(seal.open(Column("outbox.frozen"), b"row", &sealed).is_err());
        assert!(Seal::new(&[8; 32]).open(HERE, b"row", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(seal.open(HERE, b"row", &bent).is_err(), "byte {at}");
            assert!(
                seal.open(HERE, b"row", &sealed[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn the_same_row_is_never_sealed_alike_twice() {
        let seal = Seal::new(&[7; 32]);
        let one = seal.close(HERE, b"row", b"plain").expect("sealed");
        assert_ne!(one, seal.close(HERE, b"row", b"plain").expect("sealed"));
    }

    #[test]
    fn a_personal_number_an_insurance_number_and_nobody_are_different_persons() {
        let seal = Seal::new(&[7; 32]);
        let personal = Person::typed(PersonalNumber::parse("099012345678").expect("number"));
        let insured = Person {
            insurance_number: InsuranceNumber::parse("DN4019012345678"),
            ..Person::default()
        };
        let of = |visit: u128, person| seal.person_of(Uuid::from_u128(visit), person);
        assert_eq!(of(1, Some(&personal)), of(2, Some(&personal)));
        assert_eq!(of(1, Some(&insured)), of(2, Some(&insured)));
        assert_ne!(of(1, Some(&personal)), of(1, Some(&insured)));
        assert_ne!(of(1, None), of(2, None));
        assert_eq!(of(1, None), of(1, Some(&Person::default())));
    }

    /// RFC 4231 §4.3, test case 2.
    #[test]
    fn the_keyed_hash_is_hmac_sha256() {
        assert_eq!(
            hex::encode(keyed(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
