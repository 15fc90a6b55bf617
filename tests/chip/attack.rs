//! Cards that a thief would make, and genuine ones that look like them.

use tiepdon::emrtd::{
    Access, Chip, PassiveStep, Plan, ReadError, Transport, TransportError, read as read_card,
};
use tiepdon::identity::CheckResult::{self, Failed, NotSupported, Successful, Undetermined};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::chip::{Chip as SimChip, Mapping};
use tiepdon::sim::card::profile::{ActivePlan, ChipPlan, Document, PacePlan, Possession, Profile};
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::Csca;
use tiepdon::sim::{SimPerson, persons};

use crate::{
    Direct, LONG_REPLY, NO_PORTRAIT, chip_of, profile, read_with, request, somebody, trust,
};

const CARD_ACCESS: u16 = 0x011C;
const CARD_SECURITY: u16 = 0x011D;
const SOD: u16 = 0x011D;
const DG1: u16 = 0x0101;
const DG13: u16 = 0x010D;
const DG14: u16 = 0x010E;
const DG15: u16 = 0x010F;

fn on(transport: &mut dyn Transport) -> Result<Chip, ReadError> {
    let plan = Plan {
        any_document: true,
        ..NO_PORTRAIT
    };
    read_with(transport, Access::of(&somebody().number), plan)
}

fn lying_there(chip: SimChip) -> Direct {
    let mut direct = Direct::new(Card::of(chip, Faults::default()));
    direct.line.reply_max = LONG_REPLY;
    direct
}

fn read(chip: SimChip) -> Result<Chip, ReadError> {
    on(&mut lying_there(chip))
}

#[track_caller]
fn check(chip: SimChip, verdict: Verdict, chip_proof: CheckResult) {
    let read = read(chip).expect("it can be read");
    let proofs = &read.proofs;
    assert_eq!(
        (proofs.verdict(), proofs.chip().result()),
        (verdict, chip_proof),
        "{} / {} / {}",
        proofs.passive().reason(),
        proofs.chip().reason(),
        proofs.active().reason(),
    );
}

fn somebody_else() -> &'static SimPerson {
    let mut others = persons().iter().filter(|p| p.number != somebody().number);
    others.next().expect("there are several")
}

/// A card with PACE-CAM, and with chip authentication as this says.
fn cam(chip: Vec<ChipPlan>) -> Profile {
    let mapping = |mapping| PacePlan {
        mapping,
        ..PacePlan::default()
    };
    let mut profile = Profile {
        chip,
        ..Profile::default()
    };
    profile.access.pace = vec![
        mapping(Mapping::ChipAuthentication),
        mapping(Mapping::Generic),
    ];
    profile.active.offered = false;
    profile
}

#[test]
fn a_copy_does_not_evade_chip_authentication_by_a_pace_cam_that_cannot_be_judged() {
    let mut profile = cam(vec![ChipPlan {
        private: Possession::Other,
        ..ChipPlan::default()
    }]);
    let mut hides = chip_of(&profile);
    hides.master_files.remove(&CARD_SECURITY);
    check(hides.clone(), Verdict::Rejected, Failed);
    profile.csca = Csca::Unknown;
    let unknown = chip_of(&profile).master_files[&CARD_SECURITY].clone();
    hides.master_files.insert(CARD_SECURITY, unknown);
    check(hides, Verdict::Rejected, Failed);
}

/// Lies on the reader as a copy that tries chip authentication, and after some resets as one that
/// hides behind PACE-CAM.
struct TwoFaced {
    direct: Direct,
    other: Option<Card>,
    resets: u32,
}

impl Transport for TwoFaced {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.direct.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.resets = self.resets.saturating_sub(1);
        if let Some(other) = self.other.take_if(|_| self.resets == 0) {
            self.direct.card = other;
        }
        self.direct.reset()
    }
}

#[test]
fn a_chip_that_was_refuted_stays_so_whatever_it_pretends_afterwards() {
    let copy = ChipPlan {
        private: Possession::Other,
        ..ChipPlan::default()
    };
    let tries = Profile {
        chip: vec![copy],
        ..Profile::default()
    };
    let mut hides = chip_of(&cam(vec![copy]));
    hides.master_files.remove(&CARD_SECURITY);
    for resets in [1, 2] {
        let mut card = TwoFaced {
            direct: lying_there(chip_of(&tries)),
            other: Some(Card::of(hides.clone(), Faults::default())),
            resets,
        };
        let chip = on(&mut card).expect("whose data it carries is told");
        let found = (chip.proofs.verdict(), chip.proofs.chip().result());
        assert_eq!(found, (Verdict::Rejected, Failed));
    }
}

