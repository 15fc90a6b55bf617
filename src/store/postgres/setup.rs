//! Whether the server can hold a store, and the shape of its tables.

use subtle::ConstantTimeEq;

use crate::store::StoreError;
use crate::store::seal::{Digest, Seal};
use crate::store::sql::{Fault, Sql, values};

/// All shapes of the tables, oldest first.
const SHAPES: &[&str] = &[
    include_str!("../schema/postgres/0001.sql"),
    include_str!("../schema/postgres/0002.sql"),
    include_str!("../schema/postgres/0003.sql"),
];
/// PostgreSQL 15.
const SERVER_LEAST: i64 = 150_000;
/// Two programs that bring the tables to their shape at once wait for each other here.
const SHAPE_LOCK: i64 = 0x7469_6570_646f_6e00;

/// The meta table is there from the beginning, outside of all shapes: it tells which one there is.
const META: &str = "CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value bytea NOT NULL)";

pub(super) fn shape(tx: &mut dyn Sql, seal: &Seal) -> Result<(), Fault> {
    let server = number(tx, "SELECT current_setting('server_version_num')::bigint")?;
    if server < SERVER_LEAST {
        return Err(Fault::Database(format!(
            "it is PostgreSQL {}: version 15 or later is needed",
            server / 10_000
        )));
    }
    durability(tx)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", values![SHAPE_LOCK])?;
    tx.execute(META, &[])?;
    let version = version(tx)?;
    let newest = SHAPES.len() as u32;
    if version > newest {
        return Err(Fault::Database(format!(
            "its tables are of version {version}, this program knows {newest}: install the newer \
             program"
        )));
    }
    if version > 0 {
        check_key(tx, seal)?;
    }
    if version == newest {
        return Ok(());
    }
    for shape in &SHAPES[version as usize..] {
        for statement in statements(shape) {
            tx.execute(statement, &[])?;
        }
    }
    if version == 0 {
        let check: &[u8] = seal.check();
        set(tx, "key", check)?;
    }
    set(tx, "version", &newest.to_be_bytes())
}

/// The statements of a shape: each ends with a semicolon at the end of a line.
fn statements(shape: &str) -> impl Iterator<Item = &str> {
    let statements = shape.split_inclusive(";\n").map(str::trim);
    statements.filter(|text| !text.is_empty())
}

fn version(tx: &mut dyn Sql) -> Result<u32, Fault> {
    let row = tx.first("SELECT value FROM meta WHERE name = 'version'", &[])?;
    let Some(row) = row else { return Ok(0) };
    let bytes: Vec<u8> = row.get(0)?;
    let bytes: Result<[u8; 4], _> = bytes.try_into();
    bytes.map(u32::from_be_bytes).map_err(|_| {
        Fault::Database("it holds tables of another program: name an empty database".to_owned())
    })
}

fn set(tx: &mut dyn Sql, name: &str, value: &[u8]) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        values![name, value],
    )
    .map(drop)
}

fn check_key(tx: &mut dyn Sql, seal: &Seal) -> Result<(), Fault> {
    let row = tx.first("SELECT value FROM meta WHERE name = 'key'", &[])?;
    let noted: Option<Digest> = row.map(|row| row.get(0)).transpose()?;
    let same = noted.is_some_and(|noted| bool::from(noted.ct_eq(seal.check())));
    if same {
        return Ok(());
    }
    Err(Fault::Store(StoreError::Key {
        path: "key_file".to_owned(),
        cause: "it is not the key of the shared store: copy the key file of the first kiosk to \
                every other one"
            .to_owned(),
    }))
}

/// Refuses a server that may lose what it committed.
fn durability(tx: &mut dyn Sql) -> Result<(), Fault> {
    for setting in ["fsync", "full_page_writes"] {
        if text(tx, &format!("SELECT current_setting('{setting}')"))? != "on" {
            return Err(Fault::Database(format!(
                "its setting {setting} is not on, so that it may lose numbers: turn it on"
            )));
        }
    }
    if text(tx, "SELECT current_setting('synchronous_commit')")? == "off" {
        return Err(Fault::Database(
            "its setting synchronous_commit is off, so that it may lose numbers: turn it on"
                .to_owned(),
        ));
    }
    Ok(())
}

/// What the server says of itself, for `doctor`.
pub(super) fn probe(sql: &mut dyn Sql) -> Result<String, Fault> {
    durability(sql)?;
    let server = text(sql, "SELECT current_setting('server_version')")?;
    let commit = text(sql, "SELECT current_setting('synchronous_commit')")?;
    let standbys = text(sql, "SELECT current_setting('synchronous_standby_names')")?;
    let room = number(
        sql,
        "SELECT current_setting('max_connections')::bigint
             - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
    )?;
    let standbys = if standbys.is_empty() {
        "none"
    } else {
        &standbys
    };
    let version = version(sql)?;
    Ok(format!(
        "PostgreSQL {server}, synchronous_commit={commit}, synchronous standbys: {standbys}, \
         {room} connections free, version {version}"
    ))
}

fn text(sql: &mut dyn Sql, question: &str) -> Result<String, Fault> {
    let row = sql.first(question, &[])?;
    row.map_or(Ok(String::new()), |row| row.get(0))
}

fn number(sql: &mut dyn Sql, question: &str) -> Result<i64, Fault> {
    let row = sql.first(question, &[])?;
    row.map_or(Ok(0), |row| row.get(0))
}
