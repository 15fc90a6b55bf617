//! What is behind the thing that is held up: walls, furniture, a striped shirt.

use super::pose::{HEIGHT, WIDTH};
use super::random::Random;

/// A room's light, a value a pixel.
pub fn room(random: &mut Random) -> Vec<f32> {
    let (right, down) = (random.real(0.0..6.0), random.real(0.0..6.0));
    let mut room: Vec<f32> = (0..WIDTH * HEIGHT)
        .map(|at| {
            let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
            0.16 + 0.1 * (x / 250.0 + right).sin() * (y / 200.0 + down).cos()
        })
        .collect();
    for _ in 0..random.whole(4..9) {
        let (left, width) = (random.whole(0..1200), random.whole(20..260));
        let (top, height) = (random.whole(0..660), random.whole(20..300));
        let light = random.real(0.01..0.6);
        for row in rows(&mut room, top, height) {
            span(row, left, width).fill(light);
        }
    }
    if random.chance(0.3) {
        cloth(&mut room, random);
    }
    room
}

/// A shirt of stripes or squares.
fn cloth(room: &mut [f32], random: &mut Random) {
    let (left, width) = (random.whole(200..600), random.whole(200..500));
    let top = random.whole(200..500);
    let pitch = random.real(6.0..40.0);
    let squares = random.chance(0.5);
    let (dark, light) = (random.real(0.02..0.15), random.real(0.2..0.7));
    for (y, row) in rows(room, top, HEIGHT as u32).enumerate() {
        for (x, pixel) in span(row, left, width).iter_mut().enumerate() {
            let across = (x as f32 / pitch) as u32;
            let along = if squares {
                (y as f32 / pitch) as u32
            } else {
                0
            };
            *pixel = if (across + along) % 2 == 0 {
                dark
            } else {
                light
            };
        }
    }
}

fn rows(room: &mut [f32], top: u32, height: u32) -> impl Iterator<Item = &mut [f32]> {
    let rows = room.chunks_exact_mut(WIDTH);
    rows.skip(top as usize).take(height as usize)
}

fn span(row: &mut [f32], left: u32, width: u32) -> &mut [f32] {
    let left = (left as usize).min(row.len());
    let right = (left + width as usize).min(row.len());
    &mut row[left..right]
}
