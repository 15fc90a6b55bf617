use proptest::prelude::*;

use crate::scan::{Luma, Symbology, decode_linear as read};

/// Bars and spaces of the values of Code 128, in modules (ISO/IEC 15417 table 1); then stop.
const CODE_128: &str = "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 \
    221312 231212 112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 \
    312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 \
    112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 \
    211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 \
    431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 \
    241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 \
    421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 \
    311141 411131 211412 211214 211232 2331112";
const START_B: usize = 104;
const STOP: usize = 106;

/// Wide elements of a character of Code 39, as bits from the left (ISO/IEC 16388 table 1).
const CODE_39: [(char, u16); 41] = [
    ('0', 0o064),
    ('1', 0o441),
    ('2', 0o141),
    ('3', 0o540),
    ('4', 0o061),
    ('5', 0o460),
    ('6', 0o160),
    ('7', 0o045),
    ('8', 0o444),
    ('9', 0o144),
    ('A', 0o411),
    ('B', 0o111),
    ('C', 0o510),
    ('D', 0o031),
    ('E', 0o430),
    ('F', 0o130),
    ('G', 0o015),
    ('H', 0o414),
    ('I', 0o114),
    ('J', 0o034),
    ('K', 0o403),
    ('L', 0o103),
    ('M', 0o502),
    ('N', 0o023),
    ('O', 0o422),
    ('P', 0o122),
    ('Q', 0o007),
    ('R', 0o406),
    ('S', 0o106),
    ('T', 0o026),
    ('U', 0o601),
    ('V', 0o301),
    ('W', 0o700),
    ('X', 0o221),
    ('Y', 0o620),
    ('Z', 0o320),
    ('-', 0o205),
    ('.', 0o604),
    (' ', 0o304),
    ('*', 0o224),
    ('/', 0o242),
];

/// Widths of bars and spaces by turns, a bar first.
type Widths = Vec<u8>;

fn code_128(text: &str) -> Widths {
    let patterns: Vec<&str> = CODE_128.split_whitespace().collect();
    let values = text.bytes().map(|byte| usize::from(byte - b' '));
    let mut all: Vec<usize> = [START_B].into_iter().chain(values).collect();
    let weighed = all.iter().enumerate().map(|(at, value)| at.max(1) * value);
    all.push(weighed.sum::<usize>() % 103);
    all.push(STOP);
    let widths: String = all.into_iter().map(|value| patterns[value]).collect();
    widths.bytes().map(|b| b - b'0').collect()
}

fn code_39(text: &str) -> Widths {
    let mut widths = Vec::new();
    for c in format!("*{text}*").chars() {
        let (_, wide) = CODE_39
            .iter()
            .find(|(known, _)| *known == c)
            .expect("a character");
        widths.extend(
            (0..9)
                .rev()
                .map(|bit| if wide >> bit & 1 == 1 { 3 } else { 1 }),
        );
        // The gap between two characters.
        widths.push(1);
    }
    widths
}

/// How a paper is held.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Pixels of a module.
    module: f64,
    /// Pixels that the bars lean over their height.
    lean: f64,
    dark: f64,
    light: f64,
    /// Grey values of noise, up and down.
    noise: u32,
    upright: bool,
    backward: bool,
}

const HELD: Held = Held {
    module: 3.0,
    lean: 0.0,
    dark: 30.0,
    light: 220.0,
    noise: 0,
    upright: false,
    backward: false,
};

struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn read(&self) -> Option<String> {
        let (width, height) = (self.width as u32, self.height as u32);
        let picture = Luma::new(width, height, &self.pixels).expect("a picture");
        let code = read(picture)?;
        assert_eq!(code.symbology, Symbology::Linear);
        Some(code.text.expose().clone())
    }
}

/// Bars of 80 pixels in the middle of a paper with some lines of print above.
fn held(widths: &Widths, how: Held) -> Picture {
    const HEIGHT: usize = 240;
    let modules: f64 = widths.iter().map(|width| f64::from(*width)).sum();
    let (quiet, code) = (12.0 * how.module, modules * how.module);
    let width = (2.0 * quiet + code + how.lean.abs()) as usize + 60;
    let mut edges = vec![0.0];
    for w in widths {
        edges.push(edges[edges.len() - 1] + f64::from(*w) * how.module);
    }
    // How much of a pixel is dark: bars lie between edges 0 and 1, 2 and 3.
    let covered = |from: f64| {
        let bars = edges
            .chunks_exact(2)
            .map(|bar| (bar[1].min(from + 1.0) - bar[0].max(from)).max(0.0));
        bars.sum::<f64>()
    };
    let mut random = 12345_u32;
    let mut pixels = vec![0; width * HEIGHT];
    for y in 0..HEIGHT {
        let in_bars = (70..170).contains(&y);
        let shift = 30.0 + quiet + how.lean * (y as f64 - 120.0) / 100.0;
        for x in 0..width {
            let print = (10..50).contains(&y) && (x / 5 * 7 + y / 6) % 3 == 0;
            let dark = match (in_bars, print) {
                (true, _) => covered(x as f64 - shift),
                (false, print) => f64::from(u8::from(print)),
            };
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from((random >> 16) % (2 * how.noise + 1)) - f64::from(how.noise);
            let value = how.light + (how.dark - how.light) * dark + noise;
            pixels[y * width + x] = value.clamp(0.0, 255.0) as u8;
        }
    }
    turned(
        Picture {
            width,
            height: HEIGHT,
            pixels,
        },
        how,
    )
}

