use std::sync::Arc;

use eframe::egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions};

use crate::checkin::{Screen, View, Want};
use crate::scan::{Glance, Preview};

/// What the camera sees now.
#[derive(Clone)]
pub(super) struct Seen {
    pub glance: Arc<Glance>,
    pub picture: TextureId,
    /// It is turned round, as in a mirror.
    pub mirror: bool,
}

/// The camera's picture as the window holds it: only while a screen shows it.
#[derive(Default)]
pub(super) struct Held {
    frame: u64,
    texture: Option<TextureHandle>,
}

impl Held {
    /// What the camera sees, where the screen of `view` shows it.
    pub fn look(
        &mut self,
        ctx: &Context,
        view: &View,
        preview: &Preview,
        mirror: bool,
    ) -> Option<Seen> {
        let glance = if shows(&view.screen) {
            preview.latest()
        } else {
            None
        };
        let Some(glance) = glance else {
            self.texture = None;
            return None;
        };
        let texture = match &mut self.texture {
            Some(texture) => {
                if self.frame != glance.frame {
                    texture.set(image(&glance), TextureOptions::LINEAR);
                }
                &*texture
            }
            none => none.insert(ctx.load_texture("camera", image(&glance), TextureOptions::LINEAR)),
        };
        self.frame = glance.frame;
        Some(Seen {
            picture: texture.id(),
            glance,
            mirror,
        })
    }
}

fn image(glance: &Glance) -> ColorImage {
    ColorImage::from_gray([glance.width, glance.height], &glance.pixels)
}

fn shows(screen: &Screen) -> bool {
    matches!(screen, Screen::Gathering { want: Want::CardOrCode, ways, .. } if ways.code)
}
