-- The first shape of the store. What is about a person is in BLOB columns only: sealed (AES-256-GCM,
-- bound to table and row) or a keyed hash. Times are microseconds since 1970, UTC; days are the
-- hospital's, YYYY-MM-DD. A shape is never edited once released: the next one is 0002.sql.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- The last value given in a series. Rows are never deleted: a clock that jumps back finds its day.
CREATE TABLE counters (
    service TEXT NOT NULL,
    day     TEXT NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (service, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE visits (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    visit    BLOB NOT NULL UNIQUE,
    person   BLOB NOT NULL,
    kiosk    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('service', 'desk')),
    service  TEXT NOT NULL,
    day      TEXT NOT NULL,
    value    INTEGER NOT NULL,
    number   TEXT NOT NULL,
    rejected INTEGER NOT NULL,
    state    TEXT NOT NULL,     -- waiting, unclaimed, settled
    paper    TEXT,              -- what was heard last; NULL: nothing yet
    printed  INTEGER NOT NULL DEFAULT 0,
    at       INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    record   BLOB NOT NULL,
    UNIQUE (service, day, value)
) STRICT;

-- One live number for a person, service and day.
CREATE UNIQUE INDEX visits_live ON visits (person, service, day)
    WHERE kind = 'service' AND state = 'waiting';
-- Who waits before whom.
CREATE INDEX visits_ahead ON visits (service, day, value) WHERE state = 'waiting';
-- What a person did on a day.
CREATE INDEX visits_person ON visits (person, day);
-- What happened on a day, and at a kiosk.
CREATE INDEX visits_day ON visits (day, kiosk);

-- One row a visit, sharing its seq. `due` 0: at once.
CREATE TABLE outbox (
    seq      INTEGER PRIMARY KEY REFERENCES visits (seq),
    person   BLOB NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'parked', 'local')),
    due      INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    frozen   BLOB,
    why      BLOB,
    id       BLOB,
    sent_at  INTEGER
) STRICT;

CREATE INDEX outbox_queued ON outbox (person, seq) WHERE state = 'queued';
CREATE INDEX outbox_parked ON outbox (seq) WHERE state = 'parked';

CREATE TABLE patients (
    id     BLOB PRIMARY KEY,
    at     INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The keyed hash of every number that leads to a patient.
CREATE TABLE patient_numbers (
    number  BLOB PRIMARY KEY,
    patient BLOB NOT NULL REFERENCES patients (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE kiosks (
    kiosk  TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    status BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE commands (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       BLOB NOT NULL UNIQUE,
    kiosk    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    command  BLOB NOT NULL,
    answer   BLOB,
    answered INTEGER
) STRICT;

CREATE INDEX commands_pending ON commands (kiosk, seq) WHERE answer IS NULL;

CREATE TABLE audit (
    writer TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    what   TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

-- The end of each chain, sealed with a keyed hash: lines cut off the end are missed.
CREATE TABLE audit_ends (
    writer TEXT PRIMARY KEY,
    seq    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    seal   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
