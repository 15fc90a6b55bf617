//! A terminal that knows just enough to try every protocol of the card.

use openssl::bn::BigNum;
use openssl::ec::EcPoint;

use crate::sim::card::Card;
use crate::sim::card::chip::{CipherKind, Mapping, PaceOffer};
use crate::sim::card::crypto::{Coprocessor, Direction, Domain, Keys, padded, unpadded};
use crate::sim::card::protocol::{mapping, pace};
use crate::sim::card::tlv::{object, only, pick};

/// What a reply told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// In plain while there was no session, or protected with a right MAC: data, status word.
    Reply(Vec<u8>, u16),
    /// In plain inside a session.
    Unprotected(u16),
    WrongMac,
}

impl Heard {
    pub fn word(&self) -> u16 {
        match self {
            Self::Reply(_, word) | Self::Unprotected(word) => *word,
            Self::WrongMac => 0,
        }
    }

    pub fn data(&self) -> Vec<u8> {
        match self {
            Self::Reply(data, 0x9000 | 0x6282) => data.clone(),
            Self::Reply(..) | Self::Unprotected(_) | Self::WrongMac => panic!("{self:?}"),
        }
    }
}

pub struct Terminal {
    pub card: Card,
    pub session: Option<(Keys, u128)>,
    work: Coprocessor,
}

fn encode(header: [u8; 4], data: &[u8], le: Option<usize>) -> Vec<u8> {
    let extended = data.len() > 255 || le.is_some_and(|le| le > 256);
    let mut out = header.to_vec();
    let long = |n: usize| (n as u16).to_be_bytes();
    if extended {
        out.push(0);
    }
    match (data.len(), extended) {
        (0, _) => {}
        (len, true) => out.extend(long(len)),
        (len, false) => out.push(len as u8),
    }
    out.extend(data);
    match (le, extended) {
        (None, _) => {}
        (Some(le), true) => out.extend(long(le)),
        (Some(le), false) => out.push(le as u8),
    }
    out
}

fn parted(reply: &[u8]) -> (Vec<u8>, u16) {
    let (data, word) = reply.split_last_chunk().expect("a status word");
    (data.to_vec(), u16::from_be_bytes(*word))
}

impl Terminal {
    pub fn new(card: Card) -> Self {
        Self {
            card,
            session: None,
            work: Coprocessor::new(),
        }
    }

    pub fn transmit(&mut self, command: &[u8]) -> (Vec<u8>, u16) {
        parted(&self.card.transmit(command))
    }

    /// Sends a command, protected where there is a session.
    pub fn send(&mut self, header: [u8; 4], data: &[u8], le: Option<usize>) -> Heard {
        let Some((keys, counter)) = self.session.take() else {
            let (data, word) = self.transmit(&encode(header, data, le));
            return Heard::Reply(data, word);
        };
        let block = keys.cipher.block();
        let odd = header[1] & 1 == 1;
        let header = [header[0] | 0x0C, header[1], header[2], header[3]];
        let mut objects = Vec::new();
        if !data.is_empty() {
            let cryptogram = self.cbc(&keys, counter + 1, Direction::Encrypt, &padded(data, block));
            objects = match odd {
                true => object(&[0x85], &cryptogram),
                false => object(&[0x87], &[&[1], &cryptogram[..]].concat()),
            };
        }
        match le {
            Some(le) if le > 256 => objects.extend(object(&[0x97], &(le as u16).to_be_bytes())),
            Some(le) => objects.extend([0x97, 1, le as u8]),
            None => {}
        }
        let mut input = padded(&header, block);
        if !objects.is_empty() {
            input.extend(padded(&objects, block));
        }
        objects.extend(object(&[0x8E], &self.mac(&keys, counter + 1, &input)));
        let outer = if le.is_some_and(|le| le > 256) || objects.len() > 255 {
            65_536
        } else {
            256
        };
        let (data, word) = self.transmit(&encode(header, &objects, Some(outer)));
        if data.is_empty() {
            return Heard::Unprotected(word);
        }
        self.opened(keys, counter + 2, odd, &data, word)
    }

