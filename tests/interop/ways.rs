//! Every mapping of PACE with every cipher on every curve, by CAN and by MRZ in turn.

use tiepdon::sim::card::chip::{CipherKind, Mapping};
use tiepdon::sim::card::profile::{AccessPlan, PacePlan, Portrait, Profile};
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::{Curve, Issuer};
use tiepdon::sim::persons;

use crate::table::{Job, Password, Peer, Trust};

const MAPPINGS: [Mapping; 3] = [
    Mapping::Generic,
    Mapping::Integrated,
    Mapping::ChipAuthentication,
];
const CIPHERS: [CipherKind; 4] = [
    CipherKind::TripleDes,
    CipherKind::Aes128,
    CipherKind::Aes192,
    CipherKind::Aes256,
];
const CURVES: [Curve; 6] = [
    Curve::P256,
    Curve::P384,
    Curve::P521,
    Curve::Brainpool256,
    Curve::Brainpool384,
    Curve::Brainpool512,
];

fn ways() -> impl Iterator<Item = PacePlan> {
    let all = MAPPINGS.into_iter().flat_map(|mapping| {
        CIPHERS.into_iter().flat_map(move |cipher| {
            CURVES.into_iter().map(move |curve| PacePlan {
                mapping,
                cipher,
                curve,
            })
        })
    });
    // ICAO 9303-11 §9.2.1 has no object identifier for it.
    all.filter(|way| {
        (way.mapping, way.cipher) != (Mapping::ChipAuthentication, CipherKind::TripleDes)
    })
}

fn profile(way: PacePlan) -> Profile {
    Profile {
        portrait: Portrait::None,
        access: AccessPlan {
            pace: vec![way],
            ..AccessPlan::default()
        },
        ..Profile::default()
    }
}

/// `lacks` tells the words of a peer that does not have a way.
pub fn check(peer: &mut dyn Peer, lacks: impl Fn(PacePlan) -> Option<&'static str>) {
    let folder = tempfile::tempdir().expect("a folder");
    let trust = Trust::of(Issuer::shared(), folder.path());
    let mut faults = Vec::new();
    for (way, password) in ways().zip([Password::Can, Password::Mrz].into_iter().cycle()) {
        let chip = profile(way).chip(&persons()[0], Issuer::shared());
        let job = Job::new(&chip, password, &trust, &Faults::default());
        let mut fault = None;
        for _ in 0..peer.tries() {
            let report = peer.read(Card::of(chip.clone(), Faults::default()), &job);
            let right = match lacks(way) {
                Some(words) => report.says(words),
                None => report.error.is_none() && report.wrong_files(&chip).is_empty(),
            };
            fault = (!right).then(|| format!("{way:?}: {}", report.summary(&chip)));
            if right {
                break;
            }
        }
        faults.extend(fault);
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
