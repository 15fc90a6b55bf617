mod paper;
mod refused;

use resvg::usvg::{self, Rect};

use super::{Sheet, check};
use crate::ticket::Face;

const WIDE: &str = include_str!("../../../../assets/ticket.svg");
const NARROW: &str = include_str!("../../../../assets/ticket-58.svg");
const PAGE: &str = include_str!("../../../../assets/ticket-a6.svg");

fn example(name: &str) -> Face {
    Face::examples().remove(name).expect("an example")
}

fn usual() -> Face {
    example("usual")
}

/// All texts of a ticket with the boxes that their letters fill, in dots, and its length.
fn texts(svg: &str, face: &Face) -> (Vec<(String, Rect)>, f32) {
    let sheet = Sheet::read(svg).expect("template");
    let filled = sheet.filled(&face.fields(), sheet.unit).expect("page");
    let mut found = Vec::new();
    check::each(filled.tree.root(), &mut |node, ink| {
        if let usvg::Node::Text(text) = node {
            let said = text.chunks().iter().map(usvg::TextChunk::text);
            found.push((said.collect::<Vec<_>>().join(" "), ink));
        }
    });
    let [_, top, _, bottom] = filled.ink();
    (found, bottom - top)
}
