//! The chip's cryptography, on OpenSSL.
//!
//! All of it goes through the [`Coprocessor`], so that each operation is counted with the time
//! that a chip takes over it, and all randomness comes from one source that can be replaced.

mod curve;
mod symmetric;

use std::time::Duration;

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcPoint, EcPointRef};
use openssl::error::ErrorStack;

pub(super) use curve::Domain;
pub(super) use symmetric::{Direction, Keys, MAC_LEN, padded, unpadded};

use super::chip::CipherKind;

/// Fills a buffer with random bytes.
pub(super) type Randoms = Box<dyn FnMut(&mut [u8]) + Send>;

/// To take a command in and to get an answer ready.
const COMMAND: Duration = Duration::from_millis(1);
/// A block cipher over one block.
const BLOCK: Duration = Duration::from_micros(15);

/// Does the computing, and keeps the time that a chip would have needed.
pub(super) struct Coprocessor {
    randoms: Randoms,
    busy: Duration,
}

impl Coprocessor {
    pub fn new() -> Self {
        Self {
            randoms: Box::new(|out| {
                openssl::rand::rand_bytes(out).expect("the system has randomness");
            }),
            busy: Duration::ZERO,
        }
    }

    pub fn set_randoms(&mut self, randoms: Randoms) {
        self.randoms = randoms;
    }

    /// A new command: the clock starts again.
    pub fn begin(&mut self) {
        self.busy = COMMAND;
    }

    /// The time spent since the command began.
    pub fn busy(&self) -> Duration {
        self.busy
    }

    /// Time that passes without work.
    pub fn idle(&mut self, time: Duration) {
        self.busy += time;
    }

    pub fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        (self.randoms)(&mut out);
        out
    }

    pub fn random_vec(&mut self, len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        (self.randoms)(&mut out);
        out
    }

    /// A secret scalar, drawn until it is between 1 and the order.
    pub fn scalar(&mut self, domain: &Domain) -> Result<BigNum, ErrorStack> {
        loop {
            let mut bytes = self.random_vec(domain.scalar_len());
            bytes[0] &= domain.scalar_mask();
            let scalar = BigNum::from_slice(&bytes)?;
            if scalar.num_bits() > 0 && scalar < *domain.order() {
                return Ok(scalar);
            }
        }
    }

    /// A multiple of a point.
    pub fn multiply(
        &mut self,
        domain: &Domain,
        point: &EcPointRef,
        scalar: &BigNumRef,
    ) -> Result<EcPoint, ErrorStack> {
        self.busy += domain.multiplication();
        let mut product = EcPoint::new(domain.group())?;
        let mut context = BigNumContext::new()?;
        product.mul2(domain.group(), point, scalar, &mut context)?;
        Ok(product)
    }

    /// CBC over whole blocks.
    pub fn cbc(
        &mut self,
        direction: Direction,
        cipher: CipherKind,
        key: &[u8],
        vector: &[u8],
        blocks: &[u8],
    ) -> Vec<u8> {
        self.count_blocks(cipher, blocks.len());
        cipher.cbc(direction, key, vector, blocks)
    }

    /// The eight bytes of a MAC: retail MAC over whole blocks, or CMAC.
    pub fn mac(&mut self, cipher: CipherKind, key: &[u8], message: &[u8]) -> [u8; MAC_LEN] {
        self.count_blocks(cipher, message.len());
        cipher.mac(key, message)
    }

    /// The private operation of RSA.
    pub fn rsa(
        &mut self,
        key: &openssl::rsa::RsaRef<openssl::pkey::Private>,
        block: &[u8],
    ) -> Result<Vec<u8>, ErrorStack> {
        self.busy += match key.size() {
            0..=128 => Duration::from_millis(40),
            129..=256 => Duration::from_millis(150),
            257..=384 => Duration::from_millis(400),
            _ => Duration::from_millis(900),
        };
        let mut signature = vec![0; block.len()];
        key.private_encrypt(block, &mut signature, openssl::rsa::Padding::NONE)?;
        Ok(signature)
    }

    fn count_blocks(&mut self, cipher: CipherKind, len: usize) {
        let blocks = len.div_ceil(cipher.block());
        self.busy += BLOCK * u32::try_from(blocks).unwrap_or(u32::MAX);
    }
}
