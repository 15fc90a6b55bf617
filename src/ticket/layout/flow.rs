//! Fills a form: what is not for this ticket leaves no gap, what needs more lines pushes the rest
//! down.

use super::fields::{self, Fields};
use super::fit::{Fitted, fit};
use super::form::{Body, Form, Leaf, Row, Words};
use super::qr;
use super::sheet::Element;
use crate::ticket::TicketError;

/// The filled drawing, in the form's own unit, of which one is `scale` dots.
pub(super) fn fill(form: &Form, fields: &Fields, scale: f32) -> Result<String, TicketError> {
    let top = form.rows.first().map_or(0.0, |row| row.top);
    let mut flow = Flow {
        form,
        scale,
        end: top,
        gap: 0.0,
        drawn: String::new(),
    };
    let mut above = top;
    let mut rest = &form.rows[..];
    while let Some(first) = rest.first() {
        let together = rest.iter().take_while(|row| row.each == first.each).count();
        let (now, after) = rest.split_at(together);
        if first.each {
            for stop in &fields.stops {
                flow.rows(now, above, &fields.at_stop(stop))?;
            }
        } else {
            flow.rows(now, above, fields)?;
        }
        above = now.last().map_or(above, |row| row.bottom);
        rest = after;
    }
    let frames = flow.frames(fields, flow.end - above)?;
    Ok(form.document(&(frames + &flow.drawn)))
}

struct Flow<'a> {
    form: &'a Form,
    scale: f32,
    /// Where the last row ended.
    end: f32,
    /// The widest gap that was drawn since.
    gap: f32,
    drawn: String,
}

/// A leaf of this ticket.
struct Shown<'a> {
    leaf: &'a Leaf,
    fitted: Option<Fitted>,
    /// How much lower its words end than drawn.
    grown: f32,
    /// How much lower it stands than drawn, within its row.
    down: f32,
}

impl Flow<'_> {
    /// Puts `rows` below each other; `above` is where what is drawn above them ends.
    fn rows(&mut self, rows: &[Row], mut above: f32, fields: &Fields) -> Result<(), TicketError> {
        for row in rows {
            self.gap = self.gap.max(row.top - above);
            above = row.bottom;
            let mut shown = Vec::new();
            for leaf in row.leaves.iter().map(|&leaf| &self.form.leaves[leaf]) {
                shown.extend(Shown::of(leaf, fields)?);
            }
            if shown.is_empty() {
                continue;
            }
            let growth = settle(&mut shown, row.bottom);
            // By whole dots, so that thin lines stay as thin as they were drawn.
            let shift = ((self.end + self.gap - row.top) * self.scale).round() / self.scale;
            for shown in &shown {
                self.draw(shown, shift, fields)?;
            }
            self.end = row.bottom + shift + growth;
            self.gap = 0.0;
        }
        Ok(())
    }

    fn draw(&mut self, shown: &Shown<'_>, shift: f32, fields: &Fields) -> Result<(), TicketError> {
        let (leaf, down) = (shown.leaf, shift + shown.down);
        let (_, scale) = leaf.transform.get_scale();
        let drawn = match (&leaf.body, &shown.fitted) {
            (Body::Words(words), Some(fitted)) => words.drawn(fitted.size, &fitted.lines),
            (Body::Code { field, x, y, side }, _) => {
                let unit = 1.0 / (self.scale * scale);
                qr::drawn(fields.known(field)?, [*x, *y, *side], unit)?
            }
            (Body::Shape(shape), _) => grown(shape, fields, shown.grown / scale)?,
            (Body::Words(_), None) => return Ok(()),
        };
        self.put(leaf, down, &drawn);
        Ok(())
    }

    fn put(&mut self, leaf: &Leaf, down: f32, drawn: &Element) {
        self.drawn.push_str(&format!(
            "<g transform=\"translate(0 {down})\">{}",
            leaf.open
        ));
        drawn.write(&mut self.drawn);
        self.drawn.push_str(&leaf.close);
        self.drawn.push_str("</g>");
    }

    /// What stands behind the rows, as much higher as they grew.
    fn frames(&mut self, fields: &Fields, growth: f32) -> Result<String, TicketError> {
        let rows = std::mem::take(&mut self.drawn);
        for (at, leaf) in self.form.leaves.iter().enumerate() {
            let stacked = self.form.rows.iter().any(|row| row.leaves.contains(&at));
            if let (false, Some(shown)) = (stacked, Shown::of(leaf, fields)?) {
                let frame = Shown {
                    grown: growth,
                    ..shown
                };
                self.draw(&frame, 0.0, fields)?;
            }
        }
        Ok(std::mem::replace(&mut self.drawn, rows))
    }
}

