//! One exposure: the scene, the lens, the sensor and its JPEG.

use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};

use super::lens;
use super::level::Conditions;
use super::pose::{Grid, HEIGHT, Pose, Vector, WIDTH, plus};
use super::random::{Noise, Random};
use super::surface::Surface;

/// Samples a pixel across, in the code and beside it.
const SAMPLES_CODE: usize = 4;
const SAMPLES: usize = 2;

/// A scene as it is in every frame of it.
#[derive(Debug)]
pub struct Scene {
    /// What is held up; nothing in an empty room.
    pub surface: Option<Surface>,
    /// Light, lens and sensor.
    pub conditions: Conditions,
    /// The room, a value a pixel.
    pub room: Vec<f32>,
}

/// One frame of a scene, not yet exposed.
#[derive(Debug, Clone)]
pub struct Shot {
    /// What it is of.
    pub scene: Arc<Scene>,
    /// How it is held in the middle of the exposure.
    pub pose: Pose,
    /// Standard deviation of the lens's blur, in pixels.
    pub blur: f32,
    /// How far the picture moves during the exposure, in pixels.
    pub motion: (f32, f32),
    /// How far it moves while the sensor reads its rows from the top to the bottom, in pixels.
    pub rolling: (f32, f32),
    /// Where the lamp's reflection lies, in millimetres from the code's middle, and how wide it is.
    pub glare_at: (f32, f32),
    /// What the noise is drawn from.
    pub seed: u64,
}

/// A lamp's place, chosen so that its reflection is seen where `pose` has `on_plane`.
pub fn lamp_seen_at(pose: &Pose, on_plane: (f32, f32), distance: f32) -> Vector {
    let place = pose.place(on_plane);
    let normal = pose.normal();
    let length = super::pose::dot(place, place).sqrt();
    let ray = place.map(|part| part / length);
    let reflected = plus(ray, -2.0 * super::pose::dot(ray, normal), normal);
    plus(place, distance, reflected)
}

/// Where `pose` shows the reflection of a lamp, in millimetres from the code's middle: where the
/// way to the lamp's image behind the mirror passes through it.
pub fn reflection(pose: &Pose, lamp: Vector) -> (f32, f32) {
    let normal = pose.normal();
    let height = super::pose::dot(plus(lamp, -1.0, pose.middle), normal);
    let image = plus(lamp, -2.0 * height, normal);
    let ahead = super::pose::dot(image, normal);
    let share = super::pose::dot(pose.middle, normal) / ahead;
    pose.on_plane(image.map(|part| part * share))
}

impl Shot {
    /// Takes the picture: grey values, rows from the top.
    pub fn expose(&self) -> Vec<u8> {
        let mut light = self.light();
        lens::defocus(&mut light, self.blur);
        lens::motion(&mut light, self.motion);
        self.sensed(&light)
    }

