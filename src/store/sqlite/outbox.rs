use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::visits::seq_of;
use super::{Fault, Sqlite, micros, time, uuid};
use crate::store::seal::Column;
use crate::store::{Backlog, Outbox, OutboxRow, StoreError};

const FROZEN: Column = Column("frozen visit");
const WHY: Column = Column("reason of the outbox");
const SENT_ID: Column = Column("id in the hospital's system");

/// Only the first queued row of each person may go.
const FIRST_OF_PERSON: &str = "outbox.state = 'queued' AND NOT EXISTS (SELECT 1 FROM outbox earlier
    WHERE earlier.person = outbox.person AND earlier.state = 'queued' AND earlier.seq < outbox.seq)";

/// An outbox row before it is opened.
struct Waiting {
    seq: i64,
    visit: Uuid,
    record: Vec<u8>,
    frozen: Option<Vec<u8>>,
    attempts: u32,
}

impl Waiting {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get("seq")?,
            visit: uuid(row, "visit")?,
            record: row.get("record")?,
            frozen: row.get("frozen")?,
            attempts: row.get("attempts")?,
        })
    }
}

impl Outbox for Sqlite {
    fn due(&self, now: Timestamp, max: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let waiting: Vec<Waiting> = self.read(|connection| {
            let mut list = connection.prepare_cached(&format!(
                "SELECT seq, visit, record, frozen, attempts FROM outbox JOIN visits USING (seq)
                 WHERE {FIRST_OF_PERSON} AND due <= ?1 ORDER BY seq LIMIT ?2"
            ))?;
            let rows = list.query_map(params![micros(now), max], Waiting::of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let mut rows = Vec::with_capacity(waiting.len());
        for one in waiting {
            let (seq, visit) = (one.seq, one.visit);
            match self.opened(one) {
                Ok(row) => rows.push(row),
                // It would stand before all others for ever.
                Err(error) => {
                    tracing::error!(%visit, %error, "a visit is parked");
                    self.write(|tx| self.park_row(tx, seq, visit, &error.to_string()))?;
                }
            }
        }
        Ok(rows)
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            let mut next = connection.prepare_cached(&format!(
                "SELECT due FROM outbox WHERE {FIRST_OF_PERSON} ORDER BY due LIMIT 1"
            ))?;
            Ok(next.query_row([], |row| time(row, "due")).optional()?)
        })
    }

    fn freeze(&self, visit: Uuid, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            let sealed: Option<Vec<u8>> = tx
                .prepare_cached(
                    "UPDATE outbox SET attempts = attempts + 1, frozen = coalesce(frozen, ?2)
                     WHERE seq = ?1 AND state <> 'sent' RETURNING frozen",
                )?
                .query_row(
                    params![seq, self.seal.close(FROZEN, visit.as_bytes(), bytes)?],
                    |row| row.get(0),
                )
                .optional()?;
            match sealed {
                Some(sealed) => Ok(self.unfrozen(visit, &sealed)?),
                None => Ok(bytes.to_vec()),
            }
        })
    }

    fn sent(&self, visit: Uuid, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            let id = self.seal.close(SENT_ID, visit.as_bytes(), id.as_bytes())?;
            tx.prepare_cached(
                "UPDATE outbox SET state = 'sent', id = ?2, sent_at = ?3, frozen = NULL, why = NULL
                 WHERE seq = ?1 AND state <> 'sent'",
            )?
            .execute(params![seq, id, micros(at)])?;
            Ok(())
        })
    }

    fn local(&self, visit: Uuid) -> Result<(), StoreError> {
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            tx.prepare_cached(
                "UPDATE outbox SET state = 'local', frozen = NULL, why = NULL
                 WHERE seq = ?1 AND state <> 'sent'",
            )?
            .execute([seq])?;
            Ok(())
        })
    }

    fn postpone(&self, visit: Uuid, at: Timestamp, why: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            let seq = seq_of(tx, visit)?;
            let why = self.seal.close(WHY, visit.as_bytes(), why.as_bytes())?;
            tx.prepare_cached(
                "UPDATE outbox SET state = 'queued', due = ?2, why = ?3
                 WHERE seq = ?1 AND state IN ('queued', 'parked')",
            )?
            .execute(params![seq, micros(at), why])?;
            Ok(())
        })
    }

    fn park(&self, visit: Uuid, why: &str) -> Result<(), StoreError> {
        self.write(|tx| self.park_row(tx, seq_of(tx, visit)?, visit, why))
    }

    fn backlog(&self) -> Result<Backlog, StoreError> {
        self.read(|connection| {
            let mut count = connection.prepare_cached(
                "SELECT (SELECT count(*) FROM outbox WHERE state = 'queued') AS queued,
                     (SELECT count(*) FROM outbox WHERE state = 'parked') AS parked,
                     (SELECT min(at) FROM outbox JOIN visits USING (seq)
                         WHERE outbox.state = 'queued') AS oldest",
            )?;
            Ok(count.query_row([], |row| {
                let oldest: Option<i64> = row.get("oldest")?;
                Ok(Backlog {
                    queued: row.get("queued")?,
                    parked: row.get("parked")?,
                    oldest: oldest.map(|_| time(row, "oldest")).transpose()?,
                })
            })?)
        })
    }

    fn state(&self, visit: Uuid) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let mut state = connection.prepare_cached(
                "SELECT outbox.state FROM outbox JOIN visits USING (seq) WHERE visit = ?1",
            )?;
            let row = state.query_row([visit.as_bytes()], |row| row.get(0));
            Ok(row.optional()?)
        })
    }
}

impl Sqlite {
    fn opened(&self, waiting: Waiting) -> Result<OutboxRow, StoreError> {
        let frozen = waiting.frozen;
        Ok(OutboxRow {
            record: self.record(waiting.visit, &waiting.record)?,
            frozen: frozen
                .map(|sealed| self.unfrozen(waiting.visit, &sealed))
                .transpose()?,
            attempts: waiting.attempts,
        })
    }

    fn unfrozen(&self, visit: Uuid, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let plain = self.seal.open(FROZEN, visit.as_bytes(), sealed)?;
        Ok(plain.to_vec())
    }

    fn park_row(
        &self,
        tx: &Transaction<'_>,
        seq: i64,
        visit: Uuid,
        why: &str,
    ) -> Result<(), Fault> {
        let why = self.seal.close(WHY, visit.as_bytes(), why.as_bytes())?;
        tx.prepare_cached(
            "UPDATE outbox SET state = 'parked', why = ?2 WHERE seq = ?1 AND state = 'queued'",
        )?
        .execute(params![seq, why])?;
        Ok(())
    }

    /// Why a visit was last postponed or parked.
    pub(super) fn why(&self, visit: Uuid, sealed: &[u8]) -> Result<String, StoreError> {
        let plain = self.seal.open(WHY, visit.as_bytes(), sealed)?;
        Ok(String::from_utf8_lossy(&plain).into_owned())
    }
}