#[test]
fn a_genuine_card_whose_pace_cam_cannot_be_judged_proves_itself_by_chip_authentication() {
    let mut chip = chip_of(&cam(vec![ChipPlan::default()]));
    chip.master_files.remove(&CARD_SECURITY);
    check(chip, Verdict::Graded(Grade::Proven), Successful);
}

#[test]
fn a_copy_of_a_card_that_has_pace_cam_alone_does_not_evade_it() {
    let genuine = || chip_of(&cam(Vec::new()));
    check(genuine(), Verdict::Graded(Grade::Proven), Successful);
    let mut hides = genuine();
    hides.master_files.remove(&CARD_SECURITY);
    check(hides, Verdict::Rejected, Failed);
    let mut profile = cam(Vec::new());
    profile.access.pace.remove(0);
    let without = chip_of(&profile).master_files[&CARD_ACCESS].clone();
    let mut hides = genuine();
    hides.master_files.insert(CARD_ACCESS, without);
    let hides = read(hides).expect("read").proofs;
    assert_eq!(
        (hides.verdict(), hides.passive().result()),
        (Verdict::Rejected, Failed)
    );
    // It cannot be told from one whose EF.CardAccess a reader could not get at.
    let mut silent = genuine();
    silent.master_files.remove(&CARD_ACCESS);
    check(silent, Verdict::Graded(Grade::Signed), Undetermined);
}

#[test]
fn the_card_security_of_another_country_makes_no_copy_genuine() {
    let foreign = chip_of(&Profile {
        csca: Csca::Abroad,
        ..cam(Vec::new())
    });
    let mut copy = chip_of(&cam(Vec::new()));
    let file = foreign.master_files[&CARD_SECURITY].clone();
    copy.master_files.insert(CARD_SECURITY, file);
    copy.mapping_key = foreign.mapping_key;
    check(copy, Verdict::Rejected, Failed);
}

#[test]
fn a_copy_does_not_evade_active_authentication_by_denying_extended_length() {
    let mut profile = profile("aa-rsa2048");
    profile.active.private = Possession::Other;
    profile.habits = tiepdon::sim::card::chip::Habits::default();
    let read = read(chip_of(&profile));
    let verdict = read.map(|chip| chip.proofs.verdict());
    assert!(
        matches!(
            verdict,
            Ok(Verdict::Rejected) | Err(ReadError::Unreadable { .. })
        ),
        "{verdict:?}"
    );
}

#[test]
fn a_long_signature_is_undetermined_only_where_the_reader_cannot_carry_it() {
    let mut direct = Direct::new(Card::of(chip_of(&profile("aa-rsa2048")), Faults::default()));
    let chip = on(&mut direct).expect("read");
    let found = (chip.proofs.verdict(), chip.proofs.active().result());
    assert_eq!(found, (Verdict::Graded(Grade::Signed), Undetermined));
}

/// Answers as `when` says, without protection, and forgets its session.
struct Forgetful<F> {
    direct: Direct,
    /// Chip authentication was carried out in this session.
    authenticated: bool,
    when: F,
}

impl<F: Fn(&[u8]) -> bool + Send> Forgetful<F> {
    fn new(profile: &str, when: F) -> Self {
        Self {
            direct: lying_there(chip_of(&crate::profile(profile))),
            authenticated: false,
            when,
        }
    }

    fn forget(&mut self) {
        self.authenticated = false;
        self.direct.card.reset();
    }
}

impl<F: Fn(&[u8]) -> bool + Send> Transport for Forgetful<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.authenticated && (self.when)(command) {
            self.forget();
            return Ok(vec![0x67, 0x00]);
        }
        self.authenticated |= command.starts_with(&[0x0C, 0x86]);
        self.direct.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.authenticated = false;
        self.direct.reset()
    }
}

/// Asks for more of DG1 than there is.
fn too_much_of_dg1(command: &[u8]) -> bool {
    matches!(command, [0x0C, 0xB0, 0x81, 0x00, _, 0x97, 0x01, le, ..] if *le > 95)
}

#[test]
fn a_genuine_card_that_forgets_its_session_over_a_read_past_the_end_is_no_copy() {
    let mut card = Forgetful::new("genuine", too_much_of_dg1);
    let chip = on(&mut card).expect("read in smaller pieces");
    assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Proven));
}

