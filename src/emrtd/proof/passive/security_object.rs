//! What the security objects say: EF.SOD, the hashes of the data groups (ICAO 9303-10 §4.6.2), and
//! EF.CardSecurity, the security information of PACE with chip authentication mapping
//! (ICAO 9303-11 §9.2.11).

use jiff::civil::Date;

use super::signer::{self, Report};
use crate::emrtd::algorithm::HashAlgorithm;
use crate::emrtd::asn1::{self, Asn1Error, Elements, INTEGER, OCTET_STRING, SEQUENCE};
use crate::emrtd::signature::{SignatureFault, hash_of};
use crate::emrtd::trust::{Certificate, TrustStore};
use crate::identity::{Check, CheckResult};

/// 0.4.0.127.0.7.3.2.1: `id-SecurityObject`, the content type of EF.CardSecurity.
const CARD_SECURITY: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x02, 0x01];
/// The highest data group.
const GROUP_MAX: usize = 16;

/// `LDSSecurityObject` (ICAO 9303-10 §4.6.2.3).
#[derive(Clone)]
pub(super) struct SecurityObject {
    /// The hash function, or why it cannot be computed here.
    pub hash: Result<HashAlgorithm, SignatureFault>,
    /// Number and hash of each data group.
    pub groups: Vec<(u8, Vec<u8>)>,
}

impl SecurityObject {
    /// Reads the signed content of an EF.SOD.
    pub fn parse(content: &[u8]) -> Result<Self, Asn1Error> {
        let mut object = Elements::within(content, SEQUENCE)?;
        let version = asn1::small(object.take(INTEGER)?.value)?;
        let hash = match hash_of(object.take(SEQUENCE)?.raw) {
            Err(SignatureFault::Malformed(error)) => return Err(error),
            hash => hash,
        };
        let groups = groups(object.enter(SEQUENCE)?)?;
        let lds_version = object.optional(SEQUENCE)?;
        object.end()?;
        match (version, lds_version) {
            (0, None) | (1, Some(_)) => Ok(Self { hash, groups }),
            _ => Err(Asn1Error::Content(
                "the security object's version does not fit what it holds",
            )),
        }
    }
}

fn groups(mut list: Elements<'_>) -> Result<Vec<(u8, Vec<u8>)>, Asn1Error> {
    let mut groups: Vec<(u8, Vec<u8>)> = Vec::new();
    while !list.is_empty() {
        let mut entry = list.enter(SEQUENCE)?;
        let number = asn1::small(entry.take(INTEGER)?.value)?;
        let hash = entry.take(OCTET_STRING)?.value.to_vec();
        entry.end()?;
        let number = u8::try_from(number)
            .ok()
            .filter(|n| (1..=GROUP_MAX).contains(&usize::from(*n)))
            .ok_or(Asn1Error::Content(
                "a hash for a data group that does not exist",
            ))?;
        if groups.iter().any(|(known, _)| *known == number) {
            return Err(Asn1Error::Content("two hashes for one data group"));
        }
        groups.push((number, hash));
    }
    Ok(groups)
}

/// An EF.CardSecurity whose signature holds.
pub(in crate::emrtd) struct CardSecurity {
    content: Vec<u8>,
    signer: Certificate,
}

impl CardSecurity {
    /// Its content, a DER `SecurityInfos`.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Its signer signs for this issuing state of the MRZ.
    pub fn check_state(&self, issuing_state: &str) -> Check {
        super::country_check(&self.signer, issuing_state)
    }
}

/// EF.CardSecurity, if everything about its signature is as right as with an EF.SOD; else the first
/// check that is not.
pub(in crate::emrtd) fn verified_card_security(
    file: &[u8],
    trust: &TrustStore,
    today: Date,
) -> Result<CardSecurity, Check> {
    let mut report = Report::default();
    let signed = signer::verify(file, &[CARD_SECURITY], trust, today, &mut report);
    let worst = |result| report.steps().iter().find(move |(_, c)| c.result == result);
    match worst(CheckResult::Failed).or_else(|| worst(CheckResult::Undetermined)) {
        Some((step, check)) => {
            let reason = format!("EF.CardSecurity, {step}: {}", check.reason);
            Err(Check::new(check.result, &reason))
        }
        None => signed
            .and_then(|signed| {
                let (content, signer) = (signed.content, signed.signer?);
                Some(CardSecurity { content, signer })
            })
            .ok_or(Check::new(
                CheckResult::Undetermined,
                "EF.CardSecurity was not verified",
            )),
    }
}
