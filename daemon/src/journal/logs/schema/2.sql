-- `segment`: a later one begins further on in the log, and an earlier one that is not complete is to be read up to it.
-- `born_ms`: when the pod was made; orders its incarnations. `dropped`: lines up to this number were dropped to keep the
-- limits. `packed_bytes`: of all chunks. `begin_second`: where the segment begins.
ALTER TABLE stream ADD COLUMN born_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN packed_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN begin_second INTEGER NOT NULL DEFAULT 0;
UPDATE stream SET packed_bytes =
    (SELECT coalesce(sum(length(lines)), 0) FROM chunk WHERE chunk.stream = stream.id);

-- Ids of streams are never given again: who has one of a log that was dropped must not find another.
INSERT INTO meta (key, value) SELECT 'streams', coalesce(max(id), 0) FROM stream;

-- The seconds of its lines that are known: the least and the greatest. The block comes last, so that it is read only where
-- it is wanted.
CREATE TABLE chunk_2 (
    stream      INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    from_second INTEGER,
    to_second   INTEGER,
    lines       BLOB NOT NULL,
    PRIMARY KEY (stream, first)
) STRICT, WITHOUT ROWID;
INSERT INTO chunk_2 SELECT stream, first, last, NULL, NULL, lines FROM chunk;
DROP TABLE chunk;
ALTER TABLE chunk_2 RENAME TO chunk;

-- Whose logs somebody asked to keep, and of whom everything was read after the end.
CREATE TABLE job (
    job_uid TEXT PRIMARY KEY,
    keep    INTEGER NOT NULL DEFAULT 0,
    closed  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
