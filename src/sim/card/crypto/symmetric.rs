//! Block ciphers, MACs, padding and key derivation (ICAO 9303-11 §9.7, §9.8).

use openssl::pkey::PKey;
use openssl::sha::{Sha1, Sha256};
use openssl::sign::Signer;
use openssl::symm::{Cipher, Crypter, Mode};

use crate::sim::card::chip::CipherKind;

/// Bytes of every MAC here.
pub(in crate::sim::card) const MAC_LEN: usize = 8;

/// Which way a cipher runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim::card) enum Direction {
    Encrypt,
    Decrypt,
}

/// The two keys of a session.
#[derive(Clone)]
pub(in crate::sim::card) struct Keys {
    pub cipher: CipherKind,
    pub encryption: Vec<u8>,
    pub mac: Vec<u8>,
}

impl Keys {
    /// From a shared secret (ICAO 9303-11 §9.7.4).
    pub fn derive(cipher: CipherKind, secret: &[u8]) -> Self {
        Self {
            cipher,
            encryption: cipher.derive(secret, 1),
            mac: cipher.derive(secret, 2),
        }
    }
}

impl CipherKind {
    /// Bytes of a key.
    pub(in crate::sim::card) fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Bytes of a block.
    pub(in crate::sim::card) fn block(self) -> usize {
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    /// The last arc of the object identifiers of PACE and chip authentication.
    pub(in crate::sim::card) fn arc(self) -> u8 {
        match self {
            Self::TripleDes => 1,
            Self::Aes128 => 2,
            Self::Aes192 => 3,
            Self::Aes256 => 4,
        }
    }

    /// A key out of a shared secret (ICAO 9303-11 §9.7.1). Triple DES keys get odd parity.
    pub(in crate::sim::card) fn derive(self, secret: &[u8], counter: u8) -> Vec<u8> {
        let input = [secret, &[0, 0, 0, counter]].concat();
        let mut key = match self {
            Self::TripleDes | Self::Aes128 => {
                let mut hash = Sha1::new();
                hash.update(&input);
                hash.finish().to_vec()
            }
            Self::Aes192 | Self::Aes256 => {
                let mut hash = Sha256::new();
                hash.update(&input);
                hash.finish().to_vec()
            }
        };
        key.truncate(self.key_len());
        if self == Self::TripleDes {
            for byte in &mut key {
                *byte ^= u8::from(byte.count_ones().is_multiple_of(2));
            }
        }
        key
    }

    pub(super) fn cbc(
        self,
        direction: Direction,
        key: &[u8],
        vector: &[u8],
        blocks: &[u8],
    ) -> Vec<u8> {
        match self {
            Self::TripleDes => {
                let key = [&key[..16], &key[..8]].concat();
                run(Cipher::des_ede3_cbc(), direction, &key, vector, blocks)
            }
            Self::Aes128 | Self::Aes192 | Self::Aes256 => {
                run(self.aes(), direction, key, vector, blocks)
            }
        }
    }

    pub(super) fn mac(self, key: &[u8], message: &[u8]) -> [u8; MAC_LEN] {
        if self == Self::TripleDes {
            return retail_mac(key, message);
        }
        let key = PKey::cmac(&self.aes(), key).expect("a key as long as its cipher wants");
        let mut signer = Signer::new_without_digest(&key).expect("CMAC needs no digest");
        let whole = signer
            .sign_oneshot_to_vec(message)
            .expect("CMAC of bytes in memory");
        *whole.first_chunk().expect("a MAC of sixteen bytes")
    }

    fn aes(self) -> Cipher {
        match self {
            Self::TripleDes | Self::Aes128 => Cipher::aes_128_cbc(),
            Self::Aes192 => Cipher::aes_192_cbc(),
            Self::Aes256 => Cipher::aes_256_cbc(),
        }
    }
}

/// ISO 9797-1 MAC algorithm 3 over whole blocks: DES-CBC with the first key, and Triple DES over
/// the last block. Single DES is Triple DES with three times the same key.
fn retail_mac(key: &[u8], blocks: &[u8]) -> [u8; MAC_LEN] {
    let (chained, last) = blocks
        .split_last_chunk::<8>()
        .expect("a padded message has a block");
    let single = [&key[..8]; 3].concat();
    let cipher = Cipher::des_ede3_cbc();
    let chain = run(cipher, Direction::Encrypt, &single, &[0; 8], chained);
    let vector = chain.last_chunk().unwrap_or(&[0; 8]);
    let mac = CipherKind::TripleDes.cbc(Direction::Encrypt, key, vector, last);
    *mac.first_chunk().expect("one block")
}

fn run(cipher: Cipher, direction: Direction, key: &[u8], vector: &[u8], blocks: &[u8]) -> Vec<u8> {
    let mode = match direction {
        Direction::Encrypt => Mode::Encrypt,
        Direction::Decrypt => Mode::Decrypt,
    };
    let mut crypter = Crypter::new(cipher, mode, key, Some(vector))
        .expect("a key and a vector as long as the cipher wants");
    crypter.pad(false);
    let mut out = vec![0; blocks.len() + cipher.block_size()];
    let done = crypter
        .update(blocks, &mut out)
        .expect("room for a block more");
    out.truncate(done);
    out
}

/// ISO 9797-1 padding method 2.
pub(in crate::sim::card) fn padded(bytes: &[u8], block: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out.push(0x80);
    out.resize(out.len().next_multiple_of(block), 0);
    out
}

/// Takes the padding off; it is never longer than a block.
pub(in crate::sim::card) fn unpadded(mut bytes: Vec<u8>, block: usize) -> Option<Vec<u8>> {
    let whole = bytes.len();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    (bytes.pop() == Some(0x80) && whole - bytes.len() <= block).then_some(bytes)
}
