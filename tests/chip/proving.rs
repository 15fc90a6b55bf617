//! What every kind of card proves.

use tiepdon::emrtd::{Access, Chip, Plan};
use tiepdon::identity::CheckResult::{self, Failed, NotSupported, Successful, Undetermined};
use tiepdon::identity::{Grade, Verdict};

use crate::{ALL, Direct, LONG_REPLY, card_of, read_with, somebody};

const PROVEN: Verdict = Verdict::Graded(Grade::Proven);
const SIGNED: Verdict = Verdict::Graded(Grade::Signed);
const READ: Verdict = Verdict::Graded(Grade::Read);
const REJECTED: Verdict = Verdict::Rejected;

/// Profile, verdict; passive, chip, active authentication.
type Row = (&'static str, Verdict, CheckResult, CheckResult, CheckResult);

/// Active authentication is not asked for where chip authentication has decided.
const NOT_ASKED: CheckResult = Undetermined;

const CARDS: [Row; 39] = [
    ("genuine", PROVEN, Successful, Successful, NOT_ASKED),
    ("silent", PROVEN, Successful, Successful, NOT_ASKED),
    ("child", PROVEN, Successful, Successful, NOT_ASKED),
    ("extended", PROVEN, Successful, Successful, NOT_ASKED),
    ("lds1", PROVEN, Successful, Successful, NOT_ASKED),
    ("rsa-pkcs1", PROVEN, Successful, Successful, NOT_ASKED),
    ("rsa-pss", PROVEN, Successful, Successful, NOT_ASKED),
    ("ecdsa-plain", PROVEN, Successful, Successful, NOT_ASKED),
    ("brainpool384", PROVEN, Successful, Successful, NOT_ASKED),
    ("brainpool512", PROVEN, Successful, Successful, NOT_ASKED),
    ("p384", PROVEN, Successful, Successful, NOT_ASKED),
    ("p521", PROVEN, Successful, Successful, NOT_ASKED),
    ("triple-des", PROVEN, Successful, Successful, NOT_ASKED),
    ("pace-im", PROVEN, Successful, Successful, NOT_ASKED),
    ("pace-cam", PROVEN, Successful, Successful, NOT_ASKED),
    ("bac", PROVEN, Successful, Successful, NOT_ASKED),
    ("aa-rsa1024", PROVEN, Successful, NotSupported, Successful),
    ("aa-rsa2048", PROVEN, Successful, NotSupported, Successful),
    ("aa-ecdsa", PROVEN, Successful, NotSupported, Successful),
    (
        "no-clone-check",
        SIGNED,
        Successful,
        NotSupported,
        NotSupported,
    ),
    // A signer may expire, its cards do not.
    ("expired-ds", PROVEN, Successful, Successful, NOT_ASKED),
    ("successor-csca", PROVEN, Successful, Successful, NOT_ASKED),
    // What the security object does not list is not even read.
    ("injected-dg13", PROVEN, Successful, Successful, NOT_ASKED),
    // What cannot be decided here is never held against anybody.
    ("unknown-csca", READ, Undetermined, Successful, NOT_ASKED),
    ("no-ds-inside", READ, Undetermined, Successful, NOT_ASKED),
    ("unknown-curve", READ, Undetermined, Successful, NOT_ASKED),
    // Copies: all data are genuine, the chip is not.
    ("cloned", REJECTED, Successful, Failed, NOT_ASKED),
    ("cloned-refusing", REJECTED, Successful, Failed, NOT_ASKED),
    ("cloned-aa", REJECTED, Successful, NotSupported, Failed),
    ("keeps-old-keys", REJECTED, Successful, Failed, Undetermined),
    // Forgeries.
    (
        "cloned-own-keys",
        REJECTED,
        Failed,
        Undetermined,
        Undetermined,
    ),
    ("altered-dg1", REJECTED, Failed, Successful, NOT_ASKED),
    ("altered-dg13", REJECTED, Failed, Successful, NOT_ASKED),
    ("altered-dg2", REJECTED, Failed, Successful, NOT_ASKED),
    ("revoked-ds", REJECTED, Failed, Undetermined, Undetermined),
    (
        "wrong-algorithm",
        REJECTED,
        Failed,
        Undetermined,
        Undetermined,
    ),
    ("wrong-digest", REJECTED, Failed, Undetermined, Undetermined),
    (
        "wrong-signature",
        REJECTED,
        Failed,
        Undetermined,
        Undetermined,
    ),
    (
        "impostor-csca",
        REJECTED,
        Failed,
        Undetermined,
        Undetermined,
    ),
];

fn read(name: &str) -> Chip {
    let mut direct = Direct::new(card_of(name));
    direct.line.reply_max = LONG_REPLY;
    let plan = Plan {
        any_document: true,
        ..ALL
    };
    let chip = read_with(&mut direct, Access::of(&somebody().number), plan);
    let mut by_mrz = || {
        let access = Access::mrz("099012345999010183901016").expect("a right key");
        direct.card.reset();
        read_with(&mut direct, access, plan)
    };
    match chip {
        Ok(chip) => chip,
        Err(_) => by_mrz().unwrap_or_else(|error| panic!("{name}: {error}")),
    }
}

#[test]
fn every_kind_of_card_gets_the_grade_that_it_proves() {
    let mut wrong = Vec::new();
    for (name, verdict, passive, chip, active) in CARDS {
        let read = read(name);
        let proofs = &read.proofs;
        let results = [proofs.passive(), proofs.chip(), proofs.active()];
        let found = results.map(tiepdon::emrtd::Proof::result);
        if (proofs.verdict(), found) != (verdict, [passive, chip, active]) {
            let reasons = [proofs.passive(), proofs.chip(), proofs.active()]
                .map(|proof| format!("  {:?}: {}", proof.result(), proof.reason()));
            let verdict = proofs.verdict();
            wrong.push(format!("{name}: {verdict:?}\n{}", reasons.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