    /// Sends these objects with a right MAC behind them, whatever they are.
    pub fn session_command(&mut self, header: [u8; 4], objects: &[u8]) -> u16 {
        let (keys, counter) = self.session.take().expect("a session");
        let block = keys.cipher.block();
        let input = [padded(&header, block), padded(objects, block)].concat();
        let mac = object(&[0x8E], &self.mac(&keys, counter + 1, &input));
        let command = encode(header, &[objects, &mac].concat(), Some(256));
        self.transmit(&command).1
    }

    fn opened(&mut self, keys: Keys, counter: u128, odd: bool, data: &[u8], word: u16) -> Heard {
        let (signed, mac) = data.split_at(data.len() - 10);
        let right = self.mac(&keys, counter, &padded(signed, keys.cipher.block()));
        if mac != object(&[0x8E], &right) {
            return Heard::WrongMac;
        }
        let tag = if odd { 0x85 } else { 0x87 };
        let [cryptogram, status] = pick(signed, [tag, 0x99]).expect("objects");
        assert_eq!(status, Some(&word.to_be_bytes()[..]));
        let plain = cryptogram.map_or_else(Vec::new, |sent| {
            let blocks = if odd { sent } else { &sent[1..] };
            let plain = self.cbc(&keys, counter, Direction::Decrypt, blocks);
            unpadded(plain, keys.cipher.block()).expect("padding")
        });
        self.session = Some((keys, counter));
        Heard::Reply(plain, word)
    }

    fn counter_block(keys: &Keys, counter: u128) -> Vec<u8> {
        counter.to_be_bytes()[16 - keys.cipher.block()..].to_vec()
    }

    fn mac(&mut self, keys: &Keys, counter: u128, blocks: &[u8]) -> [u8; 8] {
        let input = [&Self::counter_block(keys, counter), blocks].concat();
        self.work.mac(keys.cipher, &keys.mac, &input)
    }

    fn cbc(&mut self, keys: &Keys, counter: u128, way: Direction, blocks: &[u8]) -> Vec<u8> {
        let mut vector = vec![0; keys.cipher.block()];
        if keys.cipher != CipherKind::TripleDes {
            let input = Self::counter_block(keys, counter);
            let (cipher, key) = (keys.cipher, &keys.encryption);
            vector = self
                .work
                .cbc(Direction::Encrypt, cipher, key, &vector, &input);
        }
        self.work
            .cbc(way, keys.cipher, &keys.encryption, &vector, blocks)
    }

    pub fn select_application(&mut self) -> Heard {
        let id = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
        self.send([0x00, 0xA4, 0x04, 0x0C], &id, None)
    }

    pub fn read(&mut self, short: u8, le: usize) -> Heard {
        self.send([0x00, 0xB0, 0x80 | short, 0x00], &[], Some(le))
    }

    /// A step of PACE or chip authentication: the object in its reply, or its status word.
    pub fn authenticate(&mut self, class: u8, objects: &[u8]) -> Result<Vec<u8>, u16> {
        let heard = self.send([class, 0x86, 0, 0], &object(&[0x7C], objects), Some(256));
        if heard.word() != 0x9000 {
            return Err(heard.word());
        }
        Ok(only(&heard.data(), 0x7C).expect("7C").to_vec())
    }

    /// PACE with the CAN: the mapping key of the chip and what came in 8A, or the status word that
    /// ended it.
    pub fn pace(&mut self, offer: PaceOffer, can: &str) -> Result<(Vec<u8>, Vec<u8>), u16> {
        let domain = Domain::of_parameter(offer.parameter).expect("a known curve");
        let set = [
            object(&[0x80], &pace::protocol(offer)),
            object(&[0x83], &[2]),
            object(&[0x84], &[offer.parameter]),
        ];
        let word = self
            .send([0x00, 0x22, 0xC1, 0xA4], &set.concat(), None)
            .word();
        if word != 0x9000 {
            return Err(word);
        }
        let cipher = offer.cipher;
        let sent = self.authenticate(0x10, &[])?;
        let zero = vec![0; cipher.block()];
        let password = cipher.derive(can.as_bytes(), 3);
        let sealed = only(&sent, 0x80).expect("80");
        let nonce = self
            .work
            .cbc(Direction::Decrypt, cipher, &password, &zero, sealed);
        let (base, mapped) = self.map(offer, &domain, &nonce)?;
        let (secret, ours) = self.pair(&domain, &base);
        let reply = self.authenticate(0x10, &object(&[0x83], &ours))?;
        let theirs = only(&reply, 0x84).expect("84");
        let point = domain.point(theirs).expect("on the curve");
        let shared = self.work.multiply(&domain, &point, &secret).expect("point");
        let keys = Keys::derive(cipher, &domain.shared(&shared).expect("point"));
        let token = pace::token(&mut self.work, offer, &keys, theirs);
        let reply = self.authenticate(0x00, &object(&[0x85], &token))?;
        let [token, proof] = pick(&reply, [0x86, 0x8A]).expect("objects");
        let right = pace::token(&mut self.work, offer, &keys, &ours);
        assert_eq!(token, Some(&right[..]));
        self.session = Some((keys, 0));
        Ok((mapped, proof.unwrap_or_default().to_vec()))
    }

