//! Secure messaging with AES-128 (ICAO 9303-11 §9.8).

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use super::apdu::{Command, LE_MAX, Reply, Sw, le_byte};
use super::crypto::{self, BLOCK, Key, MAC_LEN};
use super::tlv;

/// The reply cannot be trusted. The session is over, whatever the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum SecurityEvent {
    /// No data objects at all: the card, or somebody between, dropped the session.
    #[error("unprotected reply ({0}) inside secure messaging")]
    Unprotected(Sw),
    #[error("malformed secure messaging reply: {0}")]
    Malformed(&'static str),
    #[error("wrong MAC in a secure messaging reply")]
    WrongMac,
}

/// A session's keys and counter. Dropped at the first [`SecurityEvent`].
pub(super) struct SecureMessaging {
    encryption: Key,
    mac: Key,
    /// Send sequence counter: raised before each command and before each reply.
    counter: u128,
}

impl SecureMessaging {
    /// A fresh session; the counter starts at zero (ICAO 9303-11 §9.8.2).
    pub fn new(encryption: Key, mac: Key) -> Self {
        Self {
            encryption,
            mac,
            counter: 0,
        }
    }

    /// Wraps a command. The outer Le is always 256: the reply's objects need room.
    pub fn protect(&mut self, command: &Command) -> Command {
        self.counter += 1;
        let cla = command.cla | 0x0C;
        let mut objects = Vec::new();
        if !command.data.is_empty() {
            objects = self.encrypted(command);
        }
        if let Some(le) = command.le {
            objects.extend(tlv::build(0x97, &[le_byte(le)]));
        }
        let mut authenticated = vec![cla, command.ins, command.p1, command.p2];
        crypto::pad(&mut authenticated);
        if !objects.is_empty() {
            authenticated.extend_from_slice(&objects);
            crypto::pad(&mut authenticated);
        }
        let mac = self.authenticate(&authenticated);
        objects.extend(tlv::build(0x8E, &mac));
        Command {
            cla,
            data: objects,
            le: Some(LE_MAX),
            ..*command
        }
    }

    /// Checks and unwraps a reply.
    pub fn unprotect(&mut self, reply: &[u8]) -> Result<Reply, SecurityEvent> {
        use SecurityEvent::{Malformed, Unprotected, WrongMac};
        let outer = Reply::parse(reply).ok_or(Malformed("shorter than a status word"))?;
        if outer.data.is_empty() {
            return Err(Unprotected(outer.sw));
        }
        self.counter += 1;
        let objects = Objects::parse(&outer.data).map_err(Malformed)?;
        let mut authenticated = objects.authenticated.to_vec();
        crypto::pad(&mut authenticated);
        if !bool::from(self.authenticate(&authenticated).ct_eq(objects.mac)) {
            return Err(WrongMac);
        }
        if objects.status != outer.sw.0.to_be_bytes() {
            return Err(Malformed("its two status words differ"));
        }
        let data = match objects.cryptogram {
            Some(cryptogram) => self.decrypted(cryptogram).ok_or(Malformed("padding"))?,
            None => Zeroizing::default(),
        };
        Ok(Reply { data, sw: outer.sw })
    }

    /// Object 87 with its padding indicator, or 85 without one for an odd INS.
    fn encrypted(&self, command: &Command) -> Vec<u8> {
        let mut blocks = command.data.clone();
        crypto::pad(&mut blocks);
        crypto::encrypt_cbc(&self.encryption, self.vector(), &mut blocks);
        if command.ins & 1 == 1 {
            return tlv::build(0x85, &blocks);
        }
        blocks.insert(0, 0x01);
        tlv::build(0x87, &blocks)
    }

    fn decrypted(&self, cryptogram: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut data = crypto::decrypt_cbc(&self.encryption, self.vector(), cryptogram)?;
        let len = crypto::unpadded_len(&data)?;
        data.truncate(len);
        Some(data)
    }

    fn vector(&self) -> [u8; BLOCK] {
        crypto::encrypt_block(&self.encryption, self.counter.to_be_bytes())
    }

    fn authenticate(&self, padded: &[u8]) -> [u8; MAC_LEN] {
        crypto::mac(&self.mac, &[&self.counter.to_be_bytes(), padded])
    }
}

