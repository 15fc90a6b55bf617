//! Reed-Solomon codes over GF(2⁸), with errors and erasures (ISO/IEC 18004 §7.5.2: the field's
//! polynomial is x⁸+x⁴+x³+x²+1, the generator's roots are α⁰, α¹, …).

/// Powers of α, twice around, and their logarithms.
struct Field {
    powers: [u8; 510],
    logs: [u8; 256],
}

static FIELD: Field = Field::new();
const POLYNOMIAL: u16 = 0x11D;

impl Field {
    const fn new() -> Self {
        let (mut powers, mut logs) = ([0; 510], [0; 256]);
        let (mut value, mut n) = (1u16, 0);
        while n < 255 {
            powers[n] = value as u8;
            powers[n + 255] = value as u8;
            logs[value as usize] = n as u8;
            value <<= 1;
            if value > 255 {
                value ^= POLYNOMIAL;
            }
            n += 1;
        }
        Self { powers, logs }
    }
}

fn log(a: u8) -> usize {
    usize::from(FIELD.logs[usize::from(a)])
}

fn multiply(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    FIELD.powers[log(a) + log(b)]
}

/// `b` is not zero.
fn divide(a: u8, b: u8) -> u8 {
    if a == 0 {
        return 0;
    }
    FIELD.powers[log(a) + 255 - log(b)]
}

/// α to the power of `n`.
fn power(n: usize) -> u8 {
    FIELD.powers[n % 255]
}

/// The value of a polynomial, lowest coefficient first.
fn value(polynomial: &[u8], at: u8) -> u8 {
    let step = |sum, coefficient: &u8| multiply(sum, at) ^ coefficient;
    polynomial.iter().rev().fold(0, step)
}

fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut product = vec![0; a.len() + b.len() - 1];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            product[i + j] ^= multiply(*a, *b);
        }
    }
    product
}

/// Corrects `block`, whose last `checks` bytes are check bytes; `erased` are the places of bytes
/// that are not to be believed. Gives the number of further bytes that were wrong; none, and a
/// block as it was, where it is beyond correction.
pub(super) fn correct(block: &mut [u8], checks: usize, erased: &[usize]) -> Option<usize> {
    let length = block.len();
    let syndromes: Vec<u8> = (0..checks)
        .map(|n| {
            let step = |sum, byte: &u8| multiply(sum, power(n)) ^ byte;
            block.iter().fold(0, step)
        })
        .collect();
    if syndromes.iter().all(|s| *s == 0) {
        return Some(0);
    }
    if erased.len() > checks {
        return None;
    }
    let locator = locator(&syndromes, erased, length)?;
    let wrong = locator.len() - 1;
    // Chien's search: a root α^-p names the byte with p bytes behind it.
    let places: Vec<usize> = (0..length)
        .filter(|place| value(&locator, power(255 - (length - 1 - place) % 255)) == 0)
        .collect();
    if places.len() != wrong {
        return None;
    }
    let mut evaluator = product(&syndromes, &locator);
    evaluator.truncate(checks);
    let mut corrected = block.to_vec();
    for place in &places {
        corrected[*place] ^= magnitude(&evaluator, &locator, length - 1 - place)?;
    }
    let holds = (0..checks).all(|n| {
        let step = |sum, byte: &u8| multiply(sum, power(n)) ^ byte;
        corrected.iter().fold(0, step) == 0
    });
    if !holds {
        return None;
    }
    let further = places
        .iter()
        .filter(|place| !erased.contains(place))
        .count();
    block.copy_from_slice(&corrected);
    Some(further)
}

