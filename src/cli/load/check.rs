//! Whether every promise was kept: what all kiosks saw against what the stores hold in the end. Pure;
//! it knows nothing of how the stores work, and believes only what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use super::log::{Line, Seen};

/// A visit as it stands in the store in the end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) visit: Uuid,
    pub(super) person: Vec<u8>,
    pub(super) series: String,
    pub(super) part: i64,
    pub(super) day: String,
    pub(super) value: i64,
    pub(super) number: String,
    pub(super) service: String,
    pub(super) place: i64,
    pub(super) state: String,
    /// Rows of the outbox that it has.
    pub(super) sent: i64,
}

impl Row {
    fn is_live(&self) -> bool {
        ["waiting", "called", "held"].contains(&self.state.as_str())
    }

    fn is_void(&self) -> bool {
        self.state == "void"
    }
}

/// The last value that each series gave, by its name, day and part.
pub(super) type Counters = BTreeMap<(String, String, i64), i64>;

/// Everything that is known in the end.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    /// By kiosk.
    pub(super) logs: BTreeMap<String, Vec<Line>>,
    pub(super) rows: Vec<Row>,
    pub(super) counters: Counters,
    /// Visits of persons with two numbers, as staff are shown them.
    pub(super) two_numbers: BTreeSet<Uuid>,
    /// What kiosks still hold in files of their own.
    pub(super) left_behind: BTreeMap<String, i64>,
    /// Clocks were set wrong meanwhile.
    pub(super) clocks_jumped: bool,
}

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Broken {
    /// One number for two visits.
    Duplicate,
    /// A number that was told is not in the store, or is another's there, or void.
    Lost,
    /// A live number that nobody saw.
    Ghost,
    /// A value of a series that no visit has.
    Gap,
    /// A visit that is not queued once for the hospital's system.
    Sending,
    /// Two live numbers of one person that staff are not shown, or that one shared series gave.
    Double,
    /// Something that was not carried over.
    LeftBehind,
    /// Somebody who came later stands before.
    Order,
    /// Somebody left without a number who had come for one.
    Unserved,
}

/// How it was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) broken: Broken,
    pub(super) told: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.broken, self.told)
    }
}

/// The order of two who came so close to each other is nobody's promise: two kiosks, one cut off, know
/// the shared clock no better.
const AT_ONCE_MICROS: i64 = 250_000;

/// Every promise that `history` breaks.
pub(super) fn check(history: &History) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut told = |broken, told| faults.push(Fault { broken, told });
    numbers(history, &mut told);
    ghosts(history, &mut told);
    gaps(history, &mut told);
    doubles(history, &mut told);
    order(history, &mut told);
    for row in &history.rows {
        let right = i64::from(!row.is_void());
        if row.sent != right {
            let (number, times) = (&row.number, row.sent);
            told(Broken::Sending, format!("{number} is queued {times} times"));
        }
    }
    for (kiosk, line) in lines(history) {
        if let Seen::Gone {
            person,
            served: false,
        } = line.seen
        {
            told(
                Broken::Unserved,
                format!("{person} left {kiosk} at {}", line.at),
            );
        }
    }
    for (kiosk, count) in history.left_behind.iter().filter(|(_, count)| **count > 0) {
        told(Broken::LeftBehind, format!("{kiosk} holds {count} rows"));
    }
    faults
}

type Tell<'a> = dyn FnMut(Broken, String) + 'a;

fn lines(history: &History) -> impl Iterator<Item = (&String, &Line)> {
    let logs = history.logs.iter();
    logs.flat_map(|(kiosk, lines)| lines.iter().map(move |line| (kiosk, line)))
}

/// What was told stands in the store, and stands there once.
fn numbers(history: &History, tell: &mut Tell<'_>) {
    let mut by_number: BTreeMap<(&str, &str), Uuid> = BTreeMap::new();
    let mut by_visit: BTreeMap<Uuid, &Row> = BTreeMap::new();
    for row in &history.rows {
        by_visit.insert(row.visit, row);
        if let Some(other) = by_number.insert((&row.day, &row.number), row.visit) {
            let (number, visit) = (&row.number, row.visit);
            tell(
                Broken::Duplicate,
                format!("{number} of {visit} and {other}"),
            );
        }
    }
    let mut told: BTreeMap<&str, Uuid> = BTreeMap::new();
    for (kiosk, line) in lines(history) {
        let (Seen::Told { visit, number, .. } | Seen::Printing { visit, number }) = &line.seen
        else {
            continue;
        };
        let other = *told.entry(number).or_insert(*visit);
        if other != *visit {
            let at = line.at;
            tell(
                Broken::Duplicate,
                format!("{kiosk} at {at}: {number} of {visit}, which is of {other}"),
            );
        }
        match by_visit.get(visit) {
            None => tell(Broken::Lost, format!("{number} of {visit} at {kiosk}")),
            Some(row) if row.number != *number || row.is_void() => {
                let (now, state) = (&row.number, &row.state);
                tell(
                    Broken::Lost,
                    format!("{number} of {visit} at {kiosk} is {now} now, {state}"),
                );
            }
            Some(_) => {}
        }
    }
}

