use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

/// A part of the day with hours of its own (morning, afternoon), by its place in the day from 0.
/// A site without sessions has the whole day as session 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Session(pub u8);

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Hours within one day, to the minute: the first belongs to it, the last does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: u16,
    to: u16,
}

const DAY_MINUTES: u16 = 24 * 60;

impl Period {
    /// From midnight to midnight.
    pub const ALL_DAY: Self = Self {
        from: 0,
        to: DAY_MINUTES,
    };

    /// Reads hours such as `05:00-11:30`; a day ends at `24:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from.trim())?, minute(to.trim())?);
        (from < to).then_some(Self { from, to })
    }

    /// Whether `time` lies within.
    pub fn contains(self, time: Time) -> bool {
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        (i32::from(self.from)..i32::from(self.to)).contains(&minute)
    }

    /// Its beginning on `day`.
    pub fn start(self, day: Date) -> DateTime {
        moment(day, self.from)
    }

    /// Its end on `day`.
    pub fn end(self, day: Date) -> DateTime {
        moment(day, self.to)
    }

    fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// `HH:MM` as a minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, most: u16| {
        let plain = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let number = part.parse::<u16>().ok().filter(|_| plain);
        number.filter(|number| *number <= most)
    };
    let minute = number(hours, 24)? * 60 + number(minutes, 59)?;
    (minute <= DAY_MINUTES).then_some(minute)
}

fn moment(day: Date, minute: u16) -> DateTime {
    let midnight = day.to_datetime(Time::midnight());
    midnight.saturating_add(jiff::SignedDuration::from_mins(minute.into()))
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Reads one day, `mon`, or several that follow each other, `mon-fri`.
    pub fn parse(text: &str) -> Option<Self> {
        let index = |name: &str| Self::NAMES.iter().position(|known| *known == name.trim());
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (index(first)?, index(last)?);
        (first <= last).then(|| Self((first..=last).fold(0, |days, day| days | 1 << day)))
    }

    /// The days of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn contain(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }

    /// The days that are in both; none where there are none.
    pub fn common(self, other: Self) -> Option<Self> {
        Some(Self(self.0 & other.0)).filter(|days| days.0 != 0)
    }
}

/// Days on which nothing opens, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closure {
    first: Date,
    last: Date,
}

impl Closure {
    /// Reads one date, `2027-01-01`, or the first and the last, `2027-02-05/2027-02-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let date = |text: &str| (text.len() == 10).then(|| text.parse::<Date>().ok())?;
        let (first, last) = text.split_once('/').unwrap_or((text, text));
        let (first, last) = (date(first)?, date(last)?);
        (first <= last).then_some(Self { first, last })
    }

    fn contains(self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

/// The hours of one session, on some days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sitting {
    /// Which session.
    pub session: Session,
    /// On which days.
    pub days: Weekdays,
    /// When the rooms receive patients.
    pub rooms: Period,
    /// When numbers are taken for it: people come at five for rooms that open at seven.
    pub numbers: Period,
}

/// When numbers are taken and rooms are open. All times are civil times in the hospital's zone and
/// nothing is counted on: a clock that jumps changes the answer, never the rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timetable {
    sittings: Vec<Sitting>,
    closures: Vec<Closure>,
}

/// Whether a number may be taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes; it belongs to this session, whose rooms may still be closed.
    Open {
        /// The session.
        session: Session,
    },
    /// No.
    Closed {
        /// When numbers are taken again; absent: not within a year.
        next: Option<DateTime>,
    },
}

/// Sessions that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// Numbers would be given for rooms that are closed for the rest of the session.
    #[error("session {0}: numbers are taken until after its rooms close")]
    NumbersOutlastRooms(Session),
    /// One session twice on one day.
    #[error("session {0}: two tables are for the same day")]
    Twice(Session),
    /// A moment would belong to both.
    #[error("sessions {0} and {1} overlap")]
    Overlap(Session, Session),
    /// The later one stands first.
    #[error("session {0} does not come before session {1}")]
    OutOfOrder(Session, Session),
}

