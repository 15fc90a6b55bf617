use eframe::egui::Id;

use super::{Canvas, Cut, Icon, Look, Rect, Shown, Text, Touch, heading, title, who};
use crate::queue::ServiceCode;

/// Which service? All at once where they fit, else a page at a time: nobody needs to know how to
/// scroll.
pub(super) fn draw(
    canvas: &mut Canvas,
    mut area: Rect,
    services: &[(ServiceCode, String)],
    full: Option<&str>,
    shown: Option<&Shown>,
) {
    who(canvas, &mut area, shown);
    let question = match full {
        None => canvas.say(Text::ChooseTitle).to_owned(),
        Some(service) => canvas.say(Text::ChooseFull).replace("{service}", service),
    };
    heading(canvas, &mut area, &[title(&question)]);
    let gap = canvas.tokens.gap();
    let (least, most) = (canvas.tokens.small(), canvas.tokens.big() * 1.35);
    let fit = (((area.height() + gap) / (least + gap)) as usize).max(1);
    let columns = if area.is_wide() {
        2 + usize::from(services.len() > 2 * fit)
    } else {
        1
    };
    let columns = columns + usize::from(columns == 1 && services.len() > fit);
    let page = page(canvas, services, columns * fit);
    let needed = page.places.div_ceil(columns);
    let height = (most * needed as f32 + gap * (needed - 1) as f32).min(area.height());
    let cells = area
        .cut_top(height)
        .rows(needed, gap)
        .into_iter()
        .flat_map(|row| row.columns(columns, gap));
    let mut cells = cells.into_iter();
    for ((code, name), place) in page.services.iter().zip(cells.by_ref()) {
        canvas.button(
            place,
            Look::Secondary,
            None,
            name,
            Touch::Choose(code.clone()),
        );
    }
    if let (true, Some(place)) = (page.more, cells.next_back()) {
        let label = canvas.say(Text::MoreServices);
        if canvas.own_button(place, Some(Icon::Forward), label) {
            turn(canvas, page.next);
        }
    }
}

struct Page<'s> {
    services: &'s [(ServiceCode, String)],
    /// Cells, the one for "more" among them.
    places: usize,
    more: bool,
    next: usize,
}

/// The page that is open, with room for `room` cells.
fn page<'s>(canvas: &Canvas, services: &'s [(ServiceCode, String)], room: usize) -> Page<'s> {
    if services.len() <= room {
        return Page {
            services,
            places: services.len().max(1),
            more: false,
            next: 0,
        };
    }
    let each = room.saturating_sub(1).max(1);
    let pages = services.len().div_ceil(each);
    let open = canvas
        .ui
        .data(|data| data.get_temp::<usize>(key(canvas)))
        .unwrap_or(0)
        % pages;
    let from = open * each;
    let to = (from + each).min(services.len());
    Page {
        services: &services[from..to],
        places: room,
        more: true,
        next: open + 1,
    }
}

fn turn(canvas: &Canvas, next: usize) {
    canvas
        .ui
        .data_mut(|data| data.insert_temp(key(canvas), next));
    canvas.ui.request_repaint();
}

/// The page is remembered for one conversation's screen only.
fn key(canvas: &Canvas) -> Id {
    canvas.stage().with("page")
}
