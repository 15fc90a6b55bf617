-- Queues as hospitals have them: a visit may move to another queue, be called into a room, missed and
-- brought back; series begin anew with a session; a kiosk that was cut off has series of its own.
-- Foreign keys are off while shapes change (see `setup.rs`).

-- The last value given in a series, and where its visit stands on the clock.
CREATE TABLE counters_now (
    series TEXT NOT NULL,
    day    TEXT NOT NULL,
    part   INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    PRIMARY KEY (series, day, part)
) STRICT, WITHOUT ROWID;
INSERT INTO counters_now SELECT service, day, 0, last, 0 FROM counters;
DROP TABLE counters;
ALTER TABLE counters_now RENAME TO counters;

CREATE TABLE visits_now (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    visit    BLOB NOT NULL UNIQUE,
    person   BLOB NOT NULL,
    kiosk    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('service', 'desk')),
    -- What the number is of: a service, or a kiosk's own series of it.
    series   TEXT NOT NULL,
    part     INTEGER NOT NULL,
    day      TEXT NOT NULL,
    value    INTEGER NOT NULL,
    number   TEXT NOT NULL,
    -- Where the patient waits: the queue, its session and lane, and the place on the shared clock.
    service  TEXT NOT NULL,
    session  INTEGER NOT NULL,
    lane     INTEGER NOT NULL,
    place    INTEGER NOT NULL,
    stops    TEXT NOT NULL,     -- further queues of the route, with a space between them
    rejected INTEGER NOT NULL,
    -- waiting, called, held; unclaimed, missed, done, settled, closed, void
    state    TEXT NOT NULL,
    room     TEXT,              -- where it was called to last
    called   INTEGER,
    paper    TEXT,              -- what was heard last; NULL: nothing yet
    paper_at INTEGER,
    printed  INTEGER NOT NULL DEFAULT 0,
    at       INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    record   BLOB NOT NULL,
    UNIQUE (series, day, part, value)
) STRICT;
INSERT INTO visits_now
    SELECT seq, visit, person, kiosk, kind, service, 0, day, value, number, service, 0, 1, at, '',
        rejected, state, NULL, NULL, paper, CASE WHEN paper IS NULL THEN NULL ELSE changed END,
        printed, at, changed, record
    FROM visits;
DROP TABLE visits;
ALTER TABLE visits_now RENAME TO visits;

-- One live number for a person, queue and day in a series; of two series after a cut.
CREATE UNIQUE INDEX visits_live ON visits (person, service, day, series)
    WHERE kind = 'service' AND state IN ('waiting', 'called', 'held');
-- Who waits before whom.
CREATE INDEX visits_waiting ON visits (service, day, lane, session, place) WHERE state = 'waiting';
-- Who is in which room.
CREATE INDEX visits_called ON visits (day, room) WHERE state = 'called';
-- What a person did on a day.
CREATE INDEX visits_person ON visits (person, day);
-- What happened on a day, and at a kiosk.
CREATE INDEX visits_day ON visits (day, kiosk, seq);

-- Numbers given in a session of a queue, where they are counted against its capacity.
CREATE TABLE loads (
    service TEXT NOT NULL,
    day     TEXT NOT NULL,
    session INTEGER NOT NULL,
    given   INTEGER NOT NULL,
    PRIMARY KEY (service, day, session)
) STRICT, WITHOUT ROWID;

-- Whose turn it is between the lanes of a queue.
CREATE TABLE turns (
    service  TEXT NOT NULL,
    day      TEXT NOT NULL,
    lane     INTEGER NOT NULL,
    run      INTEGER NOT NULL,
    PRIMARY KEY (service, day)
) STRICT, WITHOUT ROWID;

-- What the rooms did, each act once.
CREATE TABLE calls (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      BLOB NOT NULL UNIQUE,
    act     TEXT NOT NULL,
    visit   BLOB,               -- none: nobody waited
    service TEXT NOT NULL,
    day     TEXT NOT NULL,
    room    TEXT,
    who     TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_day ON calls (service, day, seq);

-- Who does what only one may do, and until when.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was to be done at the shared store while it could not be reached, in order.
CREATE TABLE later (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    act BLOB NOT NULL
) STRICT;
