use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::{Database, Engine, Fault, Sql, values};
use crate::store::seal::Digest;
use crate::store::{Audit, StoreError};

/// What stands before the first line of a chain.
const START: Digest = [0; 32];

/// Lines read at a time: a chain grows for years.
const PAGE: u32 = 1000;

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

impl<E: Engine> Audit for Database<E> {
    fn append(
        &self,
        writer: &str,
        what: &str,
        detail: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let detail = detail.to_string();
        self.write(|tx| {
            // Whoever appends to the same chain waits here: read side by side, the same end would be
            // followed twice, and one of them had to try again and again.
            tx.execute(
                "UPDATE audit_ends SET seq = seq WHERE writer = $1",
                values![writer],
            )?;
            let (last, before) = self.end(tx, writer)?.unwrap_or((0, START));
            let line = Line {
                writer,
                seq: last + 1,
                at: at.as_microsecond(),
                what,
                detail: &detail,
            };
            let hash = line.hash(&before);
            let seq = number(line.seq);
            tx.execute(
                "INSERT INTO audit (writer, seq, at, what, detail, hash)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                values![writer, seq, line.at, what, &detail, &hash],
            )?;
            let seal = self.seal.chain_end(writer, line.seq, &hash);
            tx.execute(
                "INSERT INTO audit_ends (writer, seq, hash, seal) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (writer) DO UPDATE
                 SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal",
                values![writer, seq, &hash, &seal],
            )?;
            Ok(())
        })
    }

    fn verify(&self) -> Result<u64, StoreError> {
        self.view(|view| {
            let writers = view.query(
                "SELECT writer FROM audit_ends UNION SELECT writer FROM audit ORDER BY 1",
                &[],
            )?;
            let mut lines = 0;
            for row in writers {
                lines += self.walk(view, &row.get::<String>(0)?)?;
            }
            Ok(lines)
        })
    }
}

impl<E: Engine> Database<E> {
    /// The end of a writer's chain, if its seal is right.
    fn end(&self, sql: &mut dyn Sql, writer: &str) -> Result<Option<(u64, Digest)>, Fault> {
        let end = sql.first(
            "SELECT seq, hash, seal FROM audit_ends WHERE writer = $1",
            values![writer],
        )?;
        let Some(end) = end else {
            return Ok(None);
        };
        let (seq, hash, seal): (i64, Digest, Digest) = (end.get(0)?, end.get(1)?, end.get(2)?);
        let seq = seq.unsigned_abs();
        if bool::from(self.seal.chain_end(writer, seq, &hash).ct_eq(&seal)) {
            Ok(Some((seq, hash)))
        } else {
            Err(broken(writer, seq, "the seal of its end is wrong"))
        }
    }

    /// Checks one chain from its start to its sealed end; gives the number of lines.
    fn walk(&self, view: &mut dyn Sql, writer: &str) -> Result<u64, Fault> {
        let (mut lines, mut before) = (0, START);
        loop {
            let page = view.query(
                "SELECT seq, at, what, detail, hash FROM audit
                 WHERE writer = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                values![writer, number(lines), PAGE],
            )?;
            for row in &page {
                let (what, detail): (String, String) = (row.get(2)?, row.get(3)?);
                let stored: Digest = row.get(4)?;
                let line = Line {
                    writer,
                    seq: lines + 1,
                    at: row.get(1)?,
                    what: &what,
                    detail: &detail,
                };
                if row.get::<i64>(0)? != number(line.seq) {
                    return Err(broken(writer, line.seq, "the line is missing"));
                }
                if line.hash(&before) != stored {
                    return Err(broken(writer, line.seq, "the line was altered"));
                }
                (lines, before) = (line.seq, stored);
            }
            if page.len() < PAGE as usize {
                break;
            }
        }
        match self.end(view, writer)? {
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
