//! How a number is given: the rules of [`crate::store::Visits::issue`], in their order.

use std::cmp::Ordering;

use jiff::Timestamp;
use uuid::Uuid;

use super::lines::{lane_number, turn_of, written};
use super::visits::changed_at;
use super::{Database, Engine, Fault, OVERTAKEN_MAX, Row, Taken, Taking, Value, values};
use crate::config::Service;
use crate::identity::{Grade, Way, exact_key};
use crate::queue::{Draft, Issued, Lane, QueueNumber, Refusal, VisitKind, capacity};
use crate::store::seal::Digest;
use crate::store::{Answer, StoreError};

/// A kiosk that is cut off gives numbers of its own: what stands before them, and where the visit
/// stands on the shared clock (microseconds since 1970).
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Apart<'a> {
    pub prefix: &'a str,
    pub place: i64,
}

/// Who waits in a queue: in the own lane and before, and in the other.
#[derive(Debug, Clone, Copy, Default)]
struct Waits {
    own: u32,
    other: u32,
}

/// Of more than so many in a lane nobody wants to know how many there are.
const AHEAD_MAX: u32 = 1000;

/// The columns of [`Waits`] in a queue ($1) on a day ($2): in the own lane ($3) before a session and
/// place ($5, $6), and in the other ($4); up to so many ($7).
macro_rules! waits {
    () => {
        "(SELECT count(*) FROM (SELECT 1 FROM visits WHERE state = 'waiting' AND service = $1
             AND day = $2 AND lane = $3 AND (session, place) < ($5, $6) LIMIT $7) AS w) AS own,
         (SELECT count(*) FROM (SELECT 1 FROM visits WHERE state = 'waiting' AND service = $1
             AND day = $2 AND lane = $4 LIMIT $7) AS w) AS other"
    };
}

/// What these columns are asked with, of a number that would stand at `place`.
fn asked(draft: &Draft, place: i64) -> Vec<Value> {
    let lane = Lane::of(draft.priority);
    values![
        &draft.service.0,
        draft.day.to_string(),
        lane_number(lane),
        lane_number(lane.other()),
        i64::from(draft.session.0),
        place,
        AHEAD_MAX
    ]
    .to_vec()
}

impl Waits {
    /// The two columns from this one.
    fn of(row: &Row, first: usize) -> Result<Self, Fault> {
        let (own, other) = (row.get(first)?, row.get(first + 1)?);
        Ok(Self { own, other })
    }
}

/// A visit of the person, or of this check-in, as it stands in its row.
struct Held {
    visit: Uuid,
    number: String,
    live: bool,
    unclaimed: bool,
    rejected: bool,
    /// In the queue that is asked for, with a number of a service.
    here: bool,
    printed: u32,
    place: i64,
    sealed: Vec<u8>,
}

/// The columns of [`Held`], nine.
macro_rules! held {
    () => {
        "visit, number, state, rejected, kind, service, printed, record, place"
    };
}

impl Held {
    fn of(row: &Row, service: &str) -> Result<Self, Fault> {
        let state: String = row.get(2)?;
        Ok(Self {
            visit: row.get(0)?,
            number: row.get(1)?,
            live: is_live(&state),
            unclaimed: state == "unclaimed",
            rejected: row.get(3)?,
            here: row.get::<String>(4)? == "service" && row.get::<String>(5)? == service,
            printed: row.get(6)?,
            sealed: row.get(7)?,
            place: row.get(8)?,
        })
    }
}

/// States in which a number counts: `live` of the tables' keys.
pub(super) fn is_live(state: &str) -> bool {
    matches!(state, "waiting" | "called" | "held")
}

/// What the rules say before a new number is taken.
enum Ruling {
    Answer(Answer),
    /// The number that was left by this person comes back.
    Claim(Held),
    New,
}