    /// The picture as the camera sends it: a grey JPEG.
    pub fn jpeg(&self) -> Vec<u8> {
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, self.scene.conditions.quality)
            .encode(
                &self.expose(),
                WIDTH as u32,
                HEIGHT as u32,
                ExtendedColorType::L8,
            )
            .expect("a vector takes what is written, and JPEG a picture of this size");
        file
    }

    /// The picture as the host unpacks it from the camera's JPEG.
    pub fn grey(&self) -> Vec<u8> {
        image::load_from_memory_with_format(&self.jpeg(), ImageFormat::Jpeg)
            .expect("what was encoded is decoded")
            .into_luma8()
            .into_raw()
    }

    /// The pixel whose ray meets the lens where it would without distortion and without movement.
    fn ray(&self, x: f32, y: f32) -> (f32, f32) {
        let (middle_x, middle_y) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
        let (right, down) = (x - middle_x, y - middle_y);
        let out = (right * right + down * down) / (middle_x * middle_x);
        let stretch = 1.0 + self.scene.conditions.barrel * out;
        let when = y / HEIGHT as f32 - 0.5;
        (
            middle_x + right * stretch - self.rolling.0 * when,
            middle_y + down * stretch - self.rolling.1 * when,
        )
    }

    /// The light that falls on each pixel of a perfect lens.
    fn light(&self) -> Vec<f32> {
        let mut light = self.scene.room.clone();
        let Some(surface) = &self.scene.surface else {
            return light;
        };
        let grid = self.pose.grid();
        for (y, row) in light.chunks_exact_mut(WIDTH).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let (x, y) = self.ray(x as f32 + 0.5, y as f32 + 0.5);
                let at = grid.at(x, y);
                let samples = match surface.light(at) {
                    _ if surface.is_code(at) => SAMPLES_CODE,
                    Some(_) => SAMPLES,
                    None => continue,
                };
                *pixel = sampled(surface, &grid, (x, y), samples, *pixel);
            }
        }
        light
    }

    /// What the sensor makes of the light: contrast, light that falls unevenly, reflections, noise.
    fn sensed(&self, light: &[f32]) -> Vec<u8> {
        let with = &self.scene.conditions;
        let mut noise = Noise::new(Random::new(&[self.seed, 0x0153]));
        let grid = self.pose.grid();
        let side = self
            .scene
            .surface
            .as_ref()
            .map_or(18.0, |surface| surface.side);
        let (dark, bright) = match &self.scene.surface {
            Some(surface) => surface.tones,
            None => (0.06, 0.85),
        };
        let (dark, bright) = (tone(dark.min(bright)), tone(dark.max(bright)));
        let middle = Pose::pixel(self.pose.middle);
        let towards = (with.uneven_towards.cos(), with.uneven_towards.sin());
        let glare_width = 0.25 * side;
        let mut sensed = Vec::with_capacity(light.len());
        for (at, light) in light.iter().enumerate() {
            let (column, row) = ((at % WIDTH) as f32 + 0.5, (at / WIDTH) as f32 + 0.5);
            let share = (tone(*light) - dark) / (bright - dark);
            let mut grey = with.tones.0 + share * (with.tones.1 - with.tones.0);
            let (right, down) = (column - middle.0, row - middle.1);
            let along = (right * towards.0 + down * towards.1) / with.size;
            grey *= (1.0 + with.uneven * along).clamp(0.12, 1.9);
            if with.shadow > 0.0 {
                let edge = 1.0 / (1.0 + (-25.0 * (along + with.shadow_at)).exp());
                grey *= 1.0 - with.shadow * edge;
            }
            if with.glare > 0.0 || with.moire > 0.0 {
                let (x, y) = self.ray(column, row);
                let place = grid.at(x, y);
                grey *= 1.0 + with.moire * waves(place, with.dots);
                let far = (place.0 - self.glare_at.0).hypot(place.1 - self.glare_at.1);
                grey += with.glare * (-0.5 * (far / glare_width).powi(2)).exp();
            }
            sensed.push((255.0 * grey.clamp(0.0, 1.0) + with.noise * noise.next()).round() as u8);
        }
        sensed
    }
}

/// The mean light of a pixel with its middle at a ray; what lies beside the surface shows the room.
fn sampled(surface: &Surface, grid: &Grid, (x, y): (f32, f32), samples: usize, room: f32) -> f32 {
    let mut sum = 0.0;
    let offset = |at: usize| (at as f32 + 0.5) / samples as f32 - 0.5;
    for down in 0..samples {
        for right in 0..samples {
            let place = grid.at(x + offset(right), y + offset(down));
            sum += surface.light(place).unwrap_or(room);
        }
    }
    sum / (samples * samples) as f32
}

/// A camera's curve from light to grey: near the standard one, and quick.
fn tone(light: f32) -> f32 {
    light.max(0.0).sqrt()
}

/// The sensor meets a screen's dots at its own places only, so their pattern shows as waves.
fn waves(place: (f32, f32), dots: f32) -> f32 {
    let wave = |along: f32| {
        let part = (along / dots).rem_euclid(1.0);
        4.0 * (part - 0.5).abs() - 1.0
    };
    0.6 * wave(place.0) + 0.4 * wave(place.1)
}
