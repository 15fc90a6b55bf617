use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::symm;

use super::{
    CIPHERS, CURVES, Cipher, Curve, Point, Secret, bytes, nonce_len, order, pseudo_random,
};

fn group(curve: Curve) -> EcGroup {
    let nid = match curve {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::P384 => Nid::SECP384R1,
        Curve::P521 => Nid::SECP521R1,
        Curve::BrainpoolP256r1 => Nid::BRAINPOOL_P256R1,
        Curve::BrainpoolP384r1 => Nid::BRAINPOOL_P384R1,
        Curve::BrainpoolP512r1 => Nid::BRAINPOOL_P512R1,
    };
    EcGroup::from_curve_name(nid).expect("OpenSSL has it")
}

fn encoded(group: &EcGroup, point: &EcPoint) -> Result<Vec<u8>, ErrorStack> {
    let mut ctx = BigNumContext::new()?;
    point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut ctx)
}

/// Bytes that look random and are below the order.
fn scalar(curve: Curve, seed: u8) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..curve.field_len())
        .map(|n| (n as u8).wrapping_mul(seed) ^ seed.rotate_left(3))
        .collect();
    bytes[0] = 0;
    bytes[1] |= 1;
    bytes
}

#[test]
fn multiples_sums_and_nonces_are_those_of_openssl() -> Result<(), ErrorStack> {
    for curve in CURVES {
        let group = group(curve);
        for seed in [1, 29, 77, 200] {
            let (a, b) = (scalar(curve, seed), scalar(curve, seed ^ 0x5A));
            let times = |k: &[u8], point: Option<&EcPoint>| {
                let k = BigNum::from_slice(k)?;
                let mut out = EcPoint::new(&group)?;
                let mut ctx = BigNumContext::new()?;
                match point {
                    Some(point) => out.mul2(&group, point, &k, &mut ctx)?,
                    None => out.mul_generator2(&group, &k, &mut ctx)?,
                }
                Ok::<_, ErrorStack>(out)
            };
            let secret = |k: &[u8]| Secret::decode(curve, k).expect("below the order");
            let ours_b = secret(&b).public().expect("not infinity");
            let theirs_b = times(&b, None)?;
            assert_eq!(ours_b.encode(), encoded(&group, &theirs_b)?);
            let ours_ab = secret(&a).multiply(&ours_b).expect("not infinity");
            let theirs_ab = times(&a, Some(&theirs_b))?;
            assert_eq!(ours_ab.encode(), encoded(&group, &theirs_ab)?);
            let mut sum = EcPoint::new(&group)?;
            let mut ctx = BigNumContext::new()?;
            sum.add(&group, &theirs_b, &theirs_ab, &mut ctx)?;
            let ours = ours_b.plus(&ours_ab).expect("not infinity");
            assert_eq!(ours.encode(), encoded(&group, &sum)?);
            for len in [8, 16, 32] {
                // 32 bytes of ones are more than the order of the shorter curves.
                let nonce = vec![0xFF ^ seed; len];
                let ours = Point::of_nonce(curve, &nonce).expect("not infinity");
                assert_eq!(ours.encode(), encoded(&group, &times(&nonce, None)?)?);
            }
        }
        let mut n = BigNum::new()?;
        let mut ctx = BigNumContext::new()?;
        group.order(&mut n, &mut ctx)?;
        assert_eq!(n.to_vec_padded(curve.field_len() as i32)?, order(curve));
    }
    Ok(())
}

