//! Pictures of any kind before the decoder. libFuzzer's target and the replay share this file.

use tiepdon::scan::{Eye, Luma};

/// Pixels of a picture at most: enough for every stage of the decoder, and quick.
pub const PIXELS_MAX: usize = 1 << 18;
/// Pictures that one eye sees after another.
const PICTURES_MAX: usize = 3;

/// An eye before a few pictures, one after another. Each has two bytes for its width and two for
/// its height in cells, one for the side of a cell in pixels, one for the number of its runs (0: all
/// that is left), and for each run a length in cells and a grey value. Runs begin anew where they
/// end.
pub fn fuzz_eye(bytes: &[u8]) {
    let mut eye = Eye::default();
    let mut rest = bytes;
    for _ in 0..PICTURES_MAX {
        let Some((picture, left)) = picture(rest) else {
            return;
        };
        let luma = Luma::new(picture.width, picture.height, &picture.pixels);
        let _ = eye.look(luma.expect("sides and area are within bounds"));
        rest = left;
    }
}

struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

fn picture(bytes: &[u8]) -> Option<(Picture, &[u8])> {
    let ([w0, w1, h0, h1, cell, runs], rest) = bytes.split_first_chunk()?;
    let runs = match usize::from(*runs) * 2 {
        0 => rest.len(),
        runs => runs.min(rest.len()),
    };
    let (runs, rest) = rest.split_at(runs);
    let longest = Luma::SIDE_MAX as usize;
    let cell = usize::from(cell % 8) + 1;
    let side = |low: u8, high: u8| usize::from(u16::from_le_bytes([low, high]));
    let columns = side(*w0, *w1).clamp(1, longest / cell);
    let rows_max = (PIXELS_MAX / (columns * cell * cell)).max(1);
    let rows = side(*h0, *h1).clamp(1, longest / cell).min(rows_max);
    let cells = cells(runs, columns * rows);
    let (width, height) = (columns * cell, rows * cell);
    let pixels = (0..width * height)
        .map(|at| cells[(at / width / cell) * columns + at % width / cell])
        .collect();
    let (width, height) = (width as u32, height as u32);
    Some((
        Picture {
            width,
            height,
            pixels,
        },
        rest,
    ))
}

/// So many cells of these runs.
fn cells(runs: &[u8], count: usize) -> Vec<u8> {
    let mut cells = Vec::with_capacity(count);
    for run in runs.chunks_exact(2).cycle() {
        if cells.len() == count {
            break;
        }
        let length = usize::from(run[0]).max(1).min(count - cells.len());
        cells.resize(cells.len() + length, run[1]);
    }
    cells.resize(count, 0);
    cells
}
