//! Passive authentication (ICAO 9303-11 §5.1): are the data as a trusted issuer signed them? A
//! typed report, step by step; [`Passive::proof`] is what it amounts to.
//!
//! A step fails where the document is wrong. It is undetermined where something is missing here: a
//! CSCA certificate, an algorithm, the right time. What a genuine document may lack (a fresh
//! revocation list) is noted as not supported and decides nothing.

mod country;
mod defects;
mod security_object;
mod signer;
#[cfg(all(test, feature = "sim"))]
mod tests;

use std::fmt;

use jiff::civil::Date;

pub(in crate::emrtd) use security_object::{CardSecurity, verified_card_security};

use super::Proof;
use crate::emrtd::asn1::{Asn1Error, Elements};
use crate::emrtd::tlv::{self, TlvError};
use crate::emrtd::trust::{Certificate, ID_DATA, SignedData, TrustStore, check, definite};
use crate::identity::{Check, CheckResult};
use security_object::SecurityObject;
use signer::Report;

/// The method's name in reports.
const METHOD: &str = "PA";

/// The outermost tag of EF.SOD.
const EF_SOD: u32 = 0x77;

/// Content types of EF.SOD: 2.23.136.1.1.1 (`id-icao-ldsSecurityObject`), and what is seen in the
/// field instead: 1.3.27.1.1.1, 1.2.528.1.1006.1.20.1, `id-data`.
const CONTENT_TYPES: [&[u8]; 4] = [
    &[0x67, 0x81, 0x08, 0x01, 0x01, 0x01],
    &[0x2B, 0x1B, 0x01, 0x01, 0x01],
    &[0x2A, 0x84, 0x10, 0x01, 0x87, 0x6E, 0x01, 0x14, 0x01],
    ID_DATA,
];

/// A step of passive authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassiveStep {
    /// EF.SOD is what the standard asks for.
    SecurityObject,
    /// The signed attributes speak of the content.
    SignedAttributes,
    /// The signer's certificate is found.
    DocumentSigner,
    /// The signature over the signed attributes.
    Signature,
    /// The signer's certificate follows the rules for such certificates.
    Certificate,
    /// A trusted CSCA signed the signer's certificate.
    Chain,
    /// The signer's certificate was valid when it signed.
    Validity,
    /// The signer's certificate was not revoked.
    Revocation,
    /// A data group, by its number, is as it was signed.
    DataGroup(u8),
    /// The signer's country is the issuing state of the MRZ.
    Country,
    /// The signer may sign documents of this type.
    DocumentType,
    /// The unsigned EF.CardAccess agrees with what was signed.
    CardAccess,
}

impl fmt::Display for PassiveStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecurityObject => "security object",
            Self::SignedAttributes => "signed attributes",
            Self::DocumentSigner => "document signer",
            Self::Signature => "signature",
            Self::Certificate => "signer's certificate",
            Self::Chain => "chain",
            Self::Validity => "validity",
            Self::Revocation => "revocation",
            Self::DataGroup(number) => return write!(f, "DG{number}"),
            Self::Country => "country",
            Self::DocumentType => "document type",
            Self::CardAccess => "EF.CardAccess",
        })
    }
}

/// Passive authentication of one document, under way.
#[derive(Clone)]
pub(in crate::emrtd) struct Passive {
    report: Report,
    /// EF.SOD, until its signature is verified.
    unverified: Option<Vec<u8>>,
    object: Option<SecurityObject>,
    groups: Vec<u8>,
    signer: Option<Certificate>,
    /// The signature tells when it was made.
    has_signing_time: bool,
}

