//! Passive authentication of documents that a test issuer made, right or wrong in one place, and
//! of the BSI's reference document. The cases are those of BSI TR-03105-5.1, unit LDS_H.

mod documents;
mod reference;
mod signers;
mod sods;

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use openssl::nid::Nid;

use super::{Passive, PassiveStep};
use crate::emrtd::tlv::build;
use crate::emrtd::trust::TrustStore;
use crate::emrtd::trust::tests::issuer::{
    Cert, Cms, HASHES, Hash, Party, SHA256, attributes, sequence,
};
use crate::identity::CheckResult;

/// `id-icao-ldsSecurityObject`.
const LDS: &str = "678108010101";
const TODAY: Date = date(2026, 6, 1);
const DG1: &[u8] = b"the machine readable zone";
const DG2: &[u8] = b"the portrait";

static CSCA: LazyLock<Party> = LazyLock::new(|| Party::ec("CSCA", Nid::BRAINPOOL_P384R1));
static DS: LazyLock<Party> = LazyLock::new(|| Party::ec("DS", Nid::BRAINPOOL_P256R1));
static RSA_CSCA: LazyLock<Party> = LazyLock::new(|| Party::rsa("RSA CSCA", 3072));
static RSA_DS: LazyLock<Party> = LazyLock::new(|| Party::rsa("RSA DS", 2048));

/// A document to be made; every part can be made wrong.
#[derive(Clone)]
struct Document {
    csca: Party,
    ds: Party,
    certificate: Cert,
    cms: Cms,
    /// The certificate is not in the security object.
    is_bare: bool,
    trust: Vec<Vec<u8>>,
    today: Date,
}

impl Document {
    fn new() -> Self {
        Self::by(&CSCA, &DS)
    }

    fn by(csca: &Party, ds: &Party) -> Self {
        let certificate = Cert::signer(csca);
        let content = security_object(SHA256, &[(1, DG1), (2, DG2)]);
        Self {
            cms: Cms::of(LDS, content, ds, &certificate),
            trust: vec![Cert::csca(csca, csca).of(csca, csca)],
            certificate,
            csca: csca.clone(),
            ds: ds.clone(),
            is_bare: false,
            today: TODAY,
        }
    }

    /// The document with this changed.
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Other content, rightly hashed.
    fn with_content(self, content: Vec<u8>) -> Self {
        self.with(|d| {
            let digest = d.cms.hash.of(&content);
            d.cms.attributes = attributes(&d.cms.content_type, &digest, None);
            d.cms.content = content;
        })
    }

    fn sod(&self) -> Vec<u8> {
        let mut cms = self.cms.clone();
        if !self.is_bare {
            cms.certificates
                .push(self.certificate.of(&self.ds, &self.csca));
        }
        build(0x77, &cms.sign(&self.ds))
    }

    /// Passive authentication up to the document's own data.
    fn read(&self) -> Passive {
        let mut trust = TrustStore::default();
        for file in &self.trust {
            trust.add("anchor", file).expect("a right file");
        }
        let mut passive = read(&self.sod(), &trust, self.today);
        passive.check_group(1, DG1);
        passive.check_group(2, DG2);
        passive
    }

    /// All of it, for a Vietnamese identity card.
    fn passive(&self) -> Passive {
        let mut passive = self.read();
        passive.check_document("VNM", "ID", None);
        passive
    }

    #[track_caller]
    fn is(&self, result: CheckResult, step: PassiveStep) {
        let passive = self.passive();
        let proof = passive.proof();
        assert_eq!(proof.result(), result, "{}", proof.reason());
        let found = passive.steps().iter().find(|(s, _)| *s == step);
        let check = &found.expect("the step was carried out").1;
        assert_eq!(check.result, result, "{}", check.reason);
    }

    #[track_caller]
    fn succeeds(&self) {
        let proof = self.passive().proof();
        let right = (Some("PA"), CheckResult::Successful);
        assert_eq!(
            (proof.method(), proof.result()),
            right,
            "{}",
            proof.reason()
        );
    }
}

/// All that an EF.SOD alone shows.
fn read(sod: &[u8], trust: &TrustStore, today: Date) -> Passive {
    let mut passive = Passive::parse(sod);
    passive.verify(trust, today);
    passive
}

/// `LDSSecurityObject` version 0.
fn security_object(hash: Hash, groups: &[(u8, &[u8])]) -> Vec<u8> {
    let groups: Vec<_> = groups
        .iter()
        .map(|(number, file)| group_hash(*number, &hash.of(file)))
        .collect();
    sequence(&[build(0x02, &[0]), hash.identifier(), sequence(&groups)])
}

fn group_hash(number: u8, hash: &[u8]) -> Vec<u8> {
    sequence(&[build(0x02, &[number]), build(0x04, hash)])
}
