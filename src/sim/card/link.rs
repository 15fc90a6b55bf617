//! The contactless link (ISO/IEC 14443-3 and -4), as time: how long a command and its reply take.
//! Nothing waits here; whoever carries the bytes does, or only adds the time up.

use std::time::Duration;

use serde::Deserialize;

/// Cycles of the carrier in a second.
const CARRIER_HZ: u64 = 13_560_000;
/// Cycles that a bit lasts at the lowest rate.
const BIT_CYCLES: u64 = 128;
/// Eight bits and their parity.
const BITS_PER_BYTE: u64 = 9;
/// Bytes of a frame (FSD and FSC 8).
const FRAME: u64 = 256;
/// Of these, block control and checksum.
const PROLOGUE: u64 = 3;
/// Block control, checksum: R(ACK), and S(WTX) with its multiplier a byte longer.
const ACKNOWLEDGE: u64 = 3;
const EXTENSION: u64 = 4;
/// Silence before the other side sends, at the least (frame delay time).
const TURN_CYCLES: u64 = 1_172;
/// A card that computes longer asks for more time (frame waiting time with FWI 8).
const WAITING_CYCLES: u64 = 4_096 << 8;

/// A bit rate, in kbit/s by its usual name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(try_from = "u32")]
pub enum Rate {
    /// The one that every card speaks.
    #[default]
    K106,
    /// Twice as fast.
    K212,
    /// Four times.
    K424,
    /// Eight times.
    K848,
}

impl Rate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::K106, Self::K212, Self::K424, Self::K848];

    fn factor(self) -> u64 {
        match self {
            Self::K106 => 1,
            Self::K212 => 2,
            Self::K424 => 4,
            Self::K848 => 8,
        }
    }
}

impl TryFrom<u32> for Rate {
    type Error = String;

    fn try_from(kilobits: u32) -> Result<Self, String> {
        let known = Self::ALL.into_iter().zip([106, 212, 424, 848]);
        let mut same = known.filter(|(_, name)| *name == kilobits);
        let found = same.next().map(|(rate, _)| rate);
        found.ok_or_else(|| format!("{kilobits} kbit/s: no rate; 106, 212, 424 and 848 are"))
    }
}

/// How fast a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkPlan {
    /// Its bit rate.
    pub rate: Rate,
    /// What the reader and its driver add to each command.
    pub reader_micros: u64,
    /// How many times longer than it says the chip computes.
    pub chip_slowness: u32,
}

impl Default for LinkPlan {
    fn default() -> Self {
        Self::bare(Rate::default())
    }
}

impl LinkPlan {
    /// A link that adds nothing of its own to what goes over the air.
    pub fn bare(rate: Rate) -> Self {
        Self {
            rate,
            reader_micros: 0,
            chip_slowness: 1,
        }
    }
}

/// The link of one session, and the time that it took so far.
#[derive(Debug, Clone)]
pub struct Link {
    plan: LinkPlan,
    floor: Duration,
    total: Duration,
    extensions: u64,
}

impl Link {
    /// A link on which nothing went yet.
    pub fn new(plan: LinkPlan) -> Self {
        Self {
            plan,
            floor: Duration::ZERO,
            total: Duration::ZERO,
            extensions: 0,
        }
    }

    /// Carries a command and its reply of so many bytes; the chip computes in between. Tells how
    /// long that takes.
    pub fn exchange(&mut self, command: usize, reply: usize, computing: Duration) -> Duration {
        let floor = self.air(command) + self.air(reply);
        let computing = computing * self.plan.chip_slowness;
        let extensions = self.extensions_for(computing);
        let asked = self.frames(2, 2 * EXTENSION) * u32::try_from(extensions).unwrap_or(u32::MAX);
        let whole = floor + computing + asked + Duration::from_micros(self.plan.reader_micros);
        self.floor += floor;
        self.total += whole;
        self.extensions += extensions;
        whole
    }

    /// The time that the bytes so far needed in the air, whoever sends and computes.
    pub fn floor(&self) -> Duration {
        self.floor
    }

