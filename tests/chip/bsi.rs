//! The reference data set of BSI TR-03105-5: a passport that we did not make, with the private keys
//! of its chip.
//!
//! What it must give, and why. It is opened by basic access control, for it has no EF.CardAccess.
//! Its security object is right in itself: digests of DG1, DG2 and DG14, signed attributes, signature
//! (RSA-PSS, SHA-256). No CSCA comes with the set, so nothing says whether its signer may sign:
//! passive authentication is undetermined, and the grade is `read`, whatever the chip proves. Chip
//! authentication is on brainpoolP224r1, which this reader does not compute on: undetermined. DG15
//! is there and is not listed in the security object: it may be anybody's, and is not read, so
//! active authentication is not supported.

use std::path::{Path, PathBuf};

use tiepdon::emrtd::{Access, Plan};
use tiepdon::identity::CheckResult::{NotSupported, Undetermined};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::{Card, Faults, profile};

use crate::{Direct, read_with};

const EVERYTHING: Plan = Plan {
    dg13: true,
    portrait: true,
    details: true,
    ethnicity: false,
    any_document: true,
};

fn folder() -> PathBuf {
    let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or("../shared".into());
    Path::new(&shared).join("data/emrtd/bsi-reference")
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_bsi_reference_set_is_read_and_no_more_is_claimed_than_it_proves() {
    let Some(chip) = profile::bsi(&folder()) else {
        eprintln!("skipped: no {}", folder().display());
        return;
    };
    let access = Access::mrz(chip.mrz_key.as_ref().expect("BAC")).expect("a right key");
    let mut direct = Direct::new(Card::of(chip, Faults::default()));
    let chip = read_with(&mut direct, access, EVERYTHING).expect("it is read");
    assert_eq!(chip.access, "BAC");
    assert_eq!(
        (&chip.document_code[..], &chip.issuing_state[..]),
        ("P", "D")
    );
    assert_eq!(chip.data_groups, [1, 2]);
    assert!(chip.portrait.is_some_and(|p| p.bytes.len() > 1_000));
    let [passive, ca, aa] = [
        chip.proofs.passive(),
        chip.proofs.chip(),
        chip.proofs.active(),
    ];
    assert_eq!(
        (passive.result(), passive.reason()),
        (
            Undetermined,
            "chain: no CSCA certificate of this issuer is known"
        )
    );
    assert_eq!(ca.result(), Undetermined, "{}", ca.reason());
    assert_eq!(
        (aa.result(), aa.reason()),
        (NotSupported, "the card has no DG15")
    );
    assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Read));
}
