//! The simulated camera.

use super::{FRAMES, HEIGHT, LEVEL_MAX, WIDTH, empty, sequence, still};
use crate::identity::Payload;

#[test]
fn the_seed_decides_all() {
    let picture = |seed| still(2, seed).1.jpeg();
    assert_eq!(picture(1), picture(1));
    assert_ne!(picture(1), picture(2));
    let last = |seed| sequence(1, seed).shots[FRAMES - 1].jpeg();
    assert_eq!(last(1), last(1));
    assert_ne!(last(1), last(2));
}

#[test]
fn texts_are_those_of_cards_and_insurance_papers() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..12 {
        for level in 0..=LEVEL_MAX {
            kinds.insert(Payload::parse(&still(level, seed).0).kind());
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["bhyt", "cccd"]);
}

#[test]
fn pictures_are_as_large_as_they_say_and_show_something() {
    for shot in [still(0, 3).1, empty(3), sequence(5, 3).shots[7].clone()] {
        let picture = shot.grey();
        assert_eq!(picture.len(), WIDTH * HEIGHT);
        let (least, most) = (picture.iter().min(), picture.iter().max());
        assert!(most > least);
    }
}
