//! Who signed a security object, and whether that holds: attributes, signature, the signer's
//! certificate, its chain and its time (ICAO 9303-11 §5.1, ICAO 9303-12 §7).

use jiff::civil::Date;

use super::PassiveStep;
use super::defects::{self, excused};
use crate::emrtd::signature::{KeyFault, SignatureFault};
use crate::emrtd::trust::{
    Certificate, KeyUsage, MASTER_LIST_SIGNING, SignedData, TrustStore, check, definite,
};
use crate::identity::{Check, CheckResult};

/// The steps so far.
#[derive(Default, Clone)]
pub(super) struct Report {
    steps: Vec<(PassiveStep, Check)>,
    /// The country whose known defects apply.
    country: Option<String>,
}

impl Report {
    /// The steps in the order in which they were carried out.
    pub fn steps(&self) -> &[(PassiveStep, Check)] {
        &self.steps
    }

    /// Writes a step down. It can turn out worse later, but never better, unless it was only
    /// interrupted.
    pub fn note(&mut self, step: PassiveStep, check: Check) {
        use CheckResult::{Aborted, Failed, NotSupported, Successful, Undetermined};
        let check = excused(defects::KNOWN, self.country.as_deref(), step, check);
        let Some((_, known)) = self.steps.iter_mut().find(|(known, _)| *known == step) else {
            self.steps.push((step, check));
            return;
        };
        let stays = match known.result {
            Failed => true,
            Undetermined => check.result != Failed,
            Successful | NotSupported | Aborted => false,
        };
        if !stays {
            *known = check;
        }
    }

    fn successful(&mut self, step: PassiveStep, reason: &str) {
        self.note(step, Check::new(CheckResult::Successful, reason));
    }

    fn failed(&mut self, step: PassiveStep, reason: &str) {
        self.note(step, Check::new(CheckResult::Failed, reason));
    }
}

/// What was signed and by whom. Whether rightly so stands in the report.
pub(super) struct Signed {
    pub content: Vec<u8>,
    pub signer: Option<Certificate>,
    pub signing_time: Option<Date>,
}

/// Carries out every step that can be, and notes each; `None` if nothing could be read. The first
/// content type is the standard's, the others are seen in the field.
pub(super) fn verify(
    content_info: &[u8],
    content_types: &[&[u8]],
    trust: &TrustStore,
    today: Date,
    report: &mut Report,
) -> Option<Signed> {
    let bytes = definite(content_info);
    let data = match SignedData::parse(&bytes) {
        Ok(data) => data,
        Err(error) => {
            report.failed(PassiveStep::SecurityObject, &error.to_string());
            return None;
        }
    };
    let found = document_signer(&data, trust);
    if let Ok((signer, _)) = &found {
        report.country = signer.issuer.country();
    }
    report.note(PassiveStep::SecurityObject, form(&data, content_types));
    let attributes = data.check_attributes();
    let signing_time = attributes.as_ref().ok().and_then(|a| a.signing_time);
    match attributes {
        Ok(_) => report.successful(
            PassiveStep::SignedAttributes,
            "they have the content's hash",
        ),
        Err(check) => report.note(PassiveStep::SignedAttributes, check),
    }
    let signer = match found {
        Ok((signer, note)) => {
            report.successful(PassiveStep::DocumentSigner, note);
            report.note(PassiveStep::Signature, signature(&data, &signer));
            certificate(&signer, signing_time, trust, today, report);
            Some(signer)
        }
        Err(check) => {
            report.note(PassiveStep::DocumentSigner, check);
            None
        }
    };
    Some(Signed {
        content: data.content.to_vec(),
        signer,
        signing_time,
    })
}

fn form(data: &SignedData<'_>, content_types: &[&[u8]]) -> Check {
    let known = content_types.iter().position(|t| *t == data.content_type);
    match (data.check_form(), known) {
        (Err(check), _) => check,
        (Ok(()), None) => Check::new(CheckResult::Failed, "it is signed data of another kind"),
        (Ok(()), Some(0)) => Check::new(CheckResult::Successful, ""),
        (Ok(()), Some(_)) => {
            let note = "its content type is an issuer's own";
            Check::new(CheckResult::Successful, note)
        }
    }
}

/// The signer's certificate, from the object itself or from the store, and what is to be said of
/// how it was found.
fn document_signer(
    data: &SignedData<'_>,
    trust: &TrustStore,
) -> Result<(Certificate, &'static str), Check> {
    let inside = data.certificates.iter().find(|c| data.is_signer(c));
    if let Some(signer) = inside {
        return Ok((signer.clone(), "its certificate is in the security object"));
    }
    if let Some(signer) = trust.signers().find(|c| data.is_signer(c)) {
        return Ok((signer.clone(), "its certificate is in the trust store"));
    }
    match &data.certificates[..] {
        [] => Err(Check::new(
            CheckResult::Undetermined,
            "the signer's certificate is neither in the security object nor in the trust store",
        )),
        // Seen on genuine documents. Whether this one signed, its key tells.
        [only] => Ok((
            only.clone(),
            "the signer is not named rightly, but only one certificate is there",
        )),
        _ => Err(Check::new(
            CheckResult::Failed,
            "none of the certificates is the signer's",
        )),
    }
}

