//! The country signing authority and the document signers that it certifies (ICAO 9303-12).

use jiff::civil::{Date, date};
use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;
use serde::Deserialize;

use super::certificate::{self, Certificate, CertificateFlaw, RevocationList};
use super::cms::{Message, SignerIdentifier};
use super::curve::Curve;
use super::der;
use super::key::Key;
use super::signing::{Hash, Signing};

/// A CSCA is valid this long.
const CSCA_VALID: [Date; 2] = [date(2021, 1, 1), date(2046, 1, 1)];
/// Its key signs this long.
const CSCA_SIGNS: [Date; 2] = [date(2021, 1, 1), date(2041, 1, 1)];
/// The revocation list is one for all times.
const CRL_UPDATES: [Date; 2] = [date(2021, 1, 2), date(2046, 1, 1)];
/// The serial number of every signer that is revoked: so the list need not be kept up to date
/// between processes. Others have serial numbers by chance, which begin with another byte.
const REVOKED_SERIAL: [u8; 8] = [0x00, 0xBA, 0xDB, 0xAD, 0xBA, 0xDB, 0xAD, 0x01];

/// A country as certificates and the MRZ spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// Two letters, in certificates.
    pub alpha2: &'static str,
    /// Three letters, in the MRZ.
    pub alpha3: &'static str,
    organisation: &'static str,
    csca: &'static str,
}

/// Where the cards come from.
pub(super) const HOME: Country = Country {
    alpha2: "VN",
    alpha3: "VNM",
    organisation: "Tiep Don Trial",
    csca: "CSCA Tiep Don Trial",
};
/// The country of specimens, for passports from elsewhere.
pub(super) const ABROAD: Country = Country {
    alpha2: "UT",
    alpha3: "UTO",
    organisation: "Tiep Don Trial Abroad",
    csca: "CSCA Tiep Don Trial Abroad",
};
/// An authority that nobody has heard of.
pub(super) const NOWHERE: Country = Country {
    alpha2: "VN",
    alpha3: "VNM",
    organisation: "Tiep Don Trial",
    csca: "CSCA Tiep Don Trial Unknown",
};

/// A country signing authority (CSCA).
pub struct Authority {
    country: Country,
    signing: Signing,
    key: Key,
    /// What it calls its key: an impostor takes the name of another's.
    key_id: Vec<u8>,
    certificate: Vec<u8>,
}

impl Authority {
    /// A new one, with a certificate signed by itself.
    pub(super) fn fresh(country: Country, signing: Signing) -> Result<Self, ErrorStack> {
        let key = Key::generate(signing.key)?;
        let key_id = Hash::Sha1.of(&key.public_bytes()?)?;
        let subject = country.csca_name();
        let certificate = Certificate {
            serial: &serial()?,
            issuer: &subject,
            subject: &subject,
            valid: CSCA_VALID,
            key: &key,
            extensions: csca_extensions(&key_id, &key_id),
        }
        .signed(signing, &key, None)?;
        Ok(Self {
            country,
            signing,
            key,
            key_id,
            certificate,
        })
    }

    /// One that was kept.
    pub(super) fn kept(
        country: Country,
        signing: Signing,
        key: Key,
        certificate: Vec<u8>,
    ) -> Result<Self, ErrorStack> {
        let key_id = Hash::Sha1.of(&key.public_bytes()?)?;
        Ok(Self {
            country,
            signing,
            key,
            key_id,
            certificate,
        })
    }

    /// One that gives itself out as `self`: the same name, the same key identifier, another key.
    pub(super) fn impostor(&self) -> Result<Self, ErrorStack> {
        let mut other = Self::fresh(self.country, Signing::ecdsa(Curve::P384))?;
        other.key_id.clone_from(&self.key_id);
        Ok(other)
    }

    /// The certificate by which this authority, the older one, vouches for the key of `next`
    /// (ICAO 9303-12 §7.1, link certificate).
    pub fn link(&self, next: &Self) -> Result<Vec<u8>, ErrorStack> {
        Certificate {
            serial: &serial()?,
            issuer: &self.country.csca_name(),
            subject: &next.country.csca_name(),
            valid: CSCA_VALID,
            key: &next.key,
            extensions: csca_extensions(&next.key_id, &self.key_id),
        }
        .signed(self.signing, &self.key, None)
    }

    /// Its country.
    pub fn country(&self) -> Country {
        self.country
    }

    /// How it signs.
    pub fn signing(&self) -> Signing {
        self.signing
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Its revocation list, DER: it names the signers that were made revoked.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn revocation_list(&self) -> Result<Vec<u8>, ErrorStack> {
        self.revocation_list_of(CRL_UPDATES)
    }

    /// Its revocation list of other days: from this update to the next.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn revocation_list_of(&self, updates: [Date; 2]) -> Result<Vec<u8>, ErrorStack> {
        RevocationList {
            issuer: &self.country.csca_name(),
            authority_key: &self.key_id,
            updates,
            revoked: &REVOKED_SERIAL,
        }
        .signed(self.signing, &self.key)
    }

