//! The symmetric half (ICAO 9303-11 §9.7 and §9.8): 3DES and AES in the modes that the standard
//! asks for, and the derivation of their keys.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
};
use cmac::block_api::CmacCipher;
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;

/// Bytes of a MAC or token: eight, whatever the cipher (ICAO 9303-11 §9.8.6).
pub(super) const MAC_LEN: usize = 8;
/// Bytes of the longest block.
pub(super) const BLOCK_MAX: usize = 16;
/// Bytes of the longest key.
const KEY_MAX: usize = 32;
/// Bytes of a DES block, and of one of the two keys of 3DES.
const DES_LEN: usize = 8;

/// A block cipher with its key length. Ordered by strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cipher {
    /// 3DES with two keys.
    TripleDes,
    Aes128,
    Aes192,
    Aes256,
}

impl Cipher {
    /// The cipher by the last number of a protocol's object identifier, which is the same in PACE
    /// and in chip authentication (ICAO 9303-11 §9.2.8).
    pub fn from_protocol(last: u8) -> Option<Self> {
        match last {
            1 => Some(Self::TripleDes),
            2 => Some(Self::Aes128),
            3 => Some(Self::Aes192),
            4 => Some(Self::Aes256),
            _ => None,
        }
    }

    /// Bytes of a key.
    pub fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Bytes of a block.
    pub fn block_len(self) -> usize {
        match self {
            Self::TripleDes => DES_LEN,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => BLOCK_MAX,
        }
    }

    /// The hash of the key derivation (ICAO 9303-11 §9.7.1).
    fn hash(self) -> HashAlgorithm {
        match self {
            Self::TripleDes | Self::Aes128 => HashAlgorithm::Sha1,
            Self::Aes192 | Self::Aes256 => HashAlgorithm::Sha256,
        }
    }
}

/// What a derived key is for (ICAO 9303-11 §9.7.1).
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    Encryption = 1,
    Mac = 2,
    Password = 3,
}

/// A key of one cipher; wiped when dropped.
#[derive(Clone)]
pub(super) struct Key {
    cipher: Cipher,
    bytes: Zeroizing<[u8; KEY_MAX]>,
}

impl Key {
    /// KDF: the hash over secret and counter, cut to the key's length (ICAO 9303-11 §9.7.1).
    pub fn derive(cipher: Cipher, secret: &[u8], purpose: Use) -> Self {
        let counter = (purpose as u32).to_be_bytes();
        let hash = Zeroizing::new(cipher.hash().digest(&[secret, &counter]));
        let mut key = Self::cut(cipher, &hash).expect("a hash is as long as its cipher's key");
        if cipher == Cipher::TripleDes {
            key.bytes.iter_mut().for_each(|byte| *byte = odd(*byte));
        }
        key
    }

    /// The first bytes of `bytes` as a key; `None` where there are too few.
    pub fn cut(cipher: Cipher, bytes: &[u8]) -> Option<Self> {
        let len = cipher.key_len();
        let mut key = Zeroizing::new([0; KEY_MAX]);
        key[..len].copy_from_slice(bytes.get(..len)?);
        Some(Self { cipher, bytes: key })
    }

    /// The cipher that it is for.
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// Encrypts whole blocks in CBC mode; the caller pads. Of `iv` as much counts as a block is
    /// long.
    pub fn encrypt(&self, iv: [u8; BLOCK_MAX], blocks: &mut [u8]) {
        match self.cipher {
            Cipher::TripleDes => encrypt::<TdesEde2>(self.bytes(), &iv, blocks),
            Cipher::Aes128 => encrypt::<Aes128>(self.bytes(), &iv, blocks),
            Cipher::Aes192 => encrypt::<Aes192>(self.bytes(), &iv, blocks),
            Cipher::Aes256 => encrypt::<Aes256>(self.bytes(), &iv, blocks),
        }
    }

