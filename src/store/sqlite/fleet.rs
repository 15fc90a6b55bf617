use jiff::Timestamp;
use rusqlite::{CachedStatement, Params, params};
use uuid::Uuid;

use super::{Fault, Sqlite, micros, time, uuid};
use crate::store::seal::Column;
use crate::store::{Command, Fleet, KioskLine, StoreError};

const STATUS: Column = Column("status of a kiosk");
const COMMAND: Column = Column("command");
const ANSWER: Column = Column("answer to a command");

impl Fleet for Sqlite {
    fn publish(
        &self,
        kiosk: &str,
        status: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sealed = self.seal.close_json(STATUS, kiosk.as_bytes(), status)?;
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO kiosks (kiosk, at, status) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kiosk) DO UPDATE SET at = excluded.at, status = excluded.status",
            )?
            .execute(params![kiosk, micros(at), sealed])?;
            Ok(())
        })
    }

    fn kiosks(&self) -> Result<Vec<KioskLine>, StoreError> {
        self.read(|connection| {
            let mut list =
                connection.prepare_cached("SELECT kiosk, at, status FROM kiosks ORDER BY kiosk")?;
            let rows = list.query_map([], |row| {
                let sealed: Vec<u8> = row.get("status")?;
                Ok((row.get::<_, String>("kiosk")?, time(row, "at")?, sealed))
            })?;
            let mut lines = Vec::new();
            for row in rows {
                let (kiosk, at, sealed) = row?;
                // A kiosk that reported is listed, whatever became of its report.
                let status = self.seal.open_json(STATUS, kiosk.as_bytes(), &sealed);
                let status = status.unwrap_or_else(|error| {
                    tracing::error!(kiosk, %error, "a kiosk's status is left out");
                    serde_json::Value::Null
                });
                lines.push(KioskLine { kiosk, at, status });
            }
            Ok(lines)
        })
    }

    fn command(&self, command: &Command) -> Result<(), StoreError> {
        let id = command.id.as_bytes();
        let sealed = self.seal.close_json(COMMAND, id, command)?;
        let answer = command.answer.as_ref();
        let answer = answer
            .map(|answer| self.seal.close(ANSWER, id, answer.as_bytes()))
            .transpose()?;
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO commands (id, kiosk, at, command, answer) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![
                id,
                command.kiosk,
                micros(command.at),
                sealed,
                answer
            ])?;
            Ok(())
        })
    }

    fn pending(&self, kiosk: &str) -> Result<Vec<Command>, StoreError> {
        self.read(|connection| {
            let mut list = connection.prepare_cached(
                "SELECT id, command, answer FROM commands
                 WHERE kiosk = ?1 AND answer IS NULL ORDER BY seq",
            )?;
            self.opened_commands(&mut list, [kiosk], Some(kiosk))
        })
    }

    fn answer(&self, id: Uuid, answer: &str, at: Timestamp) -> Result<(), StoreError> {
        let sealed = self.seal.close(ANSWER, id.as_bytes(), answer.as_bytes())?;
        self.write(|tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE commands SET answered = iif(answer IS NULL, ?3, answered),
                         answer = coalesce(answer, ?2) WHERE id = ?1",
                )?
                .execute(params![id.as_bytes(), sealed, micros(at)])?;
            match changed {
                0 => Err(Fault::Store(StoreError::Unknown {
                    what: "command",
                    id,
                })),
                _ => Ok(()),
            }
        })
    }

    fn commands(&self, max: u32) -> Result<Vec<Command>, StoreError> {
        self.read(|connection| {
            let mut list = connection.prepare_cached(
                "SELECT id, command, answer FROM commands ORDER BY seq DESC LIMIT ?1",
            )?;
            self.opened_commands(&mut list, [max], None)
        })
    }
}

impl Sqlite {
    /// The commands that were sealed with this store's key, for the kiosk they are listed under: a
    /// kiosk obeys no row that somebody wrote or moved without the key.
    fn opened_commands(
        &self,
        list: &mut CachedStatement<'_>,
        by: impl Params,
        kiosk: Option<&str>,
    ) -> Result<Vec<Command>, Fault> {
        let rows = list.query_map(by, |row| {
            let answer: Option<Vec<u8>> = row.get("answer")?;
            Ok((uuid(row, "id")?, row.get::<_, Vec<u8>>("command")?, answer))
        })?;
        let mut commands = Vec::new();
        for row in rows {
            let (id, sealed, answer) = row?;
            match self.opened_command(id, &sealed, answer.as_deref()) {
                Ok(command) if kiosk.is_some_and(|kiosk| kiosk != command.kiosk) => {
                    tracing::error!(command = %command.id, "a command was moved to another kiosk");
                }
                Ok(command) => commands.push(command),
                Err(error) => tracing::error!(command = %id, %error, "a command is left out"),
            }
        }
        Ok(commands)
    }

    fn opened_command(
        &self,
        id: Uuid,
        sealed: &[u8],
        answer: Option<&[u8]>,
    ) -> Result<Command, StoreError> {
        let command: Command = self.seal.open_json(COMMAND, id.as_bytes(), sealed)?;
        let answer = answer
            .map(|sealed| self.seal.open(ANSWER, id.as_bytes(), sealed))
            .transpose()?
            .map(|plain| String::from_utf8_lossy(&plain).into_owned());
        Ok(Command { answer, ..command })
    }
}