impl<E: Engine> Database<E> {
    /// [`crate::store::Visits::issue`], or the same from the series of a kiosk that is cut off.
    pub(in crate::store) fn issue_from(
        &self,
        draft: &Draft,
        apart: Option<Apart<'_>>,
    ) -> Result<Answer, StoreError> {
        let service = self.service(&draft.service)?;
        let person = self.seal.person_of(draft.visit, draft.person.as_ref());
        let record = self.sealed(draft)?;
        let taking = taking(draft, service, &person, record, apart);
        for _ in 0..OVERTAKEN_MAX {
            let (ruling, waits) = self.ruling(draft, &person)?;
            match ruling {
                Ruling::Answer(answer) => return Ok(answer),
                Ruling::Claim(held) => {
                    if self.claim(&held, draft.at)? {
                        return self.issued(held).map(Answer::Same);
                    }
                }
                Ruling::New => match self.engine.take(&taking) {
                    Ok(Taken::Number(given)) => {
                        let number = QueueNumber::from_stored(given.number);
                        let ahead = self.called_before(draft, waits)?;
                        return Ok(Answer::New(issued(draft.clone(), number, ahead, 0)));
                    }
                    Ok(Taken::Full) => {
                        let session = draft.session;
                        return Ok(Answer::Refused(Refusal::Full { session }));
                    }
                    Ok(Taken::UsedUp) => return Err(used_up(&draft.service.0)),
                    Err(Fault::Taken(_)) => {}
                    Err(fault) => return Err(self.error(fault)),
                },
            }
        }
        Err(self.error(Fault::Database(
            "others were faster each time: try again".to_owned(),
        )))
    }

    /// The number of this very check-in, where it has one.
    #[cfg(any(feature = "postgres", test))]
    pub(in crate::store) fn told_before(&self, visit: Uuid) -> Result<Option<Answer>, StoreError> {
        let held = self.read(|sql| {
            let row = sql.first(
                concat!("SELECT ", held!(), " FROM visits WHERE visit = $1"),
                values![visit],
            )?;
            row.as_ref().map(|row| Held::of(row, "")).transpose()
        })?;
        let issued = held.map(|held| self.issued(held)).transpose()?;
        Ok(issued.map(Answer::Same))
    }

    /// What the rules say, and who waits before a new number: one question, for it is a trip to the
    /// server.
    fn ruling(&self, draft: &Draft, person: &Digest) -> Result<(Ruling, Waits), StoreError> {
        let mut values = asked(draft, i64::MAX);
        values.extend_from_slice(values![draft.visit, person]);
        let (waits, rows) = self.read(|sql| {
            let rows = sql.query(
                concat!(
                    "SELECT ",
                    held!(),
                    ", own, other FROM (SELECT ",
                    waits!(),
                    ") AS waits LEFT JOIN visits ON visit = $8 OR (person = $9 AND day = $2)
                     ORDER BY seq"
                ),
                &values,
            )?;
            let first = rows.first().map(|row| Waits::of(row, 9));
            let waits = first.transpose()?.unwrap_or_default();
            let mut held = Vec::new();
            for row in &rows {
                // Whoever has no number at all has one row without any.
                if row.get::<Option<Uuid>>(0)?.is_some() {
                    held.push(Held::of(row, &draft.service.0)?);
                }
            }
            Ok((waits, held))
        })?;
        self.ruling_on(draft, rows).map(|ruling| (ruling, waits))
    }

    fn ruling_on(&self, draft: &Draft, mut rows: Vec<Held>) -> Result<Ruling, StoreError> {
        if let Some(own) = rows.iter().position(|held| held.visit == draft.visit) {
            let own = rows.swap_remove(own);
            return Ok(Ruling::Answer(Answer::Same(self.issued(own)?)));
        }
        if draft.kind == VisitKind::Desk {
            return Ok(Ruling::New);
        }
        if !draft.rejected && rows.iter().any(|held| held.rejected) {
            return Ok(Ruling::Answer(Answer::Refused(Refusal::RejectedToday)));
        }
        rows.retain(|held| held.here && (held.live || held.unclaimed));
        rows.sort_by_key(|held| held.unclaimed);
        for held in rows {
            let was = self.draft(held.visit, &held.sealed)?;
            let order = strength(&was).cmp(&strength(draft));
            let ruling = match (held.live, order) {
                // The number alone is no code: who holds another code with it is another claim.
                (true, Ordering::Equal) if !same_claim(&was, draft) => {
                    Ruling::Answer(Answer::Refused(Refusal::HeldByStronger))
                }
                (false, Ordering::Equal) if !same_claim(&was, draft) => continue,
                (true, Ordering::Greater) => {
                    Ruling::Answer(Answer::Refused(Refusal::HeldByStronger))
                }
                (true, Ordering::Less) => Ruling::Answer(Answer::Refused(Refusal::HeldByWeaker)),
                (true, Ordering::Equal) => Ruling::Answer(Answer::Same(self.issued(held)?)),
                (false, Ordering::Equal) => Ruling::Claim(held),
                (false, Ordering::Greater | Ordering::Less) => continue,
            };
            return Ok(ruling);
        }
        Ok(Ruling::New)
    }

