//! Secure messaging with 3DES and AES, short and extended length (ICAO 9303-11 §9.8).

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use super::apdu::{self, Command, LE_EXTENDED_MAX, LE_SHORT_MAX, Reply, Sw};
use super::symmetric::{self, BLOCK_MAX, Cipher, Key, MAC_LEN};
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
    /// Send sequence counter: raised before each command and before each reply. Of its bytes the
    /// last ones count, as many as a block has.
    counter: u128,
}

impl SecureMessaging {
    /// A session after PACE or chip authentication: its counter starts at zero (ICAO 9303-11
    /// §9.8.6.3).
    pub fn new(encryption: Key, mac: Key) -> Self {
        Self {
            encryption,
            mac,
            counter: 0,
        }
    }

    /// A session after basic access control, whose counter both sides drew.
    pub fn with_counter(encryption: Key, mac: Key, counter: u64) -> Self {
        Self {
            counter: counter.into(),
            ..Self::new(encryption, mac)
        }
    }

    /// What it encrypts with.
    pub fn cipher(&self) -> Cipher {
        self.encryption.cipher()
    }

    /// Wraps a command. The outer Le is always the highest: the reply's objects need room.
    pub fn protect(&mut self, command: &Command) -> Command {
        self.counter += 1;
        let cla = command.cla | 0x0C;
        let mut objects = Vec::new();
        if !command.data.is_empty() {
            objects = self.encrypted(command);
        }
        if let Some(le) = command.le {
            let le = apdu::length(le, command.is_extended());
            objects.extend(tlv::build(0x97, &le));
        }
        let mut authenticated = vec![cla, command.ins, command.p1, command.p2];
        if !objects.is_empty() {
            self.pad(&mut authenticated);
            authenticated.extend_from_slice(&objects);
        }
        let mac = self.authenticate(authenticated);
        objects.extend(tlv::build(0x8E, &mac));
        let short = Command {
            cla,
            data: objects,
            le: Some(LE_SHORT_MAX),
            ..*command
        };
        if command.is_extended() || short.is_extended() {
            return Command {
                le: Some(LE_EXTENDED_MAX),
                ..short
            };
        }
        short
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
        let mac = self.authenticate(objects.authenticated.to_vec());
        if !bool::from(mac.ct_eq(objects.mac)) {
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
        self.pad(&mut blocks);
        self.encryption.encrypt(self.vector(), &mut blocks);
        if command.ins & 1 == 1 {
            return tlv::build(0x85, &blocks);
        }
        blocks.insert(0, 0x01);
        tlv::build(0x87, &blocks)
    }

    fn decrypted(&self, cryptogram: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut data = self.encryption.decrypt(self.vector(), cryptogram)?;
        let len = symmetric::unpadded_len(&data, self.cipher().block_len())?;
        data.truncate(len);
        Some(data)
    }

    /// The initialisation vector: zero for 3DES, the encrypted counter for AES.
    fn vector(&self) -> [u8; BLOCK_MAX] {
        let mut vector = [0; BLOCK_MAX];
        if self.cipher() != Cipher::TripleDes {
            vector = self.counter.to_be_bytes();
            self.encryption.encrypt([0; BLOCK_MAX], &mut vector);
        }
        vector
    }

    /// The MAC over counter and message. The retail MAC pads by itself, CMAC must be given whole
    /// blocks.
    fn authenticate(&self, mut message: Vec<u8>) -> [u8; MAC_LEN] {
        if self.cipher() != Cipher::TripleDes {
            self.pad(&mut message);
        }
        let counter = self.counter.to_be_bytes();
        let counter = &counter[BLOCK_MAX - self.cipher().block_len()..];
        self.mac.mac(&[counter, &message].concat())
    }

    fn pad(&self, bytes: &mut Vec<u8>) {
        symmetric::pad(bytes, self.cipher().block_len());
    }
}

/// The largest Le whose protected reply has at most `reply_limit` bytes of data: 223 for AES and
/// 231 for 3DES in a short reply.
pub(super) fn largest_read(cipher: Cipher, reply_limit: u32) -> u16 {
    /// The status object and the MAC object.
    const TRAILER: u32 = 4 + 10;
    /// Tag, padding indicator, and a length of one, two or three bytes.
    const HEADERS: [(u32, u32); 3] = [(0x7F, 3), (0xFF, 4), (0xFFFF, 5)];
    let block = u32::try_from(cipher.block_len()).unwrap_or(1);
    let room = reply_limit.saturating_sub(TRAILER);
    let plain = HEADERS.into_iter().map(|(value_max, header)| {
        let blocks = room.saturating_sub(header).min(value_max - 1) / block;
        // The padding takes one byte at least.
        (blocks * block).saturating_sub(1)
    });
    u16::try_from(plain.max().unwrap_or_default()).unwrap_or(u16::MAX)
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
    use super::{SecureMessaging, SecurityEvent, largest_read};
    use crate::emrtd::apdu::{Command, Sw};
    use crate::emrtd::symmetric::{Cipher, Key};
    use crate::emrtd::tlv;

    fn key(cipher: Cipher, text: &str) -> Key {
        Key::cut(cipher, &hex::decode(text).expect("hex")).expect("a whole key")
    }

    /// The session of ICAO 9303-11 App. G.1.
    fn session() -> SecureMessaging {
        SecureMessaging::new(
            key(Cipher::Aes128, "F5F0E35C0D7161EE6724EE513A0D9A7F"),
            key(Cipher::Aes128, "FE251C7858B356B24514B3BD5F4297D1"),
        )
    }

    /// One command and its reply, byte for byte; the data that the reply carried.
    fn exchange(
        session: &mut SecureMessaging,
        plain: &Command,
        protected: &str,
        reply: &str,
    ) -> String {
        assert_eq!(
            hex::encode_upper(session.protect(plain).encode()),
            protected
        );
        let reply = session.unprotect(&hex::decode(reply).expect("hex"));
        let reply = reply.expect("a right reply");
        assert_eq!(reply.sw, Sw::OK);
        hex::encode_upper(&*reply.data)
    }

    #[test]
    fn the_published_session_of_basic_access_control_matches_byte_for_byte() {
        // ICAO 9303-11 App. D.4.
        let mut session = SecureMessaging::with_counter(
            key(Cipher::TripleDes, "979EC13B1CBFE9DCD01AB0FED307EAE5"),
            key(Cipher::TripleDes, "F1CB1F1FB5ADF208806B89DC579DC1F8"),
            0x8870_2212_0C06_C226,
        );
        let select = Command::select(0x02, &[0x01, 0x1E]);
        let data = exchange(
            &mut session,
            &select,
            "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
            "990290008E08FA855A5D4C50A8ED9000",
        );
        assert_eq!(data, "");
        let data = exchange(
            &mut session,
            &Command::read_at(0, 4),
            "0CB000000D9701048E08ED6705417E96BA5500",
            "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
        );
        assert_eq!(data, "60145F01");
        let data = exchange(
            &mut session,
            &Command::read_at(4, 0x12),
            "0CB000040D9701128E082EA28A70F3C7B53500",
            "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
        );
        assert_eq!(data, "04303130365F36063034303030305C026175");
        assert_eq!(session.counter, 0x8870_2212_0C06_C22C);
    }

    #[test]
    fn a_counter_of_eight_bytes_goes_round() {
        let session = |counter| {
            SecureMessaging::with_counter(
                key(Cipher::TripleDes, "979EC13B1CBFE9DCD01AB0FED307EAE5"),
                key(Cipher::TripleDes, "F1CB1F1FB5ADF208806B89DC579DC1F8"),
                counter,
            )
        };
        let read = Command::read_at(0, 4);
        let mut at_the_end = session(u64::MAX);
        at_the_end.protect(&read);
        assert_eq!(at_the_end.protect(&read), session(0).protect(&read));
    }

    #[test]
    fn extended_length_is_said_inside_and_outside() {
        let long_read = session().protect(&Command::read_at(0, 2_000)).encode();
        let text = hex::encode_upper(long_read);
        assert!(text.starts_with("0CB0000000000E970207D08E08"));
        assert!(text.ends_with("0000"), "{text}");
        // A short command that is too long only when it is wrapped.
        let mut command = Command::select(0x04, &[0xAB; 240]);
        command.le = Some(256);
        let text = hex::encode_upper(session().protect(&command).encode());
        assert!(text.starts_with("0CA4040C00011287820101"), "{text}");
        assert!(text.contains("9701008E08"), "{text}");
        assert!(text.ends_with("0000"), "{text}");
    }

    /// Bytes of a reply's data objects around `plain` bytes.
    fn protected_len(cipher: Cipher, plain: usize) -> usize {
        let blocks = (plain + 1).next_multiple_of(cipher.block_len());
        tlv::build(0x87, &vec![0; 1 + blocks]).len() + 4 + 10
    }

    #[test]
    fn the_largest_read_fills_a_reply_and_no_more() {
        let ciphers = [
            (Cipher::TripleDes, 231),
            (Cipher::Aes128, 223),
            (Cipher::Aes192, 223),
            (Cipher::Aes256, 223),
        ];
        for (cipher, short) in ciphers {
            assert_eq!(largest_read(cipher, 256), short);
            for limit in (100..600).chain([2_048, 32_767, 65_535, 65_536]) {
                let read = usize::from(largest_read(cipher, limit));
                let limit = limit as usize;
                assert!(protected_len(cipher, read) <= limit, "{cipher:?} {limit}");
                assert!(
                    protected_len(cipher, read + 1) > limit,
                    "{cipher:?} {limit}"
                );
            }
            assert_eq!(largest_read(cipher, 0), 0);
        }
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