impl Passive {
    /// Reads which data groups EF.SOD lists, with their hashes. What that is worth,
    /// [`Passive::verify`] tells.
    pub fn parse(sod: &[u8]) -> Self {
        let mut report = Report::default();
        let read = security_object(sod);
        if let Err(error) = &read {
            report.note(PassiveStep::SecurityObject, failed(error));
        }
        let object = read.ok();
        let groups = object.iter().flat_map(|object| &object.groups);
        Self {
            groups: groups.map(|(number, _)| *number).collect(),
            unverified: Some(sod.to_vec()),
            has_signing_time: false,
            signer: None,
            report,
            object,
        }
    }

    /// A document without an EF.SOD that could be read.
    pub fn missing(reason: &str) -> Self {
        let mut report = Report::default();
        let check = Check::new(CheckResult::Undetermined, reason);
        report.note(PassiveStep::SecurityObject, check);
        Self {
            report,
            unverified: None,
            object: None,
            groups: Vec::new(),
            signer: None,
            has_signing_time: false,
        }
    }

    /// Verifies who signed EF.SOD, once: everything that it alone can show, which is all but the
    /// data groups and what the document says of itself. Takes some milliseconds of computing.
    pub fn verify(&mut self, trust: &TrustStore, today: Date) {
        let Some(sod) = self.unverified.take() else {
            return;
        };
        let signed = content_info(&sod)
            .map(|bytes| signer::verify(bytes, &CONTENT_TYPES, trust, today, &mut self.report));
        if let Some(Err(fault)) = self.object.as_ref().map(|object| &object.hash) {
            self.report.note(PassiveStep::SecurityObject, check(fault));
        }
        if let Ok(Some(signed)) = signed {
            self.has_signing_time = signed.signing_time.is_some();
            self.signer = signed.signer;
        }
    }

    /// Whether the signature is still to be verified.
    pub fn is_unverified(&self) -> bool {
        self.unverified.is_some()
    }

    /// Whether EF.SOD has a hash for this data group.
    pub fn lists(&self, group: u8) -> bool {
        self.groups.contains(&group)
    }

    /// The data groups that EF.SOD has a hash for; none if it could not be read.
    pub fn groups(&self) -> &[u8] {
        &self.groups
    }

    /// Compares a data group, as it was read, with its hash. A group that is not listed was put
    /// onto the chip by somebody else.
    pub fn check_group(&mut self, group: u8, file: &[u8]) {
        let check = match &self.object {
            None => Check::new(CheckResult::Undetermined, "there is no security object"),
            Some(object) => compare(object, group, file),
        };
        self.report.note(PassiveStep::DataGroup(group), check);
    }

    /// Compares what the document says of itself with its signer: the issuing state and the
    /// document code of the MRZ, and the day of issue for a signature that does not tell its own.
    pub fn check_document(
        &mut self,
        issuing_state: &str,
        document_code: &str,
        issue_date: Option<Date>,
    ) {
        let Some(signer) = &self.signer else {
            let check = Check::new(CheckResult::Undetermined, "the signer is not known");
            self.report.note(PassiveStep::Country, check);
            return;
        };
        let issued = issue_date.filter(|_| !self.has_signing_time);
        let validity = issued.and_then(|day| signer::validity_by_issue(signer, day));
        let country = country_check(signer, issuing_state);
        let document_type = document_type_check(signer, document_code);
        self.report.note(PassiveStep::Country, country);
        self.report.note(PassiveStep::DocumentType, document_type);
        if let Some(check) = validity {
            self.report.note(PassiveStep::Validity, check);
        }
    }

    /// Adds a step that was carried out elsewhere. What failed or stayed open once, stays so.
    pub fn add(&mut self, step: PassiveStep, check: Check) {
        self.report.note(step, check);
    }

    /// The steps so far.
    pub fn steps(&self) -> &[(PassiveStep, Check)] {
        self.report.steps()
    }

    /// Whether a step failed: nothing makes that good.
    pub fn has_failed(&self) -> bool {
        let steps = self.report.steps();
        steps
            .iter()
            .any(|(_, check)| check.result == CheckResult::Failed)
    }

