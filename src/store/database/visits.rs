use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lines::lane_number;
use super::{Changed, Database, Engine, Fault, Row, Sql, values};
use crate::identity::shown_name;
use crate::queue::{Draft, Lane, Paper, QueueNumber, ServiceCode, VisitRecord};
use crate::store::seal::Column;
use crate::store::{Answer, StoreError, Tally, VisitLine, Visits};

/// The state of what has left a kiosk's own store for the shared one: the row stays, so that the
/// check-in is told its number again, and nothing else is done with it.
pub(super) const CARRIED: &str = "carried";
/// The record of a visit; its row is the visit's id.
const RECORD: Column = Column("visit record");

/// What is sealed of a visit. Its number is a column, for it is not known before its row is written.
#[derive(Serialize, Deserialize)]
struct Sealed<D> {
    version: u32,
    draft: D,
}

impl<E: Engine> Visits for Database<E> {
    fn issue(&self, draft: &Draft) -> Result<Answer, StoreError> {
        self.issue_from(draft, None)
    }

    fn paper(&self, visit: Uuid, paper: Paper, at: Timestamp) -> Result<(), StoreError> {
        let (heard, out) = match paper {
            Paper::Confirmed => ("confirmed", true),
            Paper::OkAfter => ("ok-after", true),
            Paper::Unverified => ("unverified", true),
            Paper::Failed => ("failed", false),
        };
        self.write_news(Changed::Queues, |tx| {
            self.known(tx, visit)?;
            // Told twice, it is one sheet.
            let changed = changed_at(4);
            tx.execute(
                &format!(
                    "UPDATE visits SET printed = printed + CASE
                         WHEN paper = $2 AND paper_at = $4 THEN 0 ELSE $3 END,
                         paper = $2, paper_at = $4, {changed} WHERE visit = $1"
                ),
                values![visit, heard, out, at],
            )?;
            if out {
                tx.execute(
                    "UPDATE visits SET state = 'waiting' WHERE visit = $1 AND state = 'unclaimed'
                     AND NOT EXISTS (SELECT 1 FROM visits other
                         WHERE other.person = visits.person AND other.service = visits.service
                         AND other.day = visits.day AND other.kind = 'service'
                         AND other.state IN ('waiting', 'called', 'held'))",
                    values![visit],
                )?;
            }
            Ok(())
        })
    }

    fn unclaim(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        let unprinted = "state = 'waiting' AND printed = 0";
        self.mark(visit, at, "state = 'unclaimed'", unprinted)
    }

    fn ask_priority(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        let ordinary = lane_number(Lane::Ordinary);
        let may = format!("lane = {ordinary} AND kind = 'service'");
        self.mark(visit, at, "asks_priority = 1", &may)
    }

    fn settle(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.mark(visit, at, "state = 'settled'", "true")
    }

    fn abandon(&self, kiosk: &str, day: Date, at: Timestamp) -> Result<u64, StoreError> {
        self.engine.fence().map_err(|fault| self.error(fault))?;
        let changed = changed_at(2);
        self.write_news(Changed::Queues, |tx| {
            tx.execute(
                &format!(
                    "UPDATE visits SET state = 'unclaimed', {changed}
                     WHERE day = $3 AND kiosk = $1 AND state = 'waiting' AND paper IS NULL
                     AND printed = 0"
                ),
                values![kiosk, at, day.to_string()],
            )
        })
    }

    fn tally(&self, day: Date) -> Result<Vec<Tally>, StoreError> {
        let day = day.to_string();
        self.read(|sql| {
            let line = |service: &ServiceCode| {
                let row = sql.first(
                    "SELECT count(*), (SELECT number FROM visits WHERE series = $1 AND day = $2
                         ORDER BY part DESC, value DESC LIMIT 1)
                     FROM visits WHERE series = $1 AND day = $2",
                    values![&service.0, &day],
                )?;
                let (issued, last) = match row {
                    Some(row) => (row.get(0)?, row.get::<Option<String>>(1)?),
                    None => (0, None),
                };
                Ok(Tally {
                    service: service.clone(),
                    issued,
                    last: last.map(QueueNumber::from_stored),
                })
            };
            self.services
                .iter()
                .map(|one| &one.code)
                .map(line)
                .collect()
        })
    }

    fn waiting(&self, day: Date) -> Result<Vec<VisitLine>, StoreError> {
        self.read(|sql| {
            let rows = sql.query(
                "SELECT visit, number, service, kiosk, at, kind, state, printed, unheard, sending, why,
                     record, two, asks
                 FROM (
                     SELECT visit, number, service, visits.kiosk, at, visits.seq, kind, visits.state,
                         printed, outbox.state AS sending, why, record,
                         CASE WHEN paper = 'failed' OR paper IS NULL AND EXISTS (
                             SELECT 1 FROM visits later
                             WHERE later.day = visits.day AND later.kiosk = visits.kiosk
                             AND later.seq > visits.seq) THEN 1 ELSE 0 END AS unheard,
                         CASE WHEN kind = 'service' AND EXISTS (SELECT 1 FROM visits other
                             WHERE other.person = visits.person AND other.day = visits.day
                             AND other.service = visits.service AND other.kind = 'service'
                             AND other.seq <> visits.seq
                             AND other.state IN ('waiting', 'called', 'held')
                             AND visits.state IN ('waiting', 'called', 'held'))
                             THEN 1 ELSE 0 END AS two,
                         CASE WHEN visits.state IN ('waiting', 'called', 'held')
                             THEN asks_priority ELSE 0 END AS asks
                     FROM visits JOIN outbox USING (seq)
                     WHERE day = $1 AND visits.state NOT IN ('settled', 'void')) AS line
                 WHERE kind = 'desk' OR state = 'unclaimed' OR unheard = 1 AND printed = 0
                     OR sending IN ('local', 'parked') OR two = 1 OR asks = 1
                 ORDER BY at, seq",
                values![day.to_string()],
            )?;
            let mut lines = Vec::new();
            for row in &rows {
                lines.push(self.line(row, waits_for(row)?)?);
            }
            Ok(lines)
        })
    }
}

