use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::lines::{act_code, code, lane_number, line, locked_turn, turn_of, written};
use super::{Changed, Database, Engine, Fault, Sql, values};
use crate::identity::PriorityReason;
use crate::queue::{CallAct, CallState, Lane, ServiceCode, Session};
use crate::store::StoreError;
use crate::store::calls::{Calls, NextCall, Order, Ordered, QueueLine};

/// The columns of a [`QueueLine`], and its person.
macro_rules! lines {
    ($rest:literal) => {
        concat!(
            "SELECT visit, number, service, session, lane, state, room, called, stops, at, person,
                 day, series FROM visits ",
            $rest
        )
    };
}

impl<E: Engine> Calls for Database<E> {
    fn call_next(&self, call: &NextCall) -> Result<Option<QueueLine>, StoreError> {
        self.service(&call.service)?;
        let day = call.day.to_string();
        self.write_news(Changed::Queues, |tx| {
            if let Some(done) = done_before(tx, call.id)? {
                return Ok(Some(done));
            }
            // Whoever calls from this queue waits here for whoever did so a moment before.
            let turn = locked_turn(tx, &call.service, &day)?;
            let in_room = tx.query(
                lines!("WHERE day = $1 AND room = $2 AND state = 'called'"),
                values![&day, &call.room],
            )?;
            for row in &in_room {
                finish(tx, &line(row)?, call.at)?;
            }
            loop {
                let mut first = |lane: Lane| {
                    let row = tx.first(
                        lines!(
                            "WHERE service = $1 AND day = $2 AND lane = $3 AND state = 'waiting'
                             ORDER BY session, place LIMIT 1"
                        ),
                        values![&call.service.0, &day, lane_number(lane)],
                    )?;
                    row.as_ref().map(line).transpose()
                };
                let (priority, ordinary) = (first(Lane::Priority)?, first(Lane::Ordinary)?);
                let lane = self
                    .interleave
                    .next(turn, priority.is_some(), ordinary.is_some());
                let next = match lane {
                    Some(Lane::Priority) => priority,
                    Some(Lane::Ordinary) => ordinary,
                    None => None,
                };
                let Some(next) = next else {
                    return Ok(None);
                };
                let called = tx.execute(
                    "UPDATE visits SET state = 'called', room = $2, called = $3, changed = $3
                     WHERE visit = $1 AND state = 'waiting'",
                    values![next.visit, &call.room, call.at],
                )?;
                // Between the look and the call it may have left the queue.
                if called == 1 {
                    let turn = turn.after(next.lane);
                    tx.execute(
                        "UPDATE turns SET lane = $3, run = $4 WHERE service = $1 AND day = $2",
                        values![&call.service.0, &day, lane_number(turn.lane), turn.run],
                    )?;
                    let noted = Noted {
                        id: call.id,
                        act: CallAct::Call,
                        priority: None,
                        room: Some(&call.room),
                        who: &call.who,
                        at: call.at,
                    };
                    note(tx, &noted, &next, &day)?;
                    return known_line(tx, next.visit).map(|(line, _)| Some(line));
                }
            }
        })
    }

    fn order(&self, order: &Order) -> Result<Ordered, StoreError> {
        if let Some(to) = &order.to {
            self.service(to)?;
        }
        self.write_news(Changed::Queues, |tx| {
            if let Some(done) = done_before(tx, order.id)? {
                return Ok(Ordered::Done(done));
            }
            let (line, held) = known_line(tx, order.visit)?;
            if line.state == CallState::Called
                && let (Some(room), Some(calling)) = (&order.room, &line.room)
                && room != calling
            {
                return Ok(Ordered::OtherRoom(calling.clone()));
            }
            let state = match line.state.after(order.act) {
                Ok(state) => state,
                Err(not_now) => return Ok(Ordered::NotNow(not_now)),
            };
            let repeated = state == line.state
                && !matches!(
                    order.act,
                    CallAct::Recall | CallAct::Transfer | CallAct::Judge
                );
            if !repeated {
                let to = order.to.as_ref().unwrap_or(&line.service);
                let comes_back = state.is_live() && (!line.state.is_live() || *to != line.service);
                if comes_back && held.has_other(tx, to)? {
                    return Ok(Ordered::HasOther);
                }
                self.change(tx, order, &line, state)?;
            }
            let noted = Noted {
                id: order.id,
                act: order.act,
                priority: order.priority,
                room: order.room.as_deref(),
                who: &order.who,
                at: order.at,
            };
            note(tx, &noted, &line, &held.day)?;
            known_line(tx, order.visit).map(|(line, _)| Ordered::Done(line))
        })
    }

