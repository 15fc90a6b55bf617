-- The first shape of the shared store. The same tables as SQLite's second; what is about a person is
-- in bytea columns only: sealed, or a keyed hash. Times are microseconds since 1970, UTC; days are the
-- hospital's, YYYY-MM-DD. A shape is never edited once released.

CREATE FUNCTION clock_micros() RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint';

CREATE TABLE counters (
    series text NOT NULL,
    day    text NOT NULL,
    part   bigint NOT NULL,
    last   bigint NOT NULL,
    place  bigint NOT NULL,
    PRIMARY KEY (series, day, part)
) WITH (fillfactor = 50);

CREATE TABLE loads (
    service text NOT NULL,
    day     text NOT NULL,
    session bigint NOT NULL,
    given   bigint NOT NULL,
    PRIMARY KEY (service, day, session)
) WITH (fillfactor = 50);

CREATE TABLE visits (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    visit    bytea NOT NULL UNIQUE,
    person   bytea NOT NULL,
    kiosk    text NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('service', 'desk')),
    series   text NOT NULL,
    part     bigint NOT NULL,
    day      text NOT NULL,
    value    bigint NOT NULL,
    number   text NOT NULL,
    service  text NOT NULL,
    session  bigint NOT NULL,
    lane     bigint NOT NULL,
    place    bigint NOT NULL,
    stops    text NOT NULL,
    rejected bigint NOT NULL,
    state    text NOT NULL,
    room     text,
    called   bigint,
    paper    text,
    paper_at bigint,
    printed  bigint NOT NULL DEFAULT 0,
    at       bigint NOT NULL,
    changed  bigint NOT NULL,
    record   bytea NOT NULL,
    UNIQUE (series, day, part, value)
) WITH (fillfactor = 80);

-- Sealed bytes do not shrink.
ALTER TABLE visits ALTER COLUMN record SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX visits_live ON visits (person, service, day, series)
    WHERE kind = 'service' AND state IN ('waiting', 'called', 'held');
CREATE INDEX visits_waiting ON visits (service, day, lane, session, place) WHERE state = 'waiting';
CREATE INDEX visits_called ON visits (day, room) WHERE state = 'called';
CREATE INDEX visits_person ON visits (person, day);
CREATE INDEX visits_day ON visits (day, kiosk, seq);

CREATE TABLE outbox (
    seq      bigint PRIMARY KEY REFERENCES visits (seq),
    person   bytea NOT NULL,
    state    text NOT NULL CHECK (state IN ('queued', 'sent', 'parked', 'local')),
    due      bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    frozen   bytea,
    why      bytea,
    id       bytea,
    sent_at  bigint
) WITH (fillfactor = 80);

CREATE INDEX outbox_queued ON outbox (person, seq) WHERE state = 'queued';
CREATE INDEX outbox_due ON outbox (seq) WHERE state = 'queued';
CREATE INDEX outbox_parked ON outbox (seq) WHERE state = 'parked';

CREATE TABLE patients (
    id     bytea PRIMARY KEY,
    at     bigint NOT NULL,
    record bytea NOT NULL
);

CREATE TABLE patient_numbers (
    number  bytea PRIMARY KEY,
    patient bytea NOT NULL REFERENCES patients (id)
);

CREATE TABLE kiosks (
    kiosk  text PRIMARY KEY,
    at     bigint NOT NULL,
    status bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE commands (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id       bytea NOT NULL UNIQUE,
    kiosk    text NOT NULL,
    at       bigint NOT NULL,
    command  bytea NOT NULL,
    answer   bytea,
    answered bigint
);

CREATE INDEX commands_pending ON commands (kiosk, seq) WHERE answer IS NULL;

CREATE TABLE audit (
    writer text NOT NULL,
    seq    bigint NOT NULL,
    at     bigint NOT NULL,
    what   text NOT NULL,
    detail text NOT NULL,
    hash   bytea NOT NULL,
    PRIMARY KEY (writer, seq)
);

CREATE TABLE audit_ends (
    writer text PRIMARY KEY,
    seq    bigint NOT NULL,
    hash   bytea NOT NULL,
    seal   bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE turns (
    service  text NOT NULL,
    day      text NOT NULL,
    lane     bigint NOT NULL,
    run      bigint NOT NULL,
    PRIMARY KEY (service, day)
);

CREATE TABLE calls (
    seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      bytea NOT NULL UNIQUE,
    act     text NOT NULL,
    visit   bytea,
    service text NOT NULL,
    day     text NOT NULL,
    room    text,
    who     text NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX calls_day ON calls (service, day, seq);

CREATE TABLE leases (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    until  bigint NOT NULL
);

-- Staff ask something of a kiosk, a kiosk answers, a room calls: whoever listens looks again.
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_notify(''tiepdon'', TG_TABLE_NAME); RETURN NULL; END';
CREATE TRIGGER commands_told AFTER INSERT OR UPDATE ON commands
    FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER calls_told AFTER INSERT ON calls FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER kiosks_told AFTER INSERT OR UPDATE ON kiosks
    FOR EACH STATEMENT EXECUTE FUNCTION tell();
