//! What is held up: cards, papers and screens with their print, as reflected light from 0 to 1.

use qrcodegen::QrCode;

use super::random::Random;

/// Pixels of a painted code for each module.
const MODULE: usize = 12;
/// Pixels of everything else for each millimetre.
const MILLIMETRE: f32 = 8.0;
/// Light from dark print, and from paper or plastic. A screen's dark is darker.
const INK: f32 = 0.06;
const PAPER: f32 = 0.85;
const SCREEN_DARK: f32 = 0.01;

/// Kinds of things that are held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// The card of 2021: its code is in the front's upper right corner.
    Card2021,
    /// The card of 2024: its code is on the back.
    Card2024,
    /// An insurance paper, folded and unfolded often.
    Paper,
    /// A telephone's screen.
    Screen {
        /// Light on dark.
        dark: bool,
    },
}

/// A painted thing.
#[derive(Debug)]
pub struct Surface {
    /// What it is.
    pub thing: Thing,
    /// Side of the code without its quiet zone, in millimetres.
    pub side: f32,
    /// Light from a dark and a light module.
    pub tones: (f32, f32),
    /// Where its edges are, in millimetres from the code's middle: left, top, right, bottom.
    edges: [f32; 4],
    quiet: f32,
    columns: usize,
    print: Vec<f32>,
    code_side: usize,
    code: Vec<f32>,
}

/// Sizes in millimetres.
struct Plan {
    size: (f32, f32),
    code_at: (f32, f32),
    side: f32,
}

impl Thing {
    fn plan(self) -> Plan {
        let (size, code_at, side) = match self {
            Self::Card2021 => ((85.6, 54.0), (73.5, 12.5), 18.0),
            Self::Card2024 => ((85.6, 54.0), (70.0, 15.5), 18.0),
            Self::Paper => ((148.0, 105.0), (24.0, 78.0), 20.0),
            Self::Screen { .. } => ((70.0, 148.0), (35.0, 55.0), 46.0),
        };
        Plan {
            size,
            code_at,
            side,
        }
    }

    /// Whether it shines by itself.
    pub fn is_screen(self) -> bool {
        matches!(self, Self::Screen { .. })
    }
}

impl Surface {
    /// Paints `thing` with `code`, or without one. `wear` from 0 to 1 is how worn it is.
    pub fn new(thing: Thing, code: Option<&QrCode>, wear: f32, random: &mut Random) -> Self {
        let plan = thing.plan();
        let (x, y) = plan.code_at;
        let dark_mode = thing == Thing::Screen { dark: true };
        let dark = if thing.is_screen() { SCREEN_DARK } else { INK };
        let columns = (plan.size.0 * MILLIMETRE) as usize;
        let mut sheet = Sheet {
            columns,
            pixels: vec![PAPER; columns * (plan.size.1 * MILLIMETRE) as usize],
        };
        sheet.paint(thing, random);
        let tones = if dark_mode {
            (PAPER, dark)
        } else {
            (dark, PAPER)
        };
        let modules = code.map_or(0, |code| code.size() as usize);
        let mut surface = Self {
            thing,
            side: plan.side,
            tones,
            edges: [-x, -y, plan.size.0 - x, plan.size.1 - y],
            quiet: [2.0, 3.0, 4.0][random.whole(0..3) as usize] * plan.side / modules.max(1) as f32,
            columns,
            print: sheet.pixels,
            code_side: modules * MODULE,
            code: code.map_or(Vec::new(), |code| painted(code, tones, random)),
        };
        surface.wear_out(wear, random);
        surface
    }

    /// Scratches across the code, as a purse leaves them.
    fn wear_out(&mut self, wear: f32, random: &mut Random) {
        let side = self.code_side;
        if side == 0 || self.thing.is_screen() {
            return;
        }
        let scratches = (wear * random.real(0.0..5.0)) as u32;
        for _ in 0..scratches {
            let end = |random: &mut Random| (random.real(0.0..1.0), random.real(0.0..1.0));
            let (from, to) = (end(random), end(random));
            let width = random.whole(2..(2 + MODULE as u32 / 3)) as usize;
            for step in 0..2 * side {
                let way = step as f32 / (2 * side) as f32;
                let x = (from.0 + (to.0 - from.0) * way) * (side - width) as f32;
                let y = (from.1 + (to.1 - from.1) * way) * (side - width) as f32;
                for row in 0..width {
                    let start = (y as usize + row) * side + x as usize;
                    self.code[start..start + width].fill(0.7 * PAPER);
                }
            }
        }
    }

    /// Whether a place is near enough to the code to be looked at closely.
    pub fn is_code(&self, (x, y): (f32, f32)) -> bool {
        let half = 0.53 * self.side;
        self.code_side > 0 && x.abs() < half && y.abs() < half
    }

    /// The light from a place, in millimetres from the code's middle; none beside the thing.
    pub fn light(&self, (x, y): (f32, f32)) -> Option<f32> {
        let [left, top, right, bottom] = self.edges;
        if x <= left || y <= top || x >= right || y >= bottom {
            return None;
        }
        let half = self.side / 2.0;
        let reach = x.abs().max(y.abs());
        if self.code_side > 0 && reach < half {
            let scale = self.code_side as f32 / self.side;
            let column = ((x + half) * scale) as usize;
            let row = ((y + half) * scale) as usize;
            return self.code.get(row * self.code_side + column).copied();
        }
        if self.code_side > 0 && reach < half + self.quiet {
            return Some(self.tones.1);
        }
        let column = ((x - left) * MILLIMETRE) as usize;
        let row = ((y - top) * MILLIMETRE) as usize;
        let at = row * self.columns + column.min(self.columns - 1);
        Some(self.print.get(at).copied().unwrap_or(PAPER))
    }
}

