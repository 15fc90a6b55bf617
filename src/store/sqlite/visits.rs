use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{CachedStatement, OptionalExtension, Params, Row, Transaction, params};
use uuid::Uuid;

use super::{Fault, Sqlite, micros, time, uuid};
use crate::identity::{Grade, Way, exact_key, shown_name};
use crate::queue::{
    Draft, Issued, Paper, QueueNumber, Refusal, Series, ServiceCode, Session, VisitKind,
    VisitRecord,
};
use crate::store::seal::{Column, Digest};
use crate::store::{Answer, StoreError, Tally, VisitLine, Visits};

/// The record of a visit; its row is the visit's id.
pub(super) const RECORD: Column = Column("visit record");

/// A visit as it stands in its row.
struct Held {
    seq: i64,
    visit: Uuid,
    value: i64,
    live: bool,
    printed: u32,
    sealed: Vec<u8>,
}

const HELD: &str =
    "SELECT seq, visit, value, state = 'waiting' AS live, printed, record FROM visits";

impl Held {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get("seq")?,
            visit: uuid(row, "visit")?,
            value: row.get("value")?,
            live: row.get("live")?,
            printed: row.get("printed")?,
            sealed: row.get("record")?,
        })
    }
}

impl Visits for Sqlite {
    fn issue(&self, draft: &Draft) -> Result<Answer, StoreError> {
        let series = self.series(&draft.service)?;
        let person = self.seal.person_of(draft.visit, draft.person.as_ref());
        self.write(|tx| match self.held(tx, draft, &person)? {
            Some(answer) => Ok(answer),
            None => self.take(tx, draft, &person, series).map(Answer::New),
        })
    }

    fn paper(&self, visit: Uuid, paper: Paper, at: Timestamp) -> Result<(), StoreError> {
        let (heard, out) = match paper {
            Paper::Confirmed => ("confirmed", true),
            Paper::OkAfter => ("ok-after", true),
            Paper::Unverified => ("unverified", true),
            Paper::Failed => ("failed", false),
        };
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            tx.prepare_cached(
                "UPDATE visits SET paper = ?2, printed = printed + ?3, changed = ?4 WHERE seq = ?1",
            )?
            .execute(params![seq, heard, out, micros(at)])?;
            if out {
                tx.prepare_cached(
                    "UPDATE visits SET state = 'waiting' WHERE seq = ?1 AND state = 'unclaimed'
                     AND NOT EXISTS (SELECT 1 FROM visits other
                         WHERE other.person = visits.person AND other.service = visits.service
                         AND other.day = visits.day
                         AND other.kind = 'service' AND other.state = 'waiting')",
                )?
                .execute([seq])?;
            }
            Ok(())
        })
    }

    fn unclaim(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            tx.prepare_cached(
                "UPDATE visits SET state = 'unclaimed', changed = ?2
                 WHERE seq = ?1 AND state = 'waiting' AND printed = 0",
            )?
            .execute([seq, micros(at)])?;
            Ok(())
        })
    }

    fn settle(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            tx.prepare_cached("UPDATE visits SET state = 'settled', changed = ?2 WHERE seq = ?1")?
                .execute([seq, micros(at)])?;
            Ok(())
        })
    }

    fn tally(&self, day: Date) -> Result<Vec<Tally>, StoreError> {
        let day = day.to_string();
        self.read(|connection| {
            let mut count = connection.prepare_cached(
                "SELECT count(*), (SELECT number FROM visits WHERE service = ?1 AND day = ?2
                     ORDER BY value DESC LIMIT 1)
                 FROM visits WHERE service = ?1 AND day = ?2",
            )?;
            let line = |service: &ServiceCode| {
                let (issued, last): (u32, Option<String>) =
                    count.query_row([&service.0, &day], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(Tally {
                    service: service.clone(),
                    issued,
                    last: last.map(QueueNumber::from_stored),
                })
            };
            self.series.iter().map(|(code, _)| code).map(line).collect()
        })
    }

    fn waiting(&self, day: Date) -> Result<Vec<VisitLine>, StoreError> {
        self.read(|connection| {
            let mut list = connection.prepare_cached(
                "SELECT visit, number, service, visits.kiosk, at, kind, visits.state, printed,
                     paper IS 'failed' OR paper IS NULL AND EXISTS (SELECT 1 FROM visits later
                         WHERE later.day = visits.day AND later.kiosk = visits.kiosk
                         AND later.seq > visits.seq) AS no_paper,
                     outbox.state AS sending, why, record
                 FROM visits JOIN outbox USING (seq)
                 WHERE day = ?1 AND visits.state <> 'settled' ORDER BY at, seq",
            )?;
            let mut rows = list.query([day.to_string()])?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                let waits_for = waits_for(row)?;
                if !waits_for.is_empty() {
                    lines.push(self.line(row, waits_for)?);
                }
            }
            Ok(lines)
        })
    }
}

