use proptest::prelude::*;

use super::integrated::nonce_len;
use super::{Point, Secret, agrees_on, pseudo_random};
use crate::emrtd::algorithm::Curve;
use crate::emrtd::symmetric::Cipher;

const CURVES: [Curve; 5] = [
    Curve::P256,
    Curve::P384,
    Curve::P521,
    Curve::BrainpoolP256r1,
    Curve::BrainpoolP384r1,
];
const CIPHERS: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hex")
}

/// A secret that any seed gives; some bytes of it are not the seed's.
fn secret(curve: Curve, seed: u8) -> Secret {
    let mut random = |out: &mut [u8]| {
        let filled = out.iter_mut().zip(1u8..);
        filled.for_each(|(byte, n)| *byte = seed.wrapping_mul(n) ^ n);
        out[0] &= 0x3F;
        out[1] |= 1;
    };
    Secret::draw(curve, &mut random).expect("it is below every order")
}

fn public(secret: &Secret) -> Point {
    secret.public().expect("not infinity")
}

#[test]
fn both_sides_agree_on_every_curve() {
    for curve in CURVES {
        let (a, b) = (secret(curve, 3), secret(curve, 5));
        let ab = a.multiply(&public(&b)).expect("not infinity");
        let ba = b.multiply(&public(&a)).expect("not infinity");
        assert!(ab == ba);
        assert_eq!(ab.curve(), curve);
        assert_eq!(ab.x()[..], ab.encode()[1..=curve.field_len()]);
        let decoded = Point::decode(curve, &ab.encode());
        assert!(decoded == Some(ab), "{}", curve.name());
    }
    assert!(!agrees_on(Curve::BrainpoolP512r1));
    assert!(CURVES.into_iter().all(agrees_on));
}

#[test]
fn points_that_are_off_the_curve_compressed_or_at_infinity_are_refused() {
    for curve in CURVES {
        let right = public(&secret(curve, 3)).encode();
        let len = curve.field_len();
        let mut off = right.clone();
        off[2 * len] ^= 1;
        let compressed = [&[2 | right[2 * len] & 1], &right[1..=len]].concat();
        let compact = [&[5], &right[1..=len]].concat();
        let hybrid = [&[6 | right[2 * len] & 1], &right[1..]].concat();
        let large = [&[4][..], &vec![0xFF; 2 * len]].concat();
        let zero = [&[4][..], &vec![0; 2 * len]].concat();
        let longer = [&right[..], &[0]].concat();
        let wrong = [off, compressed, compact, hybrid, large, zero, longer];
        for point in wrong
            .iter()
            .chain(&[vec![0], vec![], right[..len].to_vec()])
        {
            assert!(Point::decode(curve, point).is_none(), "{point:02x?}");
        }
        for other in CURVES.into_iter().filter(|other| *other != curve) {
            assert!(Point::decode(other, &right).is_none());
        }
        assert!(Point::decode(Curve::BrainpoolP512r1, &right).is_none());
    }
}

#[test]
fn what_ends_at_infinity_or_mixes_curves_is_refused() {
    for curve in CURVES {
        let point = public(&secret(curve, 3));
        let mut negative = point.encode();
        // n - 1 times a point is its negative, with the same x.
        let order = order(curve);
        let minus_one = Secret::decode(curve, &decremented(&order)).expect("below the order");
        let minus = minus_one.multiply(&point).expect("not infinity");
        assert!(point.plus(&minus).is_none());
        negative.truncate(1 + curve.field_len());
        assert_eq!(minus.encode()[..negative.len()], negative);
        for wrong in [order.as_slice(), &vec![0; order.len()], &order[1..]] {
            assert!(Secret::decode(curve, wrong).is_none());
        }
        assert!(Point::of_nonce(curve, &[0; 16]).is_none());
        assert!(Point::of_nonce(curve, &vec![1; curve.field_len() + 1]).is_none());
    }
    let (a, b) = (secret(Curve::P256, 3), secret(Curve::BrainpoolP256r1, 3));
    assert!(a.multiply(&public(&b)).is_none());
    assert!(public(&a).plus(&public(&b)).is_none());
}

