//! A reading over a contactless link in virtual time. Nothing waits: what the link, the reader and
//! the card take is added up, and what the reader computes while a command is under way counts only
//! as far as it takes longer than that.
//!
//! The floor of the link is what no reader can go below: the commands of the protocols as they are,
//! and each file of the reading in the fewest reads that its length and the longest reply allow,
//! each command and reply in the fewest frames, with the shortest silence between them.

use std::time::Duration;

use tiepdon::emrtd::{Line, Reader, Step};
use tiepdon::sim::card::Card;
use tiepdon::sim::card::link::{Link, LinkPlan, Rate};

use crate::Task;
use crate::common::cpu_time;
use crate::readers::{Trust, random, request};
use crate::wire::over;

pub const RATES: [(Rate, &str); 2] = [(Rate::K106, "106 kbit/s"), (Rate::K424, "424 kbit/s")];

/// EF.SOD, DG14, DG1, DG13 and DG2 in their directory.
const FILES: [u16; 4] = [0x011D, 0x010E, 0x0101, 0x010D];
const PORTRAIT: u16 = 0x0102;
/// A protected read without data: header, Lc, the objects 97 and 8E, Le; and longer by so much where
/// lengths have two bytes.
const READ: usize = 4 + 1 + 3 + 10 + 1;
const READ_LONGER: usize = 4;
/// The objects 99 and 8E of a reply, and its status word.
const TRAILER: usize = 4 + 10 + 2;
const BLOCK: usize = 16;

/// One reading.
pub struct OnAir {
    pub floor: Duration,
    /// The fewest commands.
    pub fewest: u32,
    /// From the first command to the result.
    pub total: Duration,
    /// What of the reader's computing took no time of its own.
    pub hidden: Duration,
}

impl OnAir {
    /// Reads; `computing`: the card takes as long as a real one.
    pub fn read(task: &Task, trust: &Trust, rate: Rate, computing: bool) -> Self {
        let mut card = task.card();
        let line = Line {
            atr: card.chip().atr.clone(),
            reply_max: task.reply_max,
        };
        let mut random = random;
        let mut link = Link::new(LinkPlan::bare(rate));
        let mut own = Duration::ZERO;
        let mut hidden = Duration::ZERO;
        let mut protocols = Vec::new();
        let mut reader = Reader::new(request(task, trust), line, &mut random);
        let mut step = timed(&mut own, || reader.start());
        loop {
            let command = match step {
                Step::Transmit(command) => command,
                Step::Done(_) => break,
                Step::Reset | Step::Failed(_) => panic!("a good card is read at once"),
            };
            let reply = card.try_transmit(&command).expect("the card stays");
            if !is_protected_read(&command) {
                protocols.push((command.len(), reply.len()));
            }
            let cost = if computing {
                card.last_cost()
            } else {
                Duration::ZERO
            };
            let taken = link.exchange(command.len(), reply.len(), cost);
            let mut worked = Duration::ZERO;
            if reader.has_work() {
                timed(&mut worked, || reader.work());
            }
            hidden += worked.min(taken);
            own += worked.saturating_sub(taken);
            step = timed(&mut own, || reader.on_reply(&reply));
        }
        let least = fewest(task, &card, protocols);
        Self {
            floor: over(rate, &least),
            fewest: u32::try_from(least.len()).expect("some dozens"),
            total: link.total() + own,
            hidden,
        }
    }
}

fn timed<T>(sum: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begun = cpu_time();
    let result = work();
    *sum += cpu_time() - begun;
    result
}

fn is_protected_read(command: &[u8]) -> bool {
    matches!(command, [cla, 0xB0 | 0xB1, ..] if cla & 0x0C != 0)
}

/// The lengths of the fewest commands and replies: those of the protocols, and reads as long as fit.
fn fewest(task: &Task, card: &Card, protocols: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let chip = card.chip();
    let reply_max = chip.habits.largest_read.min(task.reply_max as usize);
    let long = chip.habits.extended_length && reply_max > 256;
    let (command, reply_max) = if long {
        (READ + READ_LONGER, reply_max)
    } else {
        (READ, 256)
    };
    let most = (1..reply_max)
        .take_while(|n| reply(*n) - 2 <= reply_max)
        .last();
    let most = most.expect("some bytes fit");
    let mut least = protocols;
    for id in FILES.into_iter().chain(task.portrait.then_some(PORTRAIT)) {
        let len = chip.files.get(&id).map_or(0, Vec::len);
        let (whole, rest) = (len / most, len % most);
        least.extend(std::iter::repeat_n((command, reply(most)), whole));
        least.extend((rest > 0).then(|| (READ, reply(rest))));
    }
    least
}

/// Bytes of the reply to a protected read of `data` bytes under AES.
fn reply(data: usize) -> usize {
    // The padding takes one byte at least, the padding indicator another.
    let value = 1 + (data / BLOCK + 1) * BLOCK;
    let header = match value {
        0..0x80 => 2,
        0x80..0x100 => 3,
        _ => 4,
    };
    header + value + TRAILER
}