#[test]
fn a_copy_that_always_forgets_its_session_after_chip_authentication_is_rejected() {
    for profile in ["cloned", "genuine"] {
        let mut card = Forgetful::new(profile, |_| true);
        let chip = on(&mut card).expect("whose data it carries is told");
        let found = (chip.proofs.verdict(), chip.proofs.chip().result());
        assert_eq!(found, (Verdict::Rejected, Failed));
    }
}

/// It answers with an unprotected 6988, which is about its keys and not about a length.
#[test]
fn a_copy_is_refuted_in_two_sessions() {
    let mut direct = lying_there(chip_of(&profile("cloned")));
    let chip = on(&mut direct).expect("whose data it carries is told");
    assert_eq!(chip.proofs.verdict(), Verdict::Rejected);
    assert_eq!(direct.resets, 2);
}

#[test]
fn a_file_that_is_missing_or_of_another_card_is_an_alert() {
    let other = Profile::default().chip(somebody_else(), tiepdon::sim::issuer::Issuer::shared());
    let genuine = || chip_of(&Profile::default());
    for file in [DG1, DG13, DG14] {
        let mut changed = genuine();
        changed.files.insert(file, other.files[&file].clone());
        let read = read(changed).expect("whose data it carries is told");
        assert_eq!(read.proofs.verdict(), Verdict::Rejected, "{file:04X}");
        let of = match file {
            DG1 => somebody_else(),
            _ => somebody(),
        };
        assert_eq!(read.person.personal_number, Some(of.number.clone()));
    }
    let mut without = genuine();
    without.files.remove(&DG14);
    check(without, Verdict::Rejected, Failed);
    let mut without = chip_of(&Profile {
        chip: Vec::new(),
        ..Profile::default()
    });
    without.files.remove(&DG15);
    let read = read(without).expect("read");
    assert_eq!(read.proofs.verdict(), Verdict::Rejected);
}

#[test]
fn keys_that_a_copy_brings_along_prove_nothing() {
    for chip in [Vec::new(), vec![ChipPlan::default()]] {
        let profile = Profile {
            chip,
            ..Profile::default()
        };
        let (mut copy, other) = (chip_of(&profile), chip_of(&profile));
        for file in [DG14, DG15] {
            copy.files.insert(file, other.files[&file].clone());
        }
        copy.chip_keys = other.chip_keys;
        copy.active_key = other.active_key;
        let read = read(copy).expect("read").proofs;
        assert_eq!(read.verdict(), Verdict::Rejected);
        let found = [read.chip().result(), read.active().result()];
        assert!(!found.contains(&Successful), "{found:?}");
    }
}

#[test]
fn data_that_the_card_keeps_to_itself_are_told_and_decide_nothing() {
    let mut chip = chip_of(&Profile::default());
    chip.habits.refused_files.push((DG13, 0x6982));
    let read = read(chip).expect("read");
    assert_eq!(read.proofs.verdict(), Verdict::Graded(Grade::Proven));
    let mut steps = read.proofs.passive_steps().iter();
    let step = steps.find(|(step, _)| *step == PassiveStep::DataGroup(13));
    let check = &step.expect("it is told").1;
    assert_eq!(check.result, NotSupported);
    assert!(check.reason.contains("6982"), "{}", check.reason);
}

#[test]
fn without_a_security_object_a_card_is_read_and_no_more() {
    let mut chip = chip_of(&Profile::default());
    chip.files.remove(&SOD);
    check(chip, Verdict::Graded(Grade::Read), Undetermined);
}

#[test]
fn another_trusted_country_signs_no_citizen_card() {
    for csca in [Csca::Abroad, Csca::Impostor] {
        let forged = Profile {
            csca,
            ..Profile::default()
        };
        let read = read(chip_of(&forged)).expect("read");
        assert_eq!(read.proofs.verdict(), Verdict::Rejected);
        assert_eq!(read.proofs.passive().result(), Failed);
    }
    // Nor does a signer of citizen cards sign passports.
    let mut passport = Profile {
        document: Document::Passport,
        active: ActivePlan::default(),
        ..Profile::default()
    };
    passport.signer.document_types = vec!["ID".to_owned()];
    let read = read(chip_of(&passport)).expect("read");
    assert_eq!(read.proofs.verdict(), Verdict::Rejected);
}

#[test]
fn without_randomness_nothing_is_read() {
    let trust = trust();
    let request = request(Access::of(&somebody().number), NO_PORTRAIT, &trust);
    let mut direct = lying_there(chip_of(&Profile::default()));
    let mut zeros = |out: &mut [u8]| out.fill(0);
    let result = read_card(&mut direct, request, &mut zeros, &mut |_| {});
    assert!(
        matches!(result, Err(ReadError::Unreadable { .. })),
        "{result:?}"
    );
}
