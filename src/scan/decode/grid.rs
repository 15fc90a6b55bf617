//! Where the modules of a symbol lie in a picture: a plane seen by a pinhole camera.

/// A place in the picture, in pixels.
pub(super) type Point = (f32, f32);

/// Maps modules to pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    /// Modules on a side.
    pub size: usize,
    /// Where the symbol's outer corners are: upper left, upper right, lower right, lower left.
    pub corners: [Point; 4],
    /// x, y and the divisor, each of u, v and 1.
    rows: [[f32; 3]; 3],
}

impl Grid {
    /// None if the four are no view of a square.
    pub fn new(size: usize, corners: [Point; 4]) -> Option<Self> {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
        // Heckbert's mapping of the unit square.
        let (dx1, dx2, dx3) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, dy3) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let det = dx1 * dy2 - dx2 * dy1;
        if det.abs() < 1e-3 {
            return None;
        }
        let g = (dx3 * dy2 - dx2 * dy3) / det;
        let h = (dx1 * dy3 - dx3 * dy1) / det;
        let n = size as f32;
        let rows = [
            [(x1 - x0 + g * x1) / n, (x3 - x0 + h * x3) / n, x0],
            [(y1 - y0 + g * y1) / n, (y3 - y0 + h * y3) / n, y0],
            [g / n, h / n, 1.0],
        ];
        // All of the square lies before the camera.
        let is_before = 1.0 + g > 0.1 && 1.0 + h > 0.1 && 1.0 + g + h > 0.1;
        is_before.then_some(Self {
            size,
            corners,
            rows,
        })
    }

    /// The pixel of a place in modules, from the outer corner of the upper left module.
    pub fn at(&self, u: f32, v: f32) -> Point {
        let [x, y, w] = self.rows.map(|row| row[0] * u + row[1] * v + row[2]);
        let near = 1.0 / w;
        (x * near, y * near)
    }

    /// Pixels between neighbouring modules, on the mean.
    pub fn module(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        let cross = |p: Point, q: Point| p.0 * q.1 - q.0 * p.1;
        let area = (cross(a, b) + cross(b, c) + cross(c, d) + cross(d, a)).abs() / 2.0;
        area.sqrt() / self.size as f32
    }

    /// Whether it is a symbol as one could be held up: convex, and not seen from its edge.
    pub fn is_plausible(&self) -> bool {
        let [a, b, c, d] = self.corners;
        let turn =
            |p: Point, q: Point, r: Point| (q.0 - p.0) * (r.1 - q.1) - (q.1 - p.1) * (r.0 - q.0);
        let turns = [turn(a, b, c), turn(b, c, d), turn(c, d, a), turn(d, a, b)];
        let length = |p: Point, q: Point| (p.0 - q.0).hypot(p.1 - q.1);
        let sides = [length(a, b), length(b, c), length(c, d), length(d, a)];
        let side = sides.into_iter().fold(0.0, f32::max);
        let same = turns.iter().all(|t| *t > 0.0) || turns.iter().all(|t| *t < 0.0);
        same && turns.iter().all(|t| t.abs() > side * side * 0.2)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Grid;

    #[test]
    fn a_square_seen_from_its_edge_or_turned_inside_out_is_no_symbol() {
        let square = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)];
        assert!(Grid::new(25, square).is_some_and(|grid| grid.is_plausible()));
        let flat = [(0.0, 0.0), (100.0, 0.0), (100.0, 4.0), (0.0, 4.0)];
        assert!(!Grid::new(25, flat).is_some_and(|grid| grid.is_plausible()));
        let crossed = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0), (100.0, 100.0)];
        assert!(!Grid::new(25, crossed).is_some_and(|grid| grid.is_plausible()));
        assert!(Grid::new(25, [(7.0, 7.0); 4]).is_none());
    }

    proptest! {
        #[test]
        fn corners_are_mapped_to_corners_and_lines_to_lines(
            moves in prop::array::uniform8(-15.0f32..15.0),
        ) {
            let [a, b, c, d, e, f, g, h] = moves;
            let corners = [(a, b), (100.0 + c, d), (100.0 + e, 100.0 + f), (g, 100.0 + h)];
            let grid = Grid::new(45, corners).expect("it is near a square");
            let near = |p: (f32, f32), q: (f32, f32)| (p.0 - q.0).hypot(p.1 - q.1) < 0.01;
            for ((u, v), corner) in [(0.0, 0.0), (45.0, 0.0), (45.0, 45.0), (0.0, 45.0)].into_iter().zip(corners) {
                prop_assert!(near(grid.at(u, v), corner));
            }
            let (p, q, r) = (grid.at(3.0, 9.0), grid.at(17.0, 9.0), grid.at(40.0, 9.0));
            let area = (q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0);
            prop_assert!(area.abs() < 0.5);
        }
    }
}
