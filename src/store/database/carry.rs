//! A visit as it moves from a kiosk's own store to the shared one.

use uuid::Uuid;

use super::visits::CARRIED;
use super::{Database, Engine, Fault, Row, Sql, Value, values};
use crate::store::StoreError;
use crate::store::failover::Later;

/// Everything that is in the rows of a visit, in the order of [`COLUMNS`].
pub(in crate::store) struct Carried(Vec<Value>);

/// All columns of a visit, but for the order of its commit; `visit`, `service`, `session`, `day` and
/// `series` first.
const COLUMNS: &str = "visit, service, session, day, series, state, changed, paper, paper_at, \
                       printed, asks_priority, person, kiosk, kind, part, value, number, lane, place, stops, \
                       rejected, room, called, at, record";
impl<E: Engine> Database<E> {
    /// Whether the visit is in this store, and has not left it.
    pub(in crate::store) fn has(&self, visit: Uuid) -> Result<bool, StoreError> {
        self.read(|sql| {
            let row = sql.first(
                "SELECT 1 FROM visits WHERE visit = $1 AND state <> $2",
                values![visit, CARRIED],
            )?;
            Ok(row.is_some())
        })
    }

    /// The last row of all; rows that come later are after it.
    pub(in crate::store) fn last_row(&self) -> Result<i64, StoreError> {
        self.read(|sql| {
            let row = sql.first("SELECT coalesce(max(seq), 0) FROM visits", &[])?;
            row.map_or(Ok(0), |row| row.get(0))
        })
    }

    /// Moves what a cut-off kiosk gave after that row by so many microseconds: the clock was wrong. What
    /// an earlier run gave cannot be of later than `now`, whatever its clock said, and holds up nobody.
    pub(in crate::store) fn set_right(
        &self,
        prefix: &str,
        after: i64,
        micros: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let series = format!("{prefix}:%");
        self.write(|tx| {
            tx.execute(
                "UPDATE visits SET place = place + $3 WHERE series LIKE $1 AND seq > $2",
                values![&series, after, micros],
            )?;
            tx.execute(
                "UPDATE counters SET place = place + $2 WHERE series LIKE $1",
                values![&series, micros],
            )?;
            for table in ["visits", "counters"] {
                tx.execute(
                    &format!("UPDATE {table} SET place = $2 WHERE series LIKE $1 AND place > $2"),
                    values![&series, now],
                )?;
            }
            Ok(())
        })
    }

    /// Visits whose numbers a cut-off kiosk gave, in the order of arrival.
    pub(in crate::store) fn apart(&self, prefix: &str, max: u32) -> Result<Vec<Uuid>, StoreError> {
        self.read(|sql| {
            let rows = sql.query(
                "SELECT visit FROM visits WHERE series LIKE $1 AND state <> $3
                 ORDER BY place LIMIT $2",
                values![format!("{prefix}:%"), max, CARRIED],
            )?;
            rows.iter().map(|row| row.get(0)).collect()
        })
    }

    /// A visit with everything that is known of it.
    pub(in crate::store) fn carried(&self, visit: Uuid) -> Result<Option<Carried>, StoreError> {
        self.read(|sql| {
            let select = format!("SELECT {COLUMNS} FROM visits WHERE visit = $1");
            let row = sql.first(&select, values![visit])?;
            Ok(row.map(|row| Carried(row.0)))
        })
    }

    /// Takes a visit over that a cut-off kiosk gave a number; twice is once. The number of the same
    /// check-in that nobody saw, where there is one, is void; whether the hospital's system has it.
    pub(in crate::store) fn adopt(&self, visit: &Carried) -> Result<bool, StoreError> {
        let row = Row(visit.0.clone());
        self.write(|tx| {
            let (id, series): (Uuid, String) = (row.get(0)?, row.get(4)?);
            let there = tx.first("SELECT series FROM visits WHERE visit = $1", values![id])?;
            let there: Option<String> = there.map(|row| row.get(0)).transpose()?;
            if there.as_ref() == Some(&series) {
                return renew(tx, &row).map(|()| false);
            }
            let twin_was_sent = match there {
                Some(_) => void_twin(tx, id)?,
                None => false,
            };
            let places: Vec<_> = (1..=visit.0.len()).map(|n| format!("${n}")).collect();
            let insert = format!(
                "INSERT INTO visits ({COLUMNS}) VALUES ({})",
                places.join(", ")
            );
            tx.execute(&insert, &visit.0)?;
            tx.execute(
                "INSERT INTO outbox (seq, person, state)
                 SELECT seq, person, 'queued' FROM visits WHERE visit = $1",
                values![id],
            )?;
            tx.execute(
                "INSERT INTO loads (service, day, session, given) VALUES ($1, $2, $3, 1)
                 ON CONFLICT (service, day, session) DO UPDATE SET given = loads.given + 1",
                values![
                    row.get::<String>(1)?,
                    row.get::<String>(3)?,
                    row.get::<i64>(2)?
                ],
            )?;
            Ok(twin_was_sent)
        })
    }

