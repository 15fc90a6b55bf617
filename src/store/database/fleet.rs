use jiff::Timestamp;
use uuid::Uuid;

use super::{Changed, Database, Engine, Fault, Row, values};
use crate::store::seal::Column;
use crate::store::{Command, Fleet, KioskLine, StoreError};

const STATUS: Column = Column("status of a kiosk");
const COMMAND: Column = Column("command");
const ANSWER: Column = Column("answer to a command");

impl<E: Engine> Fleet for Database<E> {
    fn publish(
        &self,
        kiosk: &str,
        status: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sealed = self.seal.close_json(STATUS, kiosk.as_bytes(), status)?;
        self.write_news(Changed::Kiosks, |tx| {
            tx.execute(
                "INSERT INTO kiosks (kiosk, at, status) VALUES ($1, $2, $3)
                 ON CONFLICT (kiosk) DO UPDATE SET at = excluded.at, status = excluded.status",
                values![kiosk, at, &*sealed],
            )?;
            Ok(())
        })
    }

    fn kiosks(&self) -> Result<Vec<KioskLine>, StoreError> {
        self.read(|sql| {
            let rows = sql.query("SELECT kiosk, at, status FROM kiosks ORDER BY kiosk", &[])?;
            let line = |row: &Row| {
                let (kiosk, sealed): (String, Vec<u8>) = (row.get(0)?, row.get(2)?);
                // A kiosk that reported is listed, whatever became of its report.
                let status = self.seal.open_json(STATUS, kiosk.as_bytes(), &sealed);
                let status = status.unwrap_or_else(|error| {
                    tracing::error!(kiosk, %error, "a kiosk's status is left out");
                    serde_json::Value::Null
                });
                let at = row.get(1)?;
                Ok(KioskLine { kiosk, at, status })
            };
            rows.iter().map(line).collect()
        })
    }

    fn command(&self, command: &Command) -> Result<(), StoreError> {
        let id = command.id.as_bytes();
        let sealed = self.seal.close_json(COMMAND, id, command)?;
        let answer = command.answer.as_ref();
        let answer = answer
            .map(|answer| self.seal.close(ANSWER, id, answer.as_bytes()))
            .transpose()?;
        self.write_news(Changed::Commands, |tx| {
            tx.execute(
                "INSERT INTO commands (id, kiosk, at, command, answer) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (id) DO NOTHING",
                values![
                    command.id,
                    &command.kiosk,
                    command.at,
                    &*sealed,
                    answer.clone()
                ],
            )?;
            Ok(())
        })
    }

    fn pending(&self, kiosk: &str) -> Result<Vec<Command>, StoreError> {
        self.read(|sql| {
            let rows = sql.query(
                "SELECT id, command, answer FROM commands
                 WHERE kiosk = $1 AND answer IS NULL ORDER BY seq",
                values![kiosk],
            )?;
            self.opened_commands(&rows, Some(kiosk))
        })
    }

    fn answer(&self, id: Uuid, answer: &str, at: Timestamp) -> Result<(), StoreError> {
        let sealed = self.seal.close(ANSWER, id.as_bytes(), answer.as_bytes())?;
        self.write_news(Changed::Commands, |tx| {
            let changed = tx.execute(
                "UPDATE commands SET answered = CASE WHEN answer IS NULL THEN $3 ELSE answered END,
                     answer = coalesce(answer, $2) WHERE id = $1",
                values![id, &*sealed, at],
            )?;
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
        self.read(|sql| {
            let rows = sql.query(
                "SELECT id, command, answer FROM commands ORDER BY seq DESC LIMIT $1",
                values![max],
            )?;
            self.opened_commands(&rows, None)
        })
    }
}

impl<E: Engine> Database<E> {
    /// The commands that were sealed with this store's key, for the kiosk they are listed under: a
    /// kiosk obeys no row that somebody wrote or moved without the key.
    fn opened_commands(&self, rows: &[Row], kiosk: Option<&str>) -> Result<Vec<Command>, Fault> {
        let mut commands = Vec::new();
        for row in rows {
            let id: Uuid = row.get(0)?;
            let (sealed, answer): (Vec<u8>, Option<Vec<u8>>) = (row.get(1)?, row.get(2)?);
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
