//! What the stores hold in the end, read past all our own code.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use uuid::Uuid;

use super::check::{Counters, Row};

const ROWS: &str =
    "SELECT v.visit, v.person, v.series, v.part, v.day, v.value, v.number, v.service,
    v.place, v.state, (SELECT count(*) FROM outbox o WHERE o.seq = v.seq) FROM visits v";

/// How far each series of the store has come, past those of kiosks that were cut off.
const COUNTERS: &str = "SELECT series, day, part, last FROM counters WHERE series NOT LIKE '%:%'";

/// All that a store holds.
pub(super) type Held = (Vec<Row>, Counters);

/// What a store in a file holds.
///
/// # Errors
/// In the database's words.
pub(super) fn of_file(path: &Path) -> Result<Held, rusqlite::Error> {
    let file = Connection::open(path)?;
    let mut counters = file.prepare(COUNTERS)?;
    let counters = counters.query_map([], |row| {
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
    })?;
    let counters = counters.collect::<Result<_, _>>()?;
    let mut rows = file.prepare(ROWS)?;
    let rows = rows.query_map([], |row| {
        Ok(Row {
            visit: Uuid::from_bytes(row.get(0)?),
            person: row.get(1)?,
            series: row.get(2)?,
            part: row.get(3)?,
            day: row.get(4)?,
            value: row.get(5)?,
            number: row.get(6)?,
            service: row.get(7)?,
            place: row.get(8)?,
            state: row.get(9)?,
            sent: row.get(10)?,
        })
    })?;
    Ok((rows.collect::<Result<_, _>>()?, counters))
}

/// What the shared store holds.
///
/// # Errors
/// In the server's words.
#[cfg(feature = "postgres")]
pub(super) fn of_server(url: &str) -> Result<Held, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (client, line) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let line = tokio::spawn(line);
        let rows = client.query(ROWS, &[]).await?;
        let counters = client.query(COUNTERS, &[]).await?;
        drop(client);
        line.await??;
        let read = |row: tokio_postgres::Row| -> Result<Row, Box<dyn std::error::Error>> {
            Ok(Row {
                visit: Uuid::from_slice(row.try_get::<_, &[u8]>(0)?)?,
                person: row.try_get(1)?,
                series: row.try_get(2)?,
                part: row.try_get(3)?,
                day: row.try_get(4)?,
                value: row.try_get(5)?,
                number: row.try_get(6)?,
                service: row.try_get(7)?,
                place: row.try_get(8)?,
                state: row.try_get(9)?,
                sent: row.try_get(10)?,
            })
        };
        let rows = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        let counter = |row: tokio_postgres::Row| -> Result<_, tokio_postgres::Error> {
            let series = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            Ok((series, row.try_get(3)?))
        };
        let counters = counters
            .into_iter()
            .map(counter)
            .collect::<Result<_, _>>()?;
        Ok((rows, counters))
    })
}

/// What a kiosk that shares its queues still holds in its own file.
///
/// # Errors
/// In the database's words.
pub(super) fn left_behind(
    files: &BTreeMap<String, std::path::PathBuf>,
) -> Result<BTreeMap<String, i64>, rusqlite::Error> {
    let held = |path: &Path| -> Result<i64, rusqlite::Error> {
        let file = Connection::open(path)?;
        let sql = "SELECT (SELECT count(*) FROM visits WHERE state <> 'carried')
                       + (SELECT count(*) FROM later)";
        file.query_row(sql, [], |row| row.get(0))
    };
    let each = files.iter();
    each.map(|(kiosk, path)| Ok((kiosk.clone(), held(path)?)))
        .collect()
}
