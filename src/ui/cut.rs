use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Laying out by cutting: a screen takes strips off its area until nothing is left. What has been
/// cut off cannot overlap, and what is inside an area cannot leave it.
pub(super) trait Cut: Sized {
    /// Takes `height` off the top.
    fn cut_top(&mut self, height: f32) -> Self;
    /// Takes `height` off the bottom.
    fn cut_bottom(&mut self, height: f32) -> Self;
    /// Takes `width` off the left.
    fn cut_left(&mut self, width: f32) -> Self;
    /// Takes `width` off the right.
    fn cut_right(&mut self, width: f32) -> Self;
    /// `count` columns of one width with `gap` between them.
    fn columns(self, count: usize, gap: f32) -> Vec<Self>;
    /// `count` rows of one height with `gap` between them.
    fn rows(self, count: usize, gap: f32) -> Vec<Self>;
    /// A part in the middle, at most `size` large.
    fn middle(self, size: Vec2) -> Self;
    /// Wider than high: columns fit better than rows.
    fn is_wide(&self) -> bool;
}

impl Cut for Rect {
    fn cut_top(&mut self, height: f32) -> Self {
        let y = (self.min.y + height).min(self.max.y);
        let strip = Rect::from_min_max(self.min, pos2(self.max.x, y));
        self.min.y = y;
        strip
    }

    fn cut_bottom(&mut self, height: f32) -> Self {
        let y = (self.max.y - height).max(self.min.y);
        let strip = Rect::from_min_max(pos2(self.min.x, y), self.max);
        self.max.y = y;
        strip
    }

    fn cut_left(&mut self, width: f32) -> Self {
        let x = (self.min.x + width).min(self.max.x);
        let strip = Rect::from_min_max(self.min, pos2(x, self.max.y));
        self.min.x = x;
        strip
    }

    fn cut_right(&mut self, width: f32) -> Self {
        let x = (self.max.x - width).max(self.min.x);
        let strip = Rect::from_min_max(pos2(x, self.min.y), self.max);
        self.max.x = x;
        strip
    }

    fn columns(self, count: usize, gap: f32) -> Vec<Self> {
        let width = share(self.width(), count, gap);
        (0..count)
            .map(|i| {
                let x = self.min.x + i as f32 * (width + gap);
                Rect::from_min_size(pos2(x, self.min.y), vec2(width, self.height()))
            })
            .collect()
    }

    fn rows(self, count: usize, gap: f32) -> Vec<Self> {
        let height = share(self.height(), count, gap);
        (0..count)
            .map(|i| {
                let y = self.min.y + i as f32 * (height + gap);
                Rect::from_min_size(pos2(self.min.x, y), vec2(self.width(), height))
            })
            .collect()
    }

    fn middle(self, size: Vec2) -> Self {
        let centre: Pos2 = self.center();
        Rect::from_center_size(centre, size.min(self.size()))
    }

    fn is_wide(&self) -> bool {
        self.width() > self.height()
    }
}

fn share(whole: f32, count: usize, gap: f32) -> f32 {
    let count = count.max(1) as f32;
    ((whole - gap * (count - 1.0)) / count).max(0.0)
}
