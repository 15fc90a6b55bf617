//! Reads the symbol under a grid, with the help of what earlier frames showed of it.

use std::fmt;

use super::Deadline;
use super::bits::Content;
use super::layout::Layout;
use super::search::Found;
use super::soft::{self, Samples};
use super::symbol::{self, Reading};
use crate::identity::Payload;

/// Times that the weights are learned anew.
const ROUNDS: usize = 3;
/// Two frames show the same symbol if their modules agree so much, from -1 to 1; by chance they
/// agree by a few hundredths.
const SAME: f32 = 0.2;
/// What one frame may say of a module, at the most: none outvotes all others.
const VOICE: f32 = 6.0;
/// What is kept of earlier frames with each new one.
const KEPT: f32 = 0.9;
/// So many right pad bytes show that a daring correction was right.
const PADS_MIN: usize = 4;

/// What several frames said of the modules of one symbol.
pub(super) struct Votes {
    size: usize,
    sums: Vec<f32>,
}

impl fmt::Debug for Votes {
    /// The modules say whose card it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Votes on {0} by {0} modules", self.size)
    }
}

/// What came of reading what lies under a grid.
#[derive(Default)]
pub(super) struct Read {
    pub content: Option<Content>,
    /// What this frame says of the modules, with what earlier ones said of the same.
    pub votes: Option<Votes>,
    /// It is the symbol that earlier frames showed.
    pub is_known: bool,
}

/// Reads it, with the help of `earlier` frames if they showed the same.
pub(super) fn read(found: &mut Found<'_>, earlier: Option<&Votes>, deadline: Deadline) -> Read {
    let samples = Samples::take(&found.patch, &found.grid);
    let content = believed(symbol::read(found.layout(), &samples.plain()));
    if content.is_some() || deadline.has_passed() || !found.refine() {
        return Read {
            content,
            ..Read::default()
        };
    }
    let size = found.grid.size;
    let samples = Samples::take(&found.patch, &found.grid);
    let plain = samples.plain();
    let is_same = |votes: &&Votes| votes.size == size && agreement(&votes.sums, &plain) > SAME;
    let earlier = earlier.filter(is_same);
    let (soft, mut content) = equalised(&samples, found.layout(), earlier, deadline);
    let said = soft.iter().map(|voice| voice.clamp(-VOICE, VOICE));
    let sums: Vec<f32> = match earlier {
        None => said.collect(),
        Some(earlier) => {
            let pairs = earlier.sums.iter().zip(said);
            pairs.map(|(sum, voice)| sum * KEPT + voice).collect()
        }
    };
    if content.is_none() && earlier.is_some() && !deadline.has_passed() {
        content = believed(symbol::read(found.layout(), &sums));
    }
    Read {
        content,
        votes: Some(Votes { size, sums }),
        is_known: earlier.is_some(),
    }
}

/// The modules with weights learned from the fixed ones, then from those that seem sure.
fn equalised(
    samples: &Samples,
    layout: &Layout,
    earlier: Option<&Votes>,
    deadline: Deadline,
) -> (Vec<f32>, Option<Content>) {
    let fixed = soft::fixed(layout);
    let mut soft = earlier.map_or_else(|| samples.plain(), |votes| votes.sums.clone());
    let mut known = Vec::new();
    for round in 0..ROUNDS {
        if deadline.has_passed() {
            break;
        }
        let mut lessons = fixed.clone();
        lessons.extend(known);
        if round > 0 || earlier.is_some() {
            lessons = soft::with_decisions(&lessons, &soft);
        }
        let Some(values) = samples.equalised(&lessons) else {
            return (soft, None);
        };
        soft = values;
        let reading = symbol::read(layout, &soft);
        let modules = reading.known.iter();
        known = modules
            .map(|(at, dark)| (*at, if *dark { 1.0 } else { -1.0 }, 1.0))
            .collect();
        if let Some(content) = believed(reading) {
            return (soft, Some(content));
        }
    }
    (soft, None)
}

/// The content, unless it was corrected daringly and does not show that this was right.
fn believed(reading: Reading) -> Option<Content> {
    let is_daring = reading.is_daring;
    reading.content.filter(|content| {
        let is_card = || {
            let payload = Payload::parse(&content.text);
            matches!(payload, Payload::Cccd(_) | Payload::Bhyt(_))
        };
        !is_daring || content.pads >= PADS_MIN || is_card()
    })
}

/// How much two frames' modules agree, from -1 to 1.
fn agreement(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(one, other)
        / (dot(one, one) * dot(other, other))
            .sqrt()
            .max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::{Content, Reading, agreement, believed};

    #[test]
    fn what_was_corrected_daringly_has_to_show_that_it_is_right() {
        let card = "099090012345||NGUYỄN VĂN A|28021990|Nam|Xã A, Tỉnh B|19042021";
        for (text, pads, is_daring, is_believed) in [
            ("BN00012345", 0, false, true),
            ("BN00012345", 0, true, false),
            ("BN00012345", 3, true, false),
            ("BN00012345", 4, true, true),
            ("099090012345", 0, true, false),
            (card, 0, true, true),
        ] {
            let text = text.to_owned();
            let reading = Reading {
                content: Some(Content { text, pads }),
                is_daring,
                known: Vec::new(),
            };
            assert_eq!(believed(reading).is_some(), is_believed, "{pads} pads");
        }
    }

    #[test]
    fn frames_agree_by_their_modules_and_not_by_their_contrast() {
        let one = [1.0, -1.0, 1.0, -1.0];
        let stronger = one.map(|value| 3.0 * value);
        assert!((agreement(&one, &stronger) - 1.0).abs() < 1e-6);
        assert!(agreement(&one, &[1.0, 1.0, -1.0, -1.0]).abs() < 1e-6);
        assert!(agreement(&one, &[0.0; 4]).abs() < 1e-6);
    }
}
