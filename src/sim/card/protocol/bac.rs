//! The card's side of basic access control (ICAO 9303-11 §4.3).

use openssl::memcmp;
use openssl::sha::sha1;

use crate::sim::card::apdu::Status;
use crate::sim::card::chip::CipherKind;
use crate::sim::card::crypto::{Coprocessor, Direction, Keys, MAC_LEN, padded};
use crate::sim::card::messaging::Session;

const CIPHER: CipherKind = CipherKind::TripleDes;
const CHALLENGE_LEN: usize = 8;
const KEY_LEN: usize = 16;

/// A challenge that waits for its answer.
pub(in crate::sim::card) struct Challenge([u8; CHALLENGE_LEN]);

impl Challenge {
    /// GET CHALLENGE.
    pub fn new(work: &mut Coprocessor) -> (Self, Vec<u8>) {
        let challenge = work.random();
        (Self(challenge), challenge.to_vec())
    }

    /// EXTERNAL AUTHENTICATE: the session, and the reply.
    pub fn answered(
        self,
        work: &mut Coprocessor,
        mrz_key: &str,
        data: &[u8],
    ) -> Result<(Session, Vec<u8>), Status> {
        let keys = Keys::derive(CIPHER, &sha1(mrz_key.as_bytes())[..KEY_LEN]);
        let (sent, mac) = data
            .split_last_chunk::<MAC_LEN>()
            .filter(|(sent, _)| sent.len() == 2 * CHALLENGE_LEN + KEY_LEN)
            .ok_or(Status::WRONG_LENGTH)?;
        if !memcmp::eq(mac, &work.mac(CIPHER, &keys.mac, &padded(sent, 8))) {
            return Err(Status::WRONG_PASSWORD);
        }
        let zero = [0; 8];
        let opened = work.cbc(Direction::Decrypt, CIPHER, &keys.encryption, &zero, sent);
        let (theirs, rest) = opened.split_at(CHALLENGE_LEN);
        let (ours, their_key) = rest.split_at(CHALLENGE_LEN);
        if !memcmp::eq(ours, &self.0) {
            return Err(Status::WRONG_PASSWORD);
        }
        let our_key: [u8; KEY_LEN] = work.random();
        let reply = [ours, theirs, &our_key].concat();
        let mut reply = work.cbc(Direction::Encrypt, CIPHER, &keys.encryption, &zero, &reply);
        reply.extend(work.mac(CIPHER, &keys.mac, &padded(&reply, 8)));

        let seed: Vec<u8> = their_key.iter().zip(our_key).map(|(a, b)| a ^ b).collect();
        let mut counter = [0; 8];
        counter[..4].copy_from_slice(&ours[4..]);
        counter[4..].copy_from_slice(&theirs[4..]);
        let session =
            Session::with_counter(Keys::derive(CIPHER, &seed), u64::from_be_bytes(counter));
        Ok((session, reply))
    }
}
