use eframe::egui::Color32;

use super::{Inks, Pen};

impl Pen<'_> {
    /// An ID card with portrait, lines and chip; `x`, `y` is its left upper corner.
    fn card(&self, x: f32, y: f32, w: f32) {
        let s = w / 64.0;
        let Inks {
            fill,
            light,
            accent,
            line,
        } = self.inks;
        self.block((x, y), (w, 40.0 * s), 4.0 * s, fill, 3.0);
        self.block(
            (x + 6.0 * s, y + 7.0 * s),
            (13.0 * s, 10.0 * s),
            2.0 * s,
            accent,
            1.2,
        );
        self.path(
            &[(x + 6.0 * s, y + 12.0 * s), (x + 19.0 * s, y + 12.0 * s)],
            1.0,
        );
        self.block(
            (x + 41.0 * s, y + 7.0 * s),
            (17.0 * s, 22.0 * s),
            2.0 * s,
            light,
            1.2,
        );
        self.dot(x + 49.5 * s, y + 15.0 * s, 4.0 * s, line);
        self.area(
            &[
                (x + 43.0 * s, y + 28.4 * s),
                (x + 45.0 * s, y + 22.0 * s),
                (x + 54.0 * s, y + 22.0 * s),
                (x + 56.0 * s, y + 28.4 * s),
            ],
            line,
        );
        for (row, width) in [(23.0, 28.0), (29.0, 22.0)] {
            let y = y + row * s;
            self.path(&[(x + 7.0 * s, y), (x + (7.0 + width) * s, y)], 2.2 * s);
        }
        self.path(
            &[(x + 7.0 * s, y + 35.0 * s), (x + 57.0 * s, y + 35.0 * s)],
            1.6 * s,
        );
    }

    pub fn card_on_reader(&self) {
        // The reader, seen a little from above, with its waves.
        self.block((8.0, 62.0), (84.0, 30.0), 7.0, self.inks.light, 3.0);
        self.block((16.0, 68.0), (68.0, 5.0), 2.5, self.inks.line, 0.0);
        for radius in [5.0, 10.0] {
            self.arc((50.0, 88.0), radius, 0.60, 0.90, 2.2);
        }
        self.dot(50.0, 87.0, 1.6, self.inks.line);
        // The card coming down on it.
        self.card(18.0, 8.0, 64.0);
        self.path(&[(50.0, 51.0), (50.0, 61.0)], 4.0);
        self.path(&[(44.0, 56.5), (50.0, 62.5), (56.0, 56.5)], 4.0);
    }

    pub fn card_at_rest(&self) {
        self.block((8.0, 64.0), (84.0, 28.0), 7.0, self.inks.light, 3.0);
        self.block((16.0, 84.0), (68.0, 3.0), 1.5, self.inks.accent, 0.0);
        self.card(18.0, 36.0, 64.0);
        for radius in [14.0, 23.0, 32.0] {
            self.arc((50.0, 38.0), radius, 0.625, 0.875, 3.4);
        }
    }

    /// A QR code, as one recognises it: three eyes and some grain.
    fn code(&self, x: f32, y: f32, w: f32) {
        let s = w / 7.0;
        let line = self.inks.line;
        for (cx, cy) in [(0.0, 0.0), (4.6, 0.0), (0.0, 4.6)] {
            self.block(
                (x + (cx + 0.3) * s, y + (cy + 0.3) * s),
                (1.8 * s, 1.8 * s),
                0.0,
                Color32::TRANSPARENT,
                0.55 * s,
            );
            self.block(
                (x + (cx + 0.85) * s, y + (cy + 0.85) * s),
                (0.7 * s, 0.7 * s),
                0.0,
                line,
                0.0,
            );
        }
        for (cx, cy) in [
            (3.1, 0.2),
            (3.1, 1.6),
            (3.8, 2.8),
            (0.4, 3.2),
            (1.8, 3.2),
            (3.1, 4.2),
            (4.6, 4.2),
            (6.0, 3.2),
            (5.4, 5.2),
            (3.4, 5.8),
            (6.2, 6.2),
            (4.7, 6.2),
            (6.2, 4.5),
            (2.9, 3.4),
        ] {
            self.block(
                (x + cx * s, y + cy * s),
                (0.75 * s, 0.75 * s),
                0.0,
                line,
                0.0,
            );
        }
    }

    pub fn code_to_camera(&self) {
        // The phone with its code.
        self.block((8.0, 14.0), (42.0, 74.0), 6.0, self.inks.fill, 3.0);
        self.path(&[(24.0, 20.5), (34.0, 20.5)], 2.2);
        self.code(13.5, 34.0, 31.0);
        self.path(&[(23.0, 81.0), (35.0, 81.0)], 2.2);
        // What it is held to: the scanner's window.
        self.block((72.0, 26.0), (22.0, 48.0), 6.0, self.inks.light, 3.0);
        self.ring(83.0, 44.0, 7.0, self.inks.fill, 2.6);
        self.dot(83.0, 44.0, 3.0, self.inks.line);
        self.block((77.0, 60.0), (12.0, 5.0), 2.5, self.inks.accent, 0.0);
        self.path(&[(55.0, 50.0), (66.0, 50.0)], 3.6);
        self.path(&[(61.5, 44.5), (67.0, 50.0), (61.5, 55.5)], 3.6);
    }

    pub fn keypad(&self) {
        self.block((20.0, 6.0), (60.0, 88.0), 8.0, self.inks.fill, 4.0);
        self.block((29.0, 15.0), (42.0, 13.0), 3.0, self.inks.light, 2.4);
        for row in 0..4_u8 {
            for column in 0..3_u8 {
                let (x, y) = (
                    34.0 + 16.0 * f32::from(column),
                    41.0 + 14.0 * f32::from(row),
                );
                self.dot(x, y, 4.4, self.inks.line);
            }
        }
    }

    /// Head and shoulders in a circle's height of 100 times `s`, centred at `x`, `y`.
    pub fn person(&self, x: f32, y: f32, s: f32) {
        self.ring(x, y - 20.0 * s, 20.0 * s, self.inks.light, 4.0 * s);
        let shoulders: Vec<(f32, f32)> = (0..=24)
            .map(|i| {
                let (sin, cos) = (std::f32::consts::PI * (1.0 + i as f32 / 24.0)).sin_cos();
                (x + 36.0 * s * cos, y + 44.0 * s + 34.0 * s * sin)
            })
            .collect();
        if self.inks.light == Color32::TRANSPARENT {
            let mut closed = shoulders;
            closed.push(closed[0]);
            self.path(&closed, 4.5 * s);
        } else {
            self.area(&shoulders, self.inks.light);
            let mut closed = shoulders;
            closed.push(closed[0]);
            self.path(&closed, 4.0 * s);
        }
    }

    /// The paper of a ticket: straight above, torn below.
    fn slip(&self, x: f32, y: f32, w: f32, h: f32) {
        let teeth = 6_u8;
        self.block((x, y), (w, h), 0.0, self.inks.fill, 0.0);
        let mut edge = vec![(x, y + h), (x, y), (x + w, y), (x + w, y + h)];
        for i in 0..teeth {
            let step = w / f32::from(teeth);
            let right = x + w - f32::from(i) * step;
            edge.push((right - step / 2.0, y + h - 5.0));
            edge.push((right - step, y + h));
        }
        self.path(&edge, 3.4);
    }

    pub fn ticket(&self) {
        self.slip(24.0, 6.0, 52.0, 88.0);
        self.path(&[(36.0, 20.0), (64.0, 20.0)], 4.0);
        self.block((34.0, 32.0), (32.0, 24.0), 3.0, self.inks.light, 0.0);
        self.path(&[(42.0, 40.0), (47.0, 37.0), (47.0, 51.0)], 3.4);
        self.path(
            &[
                (54.0, 38.0),
                (60.0, 38.0),
                (60.0, 44.0),
                (54.0, 51.0),
                (61.0, 51.0),
            ],
            3.4,
        );
        self.path(&[(36.0, 67.0), (64.0, 67.0)], 3.0);
        self.path(&[(36.0, 77.0), (56.0, 77.0)], 3.0);
    }

    pub fn printer(&self) {
        self.block((26.0, 8.0), (48.0, 26.0), 3.0, self.inks.fill, 3.6);
        self.block((8.0, 30.0), (84.0, 40.0), 8.0, self.inks.light, 3.6);
        self.dot(80.0, 40.0, 3.4, self.inks.accent);
        self.block((22.0, 52.0), (56.0, 5.0), 2.5, self.inks.line, 0.0);
        self.slip(29.0, 55.0, 42.0, 40.0);
        self.path(&[(38.0, 66.0), (62.0, 66.0)], 3.0);
        self.path(&[(38.0, 76.0), (54.0, 76.0)], 3.0);
    }

    pub fn hand(&self) {
        for (x, top) in [(37.0, 22.0), (49.0, 14.0), (61.0, 19.0), (72.0, 31.0)] {
            self.path(&[(x, top), (x, 56.0)], 9.5);
        }
        self.path(&[(37.0, 66.0), (20.0, 50.0)], 10.0);
        self.area(
            &[
                (32.0, 50.0),
                (77.0, 50.0),
                (77.0, 68.0),
                (68.0, 84.0),
                (46.0, 84.0),
                (33.0, 68.0),
            ],
            self.inks.line,
        );
        self.dot(54.5, 74.0, 16.0, self.inks.line);
    }

    pub fn no_papers(&self) {
        self.block((12.0, 26.0), (76.0, 48.0), 6.0, self.inks.fill, 5.0);
        self.path(&[(24.0, 44.0), (50.0, 44.0)], 5.0);
        self.path(&[(24.0, 58.0), (42.0, 58.0)], 5.0);
        self.path(&[(16.0, 88.0), (84.0, 12.0)], 7.0);
    }

    pub fn hourglass(&self) {
        let Inks { light, accent, .. } = self.inks;
        self.area(&[(28.0, 14.0), (72.0, 14.0), (50.0, 50.0)], light);
        self.area(&[(28.0, 86.0), (72.0, 86.0), (50.0, 50.0)], light);
        self.area(&[(37.0, 29.0), (63.0, 29.0), (50.0, 50.0)], accent);
        self.area(&[(32.0, 85.0), (68.0, 85.0), (50.0, 70.0)], accent);
        let glass = [
            (28.0, 14.0),
            (28.0, 24.0),
            (46.0, 50.0),
            (28.0, 76.0),
            (28.0, 86.0),
        ];
        let mirrored = glass.map(|(x, y)| (100.0 - x, y));
        self.path(&glass, 4.0);
        self.path(&mirrored, 4.0);
        self.path(&[(20.0, 12.0), (80.0, 12.0)], 6.0);
        self.path(&[(20.0, 88.0), (80.0, 88.0)], 6.0);
    }

    pub fn arrow(&self, from: f32, to: f32) {
        let wing = if from > to { to + 26.0 } else { to - 26.0 };
        self.path(&[(from, 50.0), (to, 50.0)], 9.0);
        self.path(&[(wing, 24.0), (to, 50.0), (wing, 76.0)], 9.0);
    }

    pub fn desk(&self) {
        self.person(50.0, 36.0, 0.66);
        self.block((6.0, 58.0), (88.0, 12.0), 3.0, self.inks.fill, 3.6);
        self.block((14.0, 70.0), (72.0, 24.0), 2.0, self.inks.light, 3.6);
        self.path(&[(50.0, 76.0), (50.0, 88.0)], 4.0);
        self.path(&[(44.0, 82.0), (56.0, 82.0)], 4.0);
    }

    pub fn take_card(&self) {
        self.block((8.0, 74.0), (84.0, 18.0), 7.0, self.inks.light, 3.0);
        self.card(18.0, 30.0, 64.0);
        self.path(&[(50.0, 8.0), (50.0, 22.0)], 4.0);
        self.path(&[(43.0, 14.0), (50.0, 7.0), (57.0, 14.0)], 4.0);
    }

    pub fn cross(&self) {
        self.path(&[(22.0, 22.0), (78.0, 78.0)], 10.0);
        self.path(&[(78.0, 22.0), (22.0, 78.0)], 10.0);
    }

    pub fn care(&self) {
        let line = self.inks.line;
        self.block((38.0, 14.0), (24.0, 72.0), 5.0, line, 0.0);
        self.block((14.0, 38.0), (72.0, 24.0), 5.0, line, 0.0);
    }

    pub fn note(&self) {
        self.ring(50.0, 50.0, 40.0, self.inks.fill, 7.0);
        self.dot(50.0, 29.0, 6.0, self.inks.line);
        self.path(&[(50.0, 47.0), (50.0, 73.0)], 9.0);
    }
}