fn turned(mut picture: Picture, how: Held) -> Picture {
    if how.backward {
        picture.pixels.reverse();
    }
    if !how.upright {
        return picture;
    }
    let pixels = (0..picture.width)
        .flat_map(|x| (0..picture.height).map(move |y| (x, y)))
        .map(|(x, y)| picture.pixels[y * picture.width + x])
        .collect();
    Picture {
        width: picture.height,
        height: picture.width,
        pixels,
    }
}

#[test]
fn a_patient_number_is_read_however_the_paper_is_held() {
    for (text, widths) in [
        ("BN00123456", code_128("BN00123456")),
        ("2411-00042/KB", code_128("2411-00042/KB")),
        ("BN00123456", code_39("BN00123456")),
        ("24-11.00042", code_39("24-11.00042")),
    ] {
        for how in [
            HELD,
            Held {
                upright: true,
                ..HELD
            },
            Held {
                backward: true,
                ..HELD
            },
            Held {
                upright: true,
                backward: true,
                ..HELD
            },
            Held { lean: 12.0, ..HELD },
            Held {
                module: 1.7,
                ..HELD
            },
            Held {
                module: 2.3,
                ..HELD
            },
            Held {
                module: 5.4,
                ..HELD
            },
            Held { noise: 20, ..HELD },
            Held {
                dark: 90.0,
                light: 160.0,
                ..HELD
            },
            Held {
                dark: 20.0,
                light: 90.0,
                noise: 5,
                ..HELD
            },
        ] {
            assert_eq!(
                held(&widths, how).read().as_deref(),
                Some(text),
                "{text} {how:?}"
            );
        }
    }
}

#[test]
fn what_is_no_whole_code_gives_no_text() {
    let whole = code_128("BN00123456");
    let mut wrong_check = code_128("BN00123456");
    let at = wrong_check.len() - 13;
    wrong_check.splice(at..at + 6, [2, 1, 2, 2, 2, 2]);
    for (what, widths) in [
        ("a false checksum", wrong_check),
        ("no stop", whole[..whole.len() - 7].to_vec()),
        ("no start", whole[6..].to_vec()),
        ("too short a text", code_39("A1")),
        ("too short a text with a checksum", code_128("A1")),
        ("too long a text", code_128(&"7".repeat(33))),
        ("lines of print", [3, 2, 1, 1, 2, 5, 1, 4, 2, 1].repeat(8)),
    ] {
        assert_eq!(held(&widths, HELD).read(), None, "{what}");
    }
    // A code met by one line alone is not confirmed.
    let mut cut = held(&code_39("BN00123456"), HELD);
    let rows: Vec<&mut [u8]> = cut.pixels.chunks_mut(cut.width).collect();
    for (y, row) in rows.into_iter().enumerate() {
        if !(124..=127).contains(&y) {
            row.fill(220);
        }
    }
    assert_eq!(cut.read(), None);
}

#[test]
fn two_codes_that_touch_the_same_lines_are_never_mixed() {
    // The lower half of the bars says another number.
    let (upper, lower) = (
        held(&code_39("BN00123456"), HELD),
        held(&code_39("BN00123457"), HELD),
    );
    assert_eq!(upper.width, lower.width);
    for cut in (70..170).step_by(4) {
        let at = cut * upper.width;
        let mixed = Picture {
            width: upper.width,
            height: upper.height,
            pixels: [&upper.pixels[..at], &lower.pixels[at..]].concat(),
        };
        let said = mixed.read();
        let one = [None, Some("BN00123456"), Some("BN00123457")].contains(&said.as_deref());
        assert!(one, "{said:?}");
    }
}

#[test]
fn the_smallest_and_emptiest_pictures_have_no_code() {
    for (width, height) in [
        (1, 1),
        (1, 100),
        (100, 1),
        (2, 2),
        (8000, 3),
        (3, 8000),
        (640, 480),
    ] {
        for value in [0, 128, 255] {
            let pixels = vec![value; width * height];
            assert_eq!(
                Picture {
                    width,
                    height,
                    pixels
                }
                .read(),
                None
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_the_bars_say_is_what_is_read_or_nothing(
        text in "[A-Z0-9.-]{4,14}",
        module in 1.5f64..5.0,
        noise in 0u32..40,
        lean in -20.0f64..20.0,
        light in 90.0f64..250.0,
        with_check in any::<bool>(),
    ) {
        let widths = if with_check { code_128(&text) } else { code_39(&text) };
        let how = Held { module, noise, lean, light, dark: light * 0.2, ..HELD };
        let said = held(&widths, how).read();
        prop_assert!(said.is_none() || said.as_ref() == Some(&text), "{said:?}");
    }

    #[test]
    fn noise_says_nothing(seed in any::<u32>(), coarse in 1usize..6) {
        let (width, height) = (320, 120);
        let mut random = seed;
        let mut grain = vec![0; width * height];
        for value in &mut grain {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = (random >> 24) as u8;
        }
        // Noise in bars: every line says the same.
        let pixels = (0..width * height).map(|at| grain[at % width / coarse]).collect();
        prop_assert_eq!(Picture { width, height, pixels }.read(), None);
    }
}
