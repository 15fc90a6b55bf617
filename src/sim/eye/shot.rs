//! One exposure: the scene, the lens, the sensor and its JPEG.

use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};

use super::lens;
use super::level::Conditions;
use super::pose::{Grid, HEIGHT, Hold, Pose, Vector, WIDTH, dot, plus};
use super::random::{Noise, Random};
use super::room::room;
use super::surface::Surface;

/// Samples across a pixel of the code; beside it the lens's blur does well enough.
const SAMPLES: usize = 4;
/// Light from dark and light things where nothing is held up.
const ROOM_TONES: (f32, f32) = (0.06, 0.85);
/// Standard deviation of a lamp's reflection, in sides of the code.
const GLARE_WIDTH: f32 = 0.25;
/// Tells the noise's stream of chance from others of the same seed.
const NOISE: u64 = 0x0153;

/// A scene as it is in every frame of it.
#[derive(Debug)]
pub struct Scene {
    /// What is held up; nothing in an empty room.
    pub surface: Option<Surface>,
    /// Light, lens and sensor.
    pub conditions: Conditions,
    /// Where the thing is held; light and shadow fall in relation to it.
    pub hold: Hold,
    /// The room, a value a pixel.
    pub room: Vec<f32>,
}

impl Scene {
    /// Puts a thing before a room, somewhere in the picture.
    pub fn new(conditions: Conditions, surface: Option<Surface>, random: &mut Random) -> Self {
        let hold = Hold::draw(&conditions, random);
        Self {
            surface,
            conditions,
            hold,
            room: room(random),
        }
    }

    /// Side of the code, in millimetres.
    pub fn side(&self) -> f32 {
        self.surface.as_ref().map_or(1.0, |surface| surface.side)
    }
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
    /// Where the lamp's reflection lies, in millimetres from the code's middle.
    pub glare_at: (f32, f32),
    /// What the noise is drawn from.
    pub seed: u64,
}

/// A lamp's place, chosen so that its reflection is seen where `pose` has `on_plane`.
pub fn lamp_seen_at(pose: &Pose, on_plane: (f32, f32), distance: f32) -> Vector {
    let place = pose.place(on_plane);
    let normal = pose.normal();
    let length = dot(place, place).sqrt();
    let ray = place.map(|part| part / length);
    let reflected = plus(ray, -2.0 * dot(ray, normal), normal);
    plus(place, distance, reflected)
}

/// Where `pose` shows the reflection of a lamp, in millimetres from the code's middle: where the
/// way to the lamp's image behind the mirror passes through it.
pub fn reflection(pose: &Pose, lamp: Vector) -> (f32, f32) {
    let normal = pose.normal();
    let height = dot(plus(lamp, -1.0, pose.middle), normal);
    let image = plus(lamp, -2.0 * height, normal);
    let ahead = dot(image, normal);
    let share = dot(pose.middle, normal) / ahead;
    pose.on_plane(image.map(|part| part * share))
}

