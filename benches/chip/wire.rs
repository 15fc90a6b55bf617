//! The line to a card, whatever reader holds the other end.

use std::net::TcpStream;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tiepdon::emrtd::Line;
use tiepdon::sim::card::Card;
use tiepdon::sim::card::link::{Link, LinkPlan, Rate};

use crate::common::cpu_time;
use crate::line;

pub trait Wire: Send {
    /// `None`: the card is gone.
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>>;

    /// What the card's answer to reset says.
    fn line(&self) -> Line {
        Line::default()
    }
}

impl Wire for TcpStream {
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        line::exchange(self, command).ok()
    }
}

/// The card lies on the table of this process; what it takes is counted.
pub struct Direct {
    pub card: Card,
    pub card_time: Duration,
    /// Bytes of each command and its reply.
    exchanges: Vec<(usize, usize)>,
}

impl Direct {
    pub fn new(card: Card) -> Self {
        Self {
            card,
            card_time: Duration::ZERO,
            exchanges: Vec::new(),
        }
    }

    pub fn apdus(&self) -> u32 {
        u32::try_from(self.exchanges.len()).expect("some dozens")
    }

    /// Sent and received.
    pub fn bytes(&self) -> (usize, usize) {
        let add = |sum: (usize, usize), one: &(usize, usize)| (sum.0 + one.0, sum.1 + one.1);
        self.exchanges.iter().fold((0, 0), add)
    }

    /// How long a link takes over it.
    pub fn air(&self, rate: Rate) -> Duration {
        over(rate, &self.exchanges)
    }
}

impl Wire for Direct {
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let begun = cpu_time();
        let reply = self.card.try_transmit(command).ok()?;
        self.card_time += cpu_time() - begun;
        self.exchanges.push((command.len(), reply.len()));
        Some(reply)
    }

    fn line(&self) -> Line {
        Line {
            atr: self.card.chip().atr.clone(),
            reply_max: 0,
        }
    }
}

/// How long a link that adds nothing takes over commands and replies of these lengths.
pub fn over(rate: Rate, exchanges: &[(usize, usize)]) -> Duration {
    let mut link = Link::new(LinkPlan::bare(rate));
    for (command, reply) in exchanges {
        link.exchange(*command, *reply, Duration::ZERO);
    }
    link.floor()
}

/// What this process has had of the processors, in all its threads.
pub fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("a process's time is positive")
}