    /// A new signer of documents.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn document_signer(&self, plan: &SignerPlan) -> Result<DocumentSigner, ErrorStack> {
        let mut extensions = Vec::new();
        let usage = match plan.flaw {
            Some(CertificateFlaw::NoKeyUsage) => None,
            Some(CertificateFlaw::WrongKeyUsage) => Some(certificate::SIGNS_CERTIFICATES),
            _ => Some(certificate::SIGNS_DOCUMENTS),
        };
        extensions.extend(usage.map(certificate::key_usage));
        if !plan.document_types.is_empty() {
            extensions.push(certificate::document_types(&plan.document_types));
        }
        self.certified(plan, "Document Signer Tiep Don Trial", extensions)
    }

    /// A signer of master lists (ICAO 9303-12 §7.1, table of extensions).
    fn master_list_signer(&self) -> Result<DocumentSigner, ErrorStack> {
        let purpose = der::sequence([der::oid("2.23.136.1.1.3")]);
        let extensions = vec![
            certificate::key_usage(certificate::SIGNS_DOCUMENTS),
            certificate::extension("2.5.29.37", true, &purpose),
        ];
        let plan = SignerPlan::default();
        self.certified(&plan, "Master List Signer Tiep Don Trial", extensions)
    }

    fn certified(
        &self,
        plan: &SignerPlan,
        common_name: &str,
        mut extensions: Vec<Vec<u8>>,
    ) -> Result<DocumentSigner, ErrorStack> {
        let key = Key::generate(plan.signing.key)?;
        let key_id = Hash::Sha1.of(&key.public_bytes()?)?;
        let serial = if plan.revoked {
            REVOKED_SERIAL.to_vec()
        } else {
            serial()?
        };
        let issuer = if plan.flaw == Some(CertificateFlaw::OtherIssuer) {
            self.country.name("Somebody Else")
        } else {
            self.country.csca_name()
        };
        if plan.flaw != Some(CertificateFlaw::NoAuthorityKey) {
            extensions.push(certificate::authority_key(&self.key_id));
        }
        if plan.flaw == Some(CertificateFlaw::UnknownCritical) {
            extensions.push(certificate::extension("2.23.136.99.1", true, &der::null()));
        }
        extensions.push(certificate::subject_key(&key_id));
        extensions.push(certificate::private_key_usage(plan.valid));
        let certificate = Certificate {
            serial: &serial,
            issuer: &issuer,
            subject: &self.country.name(common_name),
            valid: plan.valid,
            key: &key,
            extensions,
        }
        .signed(self.signing, &self.key, plan.flaw)?;
        Ok(DocumentSigner {
            signing: plan.signing,
            key,
            key_id,
            issuer_and_serial: der::sequence([issuer, der::unsigned(&serial)]),
            certificate,
        })
    }

    /// A master list of these certificates (ICAO 9303-12 §8), DER.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn master_list(&self, certificates: Vec<Vec<u8>>) -> Result<Vec<u8>, ErrorStack> {
        let signer = self.master_list_signer()?;
        let list = der::sequence([der::integer(0), der::set_of(certificates)]);
        Message {
            content_type: "2.23.136.1.1.2",
            content: &list,
            identifier: SignerIdentifier::KeyIdentifier,
            signing_time: None,
            certificates: vec![signer.certificate.clone(), self.certificate.clone()],
            flaw: None,
        }
        .signed(&signer)
    }
}

impl Country {
    fn name(self, common: &str) -> Vec<u8> {
        certificate::name(self.alpha2, self.organisation, common)
    }

    fn csca_name(self) -> Vec<u8> {
        self.name(self.csca)
    }
}

fn csca_extensions(own: &[u8], authority: &[u8]) -> Vec<Vec<u8>> {
    vec![
        certificate::authority(),
        certificate::key_usage(certificate::SIGNS_CERTIFICATES),
        certificate::subject_key(own),
        certificate::authority_key(authority),
        certificate::private_key_usage(CSCA_SIGNS),
    ]
}

fn serial() -> Result<Vec<u8>, ErrorStack> {
    let mut serial = [0; 8];
    rand_bytes(&mut serial)?;
    serial[0] = 0x40 | serial[0] & 0x3F;
    Ok(serial.to_vec())
}

/// What a document signer shall be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignerPlan {
    /// How it signs.
    pub signing: Signing,
    /// First and last day of its certificate.
    pub valid: [Date; 2],
    /// It stands on the revocation list.
    pub revoked: bool,
    /// Document codes that it may sign; empty: the certificate does not say.
    pub document_types: Vec<String>,
    /// What is wrong with its certificate.
    pub flaw: Option<CertificateFlaw>,
}

impl Default for SignerPlan {
    fn default() -> Self {
        Self {
            signing: Signing::ecdsa(Curve::P256),
            valid: [date(2021, 6, 1), date(2036, 6, 1)],
            revoked: false,
            document_types: vec!["ID".to_owned()],
            flaw: None,
        }
    }
}

/// A document signer (DS).
pub struct DocumentSigner {
    signing: Signing,
    key: Key,
    key_id: Vec<u8>,
    issuer_and_serial: Vec<u8>,
    certificate: Vec<u8>,
}

impl DocumentSigner {
    /// How it signs.
    pub fn signing(&self) -> Signing {
        self.signing
    }

    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub(super) fn key_id(&self) -> &[u8] {
        &self.key_id
    }

    pub(super) fn issuer_and_serial(&self) -> Vec<u8> {
        self.issuer_and_serial.clone()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        self.signing.sign(&self.key, message)
    }
}
