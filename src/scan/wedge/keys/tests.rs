use std::time::Duration;

use proptest::prelude::*;

use super::{CODE_MAX_CHARS, Keys, LEFT_SHIFT, ROWS, Stroke};

const MILLI: Duration = Duration::from_millis(1);

/// Strokes with the time before each.
type Script = Vec<(Duration, Stroke)>;

fn key(code: u16) -> Script {
    [true, false]
        .map(|down| (MILLI, Stroke::Key { code, down }))
        .to_vec()
}

fn held(code: u16, inner: Script) -> Script {
    let mut script = vec![(MILLI, Stroke::Key { code, down: true })];
    script.extend(inner);
    script.push((MILLI, Stroke::Key { code, down: false }));
    script
}

/// What a scanner of the United States' layout types for ASCII.
fn typed(text: &str) -> Script {
    let strokes = |c: char| {
        for (first, plain, shifted) in ROWS {
            let at = |row: &str| row.chars().position(|sign| sign == c);
            let code = |at: usize| first + u16::try_from(at).expect("a short row");
            if let Some(at) = at(plain) {
                return key(code(at));
            }
            if let Some(at) = at(shifted) {
                return held(LEFT_SHIFT, key(code(at)));
            }
        }
        panic!("no key for {c:?}");
    };
    text.chars().flat_map(strokes).collect()
}

/// Alt and a number on the keypad.
fn alt(number: &str) -> Script {
    let digits = number.bytes().flat_map(|digit| {
        let keys = [82, 79, 80, 81, 75, 76, 77, 71, 72, 73];
        key(keys[usize::from(digit - b'0')])
    });
    held(56, digits.collect())
}

fn enter() -> Script {
    key(28)
}

fn pause(millis: u32) -> Script {
    // A key that types nothing, late.
    vec![(
        MILLI * millis,
        Stroke::Key {
            code: 69,
            down: true,
        },
    )]
}

fn codes(parts: &[Script]) -> Vec<String> {
    let (mut keys, mut at) = (Keys::new(), Duration::from_secs(1_700_000_000));
    let mut found = Vec::new();
    for (wait, stroke) in parts.concat() {
        at += wait;
        keys.stroke(stroke, at, |code| found.push(code.to_owned()));
    }
    keys.end(|code| found.push(code.to_owned()));
    assert!(!keys.pending());
    found
}

#[test]
fn a_burst_of_keys_is_a_code() {
    let card = "099090012345|012345678|NGUYEN VAN A|28/02/1990;~$@:\"'<>?{}[]\\_-+=!%^&*()`,.";
    for (what, parts, expected) in [
        ("ended by Enter", vec![typed(card), enter()], vec![card]),
        ("ended by silence", vec![typed(card)], vec![card]),
        (
            "ended by the keypad's Enter",
            vec![typed("099090012345"), key(96)],
            vec!["099090012345"],
        ),
        (
            "ended by the tabulator",
            vec![typed("099090012345"), key(15)],
            vec!["099090012345"],
        ),
        (
            "two, parted by Enter",
            vec![typed("099090012345"), enter(), typed("0123456789"), enter()],
            vec!["099090012345", "0123456789"],
        ),
        (
            "two, parted by a pause",
            vec![typed("099090012345"), pause(101), typed("0123456789")],
            vec!["099090012345", "0123456789"],
        ),
        (
            "a slow scanner",
            vec![typed("099090"), pause(90), typed("012345")],
            vec!["099090012345"],
        ),
        ("Enter alone", vec![enter(), enter()], vec![]),
        (
            "a finger",
            vec![typed("1"), pause(300), typed("2"), pause(300), enter()],
            vec![],
        ),
        ("a short word", vec![typed("abcde"), enter()], vec![]),
        (
            "the keypad",
            vec![key(73), key(82), key(55), key(98), key(74), key(78)],
            vec!["90*/-+"],
        ),
        (
            "control signs",
            vec![typed("099090"), held(29, key(27)), typed("012345")],
            vec!["099090012345"],
        ),
        (
            "a lost stroke",
            vec![
                typed("09909001"),
                vec![(MILLI, Stroke::Lost)],
                typed("2345678"),
                enter(),
                typed("0123456789"),
                enter(),
            ],
            vec!["0123456789"],
        ),
    ] {
        assert_eq!(codes(&parts), expected, "{what}");
    }
}

#[test]
fn letters_typed_with_alt_are_unicode_or_utf_8_and_never_guessed() {
    let name = |middle: Script| codes(&[typed("NGUY"), middle, typed("N|28021990"), enter()]);
    assert_eq!(name(alt("7876")), ["NGUY\u{1ec4}N|28021990"]);
    let bytes = [alt("0225"), alt("0187"), alt("0132")].concat();
    assert_eq!(name(bytes), ["NGUY\u{1ec4}N|28021990"]);
    // A letter of Latin-1 beside one that Unicode alone has.
    assert_eq!(
        name([alt("202"), alt("7876")].concat()),
        ["NGUYÊ\u{1ec4}N|28021990"]
    );
    // 202 alone may be of any character set.
    assert_eq!(name(alt("202")), ["NGUY\u{fffd}N|28021990"]);
    assert_eq!(name(alt("55296")), ["NGUY\u{fffd}N|28021990"]);
    assert_eq!(
        name(alt("99999999999999999999")),
        ["NGUY\u{fffd}N|28021990"]
    );
    assert_eq!(name(alt("65")), ["NGUYAN|28021990"]);
    assert_eq!(name(alt("")), ["NGUYN|28021990"]);
    assert_eq!(name(held(56, key(30))), ["NGUYN|28021990"]);
}

#[test]
fn a_code_that_is_too_long_is_thrown_away_whole() {
    let long = "x".repeat(3 * CODE_MAX_CHARS + 1);
    assert_eq!(
        codes(&[
            typed(&long),
            typed("tail99"),
            enter(),
            typed("next99"),
            enter()
        ]),
        ["next99"]
    );
    let longest = "x".repeat(CODE_MAX_CHARS);
    assert_eq!(codes(&[typed(&longest), enter()]), [longest]);
}

proptest! {
    #[test]
    fn what_is_typed_is_what_is_told(text in "[ -~]{6,60}", shift in any::<bool>()) {
        let mut parts = vec![typed(&text), enter()];
        if shift {
            // Shift that is held when nothing is typed types nothing.
            parts.insert(0, held(54, Vec::new()));
        }
        prop_assert_eq!(codes(&parts), [text]);
    }

    #[test]
    fn any_strokes_have_an_answer(
        strokes in prop::collection::vec((0u64..200, 0u16..300, any::<bool>(), 0u8..20), 0..200),
    ) {
        let script = strokes.into_iter().map(|(millis, code, down, lost)| {
            let stroke = if lost == 0 { Stroke::Lost } else { Stroke::Key { code, down } };
            (Duration::from_millis(millis), stroke)
        });
        for code in codes(&[script.collect()]) {
            prop_assert!(!code.is_empty());
        }
    }
}