    /// A visit that arrived in the shared store like this leaves this one. False: something was done
    /// with it meanwhile.
    pub(in crate::store) fn leave(&self, visit: &Carried) -> Result<bool, StoreError> {
        let (id, changed) = (visit.0[0].clone(), visit.0[6].clone());
        self.write(|tx| {
            let left = tx.execute(
                "UPDATE visits SET state = $3 WHERE visit = $1 AND changed = $2",
                values![id.clone(), changed.clone(), CARRIED],
            )?;
            if left > 0 {
                tx.execute(
                    "DELETE FROM outbox WHERE seq = (SELECT seq FROM visits WHERE visit = $1)",
                    values![id.clone()],
                )?;
            }
            Ok(left > 0)
        })
    }

    /// Notes what is to be done at the shared store once it can be reached.
    pub(in crate::store) fn note_later(&self, act: &Later) -> Result<(), StoreError> {
        let act = serde_json::to_vec(act).map_err(|error| StoreError::Damaged {
            what: "act for later",
            cause: error.to_string(),
        })?;
        self.write(|tx| {
            tx.execute("INSERT INTO later (act) VALUES ($1)", values![&*act])
                .map(drop)
        })
    }

    /// What is to be done later, oldest first. What cannot be read is left out, and said.
    pub(in crate::store) fn later(&self, max: u32) -> Result<Vec<(i64, Later)>, StoreError> {
        let rows = self.read(|sql| {
            let rows = sql.query(
                "SELECT seq, act FROM later ORDER BY seq LIMIT $1",
                values![max],
            )?;
            let read = |row: &Row| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?));
            rows.iter().map(read).collect::<Result<Vec<_>, Fault>>()
        })?;
        let mut acts = Vec::new();
        for (seq, act) in rows {
            match serde_json::from_slice(&act) {
                Ok(act) => acts.push((seq, act)),
                Err(error) => {
                    tracing::error!(%error, "an act for later cannot be read: it is left out");
                    self.forget_later(seq)?;
                }
            }
        }
        Ok(acts)
    }

    /// It is done.
    pub(in crate::store) fn forget_later(&self, seq: i64) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("DELETE FROM later WHERE seq = $1", values![seq])
                .map(drop)
        })
    }
}

/// It arrived before and was changed here since: the kiosk stopped in between. What rooms did to it
/// meanwhile stands.
fn renew(tx: &mut dyn Sql, row: &Row) -> Result<(), Fault> {
    tx.execute(
        "UPDATE visits SET state = $2, changed = $3, paper = $4, paper_at = $5, printed = $6,
             asks_priority = $7
         WHERE visit = $1 AND changed < $3 AND state IN ('waiting', 'unclaimed')",
        values![
            row.get::<Uuid>(0)?,
            row.0[5].clone(),
            row.0[6].clone(),
            row.0[7].clone(),
            row.0[8].clone(),
            row.0[9].clone(),
            row.0[10].clone()
        ],
    )
    .map(drop)
}

/// The number of a call whose answer never came. Its row keeps the value, under an id of its own;
/// gives whether the hospital's system has it already.
fn void_twin(tx: &mut dyn Sql, visit: Uuid) -> Result<bool, Fault> {
    let sent = tx.first(
        "SELECT state FROM outbox WHERE seq = (SELECT seq FROM visits WHERE visit = $1)
         AND state IN ('sent', 'local')",
        values![visit],
    )?;
    tx.execute(
        "DELETE FROM outbox WHERE seq = (SELECT seq FROM visits WHERE visit = $1)",
        values![visit],
    )?;
    tx.execute(
        "UPDATE loads SET given = given - 1 WHERE EXISTS (SELECT 1 FROM visits WHERE visit = $1
             AND visits.service = loads.service AND visits.day = loads.day
             AND visits.session = loads.session)",
        values![visit],
    )?;
    tx.execute(
        "UPDATE visits SET state = 'void', visit = $2 WHERE visit = $1",
        values![visit, Uuid::new_v4()],
    )?;
    Ok(sent.is_some())
}
