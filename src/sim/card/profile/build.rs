//! From a profile and a person to a chip.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use openssl::error::ErrorStack;

use super::super::chip::{ActiveKey, CardAccessRead, Chip, ChipKey, Mapping, PaceOffer};
use super::super::{ATR, portrait};
use super::plan::{Document, Portrait, Possession, Profile};
use super::zone::Zone;
use super::{groups, security};
use crate::sim::SimPerson;
use crate::sim::issuer::{DocumentSigner, Issuer, Key, KeyKind};

/// Files of the master file.
const CARD_ACCESS: u16 = 0x011C;
const CARD_SECURITY: u16 = 0x011D;
const ATR_INFO: u16 = 0x2F01;
/// Files of the application; data group n is 0100 + n.
const COM: u16 = 0x011E;
const SOD: u16 = 0x011D | 0x8000;
const DG: u16 = 0x0100;
/// Tags of the data groups 1 to 16 in EF.COM (ICAO 9303-10 §4.7).
const TAGS: [u8; 16] = [
    0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70,
];
/// Fingerprints need terminal authentication.
const LOCKED: (u16, u16) = (0x0103, 0x6982);
/// The longest command or reply of a chip with extended length.
const LONGEST: u16 = 2048;

const MADE: &str = "OpenSSL makes keys and signatures of the kinds that parse";