    /// Undoes [`Key::encrypt`]; `None` unless there are whole blocks.
    pub fn decrypt(&self, iv: [u8; BLOCK_MAX], blocks: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if !blocks.len().is_multiple_of(self.cipher.block_len()) {
            return None;
        }
        let mut out = Zeroizing::new(blocks.to_vec());
        match self.cipher {
            Cipher::TripleDes => decrypt::<TdesEde2>(self.bytes(), &iv, &mut out),
            Cipher::Aes128 => decrypt::<Aes128>(self.bytes(), &iv, &mut out),
            Cipher::Aes192 => decrypt::<Aes192>(self.bytes(), &iv, &mut out),
            Cipher::Aes256 => decrypt::<Aes256>(self.bytes(), &iv, &mut out),
        }
        Some(out)
    }

    /// CMAC cut to eight bytes for AES, the retail MAC for 3DES (ICAO 9303-11 §9.8.6).
    pub fn mac(&self, message: &[u8]) -> [u8; MAC_LEN] {
        match self.cipher {
            Cipher::TripleDes => retail_mac(self.bytes(), message),
            Cipher::Aes128 => cmac::<Aes128>(self.bytes(), message),
            Cipher::Aes192 => cmac::<Aes192>(self.bytes(), message),
            Cipher::Aes256 => cmac::<Aes256>(self.bytes(), message),
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.cipher.key_len()]
    }
}

/// The byte with odd parity: the lowest bit of a DES key's byte is spent on it.
fn odd(byte: u8) -> u8 {
    let even = (byte & 0xFE).count_ones().is_multiple_of(2);
    byte & 0xFE | u8::from(even)
}

const KEY_FITS: &str = "a key has its cipher's length";

fn encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8; BLOCK_MAX], blocks: &mut [u8]) {
    let len = blocks.len();
    let block = C::block_size();
    cbc::Encryptor::<C>::new_from_slices(key, &iv[..block])
        .expect(KEY_FITS)
        .encrypt_padded::<NoPadding>(blocks, len)
        .expect("the caller pads to whole blocks");
}

fn decrypt<C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8; BLOCK_MAX], blocks: &mut [u8]) {
    let block = C::block_size();
    cbc::Decryptor::<C>::new_from_slices(key, &iv[..block])
        .expect(KEY_FITS)
        .decrypt_padded::<NoPadding>(blocks)
        .expect("the caller checks for whole blocks");
}

fn cmac<C: CmacCipher + KeyInit>(key: &[u8], message: &[u8]) -> [u8; MAC_LEN] {
    let mut mac = <Cmac<C> as KeyInit>::new_from_slice(key).expect(KEY_FITS);
    mac.update(message);
    let whole = mac.finalize().into_bytes();
    *whole.first_chunk().expect("a block of AES has 16 bytes")
}

/// MAC algorithm 3 of ISO/IEC 9797-1 over single DES, with padding method 2: CBC under the first
/// key, and at the end once back under the second and forth under the first.
fn retail_mac(key: &[u8], message: &[u8]) -> [u8; MAC_LEN] {
    let (first, second) = key.split_at(DES_LEN);
    let [first, second] = [first, second].map(|key| Des::new_from_slice(key).expect(KEY_FITS));
    let mut padded = message.to_vec();
    pad(&mut padded, DES_LEN);
    let mut state = [0; DES_LEN].into();
    for block in padded.chunks_exact(DES_LEN) {
        std::iter::zip(&mut state, block).for_each(|(s, b): (&mut u8, _)| *s ^= b);
        first.encrypt_block(&mut state);
    }
    second.decrypt_block(&mut state);
    first.encrypt_block(&mut state);
    state.into()
}

/// Appends `80` and zeros up to whole blocks (ISO/IEC 9797-1 padding method 2).
pub(super) fn pad(bytes: &mut Vec<u8>, block_len: usize) {
    bytes.push(0x80);
    bytes.resize(bytes.len().next_multiple_of(block_len), 0);
}

/// The length without padding; `None` if the padding is wrong.
pub(super) fn unpadded_len(bytes: &[u8], block_len: usize) -> Option<usize> {
    let end = bytes.iter().rposition(|b| *b != 0)?;
    (bytes[end] == 0x80 && bytes.len() - end <= block_len).then_some(end)
}