impl<E: Engine> Database<E> {
    /// Sets something of a visit, if it stands like this.
    fn mark(&self, visit: Uuid, at: Timestamp, set: &str, like: &str) -> Result<(), StoreError> {
        let changed = changed_at(2);
        let update = format!("UPDATE visits SET {set}, {changed} WHERE visit = $1 AND {like}");
        self.write_news(Changed::Queues, |tx| {
            self.known(tx, visit)?;
            tx.execute(&update, values![visit, at]).map(drop)
        })
    }

    /// That the visit is in the store, and has not left it.
    pub(super) fn known(&self, sql: &mut dyn Sql, visit: Uuid) -> Result<(), Fault> {
        let row = sql.first(
            "SELECT 1 FROM visits WHERE visit = $1 AND state <> $2",
            values![visit, CARRIED],
        )?;
        row.map(drop).ok_or(Fault::Store(StoreError::Unknown {
            what: "visit",
            id: visit,
        }))
    }

    /// Opens what the check-in fixed of a visit.
    pub(super) fn draft(&self, visit: Uuid, sealed: &[u8]) -> Result<Draft, StoreError> {
        let sealed: Sealed<Draft> = self.seal.open_json(RECORD, visit.as_bytes(), sealed)?;
        Ok(sealed.draft)
    }

    /// Seals what the check-in fixed of a visit.
    pub(super) fn sealed(&self, draft: &Draft) -> Result<Vec<u8>, StoreError> {
        let version = VisitRecord::VERSION;
        let sealed = Sealed { version, draft };
        self.seal
            .close_json(RECORD, draft.visit.as_bytes(), &sealed)
    }

    /// Opens a visit's record.
    pub(super) fn record(
        &self,
        visit: Uuid,
        number: String,
        sealed: &[u8],
    ) -> Result<VisitRecord, StoreError> {
        Ok(VisitRecord {
            version: VisitRecord::VERSION,
            number: QueueNumber::from_stored(number),
            draft: self.draft(visit, sealed)?,
        })
    }

    fn line(&self, row: &Row, mut waits_for: Vec<String>) -> Result<VisitLine, Fault> {
        let visit: Uuid = row.get(0)?;
        let sealed: Vec<u8> = row.get(11)?;
        let draft = self.draft(visit, &sealed).ok();
        if draft.is_none() {
            waits_for.push("damaged".to_owned());
        }
        let person = draft.as_ref().and_then(|draft| draft.person.as_ref());
        let name = person.and_then(|p| p.name.as_ref().or(p.name_latin.as_ref()));
        let why: Option<Vec<u8>> = row.get(10)?;
        let parked = why.and_then(|sealed| self.why(visit, &sealed).ok());
        Ok(VisitLine {
            visit,
            number: QueueNumber::from_stored(row.get(1)?),
            service: ServiceCode(row.get(2)?),
            kiosk: row.get(3)?,
            at: row.get(4)?,
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

/// SQL: the row is changed at this parameter's time, and later than before, whatever the clock did.
pub(super) fn changed_at(parameter: u32) -> String {
    format!("changed = CASE WHEN changed < ${parameter} THEN ${parameter} ELSE changed + 1 END")
}

fn waits_for(row: &Row) -> Result<Vec<String>, Fault> {
    let unprinted = row.get::<bool>(8)? && row.get::<u32>(7)? == 0;
    let sending: String = row.get(9)?;
    let waits = [
        ("desk", row.get::<String>(5)? == "desk"),
        ("unclaimed", row.get::<String>(6)? == "unclaimed"),
        ("paper_failed", unprinted),
        ("handover", sending == "local"),
        ("parked", sending == "parked"),
        ("two_numbers", row.get::<bool>(12)?),
        ("priority", row.get::<bool>(13)?),
    ];
    Ok(waits
        .into_iter()
        .filter(|(_, so)| *so)
        .map(|(code, _)| code.to_owned())
        .collect())
}
