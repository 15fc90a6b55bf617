//! How numbers, turns and acts stand in the columns of the tables.

use super::{Fault, Row, Sql, values};
use crate::identity::PriorityReason;
use crate::queue::{CallAct, CallState, Lane, QueueNumber, ServiceCode, Session, Turn};
use crate::store::calls::QueueLine;

pub(super) fn line(row: &Row) -> Result<QueueLine, Fault> {
    let state: String = row.get(5)?;
    let session: u32 = row.get(3)?;
    let stops: String = row.get(8)?;
    Ok(QueueLine {
        visit: row.get(0)?,
        number: QueueNumber::from_stored(row.get(1)?),
        service: ServiceCode(row.get(2)?),
        session: Session(u8::try_from(session).unwrap_or(u8::MAX)),
        lane: lane_from(row.get(4)?),
        state: state_from(&state)?,
        room: row.get(6)?,
        called: row.get(7)?,
        stops: stops
            .split_whitespace()
            .map(|code| ServiceCode(code.to_owned()))
            .collect(),
        at: row.get(9)?,
    })
}

/// The stops as their column has them; no service's code holds a space.
pub(super) fn written(stops: &[ServiceCode]) -> String {
    let codes: Vec<&str> = stops.iter().map(|stop| stop.0.as_str()).collect();
    codes.join(" ")
}

pub(super) fn locked_turn(
    tx: &mut dyn Sql,
    service: &ServiceCode,
    day: &str,
) -> Result<Turn, Fault> {
    let start = Turn::default();
    let row = tx.first(
        "INSERT INTO turns (service, day, lane, run) VALUES ($1, $2, $3, $4)
         ON CONFLICT (service, day) DO UPDATE SET run = turns.run RETURNING lane, run",
        values![&service.0, day, lane_number(start.lane), start.run],
    )?;
    turn_from(row)
}

pub(super) fn turn_of(sql: &mut dyn Sql, service: &ServiceCode, day: &str) -> Result<Turn, Fault> {
    let row = sql.first(
        "SELECT lane, run FROM turns WHERE service = $1 AND day = $2",
        values![&service.0, day],
    )?;
    turn_from(row)
}

fn turn_from(row: Option<Row>) -> Result<Turn, Fault> {
    let Some(row) = row else {
        return Ok(Turn::default());
    };
    Ok(Turn {
        lane: lane_from(row.get(0)?),
        run: row.get(1)?,
    })
}

/// As the column has it: the priority lane first.
pub(super) fn lane_number(lane: Lane) -> i64 {
    match lane {
        Lane::Priority => 0,
        Lane::Ordinary => 1,
    }
}

fn lane_from(number: i64) -> Lane {
    match number {
        0 => Lane::Priority,
        _ => Lane::Ordinary,
    }
}

pub(super) fn code(state: CallState) -> &'static str {
    match state {
        CallState::Waiting => "waiting",
        CallState::Called => "called",
        CallState::Held => "held",
        CallState::Missed => "missed",
        CallState::Unclaimed => "unclaimed",
        CallState::Done => "done",
        CallState::Settled => "settled",
        CallState::Closed => "closed",
        CallState::Void => "void",
    }
}

fn state_from(text: &str) -> Result<CallState, Fault> {
    let mut states = CallState::ALL.into_iter();
    states
        .find(|state| code(*state) == text)
        .ok_or_else(|| Fault::Database(format!("a visit is {text}, which this program knows not")))
}

pub(super) fn act_code(act: CallAct, priority: Option<PriorityReason>) -> &'static str {
    match act {
        CallAct::Judge => match priority {
            None => "judge_ordinary",
            Some(PriorityReason::Child) => "judge_child",
            Some(PriorityReason::Elderly) => "judge_elderly",
            Some(PriorityReason::Pregnant) => "judge_pregnant",
            Some(PriorityReason::Disabled) => "judge_disabled",
            Some(PriorityReason::Merit) => "judge_merit",
        },
        CallAct::Call => "call",
        CallAct::Recall => "recall",
        CallAct::Skip => "skip",
        CallAct::NoShow => "no_show",
        CallAct::Back => "back",
        CallAct::Transfer => "transfer",
        CallAct::Hold => "hold",
        CallAct::Finish => "finish",
        CallAct::Abandon => "abandon",
        CallAct::Settle => "settle",
        CallAct::Void => "void",
        CallAct::Close => "close",
    }
}