impl<'a> Shown<'a> {
    /// `None` where this ticket does not have it.
    fn of(leaf: &'a Leaf, fields: &Fields) -> Result<Option<Self>, TicketError> {
        for condition in &leaf.conditions {
            if fields.known(&condition.field)?.is_empty() == condition.filled {
                return Ok(None);
            }
        }
        let mut fitted = None;
        match &leaf.body {
            Body::Words(words) => {
                let Some(lines) = words.on_this_ticket(fields)? else {
                    return Ok(None);
                };
                fitted = Some(fit(
                    &lines,
                    &words.weight,
                    words.size,
                    words.size_min,
                    words.width(),
                ));
            }
            Body::Code { field, .. } if fields.known(field)?.is_empty() => return Ok(None),
            Body::Shape(shape) if !fields.says(&shape.all_text())? => return Ok(None),
            Body::Code { .. } | Body::Shape(_) => {}
        }
        let (_, scale) = leaf.transform.get_scale();
        let grown = match (&leaf.body, &fitted) {
            (Body::Words(words), Some(fitted)) => {
                let more = fitted.lines.len() as f32 - 1.0;
                let drawn = words.lines.len() as f32 - 1.0;
                (more * fitted.size - drawn * words.size) * words.line_height * scale
            }
            _ => 0.0,
        };
        Ok(Some(Self {
            leaf,
            fitted,
            grown: grown.max(0.0),
            down: 0.0,
        }))
    }
}

impl Words {
    fn on_this_ticket(&self, fields: &Fields) -> Result<Option<Vec<String>>, TicketError> {
        let mut said = false;
        let mut lines = Vec::new();
        for line in &self.lines {
            let names = fields::names(line)?;
            if fields.says(line)? {
                said |= !names.is_empty();
                lines.push(fields.filled(line)?);
            }
        }
        Ok(said.then_some(lines))
    }
}

/// Moves down what stands below words that grew, grows the frames around them, and says how much
/// the row grew.
fn settle(shown: &mut [Shown<'_>], bottom: f32) -> f32 {
    let words: Vec<(usize, f32)> = shown
        .iter()
        .enumerate()
        .filter(|(_, shown)| shown.grown > 0.0)
        .map(|(at, shown)| (at, shown.grown))
        .collect();
    let mut lowest = bottom;
    for at in 0..shown.len() {
        let (mut down, mut around) = (0.0, 0.0);
        for &(above, grown) in words.iter().filter(|(above, _)| *above != at) {
            let (leaf, above) = (shown[at].leaf, shown[above].leaf);
            let middle = (above.core.left() + above.core.right()) / 2.0;
            let aside =
                leaf.core.right() < above.core.left() || leaf.core.left() > above.core.right();
            if leaf.surrounds(above, middle) {
                around += grown;
            } else if !aside && leaf.core.top() >= above.core.bottom() {
                down += grown;
            }
        }
        shown[at].down = down;
        shown[at].grown += around;
        lowest = lowest.max(shown[at].leaf.core.bottom() + down + shown[at].grown);
    }
    lowest - bottom
}

/// A shape with its fields filled in, `growth` higher.
fn grown(shape: &Element, fields: &Fields, growth: f32) -> Result<Element, TicketError> {
    let mut shape = shape.with_text(&|text| fields.filled(text))?;
    if let (true, Some(height)) = (growth != 0.0, shape.number("height")) {
        shape.set("height", (height + growth).max(0.0).to_string());
    }
    Ok(shape)
}