/// The data objects of a reply, in the one order that the standard allows: 87 or 85, 99, 8E.
struct Objects<'a> {
    cryptogram: Option<&'a [u8]>,
    status: &'a [u8],
    mac: &'a [u8],
    /// All objects before the MAC, as they came.
    authenticated: &'a [u8],
}

impl<'a> Objects<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let mut list = tlv::list(bytes).map_err(|_| "not a list of data objects")?;
        let mac = list
            .pop()
            .filter(|o| o.tag == 0x8E)
            .ok_or("no MAC at its end")?;
        let status = list
            .pop()
            .filter(|o| o.tag == 0x99)
            .ok_or("no status object")?;
        let cryptogram = match list.pop() {
            None => None,
            Some(o) if o.tag == 0x85 => Some(o.value),
            Some(o) if o.tag == 0x87 => {
                Some(o.value.strip_prefix(&[0x01]).ok_or("padding indicator")?)
            }
            Some(_) => return Err("an unknown data object"),
        };
        if !list.is_empty() || mac.value.len() != MAC_LEN {
            return Err("too many data objects, or a MAC of wrong length");
        }
        Ok(Self {
            cryptogram,
            status: status.value,
            mac: mac.value,
            authenticated: &bytes[..bytes.len() - mac.raw.len()],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{SecureMessaging, SecurityEvent};
    use crate::emrtd::apdu::{Command, Sw};
    use crate::emrtd::crypto::Key;

    /// The session of ICAO 9303-11 App. G.1.
    fn session() -> SecureMessaging {
        let key = |text| {
            let mut key = Key::default();
            hex::decode_to_slice(text, &mut *key).expect("hex");
            key
        };
        SecureMessaging::new(
            key("F5F0E35C0D7161EE6724EE513A0D9A7F"),
            key("FE251C7858B356B24514B3BD5F4297D1"),
        )
    }

    const SELECT_REPLY: &str = "990290008E08BEA7B381C494A0799000";
    const READ_REPLY: &str =
        "8711013F533246F7C37B4795719B2E35779EB1990290008E08EDCDB1078040C4729000";

    #[test]
    fn the_continuation_of_the_published_session_matches_byte_for_byte() {
        let mut session = session();
        let select = Command::select(0x04, &[0xA0, 0, 0, 2, 0x47, 0x10, 0x01]);
        assert_eq!(
            hex::encode_upper(session.protect(&select).encode()),
            "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00"
        );
        let reply = session.unprotect(&hex::decode(SELECT_REPLY).expect("hex"));
        assert!(reply.is_ok_and(|r| r.sw == Sw::OK && r.data.is_empty()));
        assert_eq!(
            hex::encode_upper(session.protect(&Command::read_sfi(0x1E, 4)).encode()),
            "0CB09E000D9701048E080B677D403928060A00"
        );
        let reply = session.unprotect(&hex::decode(READ_REPLY).expect("hex"));
        let reply = reply.expect("a right reply");
        assert_eq!(hex::encode_upper(&*reply.data), "60165F01");
    }

    #[test]
    fn any_changed_bit_and_any_cut_of_a_reply_is_a_security_event() {
        let good = hex::decode(READ_REPLY).expect("hex");
        let check = |reply: &[u8], what: &str| {
            let mut session = session();
            session.counter = 3;
            assert!(session.unprotect(reply).is_err(), "{what} was accepted");
        };
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            check(&bad, &format!("bit {bit}"));
        }
        for len in 0..good.len() {
            check(&good[..len], &format!("a cut to {len}"));
        }
    }

    #[test]
    fn a_plain_9000_inside_a_session_is_never_success() {
        let event = session().unprotect(&[0x90, 0x00]).err();
        assert_eq!(event, Some(SecurityEvent::Unprotected(Sw::OK)));
    }

    #[test]
    fn a_reply_cannot_be_played_again() {
        let mut session = session();
        session.counter = 3;
        let good = hex::decode(READ_REPLY).expect("hex");
        assert!(session.unprotect(&good).is_ok());
        session.counter += 1;
        assert_eq!(
            session.unprotect(&good).err(),
            Some(SecurityEvent::WrongMac)
        );
    }
}
