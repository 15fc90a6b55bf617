//! The one statement that takes a number: the counter's row is locked from here to its own commit, so
//! nothing else happens in between, not even a round trip.

use crate::store::database::{Given, Taken, Taking};
use crate::store::sql::{Fault, Sql, values};

/// `load`: one more in this session of the queue, unless it is full. `counter`: goes up from wherever
/// it was, to where the series begins at least, and not beyond its end; its place grows whatever the
/// clock does. `visit` and its outbox row follow. Gives whether there was room, the number, its place.
const TAKE: &str = "
    WITH load AS (
        INSERT INTO loads (service, day, session, given)
        SELECT $1::text, $2::text, $3::bigint, 1 WHERE $4::bigint IS NULL OR $4::bigint > 0
        ON CONFLICT (service, day, session) DO UPDATE SET given = loads.given + 1
        WHERE $4::bigint IS NULL OR loads.given < $4::bigint
        RETURNING given
    ), counter AS (
        INSERT INTO counters (series, day, part, last, place)
        SELECT $5::text, $2::text, $6::bigint, $7::bigint, coalesce($8::bigint, clock_micros())
        FROM load
        ON CONFLICT (series, day, part) DO UPDATE
        SET last = greatest(counters.last + 1, excluded.last),
            place = greatest(counters.place + 1, excluded.place)
        WHERE greatest(counters.last + 1, excluded.last) <= $9::bigint
        RETURNING last, place
    ), visit AS (
        INSERT INTO visits (visit, person, kiosk, kind, series, part, day, value, number, service,
            session, lane, place, stops, rejected, state, at, changed, record)
        SELECT $10::bytea, $11::bytea, $12::text, $13::text, $5::text, $6::bigint, $2::text, last,
            $14::text || lpad(last::text, greatest($15::bigint, length(last::text))::int, '0'),
            $1::text, $3::bigint, $16::bigint, place, $17::text, $18::bigint, 'waiting', $19::bigint,
            $19::bigint, $20::bytea
        FROM counter
        RETURNING seq, person, number, place
    ), line AS (
        INSERT INTO outbox (seq, person, state) SELECT seq, person, 'queued' FROM visit
    )
    SELECT (SELECT count(*) FROM load), (SELECT number FROM visit), (SELECT place FROM visit)";

pub(super) fn take(sql: &mut dyn Sql, number: &Taking<'_>) -> Result<Taken, Fault> {
    let row = sql.first(
        TAKE,
        values![
            number.service,
            &number.day,
            number.session,
            number.capacity,
            &number.series,
            number.part,
            number.first,
            number.place,
            number.last,
            number.visit.clone(),
            number.person.clone(),
            number.kiosk,
            number.kind,
            &number.prefix,
            number.digits,
            number.lane,
            &number.stops,
            number.rejected,
            number.at,
            &*number.record
        ],
    )?;
    let row = row.ok_or_else(|| Fault::Database("no answer to a wish for a number".to_owned()))?;
    if !row.get::<bool>(0)? {
        return Ok(Taken::Full);
    }
    let given: (Option<String>, Option<i64>) = (row.get(1)?, row.get(2)?);
    Ok(match given {
        (Some(number), Some(place)) => Taken::Number(Given { number, place }),
        _ => Taken::UsedUp,
    })
}
