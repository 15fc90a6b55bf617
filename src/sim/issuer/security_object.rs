//! What a document signer signs: EF.SOD and EF.CardSecurity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use openssl::error::ErrorStack;
use serde::Deserialize;

use super::authority::DocumentSigner;
use super::cms::{Message, MessageFlaw, SignerIdentifier};
use super::der;
use super::signing::Hash;

/// How EF.SOD shall be (ICAO 9303-10 §4.6.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SodPlan {
    /// Version of the LDS security object: 0, or 1 with the LDS version inside.
    pub lds_version: u32,
    /// The hash of the data groups.
    pub hash: Hash,
    /// How it names its signer.
    pub identifier: SignerIdentifier,
    /// The signer's certificate is inside.
    pub certificate_inside: bool,
    /// It tells the day of its signature.
    pub signing_time: bool,
    /// Groups that it does not list.
    pub unlisted: Vec<u8>,
    /// What is wrong with it.
    pub flaw: Option<MessageFlaw>,
}

impl Default for SodPlan {
    fn default() -> Self {
        Self {
            lds_version: 0,
            hash: Hash::Sha256,
            identifier: SignerIdentifier::default(),
            certificate_inside: true,
            signing_time: false,
            unlisted: Vec::new(),
            flaw: None,
        }
    }
}

impl DocumentSigner {
    /// EF.SOD over data groups by number.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn security_object(
        &self,
        groups: &BTreeMap<u8, &[u8]>,
        plan: &SodPlan,
        day: Date,
    ) -> Result<Vec<u8>, ErrorStack> {
        let mut hashes = Vec::new();
        for (number, file) in groups {
            if !plan.unlisted.contains(number) {
                let hash = der::octets(&plan.hash.of(file)?);
                hashes.push(der::sequence([der::integer((*number).into()), hash]));
            }
        }
        let mut parts = vec![
            der::integer(plan.lds_version),
            plan.hash.algorithm(),
            der::sequence_of(&hashes),
        ];
        if plan.lds_version > 0 {
            let info = der::sequence([der::printable("0108"), der::printable("040000")]);
            parts.push(info);
        }
        let message = Message {
            content_type: "2.23.136.1.1.1",
            content: &der::sequence_of(&parts),
            identifier: plan.identifier,
            signing_time: plan.signing_time.then_some(day),
            certificates: self.inside(plan.certificate_inside),
            flaw: plan.flaw,
        };
        Ok(der::object(0x77, &message.signed(self)?))
    }

    /// EF.CardSecurity around SecurityInfos (ICAO 9303-11 §9.2.11).
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn card_security(&self, security_infos: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        Message {
            content_type: "0.4.0.127.0.7.3.2.1",
            content: security_infos,
            identifier: SignerIdentifier::default(),
            signing_time: None,
            certificates: self.inside(true),
            flaw: None,
        }
        .signed(self)
    }

    fn inside(&self, wanted: bool) -> Vec<Vec<u8>> {
        let certificate = wanted.then(|| self.certificate().to_vec());
        certificate.into_iter().collect()
    }
}
