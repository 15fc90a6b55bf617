//! One call's connection: every statement ends by the call's deadline.

use std::future::Future;
use std::time::Instant;

use deadpool_postgres::{Object, Pool};
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::sql::{Fault, Row, Sql, Value};

type AnyError = Box<dyn std::error::Error + Sync + Send>;

/// A connection that was taken from the pool. Unless it is known to be clean, it does not go back.
pub(super) struct Line<'a> {
    runtime: &'a Runtime,
    connection: Option<Object>,
    deadline: Instant,
    clean: bool,
}

impl<'a> Line<'a> {
    pub(super) fn open(
        runtime: &'a Runtime,
        pool: &Pool,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let connection = until(runtime, deadline, async { Ok(pool.get().await) })?;
        let connection = connection.map_err(|error| Fault::Cut(told(&error)))?;
        Ok(Self {
            runtime,
            connection: Some(connection),
            deadline,
            clean: false,
        })
    }

    /// Statements without values or rows.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        let (runtime, deadline) = (self.runtime, self.deadline);
        let connection = self.connection();
        until(runtime, deadline, async {
            Ok(connection.batch_execute(sql).await?)
        })
    }

    /// Nothing is half done on it: the next call may have it.
    pub(super) fn keep(mut self) {
        self.clean = true;
    }

    fn connection(&self) -> &Object {
        self.connection
            .as_ref()
            .expect("it is taken out when the line is dropped, not before")
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.clean
        {
            drop(Object::take(connection));
        }
    }
}

impl Sql for Line<'_> {
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let connection = self.connection();
        let rows = until(self.runtime, self.deadline, async {
            let statement = connection.prepare_cached(sql).await?;
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
            Ok(connection.query(&statement, &values).await?)
        })?;
        rows.iter().map(read).collect()
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let connection = self.connection();
        until(self.runtime, self.deadline, async {
            let statement = connection.prepare_cached(sql).await?;
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
            Ok(connection.execute(&statement, &values).await?)
        })
    }
}

fn until<T>(
    runtime: &Runtime,
    deadline: Instant,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    runtime.block_on(async {
        match tokio::time::timeout_at(deadline.into(), work).await {
            Ok(done) => done,
            Err(_) => Err(Fault::Cut("it does not answer in time".to_owned())),
        }
    })
}

fn read(row: &tokio_postgres::Row) -> Result<Row, Fault> {
    let values = (0..row.len()).map(|column| row.try_get(column));
    Ok(Row(values.collect::<Result<_, _>>()?))
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let cause = told(&error);
        let Some(state) = error.code() else {
            // No word of the server's: the line, or a value that is of another kind than thought.
            let source = std::error::Error::source(&error);
            let line = source.is_none_or(|source| source.is::<std::io::Error>());
            return match line || error.is_closed() {
                true => Self::Cut(cause),
                false => Self::Database(cause),
            };
        };
        match state {
            &SqlState::UNIQUE_VIOLATION
            | &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED => Self::Taken(cause),
            // It is there, and takes no writes: it starts, stops, is a standby, is full, or others
            // hold what is needed for too long.
            &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN
            | &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::READ_ONLY_SQL_TRANSACTION
            | &SqlState::TOO_MANY_CONNECTIONS
            | &SqlState::DISK_FULL
            | &SqlState::OUT_OF_MEMORY
            | &SqlState::LOCK_NOT_AVAILABLE
            | &SqlState::QUERY_CANCELED
            | &SqlState::IO_ERROR => Self::Cut(cause),
            state if state.code().starts_with("08") || state.code().starts_with("57P") => {
                Self::Cut(cause)
            }
            _ => Self::Database(cause),
        }
    }
}

/// An error with what caused it: the driver's own words say only "db error".
fn told(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, AnyError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            // Beside a number that is written in a statement, the server takes ours for a small one.
            Self::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    /// The statements and the tables are ours: whole numbers are `bigint`, bytes `bytea`.
    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BYTEA].contains(kind) || <&str as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, AnyError> {
        match *kind {
            Type::INT8 => i64::from_sql(kind, raw).map(Self::Int),
            Type::INT4 => i32::from_sql(kind, raw).map(|number| Self::Int(number.into())),
            Type::BYTEA => <Vec<u8>>::from_sql(kind, raw).map(Self::Bytes),
            _ => String::from_sql(kind, raw).map(Self::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, AnyError> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BYTEA].contains(kind) || <String as FromSql>::accepts(kind)
    }
}