    /// The time of everything so far.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Times that the chip asked for more time.
    pub fn extensions(&self) -> u64 {
        self.extensions
    }

    /// One direction: the frames of a chain, an acknowledgement between each two.
    fn air(&self, bytes: usize) -> Duration {
        let bytes = bytes as u64;
        let blocks = bytes.div_ceil(FRAME - PROLOGUE).max(1);
        let acknowledged = blocks - 1;
        let all = bytes + blocks * PROLOGUE + acknowledged * ACKNOWLEDGE;
        self.frames(blocks + acknowledged, all)
    }

    /// So many frames with so many bytes altogether, and a turn after each.
    fn frames(&self, frames: u64, bytes: u64) -> Duration {
        let bits = bytes * BITS_PER_BYTE * BIT_CYCLES / self.plan.rate.factor();
        cycles(bits + frames * TURN_CYCLES)
    }

    fn extensions_for(&self, computing: Duration) -> u64 {
        let waiting = cycles(WAITING_CYCLES).as_nanos();
        (computing.as_nanos().saturating_sub(1) / waiting) as u64
    }
}

fn cycles(cycles: u64) -> Duration {
    Duration::from_nanos(cycles * 1_000_000_000 / CARRIER_HZ)
}

#[cfg(test)]
mod tests {
    use super::{Link, LinkPlan, Rate};
    use std::time::Duration;

    fn took(rate: Rate, exchanges: &[(usize, usize)]) -> f64 {
        let mut link = Link::new(LinkPlan::bare(rate));
        for (command, reply) in exchanges {
            link.exchange(*command, *reply, Duration::ZERO);
        }
        assert_eq!(link.floor(), link.total());
        link.total().as_secs_f64()
    }

    #[test]
    fn a_read_takes_as_long_as_worked_out_by_hand() {
        // 19 and 244 bytes, three more in each frame, nine bits at 9.44 microseconds, two turns.
        let by_hand = (22.0 + 247.0) * 9.0 * 128.0 / 13.56e6 + 2.0 * 1172.0 / 13.56e6;
        assert!((took(Rate::K106, &[(19, 244)]) - by_hand).abs() < 1e-8);
        // 2,000 bytes are eight frames, with seven acknowledgements between them.
        let chained = (22.0 + 2000.0 + 8.0 * 3.0 + 7.0 * 3.0) * 9.0 * 128.0 / 13.56e6
            + 16.0 * 1172.0 / 13.56e6;
        assert!((took(Rate::K106, &[(19, 2000)]) - chained).abs() < 1e-8);
        // A frame holds 253 bytes of a reply.
        let (one, two) = (took(Rate::K106, &[(5, 253)]), took(Rate::K106, &[(5, 254)]));
        assert!(two - one > 6.0 * 9.0 * 128.0 / 13.56e6);
    }

    #[test]
    fn a_faster_link_shortens_the_bytes_and_not_the_turns() {
        let turns = 2.0 * 1172.0 / 13.56e6;
        let slow = took(Rate::K106, &[(19, 244)]) - turns;
        for (rate, factor) in Rate::ALL.into_iter().zip([1.0, 2.0, 4.0, 8.0]) {
            let fast = took(rate, &[(19, 244)]) - turns;
            assert!((slow / fast - factor).abs() < 1e-3, "{rate:?}");
        }
    }

    #[test]
    fn the_chip_and_the_reader_add_to_the_total_and_not_to_the_floor() {
        let mut link = Link::new(LinkPlan {
            rate: Rate::K424,
            reader_micros: 10_000,
            chip_slowness: 2,
        });
        let whole = link.exchange(19, 244, Duration::from_millis(100));
        assert_eq!(whole, link.total());
        assert!(whole > link.floor() + Duration::from_millis(210));
        // 200 ms are more than two waiting times of 77 ms.
        assert_eq!(link.extensions(), 2);
        assert!(link.floor() < Duration::from_millis(7));
    }
}