    fn map(
        &mut self,
        offer: PaceOffer,
        domain: &Domain,
        nonce: &[u8],
    ) -> Result<(EcPoint, Vec<u8>), u16> {
        if offer.mapping == Mapping::Integrated {
            let sent = self.work.random_vec(offer.cipher.key_len());
            let reply = self.authenticate(0x10, &object(&[0x81], &sent))?;
            assert_eq!(reply, [0x82, 0]);
            let base = mapping::integrated(&mut self.work, offer.cipher, domain, nonce, &sent);
            return Ok((base.expect("point"), Vec::new()));
        }
        let (secret, ours) = self.pair(domain, domain.generator());
        let reply = self.authenticate(0x10, &object(&[0x81], &ours))?;
        let theirs = only(&reply, 0x82).expect("82");
        let point = domain.point(theirs).expect("on the curve");
        let base = mapping::generic(&mut self.work, domain, nonce, &point, &secret);
        Ok((base.expect("point"), theirs.to_vec()))
    }

    pub fn pair(&mut self, domain: &Domain, base: &openssl::ec::EcPointRef) -> (BigNum, Vec<u8>) {
        let secret = self.work.scalar(domain).expect("memory");
        let public = self.work.multiply(domain, base, &secret).expect("memory");
        let encoded = domain.encode(&public).expect("memory");
        (secret, encoded)
    }

    /// The number in object 8A.
    pub fn chip_data(&mut self, sealed: &[u8]) -> BigNum {
        let (keys, _) = self.session.clone().expect("a session");
        let (cipher, key) = (keys.cipher, &keys.encryption);
        let (zero, ones) = ([0; 16], [0xFF; 16]);
        let vector = self.work.cbc(Direction::Encrypt, cipher, key, &zero, &ones);
        let plain = self
            .work
            .cbc(Direction::Decrypt, cipher, key, &vector, sealed);
        let plain = unpadded(plain, 16).expect("padding");
        BigNum::from_slice(&plain).expect("memory")
    }

    /// Basic access control.
    pub fn bac(&mut self, seed: &[u8]) -> Result<(), u16> {
        let cipher = CipherKind::TripleDes;
        let keys = Keys::derive(cipher, seed);
        let theirs = self.send([0x00, 0x84, 0, 0], &[], Some(8)).data();
        let ours: [u8; 8] = self.work.random();
        let our_key: [u8; 16] = self.work.random();
        let plain = [&ours, &theirs[..], &our_key].concat();
        let encryption = &keys.encryption;
        let mut sealed = self
            .work
            .cbc(Direction::Encrypt, cipher, encryption, &[0; 8], &plain);
        sealed.extend(self.work.mac(cipher, &keys.mac, &padded(&sealed, 8)));
        let heard = self.send([0x00, 0x82, 0, 0], &sealed, Some(40));
        if heard.word() != 0x9000 {
            return Err(heard.word());
        }
        let reply = heard.data();
        let opened = self.work.cbc(
            Direction::Decrypt,
            cipher,
            encryption,
            &[0; 8],
            &reply[..32],
        );
        assert_eq!(opened[..16], [&theirs[..], &ours].concat());
        let seed: Vec<u8> = our_key
            .iter()
            .zip(&opened[16..])
            .map(|(a, b)| a ^ b)
            .collect();
        let counter = [&theirs[4..], &ours[4..]].concat();
        let counter = u64::from_be_bytes(counter.try_into().expect("eight bytes"));
        self.session = Some((Keys::derive(cipher, &seed), counter.into()));
        Ok(())
    }
}