/// Without sessions, the whole of every day.
const ALWAYS: [Sitting; 1] = [Sitting {
    session: Session(0),
    days: Weekdays::ALL,
    rooms: Period::ALL_DAY,
    numbers: Period::ALL_DAY,
}];

/// How far ahead an opening is looked for.
const LOOK_AHEAD_DAYS: usize = 366;

impl Timetable {
    /// A timetable of these sittings (without any: day and night), but for the closures.
    ///
    /// # Errors
    /// The first contradiction among the sittings.
    pub fn new(sittings: Vec<Sitting>, closures: Vec<Closure>) -> Result<Self, Clash> {
        for (index, one) in sittings.iter().enumerate() {
            if one.numbers.to > one.rooms.to {
                return Err(Clash::NumbersOutlastRooms(one.session));
            }
            for other in &sittings[..index] {
                agree(*other, *one)?;
            }
        }
        Ok(Self { sittings, closures })
    }

    /// Whether a number may be taken at `at`, and for which session.
    pub fn admission(&self, at: DateTime) -> Admission {
        let open = |sitting: &&Sitting| sitting.numbers.contains(at.time());
        match self.on(at.date()).find(open) {
            Some(sitting) => Admission::Open {
                session: sitting.session,
            },
            None => Admission::Closed {
                next: self.next_opening(at),
            },
        }
    }

    /// The next moment after `at` at which numbers begin to be taken for a session, within a year.
    pub fn next_opening(&self, at: DateTime) -> Option<DateTime> {
        at.date()
            .series(jiff::Span::new().days(1))
            .take(LOOK_AHEAD_DAYS)
            .find_map(|day| {
                let starts = self.on(day).map(|sitting| sitting.numbers.start(day));
                starts.filter(|start| *start > at).min()
            })
    }

    /// The session whose rooms are open at `at`.
    pub fn in_session(&self, at: DateTime) -> Option<Session> {
        let open = |sitting: &&Sitting| sitting.rooms.contains(at.time());
        self.on(at.date()).find(open).map(|sitting| sitting.session)
    }

    /// Seconds from `at` until the rooms have worked for `work` seconds of that day. None: they
    /// close for the day before.
    pub(super) fn until_worked(&self, at: DateTime, work: u32) -> Option<u32> {
        let day = at.date();
        let mut open: Vec<Period> = self.on(day).map(|sitting| sitting.rooms).collect();
        open.sort_by_key(|period| period.from);
        let second = |moment: DateTime| at.duration_until(moment).as_secs().max(0);
        let mut left = i64::from(work);
        for period in open {
            let (start, end) = (second(period.start(day)), second(period.end(day)));
            if end > start && left <= end - start {
                return u32::try_from(start + left).ok();
            }
            left -= end - start;
        }
        None
    }

    fn on(&self, day: Date) -> impl Iterator<Item = &Sitting> {
        let sittings: &[Sitting] = if self.closures.iter().any(|closure| closure.contains(day)) {
            &[]
        } else if self.sittings.is_empty() {
            &ALWAYS
        } else {
            &self.sittings
        };
        sittings
            .iter()
            .filter(move |sitting| sitting.days.contain(day.weekday()))
    }
}

fn agree(one: Sitting, other: Sitting) -> Result<(), Clash> {
    let (a, b) = (one.session, other.session);
    if one.days.common(other.days).is_none() {
        Ok(())
    } else if a == b {
        Err(Clash::Twice(a))
    } else if one.rooms.overlaps(other.rooms) || one.numbers.overlaps(other.numbers) {
        Err(Clash::Overlap(a.min(b), a.max(b)))
    } else if (a < b) != (one.rooms.from < other.rooms.from)
        || (a < b) != (one.numbers.from < other.numbers.from)
    {
        Err(Clash::OutOfOrder(a.min(b), a.max(b)))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
