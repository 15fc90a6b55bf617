//! From a signer's certificate to an anchor, and whether it was revoked on the way
//! (ICAO 9303-12 §7, RFC 5280 §6).

use jiff::civil::Date;

use super::TrustStore;
use super::certificate::Certificate;
use super::crl::Crl;
use super::signed_data::check;
use crate::emrtd::signature::SignatureFault;
use crate::identity::{Check, CheckResult};

impl TrustStore {
    /// The anchor that signed this certificate. Every certificate that could have is tried: many
    /// CSCAs have the same name, and one key can have several certificates.
    pub(in crate::emrtd) fn anchor_of(&self, signer: &Certificate) -> Result<&Certificate, Check> {
        anchor(self.all(), signer)
    }

    /// The document signer certificates of the store: those that issue nothing.
    pub(in crate::emrtd) fn signers(&self) -> impl Iterator<Item = &Certificate> {
        self.all().filter(|certificate| !certificate.is_issuer())
    }

    /// Whether the issuer revoked the certificate. What is not known never blocks: that is
    /// "not supported".
    pub(in crate::emrtd) fn revocation(&self, certificate: &Certificate, today: Date) -> Check {
        let mut reason = "there is no revocation list of this issuer";
        let mut is_fresh = false;
        let lists = self.crls.iter().map(|(_, crl)| crl);
        for crl in lists.filter(|crl| crl.issuer == certificate.issuer) {
            if crl.is_special || !self.is_signed(crl) {
                reason = "the revocation list cannot be verified or is a partial one";
            } else if crl.revokes(&certificate.serial) {
                return Check::new(CheckResult::Failed, "the signer's certificate was revoked");
            } else if crl.next_update.is_none_or(|next| next < today) {
                reason = "the revocation list is stale";
            } else {
                is_fresh = true;
            }
        }
        match is_fresh {
            true => Check::new(CheckResult::Successful, "not revoked"),
            false => {
                let reason = format!("revocation: not checked, {reason}");
                Check::new(CheckResult::NotSupported, &reason)
            }
        }
    }

    /// Whether a CSCA of the store signed the list.
    pub(super) fn is_signed(&self, crl: &Crl) -> bool {
        self.all()
            .filter(|issuer| issuer.is_issuer() && issuer.subject == crl.issuer)
            .filter_map(|issuer| issuer.key().ok())
            .any(|key| crl.verify(&key).is_ok())
    }
}

/// The anchor among these that signed the certificate; else what is known about why none did:
/// refuted beats undetermined.
pub(super) fn anchor<'a>(
    anchors: impl Iterator<Item = &'a Certificate>,
    signer: &Certificate,
) -> Result<&'a Certificate, Check> {
    if let Err(fault) = signer.algorithm() {
        return Err(check(&fault));
    }
    let mut why = undetermined("no CSCA certificate of this issuer is known");
    for candidate in anchors.filter(|candidate| could_have_signed(candidate, signer)) {
        match judge(candidate, signer) {
            Ok(()) => return Ok(candidate),
            Err(check) if why.result != CheckResult::Failed => why = check,
            Err(_) => {}
        }
    }
    Err(why)
}

fn could_have_signed(candidate: &Certificate, signer: &Certificate) -> bool {
    candidate.subject == signer.issuer || names_key(candidate, signer)
}

/// The signer says by which key it was signed, and this is it.
fn names_key(candidate: &Certificate, signer: &Certificate) -> bool {
    let named = &signer.extensions.authority_key;
    named.is_some() && *named == candidate.extensions.subject_key
}

fn judge(candidate: &Certificate, signer: &Certificate) -> Result<(), Check> {
    let key = candidate
        .key()
        .map_err(|fault| undetermined(&format!("the CSCA's key is not supported: {fault}")))?;
    match signer.verify(&key) {
        Ok(()) if candidate.subject != signer.issuer => Err(Check::new(
            CheckResult::Failed,
            "the certificate names another issuer than the one whose key signed it",
        )),
        Ok(()) if !candidate.is_issuer() => Err(undetermined(
            "the certificate that signed may sign no certificates",
        )),
        Ok(()) => Ok(()),
        // Another key of the same name may have signed it, one that is not known here.
        Err(SignatureFault::Wrong) if !names_key(candidate, signer) => Err(undetermined(
            "none of the known CSCA certificates of this issuer signed the certificate",
        )),
        Err(SignatureFault::Wrong) => Err(Check::new(
            CheckResult::Failed,
            "the certificate's signature is wrong",
        )),
        Err(fault) => Err(check(&fault)),
    }
}

fn undetermined(reason: &str) -> Check {
    Check::new(CheckResult::Undetermined, reason)
}
