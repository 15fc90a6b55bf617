//! The card's side of secure messaging. It forgives nothing.

use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sha::Sha1;
use openssl::sign::Signer;
use openssl::symm::{Cipher, Crypter, Mode};

use super::dispatch::Command;
use super::tlv;

/// An object of secure messaging is missing.
const MISSING: u16 = 0x6987;
/// An object of secure messaging is wrong.
const WRONG: u16 = 0x6988;
/// Data and status word of a short reply.
const SHORT_REPLY_MAX: usize = 256 + 2;

/// Keys and counter of a session.
pub(super) struct Session {
    encryption: [u8; 16],
    mac: [u8; 16],
    counter: [u8; 16],
}

impl Session {
    pub fn new(encryption: [u8; 16], mac: [u8; 16]) -> Self {
        Self {
            encryption,
            mac,
            counter: [0; 16],
        }
    }

    /// Checks a command and takes the protection off. An error is the status word to answer, and
    /// the end of the session.
    pub fn unwrap(&mut self, command: &Command) -> Result<Command, u16> {
        self.count();
        let odd = command.header[1] & 1 == 1;
        let (objects, authenticated) = objects(&command.data)?;
        let sent = value(&objects, 0x8E).ok_or(MISSING)?;
        let mut input = [&self.counter[..], &padded(&command.header)].concat();
        if !authenticated.is_empty() {
            input.extend(padded(authenticated));
        }
        let right = mac(&self.mac, &input);
        if sent.len() != 8 || !memcmp::eq(&right, sent) {
            return Err(WRONG);
        }
        // The reply needs room: without an outer Le there is none.
        if command.le.is_none() {
            return Err(0x6700);
        }
        let cryptogram_tag = if odd { 0x85 } else { 0x87 };
        let order: Vec<u8> = objects.iter().map(|(tag, _)| *tag).collect();
        let expected: Vec<u8> = [cryptogram_tag, 0x97, 0x8E]
            .into_iter()
            .filter(|tag| order.contains(tag))
            .collect();
        if order != expected {
            return Err(WRONG);
        }
        let data = match value(&objects, cryptogram_tag) {
            None => Vec::new(),
            Some(sent) if odd => self.decrypt(sent)?,
            Some([0x01, sent @ ..]) => self.decrypt(sent)?,
            Some(_) => return Err(WRONG),
        };
        let le = match value(&objects, 0x97) {
            None => None,
            Some([0]) => Some(256),
            Some([n]) => Some(usize::from(*n)),
            Some(_) => return Err(WRONG),
        };
        let mut header = command.header;
        header[0] &= !0x0C;
        Ok(Command { header, data, le })
    }

    /// Protects a reply (data and status word). One that would not fit a short frame is refused,
    /// as chips do.
    pub fn wrap(&mut self, reply: &[u8]) -> Vec<u8> {
        self.count();
        let (data, status) = reply.split_at(reply.len() - 2);
        let wrapped = self.protect(data, status);
        if wrapped.len() > SHORT_REPLY_MAX {
            return self.protect(&[], &[0x67, 0x00]);
        }
        wrapped
    }

    fn protect(&self, data: &[u8], status: &[u8]) -> Vec<u8> {
        let mut objects = Vec::new();
        if !data.is_empty() {
            let mut content = vec![0x01];
            content.extend(encrypt(&self.encryption, &self.vector(), &padded(data)));
            objects = tlv::object(&[0x87], &content);
        }
        objects.extend(tlv::object(&[0x99], status));
        let input = [&self.counter[..], &padded(&objects)].concat();
        objects.extend(tlv::object(&[0x8E], &mac(&self.mac, &input)));
        objects.extend_from_slice(status);
        objects
    }

    fn count(&mut self) {
        let next = u128::from_be_bytes(self.counter) + 1;
        self.counter = next.to_be_bytes();
    }

    fn vector(&self) -> [u8; 16] {
        let mut out = [0; 32];
        let mut crypter =
            Crypter::new(Cipher::aes_128_ecb(), Mode::Encrypt, &self.encryption, None)
                .expect("AES-128 with a key of 16 bytes");
        crypter.pad(false);
        crypter.update(&self.counter, &mut out).expect("one block");
        out[..16].try_into().expect("16 of 32 bytes")
    }

    fn decrypt(&self, sent: &[u8]) -> Result<Vec<u8>, u16> {
        if sent.is_empty() || !sent.len().is_multiple_of(16) {
            return Err(WRONG);
        }
        let mut plain = cbc(Mode::Decrypt, &self.encryption, &self.vector(), sent);
        while plain.last() == Some(&0) {
            plain.pop();
        }
        match plain.pop() {
            Some(0x80) if sent.len() - plain.len() <= 16 => Ok(plain),
            _ => Err(WRONG),
        }
    }
}

type Objects<'a> = Vec<(u8, &'a [u8])>;

/// All objects, and the bytes of those before the MAC.
fn objects(data: &[u8]) -> Result<(Objects<'_>, &[u8]), u16> {
    let mut rest = data;
    let mut objects = Vec::new();
    let mut authenticated = 0;
    while !rest.is_empty() {
        let (tag, value, raw) = tlv::take(&mut rest).ok_or(WRONG)?;
        if tag != 0x8E {
            authenticated += raw.len();
        }
        objects.push((tag, value));
    }
    Ok((objects, &data[..authenticated]))
}

fn value<'a>(objects: &Objects<'a>, tag: u8) -> Option<&'a [u8]> {
    objects.iter().find(|(t, _)| *t == tag).map(|(_, v)| *v)
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out.push(0x80);
    while !out.len().is_multiple_of(16) {
        out.push(0);
    }
    out
}

/// The first half of KDF's SHA-1.
pub(super) fn derive(secret: &[u8], counter: u8) -> [u8; 16] {
    let mut hash = Sha1::new();
    hash.update(secret);
    hash.update(&[0, 0, 0, counter]);
    hash.finish()[..16].try_into().expect("16 of 20 bytes")
}

/// CBC over whole blocks.
pub(super) fn encrypt(key: &[u8; 16], vector: &[u8; 16], blocks: &[u8]) -> Vec<u8> {
    cbc(Mode::Encrypt, key, vector, blocks)
}

fn cbc(mode: Mode, key: &[u8; 16], vector: &[u8; 16], blocks: &[u8]) -> Vec<u8> {
    let mut crypter = Crypter::new(Cipher::aes_128_cbc(), mode, key, Some(vector))
        .expect("AES-128 with a key and a vector of 16 bytes");
    crypter.pad(false);
    let mut out = vec![0; blocks.len() + 16];
    let done = crypter
        .update(blocks, &mut out)
        .expect("room for a block more");
    out.truncate(done);
    out
}

/// CMAC, its first eight bytes.
pub(super) fn mac(key: &[u8; 16], message: &[u8]) -> Vec<u8> {
    let key = PKey::cmac(&Cipher::aes_128_cbc(), key).expect("AES-128 with a key of 16 bytes");
    let mut signer = Signer::new_without_digest(&key).expect("CMAC needs no digest");
    let mut whole = signer
        .sign_oneshot_to_vec(message)
        .expect("CMAC of bytes in memory");
    whole.truncate(8);
    whole
}
