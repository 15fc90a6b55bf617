use eframe::egui::{Color32, FontFamily, FontId, Vec2};

/// Colours. Every pair of text and ground that is used stands at 7:1 or more (a test reckons it).
pub(super) mod colour {
    use super::Color32;

    /// Behind everything: warm paper.
    pub const GROUND: Color32 = Color32::from_rgb(0xFA, 0xF6, 0xEF);
    /// Cards and secondary buttons.
    pub const SURFACE: Color32 = Color32::from_rgb(0xFF, 0xFF, 0xFF);
    /// Text.
    pub const INK: Color32 = Color32::from_rgb(0x12, 0x2F, 0x36);
    /// Text that may be read later.
    pub const QUIET: Color32 = Color32::from_rgb(0x3A, 0x50, 0x56);
    /// The house's colour: header, primary buttons, pictograms.
    pub const TEAL: Color32 = Color32::from_rgb(0x0B, 0x52, 0x5B);
    /// The house's colour, pressed.
    pub const TEAL_DEEP: Color32 = Color32::from_rgb(0x06, 0x3A, 0x41);
    /// Surfaces of pictograms, pressed secondary buttons.
    pub const TEAL_LIGHT: Color32 = Color32::from_rgb(0xD5, 0xEA, 0xE8);
    /// Outlines of cards and secondary buttons.
    pub const LINE: Color32 = Color32::from_rgb(0x8F, 0xB5, 0xB5);
    /// Text on the house's colour.
    pub const ON_TEAL: Color32 = Color32::from_rgb(0xFF, 0xFF, 0xFF);
    /// Calling staff.
    pub const WARM: Color32 = Color32::from_rgb(0xFF, 0xE7, 0xD1);
    /// Calling staff, pressed.
    pub const WARM_DEEP: Color32 = Color32::from_rgb(0xFA, 0xD2, 0xAE);
    /// Text and outline of it.
    pub const ON_WARM: Color32 = Color32::from_rgb(0x6B, 0x2A, 0x08);
    /// Something went otherwise than hoped. Never red: nobody is to blame.
    pub const NOTE: Color32 = Color32::from_rgb(0xFF, 0xF0, 0xC2);
    /// Text on it.
    pub const ON_NOTE: Color32 = Color32::from_rgb(0x4A, 0x35, 0x00);
    /// The trial's mark.
    pub const TRIAL: Color32 = Color32::from_rgb(0xFF, 0xC8, 0x3D);
    /// Text on it.
    pub const ON_TRIAL: Color32 = Color32::from_rgb(0x2B, 0x1E, 0x00);
    /// It went well.
    pub const GOOD: Color32 = Color32::from_rgb(0xDD, 0xF0, 0xDC);
    /// Text on it.
    pub const ON_GOOD: Color32 = Color32::from_rgb(0x14, 0x4A, 0x1F);
    /// The gold of a chip.
    pub const GOLD: Color32 = Color32::from_rgb(0xE3, 0xAE, 0x3E);
    /// Over a screen that is about to end.
    pub const SCRIM: Color32 = Color32::from_black_alpha(0x58);
}

/// The family that the bold typeface is registered as.
pub(super) fn bold() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// What a text is for; its size and weight follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The one sentence that says what to do.
    Title,
    /// Text that matters.
    Strong,
    /// Text.
    Body,
    /// Notices.
    Small,
    /// The number, as large as its frame allows.
    Number,
}

/// Sizes, for one window. Targets follow the panel's millimetres, for fingers do not grow with
/// the panel; texts follow the picture, for larger panels are read from further away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens {
    /// Points of one millimetre.
    pub mm: f32,
    /// Points of one pixel of the 1280×800 drawing that these sizes are from.
    unit: f32,
}

/// Millimetres a picture must be at least, upright or lying, for all targets to have their size.
/// On a smaller panel they shrink with it rather than leave it.
const LEAST_HEIGHT_MM: f32 = 120.0;
const LEAST_WIDTH_MM: f32 = 160.0;