impl Sqlite {
    /// The answer to a draft that is not a new number: rules 1 to 5 of [`Visits::issue`].
    fn held(
        &self,
        tx: &Transaction<'_>,
        draft: &Draft,
        person: &Digest,
    ) -> Result<Option<Answer>, Fault> {
        let mut by_visit = tx.prepare_cached(&format!("{HELD} WHERE visit = ?1"))?;
        if let Some(held) = first(&mut by_visit, [draft.visit.as_bytes()])? {
            let record = self.record(held.visit, &held.sealed)?;
            return Ok(Some(Answer::Same(issued(tx, &held, record)?)));
        }
        if draft.kind == VisitKind::Desk {
            return Ok(None);
        }
        if !draft.rejected && rejected_today(tx, person, draft.day)? {
            return Ok(Some(Answer::Refused(Refusal::RejectedToday)));
        }
        let mut by_person = tx.prepare_cached(&format!(
            "{HELD} WHERE person = ?1 AND service = ?2 AND day = ?3 AND kind = 'service'
             AND state IN ('waiting', 'unclaimed') ORDER BY live DESC, seq"
        ))?;
        let rows: Vec<Held> = by_person
            .query_map(
                params![person, draft.service.0, draft.day.to_string()],
                Held::of,
            )?
            .collect::<Result<_, _>>()?;
        for held in rows {
            let record = self.record(held.visit, &held.sealed)?;
            let order = strength(&record.draft).cmp(&strength(draft));
            let answer = match (held.live, order) {
                // The number alone is no code: who holds another code with it is another claim.
                (true, Ordering::Equal) if !same_claim(&record.draft, draft) => {
                    Answer::Refused(Refusal::HeldByStronger)
                }
                (false, Ordering::Equal) if !same_claim(&record.draft, draft) => continue,
                (true, Ordering::Greater) => Answer::Refused(Refusal::HeldByStronger),
                (true, Ordering::Less) => Answer::Refused(Refusal::HeldByWeaker),
                (true, Ordering::Equal) => Answer::Same(issued(tx, &held, record)?),
                (false, Ordering::Equal) => {
                    claim(tx, held.seq, draft.at)?;
                    Answer::Same(issued(tx, &held, record)?)
                }
                (false, Ordering::Greater | Ordering::Less) => continue,
            };
            return Ok(Some(answer));
        }
        Ok(None)
    }

    /// Takes the next number and writes the visit and its outbox row.
    fn take(
        &self,
        tx: &Transaction<'_>,
        draft: &Draft,
        person: &Digest,
        series: &Series,
    ) -> Result<Issued, Fault> {
        let day = draft.day.to_string();
        let value = next_value(tx, draft, series)?;
        let record = VisitRecord {
            version: VisitRecord::VERSION,
            number: series.number(Session::default(), value),
            draft: draft.clone(),
        };
        let visit = draft.visit.as_bytes();
        tx.prepare_cached(
            "INSERT INTO visits (visit, person, kiosk, kind, service, day, value, number, rejected,
                 state, at, changed, record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting', ?10, ?10, ?11)",
        )?
        .execute(params![
            visit,
            person,
            draft.kiosk,
            match draft.kind {
                VisitKind::Service => "service",
                VisitKind::Desk => "desk",
            },
            draft.service.0,
            day,
            value,
            record.number.as_str(),
            draft.rejected,
            micros(draft.at),
            self.seal.close_json(RECORD, visit, &record)?,
        ])?;
        let held = Held {
            seq: tx.last_insert_rowid(),
            visit: draft.visit,
            value: value.into(),
            live: true,
            printed: 0,
            sealed: Vec::new(),
        };
        tx.prepare_cached("INSERT INTO outbox (seq, person, state) VALUES (?1, ?2, 'queued')")?
            .execute(params![held.seq, person])?;
        issued(tx, &held, record)
    }

    /// Opens a visit's record.
    pub(super) fn record(&self, visit: Uuid, sealed: &[u8]) -> Result<VisitRecord, StoreError> {
        self.seal.open_json(RECORD, visit.as_bytes(), sealed)
    }

