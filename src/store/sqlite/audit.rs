use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::{Fault, Sqlite, micros};
use crate::store::seal::Digest;
use crate::store::{Audit, StoreError};

/// What stands before the first line of a chain.
const START: Digest = [0; 32];

/// One line, as it is hashed.
struct Line<'a> {
    writer: &'a str,
    seq: u64,
    at: i64,
    what: &'a str,
    detail: &'a str,
}

impl Line<'_> {
    /// SHA-256 over the hash before and the line as a JSON array, which tells its parts apart.
    fn hash(&self, before: &Digest) -> Digest {
        let line = serde_json::json!([self.writer, self.seq, self.at, self.what, self.detail]);
        let chain = Sha256::new().chain_update(before);
        chain.chain_update(line.to_string()).finalize().into()
    }
}

impl Audit for Sqlite {
    fn append(
        &self,
        writer: &str,
        what: &str,
        detail: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let detail = detail.to_string();
        self.write(|tx| {
            let (last, before) = self.end(tx, writer)?.unwrap_or((0, START));
            let line = Line {
                writer,
                seq: last + 1,
                at: micros(at),
                what,
                detail: &detail,
            };
            let hash = line.hash(&before);
            tx.prepare_cached(
                "INSERT INTO audit (writer, seq, at, what, detail, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                writer,
                number(line.seq),
                line.at,
                what,
                detail,
                hash
            ])?;
            tx.prepare_cached(
                "INSERT INTO audit_ends (writer, seq, hash, seal) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (writer) DO UPDATE
                 SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal",
            )?
            .execute(params![
                writer,
                number(line.seq),
                hash,
                self.seal.chain_end(writer, line.seq, &hash)
            ])?;
            Ok(())
        })
    }

    fn verify(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            // One view of the file: another process may append meanwhile.
            let view = connection.unchecked_transaction()?;
            let writers: Vec<String> = view
                .prepare_cached(
                    "SELECT writer FROM audit_ends UNION SELECT writer FROM audit ORDER BY 1",
                )?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut lines = 0;
            for writer in writers {
                lines += self.walk(&view, &writer)?;
            }
            Ok(lines)
        })
    }
}

impl Sqlite {
    /// The end of a writer's chain, if its seal is right.
    fn end(&self, connection: &Connection, writer: &str) -> Result<Option<(u64, Digest)>, Fault> {
        let end: Option<(i64, Digest, Digest)> = connection
            .prepare_cached("SELECT seq, hash, seal FROM audit_ends WHERE writer = ?1")?
            .query_row([writer], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((seq, hash, seal)) = end else {
            return Ok(None);
        };
        let seq = seq.unsigned_abs();
        if bool::from(self.seal.chain_end(writer, seq, &hash).ct_eq(&seal)) {
            Ok(Some((seq, hash)))
        } else {
            Err(broken(writer, seq, "the seal of its end is wrong"))
        }
    }

    /// Checks one chain from its start to its sealed end; gives the number of lines.
    fn walk(&self, connection: &Connection, writer: &str) -> Result<u64, Fault> {
        let mut list = connection.prepare_cached(
            "SELECT seq, at, what, detail, hash FROM audit WHERE writer = ?1 ORDER BY seq",
        )?;
        let mut rows = list.query([writer])?;
        let (mut lines, mut before) = (0, START);
        while let Some(row) = rows.next()? {
            let (what, detail): (String, String) = (row.get("what")?, row.get("detail")?);
            let stored: Digest = row.get("hash")?;
            let line = Line {
                writer,
                seq: lines + 1,
                at: row.get("at")?,
                what: &what,
                detail: &detail,
            };
            if row.get::<_, i64>("seq")? != number(line.seq) {
                return Err(broken(writer, line.seq, "the line is missing"));
            }
            if line.hash(&before) != stored {
                return Err(broken(writer, line.seq, "the line was altered"));
            }
            (lines, before) = (line.seq, stored);
        }
        match self.end(connection, writer)? {
            Some((seq, hash)) if (seq, hash) == (lines, before) => Ok(lines),
            Some(_) | None => Err(broken(writer, lines, "the lines after it are missing")),
        }
    }
}

/// As the column has it. A chain ends long before: at a line a microsecond in 292,000 years.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn broken(writer: &str, line: u64, how: &str) -> Fault {
    Fault::Store(StoreError::Damaged {
        what: "audit chain",
        cause: format!("{writer}, line {line}: {how}"),
    })
}