    /// What the steps amount to: failed beats aborted beats undetermined beats successful, and
    /// success needs every step that makes a proof, with at least one data group.
    pub fn proof(&self) -> Proof {
        use CheckResult::{Aborted, Failed, Undetermined};
        let steps = self.report.steps();
        for result in [Failed, Aborted, Undetermined] {
            if let Some((step, check)) = steps.iter().find(|(_, check)| check.result == result) {
                let reason = format!("{step}: {}", check.reason);
                return Proof::other(Some(METHOD), result, &reason);
            }
        }
        let reason = |step| {
            steps
                .iter()
                .find(|(s, _)| *s == step)
                .map(|(_, c)| &c.reason)
        };
        let has_group = steps
            .iter()
            .any(|(s, _)| matches!(s, PassiveStep::DataGroup(_)));
        match (reason(PassiveStep::Chain), reason(PassiveStep::Country)) {
            (Some(chain), Some(_)) if has_group => Proof::successful(METHOD, chain),
            _ => Proof::other(Some(METHOD), Undetermined, "not every step was carried out"),
        }
    }
}

/// The signed data inside EF.SOD.
fn content_info(sod: &[u8]) -> Result<&[u8], Asn1Error> {
    let inside = Elements::within(sod, EF_SOD).and_then(|mut file| {
        let content_info = file.any()?;
        file.end()?;
        Ok(content_info.raw)
    });
    match inside {
        // An indefinite length inside is no object of its own yet: then what EF.SOD holds is taken
        // whole.
        Err(Asn1Error::Tlv(TlvError::Length)) => Ok(tlv::expect(sod, EF_SOD)?),
        other => other,
    }
}

fn security_object(sod: &[u8]) -> Result<SecurityObject, Asn1Error> {
    let bytes = definite(content_info(sod)?);
    SecurityObject::parse(SignedData::parse(&bytes)?.content)
}

fn failed(error: &Asn1Error) -> Check {
    Check::new(CheckResult::Failed, &error.to_string())
}

fn compare(object: &SecurityObject, group: u8, file: &[u8]) -> Check {
    let hash = match &object.hash {
        Ok(hash) => hash,
        Err(fault) => return check(fault),
    };
    let listed = object.groups.iter().find(|(number, _)| *number == group);
    match listed {
        None => Check::new(
            CheckResult::Failed,
            "it is not listed in the security object",
        ),
        Some((_, expected)) if hash.digest(&[file]) == *expected => {
            Check::new(CheckResult::Successful, "its hash is right")
        }
        Some(_) => Check::new(CheckResult::Failed, "its hash is wrong"),
    }
}

fn country_check(signer: &Certificate, issuing_state: &str) -> Check {
    let Some(country) = signer.issuer.country() else {
        return Check::new(CheckResult::Undetermined, "the signer names no country");
    };
    match country::signs_for(&country, issuing_state) {
        Some(true) => Check::new(CheckResult::Successful, &country),
        Some(false) => {
            let reason = format!("a signer of {country} signed for another issuing state");
            Check::new(CheckResult::Failed, &reason)
        }
        None => Check::new(CheckResult::Undetermined, "the issuing state is not known"),
    }
}

/// A type in the list is the whole document code of the MRZ or its first letter
/// (ICAO 9303-12 §7.1.1.6).
fn document_type_check(signer: &Certificate, document_code: &str) -> Check {
    let code = document_code.trim_end_matches('<').trim();
    let Some(types) = &signer.extensions.document_types else {
        return Check::new(CheckResult::Successful, "the signer signs any type");
    };
    let fits = |listed: &String| {
        let listed = listed.trim_end_matches('<').trim();
        !listed.is_empty() && (listed == code || listed.len() == 1 && code.starts_with(listed))
    };
    match types.iter().any(fits) {
        true => Check::new(CheckResult::Successful, code),
        false => {
            let reason = format!("the signer may sign {}, this is {code}", types.join(", "));
            Check::new(CheckResult::Failed, &reason)
        }
    }
}