/// The order, as many bytes as a coordinate has (NIST SP 800-186 §3.2.1, RFC 5639 §3).
fn order(curve: Curve) -> Vec<u8> {
    bytes(match curve {
        Curve::P256 => "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        Curve::P384 => {
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973"
        }
        Curve::P521 => {
            "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409"
        }
        Curve::BrainpoolP256r1 => {
            "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7"
        }
        Curve::BrainpoolP384r1 => {
            "8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B31F166E6CAC0425A7CF3AB6AF6B7FC3103B883202E9046565"
        }
        Curve::BrainpoolP512r1 => unreachable!("no keys are agreed on it"),
    })
}

/// One less; the orders are odd.
fn decremented(order: &[u8]) -> Vec<u8> {
    let mut bytes = order.to_vec();
    *bytes.last_mut().expect("not empty") -= 1;
    bytes
}

#[test]
fn scalars_of_p521_are_found_though_most_bytes_would_be_too_large() {
    let mut draws = 0;
    let mut ones = |out: &mut [u8]| {
        draws += 1;
        assert_eq!(out.len(), 66);
        out.fill(0xFF);
        out[65 - draws] = 0;
    };
    assert!(Secret::draw(Curve::P521, &mut ones).is_some());
    assert!(draws < 40);
}

#[test]
fn a_source_that_gives_only_zeros_or_only_ones_is_stuck() {
    for curve in CURVES {
        for byte in [0, 0xFF] {
            let stuck = Secret::draw(curve, &mut |out: &mut [u8]| out.fill(byte));
            assert!(stuck.is_none());
        }
    }
}

#[test]
fn the_published_integrated_mapping_gives_the_published_number_and_generator() {
    // ICAO 9303-11 App. H.1.
    let curve = Curve::BrainpoolP256r1;
    let number = pseudo_random(
        Cipher::Aes128,
        curve,
        &bytes("2923BE84E16CD6AE529049F1F1BBE9EB"),
        &bytes("5DD4CBFC96F5453B130D890A1CDBAE32"),
    )
    .expect("right lengths");
    assert_eq!(
        hex::encode_upper(&*number),
        "E4447E2DFB3586BAC05DDB00156B57FBB2179A3949294C97254189800C517BAA8DA0FF397ED8C445D3E421E4FEB57322"
    );
    let generator = Point::of_number(curve, &number).expect("not infinity");
    assert_eq!(
        hex::encode_upper(generator.encode()),
        "048E82D31559ED0FDE92A4D0498ADD3C23BABA94FB77691E31E90AEA77FB17D4274C1AE14BD0C3DBAC0C871B7F3608169364437CA30AC243A089D3F266C1E60FAD"
    );
    // The same number after the division.
    let divided = bytes("A2F8FF2DF50E52C6599F386ADCB595D229F6A167ADE2BE5F2C3296ADD5B7430E");
    assert!(Point::of_number(curve, &divided) == Some(generator));
}

#[test]
fn the_number_is_long_enough_for_its_curve_and_no_longer() {
    for curve in CURVES {
        let spare = if curve == Curve::P521 { 7 } else { 0 };
        let bits = 8 * curve.field_len() - spare;
        for cipher in CIPHERS {
            let len = nonce_len(cipher);
            let ours = vec![2; cipher.key_len()];
            let number = pseudo_random(cipher, curve, &vec![1; len], &ours).expect("right");
            assert!(number.len().is_multiple_of(len));
            assert!(8 * number.len() >= bits + 64);
            assert!(8 * (number.len() - len) < bits + 64);
            assert!(pseudo_random(cipher, curve, &vec![1; len + 16], &ours).is_none());
            assert!(pseudo_random(cipher, curve, &vec![1; len], &ours[1..]).is_none());
        }
    }
}

#[test]
fn numbers_without_an_image_are_refused() {
    for curve in CURVES {
        for number in [&[0][..], &[1], &[0; 80]] {
            assert!(Point::of_number(curve, number).is_none());
        }
    }
}

/// The same by OpenSSL, from the formulas of the standard as they stand there.
#[cfg(feature = "sim")]
mod oracle;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_bytes_are_read_as_a_point_without_a_panic(bytes: Vec<u8>) {
        for curve in Curve::ALL {
            let _ = Point::decode(curve, &bytes);
            let _ = Secret::decode(curve, &bytes);
            let _ = Point::of_nonce(curve, &bytes);
        }
    }
}