/// The point encoding, step by step as ICAO 9303-11 App. B.2 has it; and whether it took X2.
fn encoding(curve: Curve, number: &[u8]) -> Result<(Vec<u8>, bool), ErrorStack> {
    let mut ctx = BigNumContext::new()?;
    let (mut p, mut a, mut b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
    group(curve).components_gfp(&mut p, &mut a, &mut b, &mut ctx)?;
    let mul = |x: &BigNum, y: &BigNum| {
        let (mut out, mut ctx) = (BigNum::new()?, BigNumContext::new()?);
        out.mod_mul(x, y, &p, &mut ctx)?;
        Ok::<_, ErrorStack>(out)
    };
    let add = |x: &BigNum, y: &BigNum| {
        let (mut out, mut ctx) = (BigNum::new()?, BigNumContext::new()?);
        out.mod_add(x, y, &p, &mut ctx)?;
        Ok::<_, ErrorStack>(out)
    };
    let zero = BigNum::new()?;
    let one = BigNum::from_u32(1)?;
    let mut t = BigNum::new()?;
    let number = BigNum::from_slice(number)?;
    t.nnmod(&number, &p, &mut ctx)?;
    let t2 = mul(&t, &t)?;
    let mut alpha = BigNum::new()?;
    alpha.mod_sub(&zero, &t2, &p, &mut ctx)?;
    let alpha2 = mul(&alpha, &alpha)?;
    let mut inverse = BigNum::new()?;
    let sum = add(&alpha, &alpha2)?;
    inverse.mod_inverse(&sum, &p, &mut ctx)?;
    let mut over_a = BigNum::new()?;
    over_a.mod_inverse(&a, &p, &mut ctx)?;
    let mut minus_b = BigNum::new()?;
    minus_b.mod_sub(&zero, &b, &p, &mut ctx)?;
    let x2 = mul(&mul(&minus_b, &over_a)?, &add(&one, &inverse)?)?;
    let x3 = mul(&alpha, &x2)?;
    let cube = mul(&mul(&x2, &x2)?, &x2)?;
    let h2 = add(&add(&cube, &mul(&a, &x2)?)?, &b)?;
    let u = mul(&mul(&t2, &t)?, &h2)?;
    // p - 1 - (p + 1) / 4.
    let mut quarter = BigNum::new()?;
    let mut p_and_one = BigNum::new()?;
    p_and_one.checked_add(&p, &one)?;
    quarter.rshift(&p_and_one, 2)?;
    let mut exponent = BigNum::new()?;
    exponent.checked_sub(&p, &one)?;
    let mut power = BigNum::new()?;
    power.checked_sub(&exponent, &quarter)?;
    let mut root = BigNum::new()?;
    root.mod_exp(&h2, &power, &p, &mut ctx)?;
    let at_x2 = mul(&mul(&root, &root)?, &h2)? == one;
    let (x, y) = match at_x2 {
        true => (x2, mul(&root, &h2)?),
        false => (x3, mul(&root, &u)?),
    };
    let len = curve.field_len() as i32;
    let point = [vec![4], x.to_vec_padded(len)?, y.to_vec_padded(len)?].concat();
    Ok((point, at_x2))
}

#[test]
fn the_point_encoding_is_the_standards_formula_on_every_curve_and_either_way()
-> Result<(), ErrorStack> {
    for curve in CURVES {
        let mut taken = [false; 2];
        for seed in 1..24 {
            let number: Vec<u8> = (0..80).map(|n: u8| n.wrapping_mul(seed) ^ seed).collect();
            let (point, at_x2) = encoding(curve, &number)?;
            let ours = Point::of_number(curve, &number).expect("not infinity");
            assert_eq!(ours.encode(), point, "{} {seed}", curve.name());
            taken[usize::from(at_x2)] = true;
        }
        assert_eq!(taken, [true; 2], "{}", curve.name());
    }
    Ok(())
}

#[test]
fn the_pseudo_random_function_is_the_standards_with_every_cipher() -> Result<(), ErrorStack> {
    for cipher in CIPHERS {
        let len = nonce_len(cipher);
        let s: Vec<u8> = (0..len as u8).collect();
        let t: Vec<u8> = (100..100 + cipher.key_len() as u8).collect();
        let (c0, c1) = match len {
            16 => (
                bytes("A668892A7C41E3CA739F40B057D85904"),
                bytes("A4E136AC725F738B01C1F60217C188AD"),
            ),
            _ => (
                bytes("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
                bytes("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
            ),
        };
        let mut key = cbc(cipher, &t, &s)?;
        let mut expected = Vec::new();
        for _ in 0..6 {
            expected.extend(cbc(cipher, &key, &c1)?);
            key = cbc(cipher, &key, &c0)?;
        }
        for curve in CURVES {
            let number = pseudo_random(cipher, curve, &s, &t).expect("right lengths");
            assert!(expected.starts_with(&number), "{cipher:?} {}", curve.name());
        }
    }
    Ok(())
}

/// CBC without padding, under the first bytes of `key`.
fn cbc(cipher: Cipher, key: &[u8], data: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let key = &key[..cipher.key_len()];
    let (kind, key) = match cipher {
        Cipher::TripleDes => (symm::Cipher::des_ede3_cbc(), [key, &key[..8]].concat()),
        Cipher::Aes128 => (symm::Cipher::aes_128_cbc(), key.to_vec()),
        Cipher::Aes192 => (symm::Cipher::aes_192_cbc(), key.to_vec()),
        Cipher::Aes256 => (symm::Cipher::aes_256_cbc(), key.to_vec()),
    };
    let iv = vec![0; cipher.block_len()];
    let mut crypter = symm::Crypter::new(kind, symm::Mode::Encrypt, &key, Some(&iv))?;
    crypter.pad(false);
    let mut out = vec![0; data.len() + 16];
    let len = crypter.update(data, &mut out)?;
    out.truncate(len);
    Ok(out)
}
