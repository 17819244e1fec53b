CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- A settings file that was served, with the place that it named: endpoint, region and workspace. Every other table is keyed
-- by it: the same file with another workspace in it speaks of other jobs.
CREATE TABLE context (
    id            INTEGER PRIMARY KEY,
    settings_path TEXT NOT NULL,
    place         TEXT NOT NULL,
    created_ms    INTEGER NOT NULL,
    UNIQUE (settings_path, place)
) STRICT;

-- The columns are what is searched for; doc is the whole job as JSON.
CREATE TABLE job (
    uid          TEXT PRIMARY KEY,
    context      INTEGER NOT NULL REFERENCES context (id),
    native_id    TEXT,
    name         TEXT NOT NULL,
    own          INTEGER NOT NULL,
    active       INTEGER NOT NULL,
    created_ms   INTEGER,
    ended_ms     INTEGER,
    observed_seq INTEGER NOT NULL,
    rev          INTEGER NOT NULL,
    doc          TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX job_native ON job (context, native_id) WHERE native_id IS NOT NULL;
CREATE INDEX job_name ON job (context, name);
CREATE INDEX job_active ON job (context) WHERE active = 1;
CREATE INDEX job_created ON job (context, created_ms);

CREATE TABLE pod (
    job_uid TEXT NOT NULL REFERENCES job (uid) ON DELETE CASCADE,
    place   INTEGER NOT NULL,
    pod_uid TEXT NOT NULL,
    doc     TEXT NOT NULL,
    PRIMARY KEY (job_uid, place)
) STRICT, WITHOUT ROWID;

-- The one counter: rev is never reused, even after pruning.
CREATE TABLE event (
    rev         INTEGER PRIMARY KEY AUTOINCREMENT,
    context     INTEGER NOT NULL,
    job_uid     TEXT,
    observed_ms INTEGER NOT NULL,
    doc         TEXT NOT NULL
) STRICT;
CREATE INDEX event_observed ON event (observed_ms);

-- What makes a submit happen once. request is the wire body with references in place of secrets.
CREATE TABLE intent (
    uid          TEXT PRIMARY KEY,
    context      INTEGER NOT NULL REFERENCES context (id),
    name         TEXT NOT NULL UNIQUE,
    nonce        TEXT UNIQUE,
    profile      TEXT NOT NULL,
    request      TEXT NOT NULL,
    resendable   INTEGER NOT NULL,
    state        TEXT NOT NULL,
    sends        INTEGER NOT NULL,
    empty_looks  INTEGER NOT NULL,
    stop_wanted  INTEGER NOT NULL,
    native_id    TEXT,
    created_ms   INTEGER NOT NULL,
    last_sent_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX intent_open ON intent (context) WHERE state = 'open';