impl Shot {
    /// Takes the picture: grey values, rows from the top.
    pub fn expose(&self) -> Vec<u8> {
        let (mut light, shows) = self.light();
        lens::defocus(&mut light, self.blur);
        lens::motion(&mut light, &shows, self.motion);
        self.sensed(&light, &shows)
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

    /// Whether all corners of the code are in the picture.
    pub fn shows_whole_code(&self) -> bool {
        let half = self.scene.side() / 2.0;
        let corners = [(-half, -half), (half, -half), (half, half), (-half, half)];
        corners.into_iter().all(|corner| {
            let (x, y) = Pose::pixel(self.pose.place(corner));
            (0.0..WIDTH as f32).contains(&x) && (0.0..HEIGHT as f32).contains(&y)
        })
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

    /// The light that falls on each pixel of a perfect lens, and which pixels show the thing.
    fn light(&self) -> (Vec<f32>, Vec<bool>) {
        let mut light = self.scene.room.clone();
        let mut shows = vec![false; light.len()];
        let Some(surface) = &self.scene.surface else {
            return (light, shows);
        };
        let grid = self.pose.grid();
        for (at, (pixel, shows)) in light.iter_mut().zip(&mut shows).enumerate() {
            let ray = self.ray((at % WIDTH) as f32 + 0.5, (at / WIDTH) as f32 + 0.5);
            let place = grid.at(ray.0, ray.1);
            if surface.is_code(place) {
                *pixel = sampled(surface, &grid, ray);
            } else if let Some(light) = surface.light(place) {
                *pixel = light;
            } else {
                continue;
            }
            *shows = true;
        }
        (light, shows)
    }

    /// What the sensor makes of the light: contrast, light that falls unevenly, reflections, noise.
    fn sensed(&self, light: &[f32], shows: &[bool]) -> Vec<u8> {
        let with = &self.scene.conditions;
        let (dark, bright) = self
            .scene
            .surface
            .as_ref()
            .map_or(ROOM_TONES, |surface| surface.tones);
        let (dark, bright) = (tone(dark.min(bright)), tone(dark.max(bright)));
        let contrast = (with.tones.1 - with.tones.0) / (bright - dark);
        let mut noise = Noise::new(Random::new(&[self.seed, NOISE]));
        let falling = self.falling();
        let pixels = light.iter().enumerate().map(|(at, light)| {
            let (x, y) = ((at % WIDTH) as f32 + 0.5, (at / WIDTH) as f32 + 0.5);
            let grey = with.tones.0 + (tone(*light) - dark) * contrast;
            let grey = falling(grey, x, y, shows[at]).clamp(0.0, 1.0);
            (255.0 * grey + with.noise * noise.next()).round() as u8
        });
        pixels.collect()
    }

    /// How the light falls: from the grey of even light, a pixel, and whether it shows the thing that
    /// is held up, to the grey that is seen there.
    fn falling(&self) -> impl Fn(f32, f32, f32, bool) -> f32 {
        let with = &self.scene.conditions;
        let grid = self.pose.grid();
        let towards = (with.uneven_towards.cos(), with.uneven_towards.sin());
        let (middle, size) = (self.scene.hold.at, self.scene.hold.size);
        let spot = Pose::pixel(self.pose.place(self.glare_at));
        let spot_width = GLARE_WIDTH * size;
        move |mut grey, x, y, shows| {
            let along = ((x - middle.0) * towards.0 + (y - middle.1) * towards.1) / size;
            grey *= (1.0 + with.uneven * along).clamp(0.12, 1.9);
            if with.shadow > 0.0 {
                let edge = 1.0 / (1.0 + (-25.0 * (along + with.shadow_at)).exp());
                grey *= 1.0 - with.shadow * edge;
            }
            if shows && with.moire > 0.0 {
                let (x, y) = self.ray(x, y);
                grey *= 1.0 + with.moire * waves(grid.at(x, y), with.dots);
            }
            let far = (x - spot.0).hypot(y - spot.1) / spot_width;
            if shows && with.glare > 0.0 && far < 4.0 {
                grey += with.glare * (-0.5 * far * far).exp();
            }
            grey
        }
    }
}

/// The mean light of a pixel of the code.
fn sampled(surface: &Surface, grid: &Grid, (x, y): (f32, f32)) -> f32 {
    let middle = grid.at(x, y);
    let [right, down] = grid.slope(x, y);
    let offset = |at: usize| (at as f32 + 0.5) / SAMPLES as f32 - 0.5;
    let mut sum = 0.0;
    for row in 0..SAMPLES {
        for column in 0..SAMPLES {
            let (across, along) = (offset(column), offset(row));
            sum += surface.light_inside((
                middle.0 + across * right.0 + along * down.0,
                middle.1 + across * right.1 + along * down.1,
            ));
        }
    }
    sum / (SAMPLES * SAMPLES) as f32
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
