use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Access, Failure, Turn};
use crate::emrtd::apdu::{Command, Reply, Sw};
use crate::emrtd::curve::Random;
use crate::emrtd::messaging::SecureMessaging;
use crate::emrtd::symmetric::{BLOCK_MAX, Cipher, Key, MAC_LEN, Use};

/// Bytes of a nonce, and of each side's share of the new keys.
const NONCE_LEN: usize = 8;
const SHARE_LEN: usize = 16;
/// Both nonces and one share.
const MESSAGE_LEN: usize = 2 * NONCE_LEN + SHARE_LEN;

/// Basic access control (ICAO 9303-11 §4.3), as far as it has gone.
pub(in crate::emrtd) struct Bac {
    encryption: Key,
    mac: Key,
    /// What we sent in the second command; before that, nothing.
    sent: Option<Zeroizing<[u8; MESSAGE_LEN]>>,
}

impl Bac {
    /// The name of the protocol, for reports.
    pub const NAME: &str = "BAC";

    /// The first command: GET CHALLENGE. `None` for an access number, which opens only PACE.
    pub fn start(access: &Access) -> Option<(Self, Command)> {
        let (encryption, mac) = access.basic_keys()?;
        let bac = Self {
            encryption,
            mac,
            sent: None,
        };
        Some((bac, command(0x84, Vec::new(), NONCE_LEN)))
    }

    /// Takes the card's reply to the last command.
    pub fn on_reply(self, reply: &Reply, random: Random<'_>) -> Result<Turn<Self>, Failure> {
        match &self.sent {
            None if reply.sw != Sw::OK => Err(Failure::Refused(reply.sw)),
            None => self.on_challenge(reply, random),
            Some(_) if reply.sw.is_wrong_password() => Err(Failure::WrongPassword),
            Some(_) if reply.sw != Sw::OK => Err(broken(&reply.sw.to_string())),
            Some(sent) => self.on_proof(sent, &reply.data),
        }
    }

    /// EXTERNAL AUTHENTICATE with both nonces and our share.
    fn on_challenge(self, reply: &Reply, random: Random<'_>) -> Result<Turn<Self>, Failure> {
        let challenge: &[u8; NONCE_LEN] = reply.data[..]
            .try_into()
            .map_err(|_| broken("the challenge is not 8 bytes"))?;
        let mut sent = Zeroizing::new([0; MESSAGE_LEN]);
        random(&mut sent[..NONCE_LEN]);
        sent[NONCE_LEN..2 * NONCE_LEN].copy_from_slice(challenge);
        random(&mut sent[2 * NONCE_LEN..]);
        let mut data = sent.to_vec();
        self.encryption.encrypt([0; BLOCK_MAX], &mut data);
        data.extend(self.mac.mac(&data));
        let command = command(0x82, data, MESSAGE_LEN + MAC_LEN);
        let sent = Some(sent);
        Ok(Turn::Send(Self { sent, ..self }, command))
    }

    fn on_proof(&self, sent: &[u8; MESSAGE_LEN], data: &[u8]) -> Result<Turn<Self>, Failure> {
        let (cryptogram, mac) = data
            .split_at_checked(MESSAGE_LEN)
            .ok_or_else(|| broken("the proof is too short"))?;
        if !bool::from(self.mac.mac(cryptogram).ct_eq(mac)) {
            return Err(Failure::WrongPassword);
        }
        let received = self
            .encryption
            .decrypt([0; BLOCK_MAX], cryptogram)
            .ok_or_else(|| broken("the proof is not whole blocks"))?;
        // The card turns the nonces round.
        let (ours, theirs) = sent[..2 * NONCE_LEN].split_at(NONCE_LEN);
        let turned = Zeroizing::new([theirs, ours].concat());
        if !bool::from(received[..2 * NONCE_LEN].ct_eq(turned.as_slice())) {
            return Err(broken("the proof is of another session"));
        }
        let shares = std::iter::zip(&sent[2 * NONCE_LEN..], &received[2 * NONCE_LEN..]);
        let seed = Zeroizing::new(shares.map(|(a, b)| a ^ b).collect::<Vec<u8>>());
        let derive = |purpose| Key::derive(Cipher::TripleDes, &seed, purpose);
        let session = SecureMessaging::with_counter(
            derive(Use::Encryption),
            derive(Use::Mac),
            counter(theirs, ours),
        );
        Ok(Turn::Open(session, None))
    }
}

/// The last four bytes of either nonce, the card's first (ICAO 9303-11 §9.8.6.3).
fn counter(theirs: &[u8], ours: &[u8]) -> u64 {
    let bytes = theirs[NONCE_LEN / 2..].iter().chain(&ours[NONCE_LEN / 2..]);
    bytes.fold(0, |n, byte| n << 8 | u64::from(*byte))
}

fn command(ins: u8, data: Vec<u8>, reply_len: usize) -> Command {
    Command {
        cla: 0x00,
        ins,
        p1: 0x00,
        p2: 0x00,
        data,
        le: u32::try_from(reply_len).ok(),
    }
}

fn broken(reason: &str) -> Failure {
    Failure::Broken(format!("BAC: {reason}"))
}
