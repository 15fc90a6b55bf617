//! Where a thing is held before the camera: a plane in space, and its perspective picture.

use super::level::Conditions;
use super::random::Random;

/// The camera's focal length in pixels: sixty degrees across.
pub const FOCAL: f32 = 1100.0;
/// Width of a frame in pixels.
pub const WIDTH: usize = 1280;
/// Height of a frame in pixels.
pub const HEIGHT: usize = 720;

/// A place or a direction in the camera's space: right, down and away, in millimetres.
pub type Vector = [f32; 3];

pub fn dot(a: Vector, b: Vector) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// `a` and `times` times `b`.
pub fn plus(a: Vector, times: f32, b: Vector) -> Vector {
    [
        a[0] + times * b[0],
        a[1] + times * b[1],
        a[2] + times * b[2],
    ]
}

/// How a thing is held, in a hand's terms.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    /// Where the code's middle is seen, in pixels.
    pub at: (f32, f32),
    /// Square root of the code's area in the picture, in pixels.
    pub size: f32,
    /// Angle between the thing and the picture plane, in degrees.
    pub tilt: f32,
    /// Direction of the axis that it is tilted about, in radians.
    pub about: f32,
    /// Turn within the picture, in degrees.
    pub roll: f32,
}

impl Hold {
    /// Somewhere in the picture, all of the code in it.
    pub fn draw(with: &Conditions, random: &mut Random) -> Self {
        let mut place = |length: usize| {
            let length = length as f32;
            let margin = (0.72 * with.size).min(0.48 * length);
            random.real(margin..length - margin)
        };
        Self {
            at: (place(WIDTH), place(HEIGHT)),
            size: with.size,
            tilt: with.tilt,
            about: random.real(0.0..std::f32::consts::TAU),
            roll: with.roll,
        }
    }
}

/// A plane in the camera's space.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// The code's middle.
    pub middle: Vector,
    right: Vector,
    down: Vector,
}

impl Pose {
    /// A code of `side` millimetres, held so.
    pub fn new(hold: &Hold, side: f32) -> Self {
        let (tilt, roll) = (hold.tilt.to_radians(), hold.roll.to_radians());
        let away = FOCAL * side * tilt.cos().sqrt() / hold.size;
        let (x, y) = (
            hold.at.0 - WIDTH as f32 / 2.0,
            hold.at.1 - HEIGHT as f32 / 2.0,
        );
        let axis = [hold.about.cos(), hold.about.sin(), 0.0];
        let turned = |vector: Vector| {
            // Rodrigues' formula.
            let along = dot(axis, vector) * (1.0 - tilt.cos());
            let straight = vector.map(|part| part * tilt.cos());
            plus(plus(straight, tilt.sin(), cross(axis, vector)), along, axis)
        };
        Self {
            middle: [x / FOCAL * away, y / FOCAL * away, away],
            right: turned([roll.cos(), roll.sin(), 0.0]),
            down: turned([-roll.sin(), roll.cos(), 0.0]),
        }
    }

    /// The plane's direction towards what is behind it.
    pub fn normal(&self) -> Vector {
        cross(self.right, self.down)
    }

    /// A place on the plane, in millimetres from the code's middle.
    pub fn place(&self, (x, y): (f32, f32)) -> Vector {
        plus(plus(self.middle, x, self.right), y, self.down)
    }

    /// Where on the plane `place` of it is, in millimetres from the code's middle.
    pub fn on_plane(&self, place: Vector) -> (f32, f32) {
        let from = plus(place, -1.0, self.middle);
        (dot(from, self.right), dot(from, self.down))
    }

    /// Where a place is seen, in pixels.
    pub fn pixel(place: Vector) -> (f32, f32) {
        let scale = FOCAL / place[2];
        (
            place[0] * scale + WIDTH as f32 / 2.0,
            place[1] * scale + HEIGHT as f32 / 2.0,
        )
    }

    /// The way back from pixels to the plane.
    pub fn grid(&self) -> Grid {
        // A ray d meets the plane where (s·d - middle) has no part along the normal; its parts
        // along right and down are ratios of forms linear in the ray.
        let normal = self.normal();
        let height = dot(self.middle, normal);
        let form = |axis: Vector| {
            let offset = dot(self.middle, axis);
            let full = plus(axis.map(|part| part * height), -offset, normal);
            by_pixel(full)
        };
        Grid {
            x: form(self.right),
            y: form(self.down),
            ahead: by_pixel(normal),
        }
    }
}

/// A form linear in a ray, as one linear in a pixel.
fn by_pixel(form: Vector) -> Vector {
    let (a, b) = (form[0] / FOCAL, form[1] / FOCAL);
    [
        a,
        b,
        form[2] - a * WIDTH as f32 / 2.0 - b * HEIGHT as f32 / 2.0,
    ]
}

/// From pixels to a plane.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    x: Vector,
    y: Vector,
    ahead: Vector,
}

impl Grid {
    /// What a pixel shows of the plane, in millimetres from the code's middle.
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let form = |form: &Vector| form[0] * x + form[1] * y + form[2];
        let scale = 1.0 / form(&self.ahead);
        (form(&self.x) * scale, form(&self.y) * scale)
    }
}

#[cfg(test)]
mod tests {
    use super::{Hold, Pose};

    #[test]
    fn the_grid_leads_back_from_a_pixel_to_the_place_that_it_shows() {
        let hold = Hold {
            at: (500.0, 300.0),
            size: 200.0,
            tilt: 30.0,
            about: 1.0,
            roll: 50.0,
        };
        let pose = Pose::new(&hold, 18.0);
        let corners = [(-9.0, -9.0), (9.0, -9.0), (9.0, 9.0), (-9.0, 9.0)];
        let seen = corners.map(|corner| Pose::pixel(pose.place(corner)));
        for (corner, (x, y)) in corners.iter().zip(seen) {
            let (right, down) = pose.grid().at(x, y);
            assert!((right - corner.0).abs() < 1e-2 && (down - corner.1).abs() < 1e-2);
        }
        let twice = |a: (f32, f32), b: (f32, f32)| a.0 * b.1 - b.0 * a.1;
        let area = (0..4)
            .map(|at| twice(seen[at], seen[(at + 1) % 4]))
            .sum::<f32>()
            / 2.0;
        assert!((area.sqrt() - 200.0).abs() < 12.0, "{}", area.sqrt());
    }
}
