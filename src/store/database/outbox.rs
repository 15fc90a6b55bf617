use jiff::Timestamp;
use uuid::Uuid;

use super::{Database, Engine, Fault, Row, Sql, values};
use crate::store::seal::Column;
use crate::store::{Backlog, News, Outbox, OutboxRow, StoreError};

const FROZEN: Column = Column("frozen visit");
const WHY: Column = Column("reason of the outbox");
const SENT_ID: Column = Column("id in the hospital's system");

/// How long a lease lasts if its holder dies.
const LEASE_MICROS: i64 = 8_000_000;

/// Only the first queued row of each person may go.
macro_rules! first_of_person {
    () => {
        "outbox.state = 'queued' AND NOT EXISTS (SELECT 1 FROM outbox earlier
            WHERE earlier.person = outbox.person AND earlier.state = 'queued'
            AND earlier.seq < outbox.seq)"
    };
}

/// The outbox row of a visit.
macro_rules! of_visit {
    () => {
        "seq = (SELECT seq FROM visits WHERE visit = $1)"
    };
}

/// An outbox row before it is opened.
struct Waiting {
    visit: Uuid,
    number: String,
    record: Vec<u8>,
    frozen: Option<Vec<u8>>,
    attempts: u32,
}

impl Waiting {
    fn of(row: &Row) -> Result<Self, Fault> {
        Ok(Self {
            visit: row.get(0)?,
            number: row.get(1)?,
            record: row.get(2)?,
            frozen: row.get(3)?,
            attempts: row.get(4)?,
        })
    }
}

impl<E: Engine> Outbox for Database<E> {
    fn lead(&self, holder: &str) -> Result<bool, StoreError> {
        match self.engine.news() {
            News::All => self.lease("outbox", holder),
            // The kiosk's own file: its programs hand the same frozen bytes over, which is harmless.
            News::OwnOnly => Ok(true),
        }
    }