    fn line(&self, row: &Row<'_>, mut waits_for: Vec<String>) -> Result<VisitLine, Fault> {
        let visit = uuid(row, "visit")?;
        let sealed: Vec<u8> = row.get("record")?;
        let draft = self.record(visit, &sealed).map(|record| record.draft).ok();
        if draft.is_none() {
            waits_for.push("damaged".to_owned());
        }
        let person = draft.as_ref().and_then(|draft| draft.person.as_ref());
        let name = person.and_then(|p| p.name.as_ref().or(p.name_latin.as_ref()));
        let why: Option<Vec<u8>> = row.get("why")?;
        let parked = why.and_then(|sealed| self.why(visit, &sealed).ok());
        Ok(VisitLine {
            visit,
            number: QueueNumber::from_stored(row.get("number")?),
            service: ServiceCode(row.get("service")?),
            kiosk: row.get("kiosk")?,
            at: time(row, "at")?,
            shown_name: name.map(|name| shown_name(name.expose(), true)),
            grade: draft.as_ref().and_then(|draft| draft.grade),
            failed: draft
                .as_ref()
                .and_then(|draft| Some(draft.proofs.as_ref()?.failed()?.reason.clone())),
            reason: draft.as_ref().and_then(|d| d.reason.clone()).or(parked),
            hints: draft.as_ref().map(Draft::hints).unwrap_or_default(),
            waits_for,
        })
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

fn waits_for(row: &Row<'_>) -> rusqlite::Result<Vec<String>> {
    let text = |column| row.get::<_, String>(column);
    let unprinted = row.get::<_, bool>("no_paper")? && row.get::<_, u32>("printed")? == 0;
    let sending = text("sending")?;
    let waits = [
        ("desk", text("kind")? == "desk"),
        ("unclaimed", text("state")? == "unclaimed"),
        ("paper_failed", unprinted),
        ("handover", sending == "local"),
        ("parked", sending == "parked"),
    ];
    Ok(waits
        .into_iter()
        .filter(|(_, so)| *so)
        .map(|(code, _)| code.to_owned())
        .collect())
}

/// The counter goes up, from wherever it was; a series that now begins later begins there. Whatever
/// the configuration says today, no value comes twice.
fn next_value(tx: &Transaction<'_>, draft: &Draft, series: &Series) -> Result<u32, Fault> {
    let value: i64 = tx
        .prepare_cached(
            "INSERT INTO counters (service, day, last) VALUES (?1, ?2, ?3)
             ON CONFLICT (service, day) DO UPDATE SET last = max(last + 1, excluded.last)
             RETURNING last",
        )?
        .query_row(
            params![draft.service.0, draft.day.to_string(), series.first],
            |row| row.get(0),
        )?;
    u32::try_from(value).map_err(|_| {
        Fault::Store(StoreError::Damaged {
            what: "counter",
            cause: format!("the series of {} is used up today", draft.service.0),
        })
    })
}

fn rejected_today(tx: &Transaction<'_>, person: &Digest, day: Date) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM visits WHERE person = ?1 AND day = ?2 AND rejected = 1")?
        .exists(params![person, day.to_string()])
}

fn claim(tx: &Transaction<'_>, seq: i64, at: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE visits SET state = 'waiting', changed = ?2 WHERE seq = ?1")?
        .execute([seq, micros(at)])?;
    Ok(())
}

fn issued(tx: &Transaction<'_>, held: &Held, record: VisitRecord) -> Result<Issued, Fault> {
    let draft = record.draft;
    let ahead = tx
        .prepare_cached(
            "SELECT count(*) FROM visits
             WHERE service = ?1 AND day = ?2 AND value < ?3 AND state = 'waiting'",
        )?
        .query_row(
            params![draft.service.0, draft.day.to_string(), held.value],
            |row| row.get(0),
        )?;
    Ok(Issued {
        visit: held.visit,
        number: record.number,
        kind: draft.kind,
        service: draft.service,
        day: draft.day,
        at: draft.at,
        ahead,
        priority: draft.priority,
        grade: draft.grade,
        printed: held.printed,
    })
}

fn first(statement: &mut CachedStatement<'_>, by: impl Params) -> rusqlite::Result<Option<Held>> {
    statement.query_row(by, Held::of).optional()
}

/// Where a visit stands in the order of commits: the key of its row and of its outbox row.
pub(super) fn seq_of(tx: &Transaction<'_>, visit: Uuid) -> Result<i64, Fault> {
    tx.prepare_cached("SELECT seq FROM visits WHERE visit = ?1")?
        .query_row([visit.as_bytes()], |row| row.get(0))
        .optional()?
        .ok_or(Fault::Store(StoreError::Unknown {
            what: "visit",
            id: visit,
        }))
}
