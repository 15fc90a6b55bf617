//! What a lens and a moving hand do to a picture: blur.

use super::pose::{HEIGHT, WIDTH};

/// Blurs by a normal curve of standard deviation `sigma` pixels.
pub fn defocus(picture: &mut Vec<f32>, sigma: f32) {
    let reach = (sigma * 2.8).ceil() as isize;
    if reach == 0 {
        return;
    }
    let weights: Vec<f32> = (-reach..=reach)
        .map(|at| (-0.5 * (at as f32 / sigma).powi(2)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    let taps = |along: fn(isize) -> (isize, isize)| -> Vec<Tap> {
        let taps = weights.iter().zip(-reach..=reach);
        taps.map(|(weight, at)| Tap {
            by: along(at),
            weight: weight / sum,
        })
        .collect()
    };
    *picture = gathered(picture, &taps(|at| (at, 0)));
    *picture = gathered(picture, &taps(|at| (0, at)));
}

/// Blurs along the way that the thing moved during the exposure, in pixels. Where it does not show,
/// what stands still behind it is as sharp as before.
pub fn motion(picture: &mut [f32], shows: &[bool], (right, down): (f32, f32)) {
    let length = right.hypot(down);
    if length < 0.5 {
        return;
    }
    let steps = (length * 4.0).ceil() as usize + 1;
    let mut taps: Vec<Tap> = Vec::new();
    for step in 0..steps {
        let way = step as f32 / (steps - 1) as f32 - 0.5;
        let (x, y) = (way * right, way * down);
        let (left, top) = (x.floor(), y.floor());
        let (beside, below) = (x - left, y - top);
        for (dx, dy, weight) in [
            (0, 0, (1.0 - beside) * (1.0 - below)),
            (1, 0, beside * (1.0 - below)),
            (0, 1, (1.0 - beside) * below),
            (1, 1, beside * below),
        ] {
            let by = (left as isize + dx, top as isize + dy);
            let weight = weight / steps as f32;
            match taps.iter_mut().find(|tap| tap.by == by) {
                Some(tap) => tap.weight += weight,
                None => taps.push(Tap { by, weight }),
            }
        }
    }
    taps.retain(|tap| tap.weight > 1e-4);
    let half = (down / 2.0) as isize * WIDTH as isize + (right / 2.0) as isize;
    let shown = |at: usize, by: isize| {
        let at = at.checked_add_signed(by);
        at.and_then(|at| shows.get(at)).copied().unwrap_or(false)
    };
    let moved = gathered(picture, &taps);
    for (at, (pixel, moved)) in picture.iter_mut().zip(moved).enumerate() {
        if [0, half, -half].iter().any(|by| shown(at, *by)) {
            *pixel = moved;
        }
    }
}

/// How much of the light of a neighbour, so far to the right and down, comes in.
struct Tap {
    by: (isize, isize),
    weight: f32,
}

/// Each pixel as the sum of its neighbours' shares; beyond the edges the edge goes on.
fn gathered(picture: &[f32], taps: &[Tap]) -> Vec<f32> {
    let mut sums = vec![0.0; picture.len()];
    for (y, sum) in sums.chunks_exact_mut(WIDTH).enumerate() {
        for tap in taps {
            let (right, down) = tap.by;
            let row = y.saturating_add_signed(down).min(HEIGHT - 1) * WIDTH;
            let row = &picture[row..row + WIDTH];
            let margin = right.unsigned_abs().min(WIDTH);
            let (inner, edge) = if right < 0 {
                let (start, rest) = sum.split_at_mut(margin);
                add(rest, &row[..WIDTH - margin], tap.weight);
                (start, row[0])
            } else {
                let (rest, end) = sum.split_at_mut(WIDTH - margin);
                add(rest, &row[margin..], tap.weight);
                (end, row[WIDTH - 1])
            };
            for pixel in inner {
                *pixel += tap.weight * edge;
            }
        }
    }
    sums
}

fn add(sums: &mut [f32], pixels: &[f32], weight: f32) {
    for (sum, pixel) in sums.iter_mut().zip(pixels) {
        *sum += weight * pixel;
    }
}
