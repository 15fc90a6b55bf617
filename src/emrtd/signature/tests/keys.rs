//! Keys by name, by explicit parameters, and with the wrong label.

use openssl::ec::Asn1Flag;
use openssl::nid::Nid;

use super::{key_pair, nid, spki};
use crate::emrtd::algorithm::Curve;
use crate::emrtd::signature::{KeyFault, PublicKey};
use crate::emrtd::tlv::build;

fn curve_of(spki: &[u8]) -> Result<Curve, KeyFault> {
    match PublicKey::parse(spki)? {
        PublicKey::Ec { curve, .. } => Ok(curve),
        PublicKey::Rsa(_) => panic!("an EC key was read as RSA"),
    }
}

#[test]
fn a_key_with_explicit_parameters_is_a_key_on_the_curve_that_they_describe() {
    for curve in Curve::ALL {
        for form in [Asn1Flag::NAMED_CURVE, Asn1Flag::EXPLICIT_CURVE] {
            let pair = key_pair(nid(curve), form);
            assert_eq!(curve_of(&spki(&pair)), Ok(curve));
        }
    }
}

/// A curve with a base point or an order of its own would let anybody sign for anybody
/// (CVE-2020-0601).
#[test]
fn a_curve_that_differs_in_any_parameter_is_not_computed_on() {
    let pair = key_pair(Nid::BRAINPOOL_P256R1, Asn1Flag::EXPLICIT_CURVE);
    let right = spki(&pair);
    for parameter in [
        "A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377",
        "7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9",
        "26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6",
        "8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262",
        "547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997",
        "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7",
    ] {
        let parameter = hex::decode(parameter).expect("hex");
        let at = right
            .windows(parameter.len())
            .position(|window| window == parameter)
            .expect("OpenSSL writes every parameter");
        let mut changed = right.clone();
        changed[at + parameter.len() - 1] ^= 1;
        assert_eq!(
            curve_of(&changed),
            Err(KeyFault::Unsupported("a curve of the issuer's own"))
        );
    }
}

#[test]
fn a_key_labelled_with_the_wrong_curve_cannot_be_used() {
    let pair = key_pair(Nid::BRAINPOOL_P256R1, Asn1Flag::NAMED_CURVE);
    let mut spki = spki(&pair);
    let name = [0x2B, 0x24, 3, 3, 2, 8, 1, 1, 7];
    let at = spki
        .windows(name.len())
        .position(|window| window == name)
        .expect("the curve's name");
    let p256 = build(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]);
    let key = spki.split_off(at + name.len());
    let named = [&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1][..]].concat();
    let identifier = build(0x30, &[build(0x06, &named), p256].concat());
    let relabelled = build(0x30, &[identifier, key].concat());
    assert_eq!(
        curve_of(&relabelled),
        Err(KeyFault::Unsupported(
            "the key is no uncompressed point of the curve it names"
        ))
    );
}

#[test]
fn keys_of_other_kinds_curves_and_sizes_are_named_as_unsupported() {
    let small = openssl::rsa::Rsa::generate(512).expect("a key pair");
    let ed25519 = openssl::pkey::PKey::generate_ed25519().expect("a key pair");
    for (spki, reason) in [
        (
            spki(&key_pair(Nid::SECP224R1, Asn1Flag::NAMED_CURVE)),
            "an unknown curve",
        ),
        (
            spki(&key_pair(Nid::BRAINPOOL_P320R1, Asn1Flag::EXPLICIT_CURVE)),
            "a curve of the issuer's own",
        ),
        (
            small.public_key_to_der().expect("encodable"),
            "an RSA key of an unusual size",
        ),
        (
            ed25519.public_key_to_der().expect("encodable"),
            "a key that is neither RSA nor EC",
        ),
    ] {
        assert_eq!(PublicKey::parse(&spki), Err(KeyFault::Unsupported(reason)));
    }
}
