//! An issuing country of the simulator's own: a CSCA, its successor, document signers, revocation
//! and master lists, and what is signed with them. All keys are made afresh and live in memory, or
//! in a folder that the caller names.
//!
//! Structures are written by `der` and signed by OpenSSL. Invariant: nothing here reads one, so no
//! mistake of a parser can hide in it.

mod authority;
mod certificate;
mod cms;
mod curve;
pub(in crate::sim) mod der;
mod folder;
mod key;
mod security_object;
mod signing;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use openssl::error::ErrorStack;
use serde::Deserialize;

pub use authority::{Authority, Country, DocumentSigner, SignerPlan};
pub use certificate::CertificateFlaw;
pub use cms::{MessageFlaw, SignerIdentifier};
pub use curve::Curve;
pub use key::{Key, KeyKind};
pub use security_object::SodPlan;
pub use signing::{Hash, Scheme, Signing};

/// Whose CSCA stands behind a document signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Csca {
    /// Ours; it is trusted.
    #[default]
    Home,
    /// Our next one; the trust folder knows it by its link certificate alone.
    Successor,
    /// That of a foreign country; it is trusted.
    Abroad,
    /// One that is in no trust folder.
    Unknown,
    /// One with the name and the key identifier of ours, and another key.
    Impostor,
}

/// An issuing country, and a foreign one beside it.
pub struct Issuer {
    home: Authority,
    successor: Authority,
    link: Vec<u8>,
    abroad: Authority,
    unknown: Authority,
    impostor: Authority,
    /// Making an RSA key takes long: signers of one plan are one.
    signers: Mutex<BTreeMap<(Csca, SignerPlan), Arc<DocumentSigner>>>,
}

/// A file of a trust folder.
pub struct TrustFile {
    /// Its name.
    pub name: &'static str,
    /// DER.
    pub bytes: Vec<u8>,
}

const MADE: &str = "OpenSSL makes keys and signatures of the kinds that parse";

impl Issuer {
    /// A new country whose CSCA signs in this way.
    pub fn fresh(signing: Signing) -> Self {
        Self::made(signing).expect(MADE)
    }

    /// The one of this process, for tests: a P-384 CSCA, as the Vietnamese one.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Issuer> = OnceLock::new();
        SHARED.get_or_init(|| Self::fresh(Self::usual()))
    }

    /// How the Vietnamese CSCA signs.
    pub fn usual() -> Signing {
        Signing::ecdsa(Curve::P384)
    }

    fn made(signing: Signing) -> Result<Self, ErrorStack> {
        let home = Authority::fresh(authority::HOME, signing)?;
        let successor = Authority::fresh(authority::HOME, Self::usual())?;
        // Many a foreign CSCA writes its curve out.
        let foreign = Signing {
            key: KeyKind::Explicit(Curve::Brainpool384),
            ..Self::usual()
        };
        let abroad = Authority::fresh(authority::ABROAD, foreign)?;
        let link = home.link(&successor)?;
        Self::of(home, successor, link, abroad)
    }

    fn of(
        home: Authority,
        successor: Authority,
        link: Vec<u8>,
        abroad: Authority,
    ) -> Result<Self, ErrorStack> {
        Ok(Self {
            unknown: Authority::fresh(authority::NOWHERE, Self::usual())?,
            impostor: home.impostor()?,
            home,
            successor,
            link,
            abroad,
            signers: Mutex::default(),
        })
    }

    /// One of its authorities.
    pub fn authority(&self, which: Csca) -> &Authority {
        match which {
            Csca::Home => &self.home,
            Csca::Successor => &self.successor,
            Csca::Abroad => &self.abroad,
            Csca::Unknown => &self.unknown,
            Csca::Impostor => &self.impostor,
        }
    }

    /// The document signer of a plan; always the same one.
    pub fn document_signer(&self, csca: Csca, plan: &SignerPlan) -> Arc<DocumentSigner> {
        let mut signers = self.signers.lock().unwrap_or_else(PoisonError::into_inner);
        let signer = signers.entry((csca, plan.clone())).or_insert_with(|| {
            let signer = self.authority(csca).document_signer(plan);
            Arc::new(signer.expect(MADE))
        });
        Arc::clone(signer)
    }

    /// What a reader is to trust: both countries' CSCAs, the link certificate, revocation lists.
    pub fn trust(&self) -> Vec<TrustFile> {
        let file = |name, bytes| TrustFile { name, bytes };
        vec![
            file("csca.der", self.home.certificate().to_vec()),
            file("link.der", self.link.clone()),
            file("csca.crl", self.home.revocation_list().expect(MADE)),
            file("abroad.der", self.abroad.certificate().to_vec()),
            file("abroad.crl", self.abroad.revocation_list().expect(MADE)),
        ]
    }

    /// The same certificates in a master list that our CSCA stands behind.
    pub fn master_list(&self) -> TrustFile {
        let certificates = [
            self.home.certificate(),
            self.link.as_slice(),
            self.abroad.certificate(),
        ];
        let certificates = certificates.map(<[u8]>::to_vec).to_vec();
        TrustFile {
            name: "trial.ml",
            bytes: self.home.master_list(certificates).expect(MADE),
        }
    }
}