/// Whoever is called has seen the number, or holds it.
fn ghosts(history: &History, tell: &mut Tell<'_>) {
    let (mut seen, mut held) = (BTreeSet::new(), BTreeSet::new());
    for (_, line) in lines(history) {
        if let Seen::Saw { number } = &line.seen {
            seen.insert(number.as_str());
        } else if let Seen::Printed {
            visit,
            came_out: true,
        } = &line.seen
        {
            held.insert(*visit);
        }
    }
    for row in history.rows.iter().filter(|row| row.is_live()) {
        if !seen.contains(row.number.as_str()) && !held.contains(&row.visit) {
            tell(Broken::Ghost, format!("{} of {}", row.number, row.visit));
        }
    }
}

/// Every value from 1 to where the series stands is some visit's.
fn gaps(history: &History, tell: &mut Tell<'_>) {
    let mut series: BTreeMap<(&str, &str, i64), BTreeSet<i64>> = BTreeMap::new();
    for ((name, day, part), last) in &history.counters {
        // The end of a series has no visit behind it that would show the gap.
        series
            .entry((name, day, *part))
            .or_default()
            .insert(last + 1);
    }
    for row in &history.rows {
        let values = series.entry((&row.series, &row.day, row.part)).or_default();
        values.insert(row.value);
    }
    for ((name, day, _), values) in series {
        let missing = (1..)
            .zip(&values)
            .find(|(expected, value)| expected != *value);
        if let Some((expected, _)) = missing {
            tell(
                Broken::Gap,
                format!("{name} of {day}: {expected} is missing"),
            );
        }
    }
}

/// One person, queue and day: one number, or as many as were cut off from each other and are shown to
/// staff.
fn doubles(history: &History, tell: &mut Tell<'_>) {
    let mut persons: BTreeMap<(&[u8], &str, &str), Vec<&Row>> = BTreeMap::new();
    for row in history.rows.iter().filter(|row| row.is_live()) {
        let who = (
            row.person.as_slice(),
            row.service.as_str(),
            row.day.as_str(),
        );
        persons.entry(who).or_default().push(row);
    }
    for rows in persons.values().filter(|rows| rows.len() > 1) {
        let numbers: Vec<&str> = rows.iter().map(|row| row.number.as_str()).collect();
        let numbers = numbers.join(" and ");
        // A kiosk that is cut off again does not know to whom it gave numbers before.
        let shared = rows.iter().filter(|row| !row.series.contains(':')).count();
        if shared > 1 {
            tell(Broken::Double, format!("{numbers} of one series"));
        } else if !rows
            .iter()
            .all(|row| history.two_numbers.contains(&row.visit))
        {
            tell(Broken::Double, format!("{numbers} are shown to nobody"));
        }
    }
}

/// Whoever had a number before another asked stands before. A kiosk that starts cut off, and dies
/// before it hears the shared clock, has its own only: where clocks jump, that is no order.
fn order(history: &History, tell: &mut Tell<'_>) {
    let rows: BTreeMap<Uuid, &Row> = history.rows.iter().map(|row| (row.visit, row)).collect();
    let mut asked: BTreeMap<(&str, u32, u64), i64> = BTreeMap::new();
    let began_cut: BTreeSet<(&str, u32)> = lines(history)
        .filter(|(_, line)| line.seen == Seen::Started { cut: true })
        .map(|(kiosk, line)| (kiosk.as_str(), line.run))
        .collect();
    // By service: when it was asked for, when it was told, and the row.
    let mut taken: BTreeMap<&str, Vec<(i64, i64, &Row)>> = BTreeMap::new();
    for (kiosk, line) in lines(history) {
        if let Seen::Asked { ask, .. } = &line.seen {
            asked.insert((kiosk, line.run, *ask), line.at);
        } else if let Seen::Told {
            ask,
            visit,
            new: true,
            ..
        } = &line.seen
            && let Some(since) = asked.get(&(kiosk.as_str(), line.run, *ask))
            && let Some(row) = rows.get(visit)
            && !(history.clocks_jumped
                && row.series.contains(':')
                && began_cut.contains(&(kiosk.as_str(), line.run)))
        {
            let all = taken.entry(&row.service).or_default();
            all.push((*since, line.at, row));
        }
    }
    for all in taken.values_mut() {
        let mut by_end = all.clone();
        by_end.sort_by_key(|(_, told, _)| *told);
        all.sort_by_key(|(asked, _, _)| *asked);
        let mut ended = by_end.iter().peekable();
        let mut last: Option<&Row> = None;
        for (since, _, row) in all.iter() {
            while let Some((_, _, earlier)) =
                ended.next_if(|(_, told, _)| told + AT_ONCE_MICROS < *since)
            {
                if last.is_none_or(|last| last.place < earlier.place) {
                    last = Some(earlier);
                }
            }
            if let Some(last) = last.filter(|last| last.place >= row.place) {
                let (later, earlier) = (&row.number, &last.number);
                tell(Broken::Order, format!("{later} stands before {earlier}"));
            }
        }
    }
}

#[cfg(test)]
mod tests;