impl Tokens {
    /// For a window of `size` points that is `width_mm` wide.
    pub fn new(size: Vec2, width_mm: f32) -> Self {
        let most = (size.y / LEAST_HEIGHT_MM).min(size.x / LEAST_WIDTH_MM);
        let (short, long) = (size.min_elem(), size.max_elem());
        Self {
            mm: (size.x / width_mm.max(1.0)).min(most).max(0.1),
            unit: (short / 800.0).min(long / 1280.0).max(0.1),
        }
    }

    /// Height of the button to press next: 20 mm, above which nobody presses better.
    pub fn big(&self) -> f32 {
        (20.0 * self.mm).max(self.space(100.0))
    }

    /// Height of any other control: never below 15 mm.
    pub fn small(&self) -> f32 {
        (15.0 * self.mm).max(self.space(72.0))
    }

    /// `pixels` of the drawing, in points.
    pub fn space(&self, pixels: f32) -> f32 {
        pixels * self.unit
    }

    /// Between neighbours.
    pub fn gap(&self) -> f32 {
        self.space(18.0)
    }

    /// Radius of corners.
    pub fn corner(&self) -> f32 {
        self.space(18.0)
    }

    /// The font of `kind`.
    pub fn font(&self, kind: Kind) -> FontId {
        let (pixels, family) = match kind {
            Kind::Title => (46.0, bold()),
            Kind::Strong => (32.0, bold()),
            Kind::Body => (30.0, FontFamily::Proportional),
            Kind::Small => (24.0, FontFamily::Proportional),
            Kind::Number => (260.0, bold()),
        };
        FontId::new(self.space(pixels), family)
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Color32, vec2};

    use super::{Tokens, colour as c};

    /// WCAG 2.2: relative luminance of an sRGB colour.
    fn luminance(colour: Color32) -> f64 {
        let part = |byte: u8| {
            let v = f64::from(byte) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(colour.r()) + 0.7152 * part(colour.g()) + 0.0722 * part(colour.b())
    }

    #[test]
    fn every_text_stands_out_from_its_ground_by_seven_to_one() {
        let pairs = [
            (c::INK, c::GROUND),
            (c::INK, c::SURFACE),
            (c::QUIET, c::GROUND),
            (c::QUIET, c::SURFACE),
            (c::TEAL, c::SURFACE),
            (c::TEAL, c::GROUND),
            (c::TEAL, c::TEAL_LIGHT),
            (c::ON_TEAL, c::TEAL),
            (c::ON_TEAL, c::TEAL_DEEP),
            (c::ON_WARM, c::WARM),
            (c::ON_WARM, c::WARM_DEEP),
            (c::ON_NOTE, c::NOTE),
            (c::ON_TRIAL, c::TRIAL),
            (c::ON_GOOD, c::GOOD),
        ];
        for (text, ground) in pairs {
            let (a, b) = (luminance(text), luminance(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 7.0, "{text:?} on {ground:?}: {contrast:.2}");
        }
    }

    #[test]
    fn a_target_is_twenty_millimetres_of_the_panel_whatever_its_pixels() {
        for (width, height, millimetres) in [
            (1280.0, 800.0, 217.0),
            (1024.0, 600.0, 223.0),
            (3840.0, 2160.0, 476.0),
        ] {
            let tokens = Tokens::new(vec2(width, height), millimetres);
            assert!(tokens.big() / (width / millimetres) >= 19.99);
            assert!(tokens.small() / (width / millimetres) >= 14.99);
        }
    }

    #[test]
    fn a_wrong_setting_cannot_make_targets_larger_than_the_panel() {
        let tokens = Tokens::new(vec2(1024.0, 600.0), 0.0);
        assert!(tokens.big() * 5.0 <= 600.0);
    }
}