/// The polynomial whose roots name the wrong bytes: Berlekamp's and Massey's algorithm, begun with
/// the bytes that are known to be wrong. None if more are wrong than can be told.
fn locator(syndromes: &[u8], erased: &[usize], length: usize) -> Option<Vec<u8>> {
    let checks = syndromes.len();
    let mut locator = vec![1];
    for place in erased {
        locator = product(&locator, &[1, power(length - 1 - place)]);
    }
    let mut previous = locator.clone();
    let mut errors = 0;
    for n in erased.len()..checks {
        previous.insert(0, 0);
        let terms = locator.iter().take(n + 1).enumerate();
        let discrepancy = terms.fold(0, |sum, (i, c)| sum ^ multiply(*c, syndromes[n - i]));
        if discrepancy == 0 {
            continue;
        }
        let mut next = locator.clone();
        next.resize(next.len().max(previous.len()), 0);
        for (next, previous) in next.iter_mut().zip(&previous) {
            *next ^= multiply(discrepancy, *previous);
        }
        if 2 * errors <= n - erased.len() {
            errors = n - erased.len() + 1 - errors;
            previous = locator.iter().map(|c| divide(*c, discrepancy)).collect();
        }
        locator = next;
    }
    while locator.last() == Some(&0) {
        locator.pop();
    }
    (2 * errors + erased.len() <= checks && locator.len() == errors + erased.len() + 1)
        .then_some(locator)
}

/// What to add to the byte with `behind` bytes behind it (Forney's algorithm).
fn magnitude(evaluator: &[u8], locator: &[u8], behind: usize) -> Option<u8> {
    let inverse = power(255 - behind % 255);
    // In characteristic two the derivative keeps the odd terms.
    let derivative: Vec<u8> = locator.iter().skip(1).step_by(2).copied().collect();
    let slope = value(&derivative, multiply(inverse, inverse));
    let numerator = multiply(value(evaluator, inverse), power(behind));
    (slope != 0).then(|| divide(numerator, slope))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{correct, multiply, power, product};

    /// A block with its check bytes: the remainder of the division by the generator.
    fn encoded(data: &[u8], checks: usize) -> Vec<u8> {
        let generator = (0..checks).fold(vec![1], |g, n| product(&g, &[power(n), 1]));
        let mut rest = [data, &vec![0; checks]].concat();
        for at in 0..data.len() {
            let factor = rest[at];
            for (i, c) in generator.iter().rev().enumerate() {
                rest[at + i] ^= multiply(factor, *c);
            }
        }
        [data, &rest[data.len()..]].concat()
    }

    proptest! {
        #[test]
        fn what_can_be_corrected_is(
            data in prop::collection::vec(any::<u8>(), 1..120),
            checks in 2usize..31,
            spoilt in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 0..40),
            erasures in 0usize..31,
        ) {
            let right = encoded(&data, checks);
            let mut places: Vec<(usize, u8)> = Vec::new();
            for (place, change) in spoilt {
                let place = place.index(right.len());
                if !places.iter().any(|(known, _)| *known == place) {
                    places.push((place, change));
                }
            }
            let erasures = erasures.min(places.len()).min(checks);
            let errors = (places.len() - erasures).min((checks - erasures) / 2);
            places.truncate(erasures + errors);
            let mut block = right.clone();
            for (place, change) in &places {
                block[*place] ^= change;
            }
            let erased: Vec<usize> = places.iter().take(erasures).map(|(place, _)| *place).collect();
            let corrected = correct(&mut block, checks, &erased);
            prop_assert_eq!(block, right);
            prop_assert_eq!(corrected, Some(errors));
        }

        #[test]
        fn what_is_corrected_is_a_code_word_and_else_nothing_changes(
            block in prop::collection::vec(any::<u8>(), 3..80),
            checks in 2usize..20,
        ) {
            let checks = checks.min(block.len() - 1);
            let mut corrected = block.clone();
            match correct(&mut corrected, checks, &[]) {
                Some(_) => {
                    let data = corrected[..corrected.len() - checks].to_vec();
                    prop_assert_eq!(encoded(&data, checks), corrected);
                }
                None => prop_assert_eq!(corrected, block),
            }
        }
    }
}
