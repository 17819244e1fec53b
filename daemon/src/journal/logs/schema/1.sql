CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One incarnation of one pod. `last` is the newest number, `chunked` the newest one that lies in a chunk; what is newer lies
-- in `tail`. `anchor` and `zone` say how far the backend's log was read: 8 bytes per line, little endian.
CREATE TABLE stream (
    id         INTEGER PRIMARY KEY,
    job_uid    TEXT NOT NULL,
    pod_id     TEXT NOT NULL,
    pod_uid    TEXT NOT NULL,
    role       TEXT NOT NULL,
    segment    INTEGER NOT NULL,
    last       INTEGER NOT NULL DEFAULT 0,
    chunked    INTEGER NOT NULL DEFAULT 0,
    tail_bytes INTEGER NOT NULL DEFAULT 0,
    anchor     INTEGER NOT NULL,
    zone       BLOB NOT NULL,
    complete   INTEGER NOT NULL DEFAULT 0,
    changed_ms INTEGER NOT NULL,
    UNIQUE (job_uid, pod_id, pod_uid, segment)
) STRICT;

-- Lines `first` to `last`, compressed.
CREATE TABLE chunk (
    stream INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    lines  BLOB NOT NULL,
    PRIMARY KEY (stream, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE tail (
    stream INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    second INTEGER,
    late   INTEGER NOT NULL,
    text   BLOB NOT NULL,
    PRIMARY KEY (stream, number)
) STRICT, WITHOUT ROWID;

-- Lines may be missing behind line `after`.
CREATE TABLE gap (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    stream      INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    after       INTEGER NOT NULL,
    from_second INTEGER NOT NULL,
    to_second   INTEGER NOT NULL,
    reason      TEXT NOT NULL
) STRICT;
CREATE INDEX gap_stream ON gap (stream, id);