/// The code's modules; ink runs a little.
fn painted(code: &QrCode, (dark, light): (f32, f32), random: &mut Random) -> Vec<f32> {
    let side = code.size() as usize * MODULE;
    let mut pixels = vec![light; side * side];
    let gain = random.whole(0..3) as usize;
    for module in 0..(code.size() * code.size()) {
        let (x, y) = (module % code.size(), module / code.size());
        if !code.get_module(x, y) {
            continue;
        }
        let span = |at: i32| {
            let start = at as usize * MODULE;
            start.saturating_sub(gain)..(start + MODULE + gain).min(side)
        };
        for row in span(y) {
            let columns = span(x);
            pixels[row * side + columns.start..row * side + columns.end].fill(dark);
        }
    }
    pixels
}

/// Print beside the code.
struct Sheet {
    columns: usize,
    pixels: Vec<f32>,
}

impl Sheet {
    fn paint(&mut self, thing: Thing, random: &mut Random) {
        match thing {
            Thing::Card2021 => {
                self.guilloche(random);
                self.portrait(4.0, 20.0, 20.0, 27.0);
                self.lines(26.0, 21.0, 52.0, 3.6, 8, random);
                self.lines(26.0, 4.0, 34.0, 3.0, 2, random);
            }
            Thing::Card2024 => {
                self.guilloche(random);
                self.block(6.0, 12.0, 12.0, 11.0, 0.55);
                self.lines(22.0, 5.0, 32.0, 3.4, 5, random);
                self.lines(4.0, 35.0, 78.0, 5.5, 3, random);
            }
            Thing::Paper => {
                self.lines(8.0, 6.0, 130.0, 6.5, 9, random);
                self.lines(50.0, 68.0, 90.0, 6.5, 5, random);
                for fold in [0.33, 0.66] {
                    let at = fold * self.columns as f32 / MILLIMETRE;
                    self.block(at, 0.0, 0.5, 105.0, 0.6);
                }
            }
            Thing::Screen { dark } => {
                self.lines(10.0, 12.0, 50.0, 6.0, 2, random);
                self.lines(10.0, 92.0, 48.0, 7.0, 5, random);
                if dark {
                    for pixel in &mut self.pixels {
                        *pixel = (PAPER + SCREEN_DARK - *pixel).max(SCREEN_DARK);
                    }
                }
                let height = self.pixels.len() as f32 / self.columns as f32 / MILLIMETRE;
                for (x, width) in [(0.0, 2.0), (68.0, 2.0)] {
                    self.block(x, 0.0, width, height, 0.02);
                }
            }
        }
    }

    /// A filled rectangle, in millimetres.
    fn block(&mut self, x: f32, y: f32, width: f32, height: f32, light: f32) {
        let pixels = |length: f32| (length * MILLIMETRE) as usize;
        let rows = self.pixels.len() / self.columns;
        let end = pixels(x + width).min(self.columns);
        for row in pixels(y)..pixels(y + height).min(rows) {
            let start = row * self.columns;
            self.pixels[start + pixels(x)..start + end].fill(light);
        }
    }

    /// The fine waves of a card's ground.
    fn guilloche(&mut self, random: &mut Random) {
        let phase = random.real(0.0..6.0);
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let x = (at % self.columns) as f32 / MILLIMETRE;
            let y = (at / self.columns) as f32 / MILLIMETRE;
            let waves = (4.1 * x + 3.0 * (0.31 * y + phase).sin()).sin()
                + (5.3 * y + 3.0 * (0.23 * x).sin()).sin();
            *pixel = 0.66 + 0.05 * waves;
        }
    }

    /// A face, as a camera out of focus would see it.
    fn portrait(&mut self, x: f32, y: f32, width: f32, height: f32) {
        self.block(x, y, width, height, 0.5);
        self.block(
            x + 0.3 * width,
            y + 0.2 * height,
            0.4 * width,
            0.4 * height,
            0.3,
        );
        self.block(
            x + 0.15 * width,
            y + 0.7 * height,
            0.7 * width,
            0.3 * height,
            0.1,
        );
    }

    /// Lines of text: marks of five by seven dots.
    fn lines(&mut self, x: f32, y: f32, width: f32, pitch: f32, count: u32, random: &mut Random) {
        let dot = pitch / 12.0;
        for line in 0..count {
            let end = width * random.real(0.5..1.0);
            let mut along = 0.0;
            while along < end {
                let mark = random.next();
                for at in (0..35).filter(|at| mark >> at & 1 == 1) {
                    let (column, row) = ((at % 5) as f32, (at / 5) as f32);
                    let top = y + line as f32 * pitch + row * dot;
                    self.block(x + along + column * dot, top, dot, dot, 0.1);
                }
                along += dot * if random.chance(0.2) { 11.0 } else { 6.0 };
            }
        }
    }
}