fn signature(data: &SignedData<'_>, signer: &Certificate) -> Check {
    let verified = signer
        .key()
        .map_err(|fault| match fault {
            KeyFault::Malformed(error) => SignatureFault::Malformed(error),
            KeyFault::Unsupported(reason) => SignatureFault::Unsupported(reason),
        })
        .and_then(|key| data.verify(&key));
    match verified {
        Err(fault) => check(&fault),
        Ok(note) => {
            let name = data.algorithm().map_or("", |algorithm| algorithm.name());
            let note = note.map_or(String::new(), |note| format!(", {note}"));
            Check::new(CheckResult::Successful, &format!("{name}{note}"))
        }
    }
}

fn certificate(
    signer: &Certificate,
    signing_time: Option<Date>,
    trust: &TrustStore,
    today: Date,
    report: &mut Report,
) {
    let rules = match broken_rule(signer) {
        Some(rule) => Check::new(CheckResult::Failed, rule),
        None => purpose(signer),
    };
    report.note(PassiveStep::Certificate, rules);
    match trust.anchor_of(signer) {
        Ok(anchor) => {
            let expired = match anchor.not_after < today {
                true => format!(", which expired on {}", anchor.not_after),
                false => String::new(),
            };
            let reason = format!("signed by {}{expired}", anchor.subject);
            report.successful(PassiveStep::Chain, &reason);
        }
        Err(check) => report.note(PassiveStep::Chain, check),
    }
    report.note(PassiveStep::Validity, validity(signer, signing_time, today));
    report.note(PassiveStep::Revocation, trust.revocation(signer, today));
}

/// The rule for document signer certificates that this one breaks (ICAO 9303-12 §7.1.1).
fn broken_rule(signer: &Certificate) -> Option<&'static str> {
    let extensions = &signer.extensions;
    let usage = extensions.key_usage;
    if signer.version != 3 {
        Some("the certificate is not of version 3")
    } else if !signer.algorithms_agree {
        Some("the certificate names two signature algorithms")
    } else if extensions.authority_key.is_none() {
        Some("the certificate does not name its issuer's key")
    } else if usage.is_none_or(|usage| !usage.has(KeyUsage::DIGITAL_SIGNATURE)) {
        Some("the certificate's key may not sign documents")
    } else if usage.is_some_and(|usage| !usage.is_critical) {
        Some("the certificate's key usage is not critical")
    } else if extensions.has_unknown_critical {
        Some("the certificate has a critical extension that is not known")
    } else {
        None
    }
}

/// A CSCA signs other certificates with the same key usage: of master lists' and deviation lists'
/// signers, and of servers. Those name a purpose, document signers name none (ICAO 9303-12 §7.1.1,
/// extended key usage).
fn purpose(signer: &Certificate) -> Check {
    /// 2.5.29.37.0: any purpose.
    const ANY: &[u8] = &[0x55, 0x1D, 0x25, 0x00];
    /// 2.23.136.1.1.8: deviation lists.
    const DEVIATION_LIST_SIGNING: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x08];
    let extensions = &signer.extensions;
    if [MASTER_LIST_SIGNING, DEVIATION_LIST_SIGNING]
        .into_iter()
        .any(|p| extensions.is_for(p))
    {
        return Check::new(CheckResult::Failed, "the certificate is for signing lists");
    }
    if !extensions.purposes.is_empty() && !extensions.is_for(ANY) {
        let reason = "the certificate is for a purpose of its own";
        return Check::new(CheckResult::Undetermined, reason);
    }
    Check::new(CheckResult::Successful, "it may sign documents")
}

/// Was the certificate valid when it signed? Documents outlive their signers' certificates, so
/// that it has expired since is only noted.
fn validity(signer: &Certificate, signing_time: Option<Date>, today: Date) -> Check {
    let (from, until) = (signer.not_before, signer.not_after);
    if today < from {
        let reason = format!("this device's clock ({today}) is before the certificate ({from})");
        return Check::new(CheckResult::Undetermined, &reason);
    }
    let since = match until < today {
        true => format!(", expired since {until}"),
        false => String::new(),
    };
    match signing_time {
        Some(day) if day < from || until < day => {
            let reason = format!("signed on {day}, outside the certificate's validity");
            Check::new(CheckResult::Failed, &reason)
        }
        Some(day) => {
            let reason = format!("signed on {day}{since}");
            Check::new(CheckResult::Successful, &reason)
        }
        None => {
            let reason = format!("the day of signing is not told{since}");
            Check::new(CheckResult::Successful, &reason)
        }
    }
}

/// The same by the day on which the document was issued, where the signature tells none. It is
/// signed on that day or, by the personalisation that follows, later: so it must not have been
/// issued when the certificate was over.
pub(super) fn validity_by_issue(signer: &Certificate, issued: Date) -> Option<Check> {
    (signer.not_after < issued).then(|| {
        let reason = "issued after the signer's certificate had expired";
        Check::new(CheckResult::Failed, reason)
    })
}