    /// Whether the number that was left could be brought back: somebody else may have been faster.
    fn claim(&self, held: &Held, at: Timestamp) -> Result<bool, StoreError> {
        let changed = changed_at(2);
        let claimed = self.engine.write(|tx| {
            tx.execute(
                &format!(
                    "UPDATE visits SET state = 'waiting', {changed}
                     WHERE visit = $1 AND state = 'unclaimed'"
                ),
                values![held.visit, at],
            )
        });
        match claimed {
            Ok(rows) => Ok(rows > 0),
            Err(Fault::Taken(_)) => Ok(false),
            Err(fault) => Err(self.error(fault)),
        }
    }

    fn issued(&self, held: Held) -> Result<Issued, StoreError> {
        let draft = self.draft(held.visit, &held.sealed)?;
        let ahead = self.ahead(&draft, held.place)?;
        let number = QueueNumber::from_stored(held.number);
        Ok(issued(draft, number, ahead, held.printed))
    }

    /// How many of this queue are called before a number at `place`, if nobody else comes: those of the
    /// own lane who came earlier, and whom the other lane sends between.
    fn ahead(&self, draft: &Draft, place: i64) -> Result<u32, StoreError> {
        let waits = self.read(|sql| {
            let row = sql.first(concat!("SELECT ", waits!()), &asked(draft, place))?;
            let waits = row.map(|row| Waits::of(&row, 0)).transpose()?;
            Ok(waits.unwrap_or_default())
        })?;
        self.called_before(draft, waits)
    }

    fn called_before(&self, draft: &Draft, waits: Waits) -> Result<u32, StoreError> {
        let Waits { own, other } = waits;
        if other == 0 {
            return Ok(own);
        }
        let lane = Lane::of(draft.priority);
        let turn = self.read(|sql| turn_of(sql, &draft.service, &draft.day.to_string()))?;
        Ok(self.interleave.ahead(turn, lane, own, other))
    }
}

fn taking<'a>(
    draft: &'a Draft,
    service: &Service,
    person: &Digest,
    record: Vec<u8>,
    apart: Option<Apart<'_>>,
) -> Taking<'a> {
    let series = &service.series;
    let code = &draft.service.0;
    let before = series.prefix_in(draft.session);
    Taking {
        visit: Value::from(draft.visit),
        person: Value::from(person),
        kiosk: &draft.kiosk,
        kind: match draft.kind {
            VisitKind::Service => "service",
            VisitKind::Desk => "desk",
        },
        series: apart.map_or_else(|| code.clone(), |own| format!("{}:{code}", own.prefix)),
        part: series.counter(draft.session).0.into(),
        session: draft.session.0.into(),
        service: code,
        lane: lane_number(Lane::of(draft.priority)),
        day: draft.day.to_string(),
        rejected: draft.rejected,
        at: draft.at,
        place: apart.map(|own| own.place),
        record,
        stops: written(&draft.stops),
        prefix: match apart {
            Some(own) => format!("{}-{before}", own.prefix),
            None => before,
        },
        digits: series.digits.into(),
        first: series.first,
        last: series.last.unwrap_or(u32::MAX),
        // A desk turns nobody away, and a kiosk that is cut off does not know what others gave.
        capacity: match (draft.kind, apart) {
            (VisitKind::Service, None) => capacity(&service.rooms, draft.session),
            (VisitKind::Service, Some(_)) | (VisitKind::Desk, _) => None,
        },
    }
}

fn issued(draft: Draft, number: QueueNumber, ahead: u32, printed: u32) -> Issued {
    Issued {
        visit: draft.visit,
        number,
        kind: draft.kind,
        service: draft.service,
        day: draft.day,
        at: draft.at,
        ahead,
        priority: draft.priority,
        grade: draft.grade,
        printed,
        stops: draft.stops,
    }
}

/// Whether two mere claims say the same of the person. The chip says it once and for all.
fn same_claim(held: &Draft, new: &Draft) -> bool {
    let said = |draft: &Draft| {
        let person = draft.person.as_ref()?;
        let name = person.name.as_ref().map(|name| exact_key(name.expose()));
        Some((name, person.birth_date))
    };
    held.grade != Some(Grade::Claimed) || said(held) == said(new)
}

/// How well it is known who a draft is of.
fn strength(draft: &Draft) -> (Option<Grade>, Way) {
    (draft.grade, draft.way)
}

fn used_up(service: &str) -> StoreError {
    StoreError::UsedUp(service.to_owned())
}