    fn resign(&self, holder: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("DELETE FROM leases WHERE holder = $1", values![holder])
                .map(drop)
        })
    }

    fn due(&self, now: Timestamp, max: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = concat!(
            "SELECT visit, number, record, frozen, attempts FROM outbox JOIN visits USING (seq)
             WHERE ",
            first_of_person!(),
            " AND due <= $1 ORDER BY seq LIMIT $2"
        );
        let waiting: Vec<Waiting> = self.read(|connection| {
            let rows = connection.query(sql, values![now, max])?;
            rows.iter().map(Waiting::of).collect()
        })?;
        let mut rows = Vec::with_capacity(waiting.len());
        for one in waiting {
            let visit = one.visit;
            match self.opened(one) {
                Ok(row) => rows.push(row),
                // It would stand before all others for ever.
                Err(error) => {
                    tracing::error!(%visit, %error, "a visit is parked");
                    self.park(visit, &error.to_string())?;
                }
            }
        }
        Ok(rows)
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = concat!(
            "SELECT due FROM outbox WHERE ",
            first_of_person!(),
            " ORDER BY due LIMIT 1"
        );
        self.read(|connection| {
            let next = connection.first(sql, &[])?;
            next.map(|row| row.get(0)).transpose()
        })
    }

    fn freeze(&self, visit: Uuid, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let sealed = self.seal.close(FROZEN, visit.as_bytes(), bytes)?;
        self.of_visit(visit, |tx| {
            let frozen = tx.first(
                concat!(
                    "UPDATE outbox SET attempts = attempts + 1, frozen = coalesce(frozen, $2)
                     WHERE state <> 'sent' AND ",
                    of_visit!(),
                    " RETURNING frozen"
                ),
                values![visit, &*sealed],
            )?;
            match frozen {
                Some(row) => Ok(self.unfrozen(visit, &row.get::<Vec<u8>>(0)?)?),
                None => Ok(bytes.to_vec()),
            }
        })
    }

    fn sent(&self, visit: Uuid, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let id = self.seal.close(SENT_ID, visit.as_bytes(), id.as_bytes())?;
        self.of_visit(visit, |tx| {
            tx.execute(
                concat!(
                    "UPDATE outbox SET state = 'sent', id = $2, sent_at = $3, frozen = NULL,
                         why = NULL WHERE state <> 'sent' AND ",
                    of_visit!()
                ),
                values![visit, &*id, at],
            )
            .map(drop)
        })
    }

    fn local(&self, visit: Uuid) -> Result<(), StoreError> {
        self.of_visit(visit, |tx| {
            tx.execute(
                concat!(
                    "UPDATE outbox SET state = 'local', frozen = NULL, why = NULL
                     WHERE state <> 'sent' AND ",
                    of_visit!()
                ),
                values![visit],
            )
            .map(drop)
        })
    }

    fn postpone(&self, visit: Uuid, at: Timestamp, why: &str) -> Result<(), StoreError> {
        let why = self.seal.close(WHY, visit.as_bytes(), why.as_bytes())?;
        self.of_visit(visit, |tx| {
            tx.execute(
                concat!(
                    "UPDATE outbox SET state = 'queued', due = $2, why = $3
                     WHERE state IN ('queued', 'parked') AND ",
                    of_visit!()
                ),
                values![visit, at, &*why],
            )
            .map(drop)
        })
    }

    fn park(&self, visit: Uuid, why: &str) -> Result<(), StoreError> {
        let why = self.seal.close(WHY, visit.as_bytes(), why.as_bytes())?;
        self.of_visit(visit, |tx| {
            tx.execute(
                concat!(
                    "UPDATE outbox SET state = 'parked', why = $2 WHERE state = 'queued' AND ",
                    of_visit!()
                ),
                values![visit, &*why],
            )
            .map(drop)
        })
    }

    fn backlog(&self) -> Result<Backlog, StoreError> {
        self.read(|sql| {
            let row = sql.first(
                "SELECT (SELECT count(*) FROM outbox WHERE state = 'queued'),
                     (SELECT count(*) FROM outbox WHERE state = 'parked'),
                     (SELECT min(at) FROM outbox JOIN visits USING (seq)
                         WHERE outbox.state = 'queued')",
                &[],
            )?;
            let Some(row) = row else {
                return Ok(Backlog::default());
            };
            Ok(Backlog {
                queued: row.get(0)?,
                parked: row.get(1)?,
                oldest: row.get(2)?,
            })
        })
    }

    fn state(&self, visit: Uuid) -> Result<Option<String>, StoreError> {
        self.read(|sql| {
            let state = sql.first(
                concat!("SELECT state FROM outbox WHERE ", of_visit!()),
                values![visit],
            )?;
            state.map(|row| row.get(0)).transpose()
        })
    }
}

impl<E: Engine> Database<E> {
    /// The database's own clock, in microseconds since 1970.
    pub(in crate::store) fn clock(&self) -> Result<i64, StoreError> {
        self.engine.clock().map_err(|fault| self.error(fault))
    }

    /// Whether `holder` is the one who does what only one may do, for the next seconds.
    fn lease(&self, name: &str, holder: &str) -> Result<bool, StoreError> {
        let now = self.clock()?;
        self.write(|tx| {
            let rows = tx.execute(
                "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE leases.holder = excluded.holder OR leases.until < $4",
                values![name, holder, now.saturating_add(LEASE_MICROS), now],
            )?;
            Ok(rows > 0)
        })
    }

    /// Changes the outbox row of a visit that is there.
    fn of_visit<T>(
        &self,
        visit: Uuid,
        mut change: impl FnMut(&mut dyn Sql) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.write(|tx| {
            self.known(tx, visit)?;
            change(tx)
        })
    }

    fn opened(&self, waiting: Waiting) -> Result<OutboxRow, StoreError> {
        let frozen = waiting.frozen;
        Ok(OutboxRow {
            record: self.record(waiting.visit, waiting.number, &waiting.record)?,
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

    /// Why a visit was last postponed or parked.
    pub(super) fn why(&self, visit: Uuid, sealed: &[u8]) -> Result<String, StoreError> {
        let plain = self.seal.open(WHY, visit.as_bytes(), sealed)?;
        Ok(String::from_utf8_lossy(&plain).into_owned())
    }
}