    fn close(
        &self,
        service: &ServiceCode,
        day: Date,
        session: Option<Session>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let session = session.map(|session| i64::from(session.0));
        self.write_news(Changed::Queues, |tx| {
            tx.execute(
                "UPDATE visits SET state = 'closed', changed = $4
                 WHERE service = $1 AND day = $2 AND session = coalesce($3, session)
                 AND state IN ('waiting', 'called', 'held', 'missed', 'unclaimed')",
                values![&service.0, day.to_string(), session, at],
            )
        })
    }

    fn queue(&self, service: &ServiceCode, day: Date) -> Result<Vec<QueueLine>, StoreError> {
        let day = day.to_string();
        self.view(|sql| {
            let mut of = |lane: Lane| {
                let rows = sql.query(
                    lines!(
                        "WHERE service = $1 AND day = $2 AND lane = $3 AND state = 'waiting'
                         ORDER BY session, place"
                    ),
                    values![&service.0, &day, lane_number(lane)],
                )?;
                rows.iter().map(line).collect::<Result<Vec<_>, _>>()
            };
            let (priority, ordinary) = (of(Lane::Priority)?, of(Lane::Ordinary)?);
            let turn = turn_of(sql, service, &day)?;
            Ok(self.interleave.merge(turn, priority, ordinary))
        })
    }

    fn called(&self, day: Date, max: u32) -> Result<Vec<QueueLine>, StoreError> {
        self.read(|sql| {
            let rows = sql.query(
                lines!("WHERE day = $1 AND state = 'called' ORDER BY called DESC, seq LIMIT $2"),
                values![day.to_string(), max],
            )?;
            rows.iter().map(line).collect()
        })
    }

    fn pace(&self, service: &ServiceCode, day: Date, max: u32) -> Result<Vec<u32>, StoreError> {
        let rows = self.read(|sql| {
            sql.query(
                "SELECT at FROM calls WHERE service = $1 AND day = $2 AND act = 'call'
                 ORDER BY seq DESC LIMIT $3",
                values![&service.0, day.to_string(), max.saturating_add(1)],
            )
        })?;
        let times = rows.iter().rev().map(|row| row.get::<Timestamp>(0));
        let times: Vec<_> = times
            .collect::<Result<_, _>>()
            .map_err(|fault| self.error(fault))?;
        let between = times.windows(2).map(|pair| {
            let seconds = pair[1].duration_since(pair[0]).as_secs();
            u32::try_from(seconds).unwrap_or(0)
        });
        Ok(between.collect())
    }
}

impl<E: Engine> Database<E> {
    fn change(
        &self,
        tx: &mut dyn Sql,
        order: &Order,
        line: &QueueLine,
        state: CallState,
    ) -> Result<(), Fault> {
        match order.act {
            CallAct::Finish => return finish(tx, line, order.at),
            CallAct::Skip => self.put_behind(tx, line)?,
            CallAct::Transfer => {
                let to = order.to.as_ref().unwrap_or(&line.service);
                tx.execute(
                    "UPDATE visits SET service = $2 WHERE visit = $1",
                    values![line.visit, &to.0],
                )?;
            }
            CallAct::Judge => {
                let lane = lane_number(Lane::of(order.priority));
                tx.execute(
                    "UPDATE visits SET lane = $2, asks_priority = 0 WHERE visit = $1",
                    values![line.visit, lane],
                )?;
            }
            CallAct::Call
            | CallAct::Recall
            | CallAct::NoShow
            | CallAct::Back
            | CallAct::Hold
            | CallAct::Abandon
            | CallAct::Settle
            | CallAct::Void
            | CallAct::Close => {}
        }
        let calls = matches!(order.act, CallAct::Call | CallAct::Recall);
        let room = order.room.as_ref().or(line.room.as_ref()).filter(|_| calls);
        let changed = tx.execute(
            "UPDATE visits SET state = $2, changed = $3,
                 called = CASE WHEN $4 = 1 THEN $3 ELSE called END, room = coalesce($5, room)
             WHERE visit = $1 AND state = $6",
            values![
                line.visit,
                code(state),
                order.at,
                calls,
                room.cloned(),
                code(line.state)
            ],
        )?;
        match changed {
            1 => Ok(()),
            // Somebody was faster: it is looked at again.
            _ => Err(Fault::Taken("another clerk acted on this number".into())),
        }
    }

