//! Carries a conversation over a line.

use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::line::{Broken, Line};
use crate::queue::Paper;
use crate::ticket::PrinterFault;
use crate::ticket::conversation::{Conversation, Heard, Next};

/// A printer that takes no byte for this long is stuck. One that prints as it receives takes some
/// every few milliseconds.
const STUCK: Duration = Duration::from_secs(4);

/// The port's own status is looked at this often while nothing else happens.
const LOOK: Duration = Duration::from_millis(250);

/// Input is drained by so many reads at most: a printer that never stops talking is not waited for.
const DRAIN_READS_MAX: usize = 64;

/// Has the whole conversation, and gives what came of it. Ends by `deadline`.
pub(super) fn exchange(
    line: &mut Line,
    conversation: &mut Conversation,
    deadline: Instant,
) -> Result<Paper, PrinterFault> {
    let mut exchange = Exchange {
        line,
        conversation,
        deadline,
        listen_until: deadline,
    };
    let mut next = exchange.port();
    if next == Next::GoOn {
        next = exchange.conversation.start();
    }
    loop {
        next = match next {
            Next::Done(paper) => return Ok(paper),
            Next::Fault(fault) => {
                exchange.line.abandon();
                return Err(fault);
            }
            Next::Send(bytes) => exchange.send(&bytes),
            Next::Wait(time) => {
                exchange.listen_until = deadline.min(Instant::now() + time);
                exchange.listen()
            }
            Next::GoOn => exchange.listen(),
        };
    }
}

struct Exchange<'a> {
    line: &'a mut Line,
    conversation: &'a mut Conversation,
    deadline: Instant,
    listen_until: Instant,
}

impl Exchange<'_> {
    fn send(&mut self, bytes: &[u8]) -> Next {
        let next = self.drain();
        if next != Next::GoOn {
            return next;
        }
        let mut left = bytes;
        let mut stuck_at = Instant::now() + STUCK;
        loop {
            let until = self.deadline.min(stuck_at);
            let look = until.min(Instant::now() + LOOK);
            let next = match self.line.ready(PollFlags::IN | PollFlags::OUT, look) {
                Ok(ready) if ready.contains(PollFlags::IN) => self.hear(),
                // Whoever is ready again has taken what was written before: to close a line earlier
                // than that would cut the ticket off.
                Ok(_) if left.is_empty() => return self.conversation.step(Heard::Wrote),
                Ok(_) => match self.line.write(left) {
                    Ok(taken) => {
                        left = &left[taken..];
                        stuck_at = Instant::now() + STUCK;
                        Next::GoOn
                    }
                    Err(Broken::TimedOut) => Next::GoOn,
                    Err(Broken::Closed(why)) => self.conversation.step(Heard::Closed(&why)),
                },
                Err(Broken::TimedOut) => self.nothing(until, Heard::Stuck),
                Err(Broken::Closed(why)) => self.conversation.step(Heard::Closed(&why)),
            };
            if next != Next::GoOn {
                return next;
            }
        }
    }

    fn listen(&mut self) -> Next {
        let until = self.listen_until;
        let look = until.min(Instant::now() + LOOK);
        match self.line.ready(PollFlags::IN, look) {
            Ok(_) => self.hear(),
            Err(Broken::TimedOut) => self.nothing(until, Heard::Silence),
            Err(Broken::Closed(why)) => self.conversation.step(Heard::Closed(&why)),
        }
    }

    fn hear(&mut self) -> Next {
        let mut buffer = [0; 256];
        match self.line.read(&mut buffer) {
            Ok(count) => self.conversation.step(Heard::Bytes(&buffer[..count])),
            Err(Broken::TimedOut) => Next::GoOn,
            Err(Broken::Closed(why)) => self.conversation.step(Heard::Closed(&why)),
        }
    }

    /// Nothing moved. At `until` that is `over`.
    fn nothing(&mut self, until: Instant, over: Heard<'_>) -> Next {
        let next = self.port();
        if next != Next::GoOn || Instant::now() < until {
            return next;
        }
        let out_of_time = Instant::now() >= self.deadline;
        let heard = if out_of_time { Heard::OutOfTime } else { over };
        self.conversation.step(heard)
    }

    fn port(&mut self) -> Next {
        match self.line.port() {
            Ok(Some(status)) => self.conversation.step(Heard::Port(status)),
            Ok(None) => Next::GoOn,
            Err(why) => self.conversation.step(Heard::Closed(&why)),
        }
    }

    /// Old answers must not pass for new ones.
    fn drain(&mut self) -> Next {
        let mut buffer = [0; 256];
        for _ in 0..DRAIN_READS_MAX {
            let Ok(count) = self.line.read(&mut buffer) else {
                break;
            };
            let next = self.conversation.step(Heard::Old(&buffer[..count]));
            if next != Next::GoOn {
                return next;
            }
        }
        Next::GoOn
    }
}
