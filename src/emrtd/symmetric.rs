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

/// A key of one cipher; wiped when dropped. On the heap: a move leaves no copy that nobody wipes.
#[derive(Clone)]
pub(super) struct Key {
    cipher: Cipher,
    bytes: Zeroizing<Vec<u8>>,
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
        let bytes = Zeroizing::new(bytes.get(..cipher.key_len())?.to_vec());
        Some(Self { cipher, bytes })
    }

    /// The cipher that it is for.
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// Encrypts whole blocks in CBC mode; the caller pads. Of `iv` as much counts as a block is
    /// long.
    pub fn encrypt(&self, iv: [u8; BLOCK_MAX], blocks: &mut [u8]) {
        match self.cipher {
            Cipher::TripleDes => encrypt::<TdesEde2>(&self.bytes, &iv, blocks),
            Cipher::Aes128 => encrypt::<Aes128>(&self.bytes, &iv, blocks),
            Cipher::Aes192 => encrypt::<Aes192>(&self.bytes, &iv, blocks),
            Cipher::Aes256 => encrypt::<Aes256>(&self.bytes, &iv, blocks),
        }
    }

    /// Undoes [`Key::encrypt`]; `None` unless there are whole blocks.
    pub fn decrypt(&self, iv: [u8; BLOCK_MAX], blocks: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if !blocks.len().is_multiple_of(self.cipher.block_len()) {
            return None;
        }
        let mut out = Zeroizing::new(blocks.to_vec());
        match self.cipher {
            Cipher::TripleDes => decrypt::<TdesEde2>(&self.bytes, &iv, &mut out),
            Cipher::Aes128 => decrypt::<Aes128>(&self.bytes, &iv, &mut out),
            Cipher::Aes192 => decrypt::<Aes192>(&self.bytes, &iv, &mut out),
            Cipher::Aes256 => decrypt::<Aes256>(&self.bytes, &iv, &mut out),
        }
        Some(out)
    }

    /// CMAC cut to eight bytes for AES, the retail MAC for 3DES (ICAO 9303-11 §9.8.6).
    pub fn mac(&self, message: &[u8]) -> [u8; MAC_LEN] {
        match self.cipher {
            Cipher::TripleDes => retail_mac(&self.bytes, message),
            Cipher::Aes128 => cmac::<Aes128>(&self.bytes, message),
            Cipher::Aes192 => cmac::<Aes192>(&self.bytes, message),
            Cipher::Aes256 => cmac::<Aes256>(&self.bytes, message),
        }
    }

    /// In hexadecimal digits, to be compared with what is published.
    #[cfg(test)]
    pub fn to_hex(&self) -> String {
        hex::encode_upper(&*self.bytes)
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

#[cfg(test)]
mod tests {
    use super::{BLOCK_MAX, Cipher, Key, Use, pad, unpadded_len};

    const ALL: [Cipher; 4] = [
        Cipher::TripleDes,
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
    ];

    fn bytes(text: &str) -> Vec<u8> {
        hex::decode(text).expect("hex")
    }

    fn key(cipher: Cipher, text: &str) -> Key {
        Key::cut(cipher, &bytes(text)).expect("a whole key")
    }

    #[test]
    fn the_published_secrets_give_the_published_session_keys() {
        let check = |cipher, secret: &str, encryption: &str, mac: &str| {
            let derive = |purpose| Key::derive(cipher, &bytes(secret), purpose).to_hex();
            assert_eq!(derive(Use::Encryption), encryption);
            assert_eq!(derive(Use::Mac), mac);
        };
        // ICAO 9303-11 App. D.3, H.1 and I.1.
        check(
            Cipher::TripleDes,
            "0036D272F5C350ACAC50C3F572D23600",
            "979EC13B1CBFE9DCD01AB0FED307EAE5",
            "F1CB1F1FB5ADF208806B89DC579DC1F8",
        );
        check(
            Cipher::Aes128,
            "4F150FDE1D4F0E38E95017B891BAE17133A0DF45B0D3E18B60BA7BEAFDC2C713",
            "0D3FEB33251A6370893D62AE8DAAF51B",
            "B01E89E3D9E8719E586B50B4A7506E0B",
        );
        check(
            Cipher::Aes128,
            "67950559D0C06B4D4B86972D14460837461087F8419FDBC36AAF6CEAAC462832",
            "0A9DA4DB03BDDE39FC5202BC44B2E89E",
            "4B1C06491ED5140CA2B537D344C6C0B1",
        );
    }

    #[test]
    fn the_longer_keys_come_from_sha_256() {
        let derive = |cipher| Key::derive(cipher, b"abc", Use::Mac).to_hex();
        let long = derive(Cipher::Aes256);
        assert_eq!(long, SHA256_OF_ABC_2);
        assert_eq!(derive(Cipher::Aes192), long[..48]);
    }

    /// SHA-256 of `616263 00000002`, by `sha256sum`.
    const SHA256_OF_ABC_2: &str =
        "F885D324A47D2145A3D8392C37978D7DC984C95728950C4CF3DE6BECC59E60EA";

    const NIST_192: &str = "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B";
    const NIST_256: &str = "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4";
    const NIST_128: &str = "2B7E151628AED2A6ABF7158809CF4F3C";
    const NIST_BLOCK: &str = "6BC1BEE22E409F96E93D7E117393172A";

    #[test]
    fn the_published_blocks_are_encrypted_and_decrypted() {
        // NIST SP 800-38A App. F.2.
        for (cipher, text, expected) in [
            (Cipher::Aes128, NIST_128, "7649ABAC8119B246CEE98E9B12E9197D"),
            (Cipher::Aes192, NIST_192, "4F021DB243BC633D7178183A9FA071E8"),
            (Cipher::Aes256, NIST_256, "F58C4C04D6E5F1BA779EABFB5F7BFBD6"),
        ] {
            let key = key(cipher, text);
            let iv = std::array::from_fn(|i| i as u8);
            let mut block = bytes(NIST_BLOCK);
            key.encrypt(iv, &mut block);
            assert_eq!(hex::encode_upper(&block), expected);
            let plain = key.decrypt(iv, &block).expect("whole blocks");
            assert_eq!(hex::encode_upper(&*plain), NIST_BLOCK);
        }
    }

    #[test]
    fn the_published_macs_are_made() {
        // NIST SP 800-38B App. D, cut to eight bytes; and ICAO 9303-11 App. D.3.
        for (cipher, text, message, mac) in [
            (Cipher::Aes128, NIST_128, "", "BB1D6929E9593728"),
            (Cipher::Aes128, NIST_128, NIST_BLOCK, "070A16B46B4D4144"),
            (Cipher::Aes192, NIST_192, "", "D17DDF46ADAACDE5"),
            (Cipher::Aes192, NIST_192, NIST_BLOCK, "9E99A7BF31E71090"),
            (Cipher::Aes256, NIST_256, "", "028962F61B7BF89E"),
            (Cipher::Aes256, NIST_256, NIST_BLOCK, "28A7023F452E8F82"),
            (
                Cipher::TripleDes,
                "7962D9ECE03D1ACD4C76089DCE131543",
                "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2",
                "5F1448EEA8AD90A7",
            ),
        ] {
            let made = key(cipher, text).mac(&bytes(message));
            assert_eq!(hex::encode_upper(made), mac, "{cipher:?} {message}");
        }
    }

    #[test]
    fn padding_is_taken_off_again_and_wrong_padding_is_refused() {
        for block_len in ALL.map(Cipher::block_len) {
            for len in 0..40 {
                let mut padded = vec![0; len];
                pad(&mut padded, block_len);
                assert!(padded.len().is_multiple_of(block_len));
                assert_eq!(unpadded_len(&padded, block_len), Some(len));
            }
            assert_eq!(unpadded_len(&[], block_len), None);
            assert_eq!(unpadded_len(&vec![0; block_len], block_len), None);
            assert_eq!(unpadded_len(&vec![1; block_len], block_len), None);
            // A mark that is a whole block away from the end.
            let mut far = vec![0; 2 * block_len];
            far[block_len - 1] = 0x80;
            assert_eq!(unpadded_len(&far, block_len), None);
        }
    }

    #[test]
    fn what_is_not_whole_blocks_is_not_decrypted_and_short_bytes_are_no_key() {
        for cipher in ALL {
            let key = Key::derive(cipher, b"secret", Use::Encryption);
            for len in 1..cipher.block_len() {
                assert!(key.decrypt([0; BLOCK_MAX], &vec![0; len]).is_none());
            }
            assert!(Key::cut(cipher, &vec![0; cipher.key_len() - 1]).is_none());
        }
    }
}