    /// Some others are called before it, or whoever waits.
    fn put_behind(&self, tx: &mut dyn Sql, line: &QueueLine) -> Result<(), Fault> {
        let row = tx.first(
            "SELECT session, place FROM (
                 SELECT other.session, other.place FROM visits own JOIN visits other
                     ON other.service = own.service AND other.day = own.day
                     AND other.lane = own.lane AND other.state = 'waiting'
                 WHERE own.visit = $1 AND other.visit <> own.visit
                 ORDER BY other.session, other.place LIMIT $2) AS ahead
             ORDER BY session DESC, place DESC LIMIT 1",
            values![line.visit, self.skip_behind],
        )?;
        let Some(row) = row else { return Ok(()) };
        let (session, place): (i64, i64) = (row.get(0)?, row.get(1)?);
        tx.execute(
            "UPDATE visits SET session = $2, place = $3 WHERE visit = $1",
            values![line.visit, session, place + 1],
        )
        .map(drop)
    }
}

/// Served here: on to the next stop of the route, or done.
fn finish(tx: &mut dyn Sql, line: &QueueLine, at: Timestamp) -> Result<(), Fault> {
    let changed = match line.stops.split_first() {
        None => tx.execute(
            "UPDATE visits SET state = 'done', changed = $2 WHERE visit = $1 AND state = 'called'",
            values![line.visit, at],
        )?,
        Some((next, rest)) => tx.execute(
            "UPDATE visits SET state = 'waiting', service = $3, stops = $4, place = $2, room = NULL,
                 changed = $2 WHERE visit = $1 AND state = 'called'",
            values![line.visit, at, &next.0, written(rest)],
        )?,
    };
    match changed {
        1 => Ok(()),
        _ => Err(Fault::Taken("another clerk acted on this number".into())),
    }
}

/// Who else's number a line's person may hold.
struct Holder {
    visit: Uuid,
    person: Vec<u8>,
    day: String,
    series: String,
}

impl Holder {
    /// Another live number in a queue, of the same series: two of different series are what a cut
    /// leaves.
    fn has_other(&self, tx: &mut dyn Sql, service: &ServiceCode) -> Result<bool, Fault> {
        let other = tx.first(
            "SELECT 1 FROM visits WHERE person = $1 AND day = $2 AND service = $3 AND series = $4
             AND kind = 'service' AND state IN ('waiting', 'called', 'held') AND visit <> $5",
            values![
                &*self.person,
                &self.day,
                &service.0,
                &self.series,
                self.visit
            ],
        )?;
        Ok(other.is_some())
    }
}

/// What is noted of an act.
struct Noted<'a> {
    id: Uuid,
    act: CallAct,
    priority: Option<PriorityReason>,
    room: Option<&'a str>,
    who: &'a str,
    at: Timestamp,
}

fn note(tx: &mut dyn Sql, noted: &Noted<'_>, line: &QueueLine, day: &str) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO calls (id, act, visit, service, day, room, who, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            noted.id,
            act_code(noted.act, noted.priority),
            line.visit,
            &line.service.0,
            day,
            noted.room.map(str::to_owned),
            noted.who,
            noted.at
        ],
    )
    .map(drop)
}

/// The number of an act that was done already, as it stands now.
fn done_before(tx: &mut dyn Sql, id: Uuid) -> Result<Option<QueueLine>, Fault> {
    let done = tx.first("SELECT visit FROM calls WHERE id = $1", values![id])?;
    let Some(row) = done else { return Ok(None) };
    known_line(tx, row.get(0)?).map(|(line, _)| Some(line))
}

fn known_line(tx: &mut dyn Sql, visit: Uuid) -> Result<(QueueLine, Holder), Fault> {
    let row = tx.first(lines!("WHERE visit = $1"), values![visit])?;
    let row = row.ok_or(Fault::Store(StoreError::Unknown {
        what: "visit",
        id: visit,
    }))?;
    let holder = Holder {
        visit,
        person: row.get(10)?,
        day: row.get(11)?,
        series: row.get(12)?,
    };
    Ok((line(&row)?, holder))
}
