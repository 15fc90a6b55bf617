//! The symmetric half: AES-128 in the modes that ICAO 9303-11 asks for, and its key derivation.

use aes::Aes128;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use cmac::{Cmac, Mac};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

/// Bytes of an AES block.
pub(super) const BLOCK: usize = 16;
/// Bytes of a MAC or token: CMAC cut to eight (ICAO 9303-11 §9.8.6).
pub(super) const MAC_LEN: usize = 8;

/// An AES-128 key; wiped when dropped.
pub(super) type Key = Zeroizing<[u8; 16]>;

/// What a derived key is for (ICAO 9303-11 §9.7.1.1).
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    Encryption = 1,
    Mac = 2,
    Password = 3,
}

/// KDF for AES-128: SHA-1 over secret and counter, cut to 16 bytes (ICAO 9303-11 §9.7.1.2).
pub(super) fn derive(secret: &[u8], purpose: Use) -> Key {
    let hash = Zeroizing::new(<[u8; 20]>::from(
        Sha1::new()
            .chain_update(secret)
            .chain_update((purpose as u32).to_be_bytes())
            .finalize(),
    ));
    let mut key = Key::default();
    key.copy_from_slice(&hash[..16]);
    key
}

/// One block, for the initialisation vectors of secure messaging.
pub(super) fn encrypt_block(key: &Key, block: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block = block.into();
    Aes128::new((&**key).into()).encrypt_block(&mut block);
    block.into()
}

/// CBC over whole blocks; the caller pads.
pub(super) fn encrypt_cbc(key: &Key, iv: [u8; BLOCK], blocks: &mut [u8]) {
    let len = blocks.len();
    cbc::Encryptor::<Aes128>::new((&**key).into(), &iv.into())
        .encrypt_padded::<NoPadding>(blocks, len)
        .expect("the caller pads to whole blocks");
}

/// Undoes [`encrypt_cbc`]; `None` unless there are whole blocks.
pub(super) fn decrypt_cbc(key: &Key, iv: [u8; BLOCK], blocks: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(blocks.to_vec());
    cbc::Decryptor::<Aes128>::new((&**key).into(), &iv.into())
        .decrypt_padded::<NoPadding>(&mut out)
        .ok()?;
    Some(out)
}

/// CMAC, cut to eight bytes.
pub(super) fn mac(key: &Key, parts: &[&[u8]]) -> [u8; MAC_LEN] {
    let mut mac = <Cmac<Aes128> as KeyInit>::new((&**key).into());
    for part in parts {
        mac.update(part);
    }
    let whole = <[u8; BLOCK]>::from(mac.finalize().into_bytes());
    let mut cut = [0; MAC_LEN];
    cut.copy_from_slice(&whole[..MAC_LEN]);
    cut
}

/// Appends `80` and zeros up to whole blocks (ISO/IEC 9797-1 padding method 2).
pub(super) fn pad(bytes: &mut Vec<u8>) {
    bytes.push(0x80);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

/// The length without padding; `None` if the padding is wrong.
pub(super) fn unpadded_len(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().rposition(|b| *b != 0)?;
    (bytes[end] == 0x80 && bytes.len() - end <= BLOCK).then_some(end)
}
