-- What two submits have in common that are one, and the order of those that wait for room (state 'held'): by priority, then
-- by place, the revision under which they were first told.
ALTER TABLE intent ADD COLUMN idem_key TEXT;
ALTER TABLE intent ADD COLUMN print TEXT NOT NULL DEFAULT '';
ALTER TABLE intent ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
ALTER TABLE intent ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
-- 'person' or 'tool', and the program: who is named where the daemon sends it later.
ALTER TABLE intent ADD COLUMN client_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE intent ADD COLUMN client TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX intent_key ON intent (context, idem_key) WHERE idem_key IS NOT NULL;
-- A job that is found anew after its row was lost gets back its uid.
CREATE INDEX intent_native ON intent (context, native_id) WHERE native_id IS NOT NULL;
CREATE INDEX intent_print ON intent (context, print);
CREATE INDEX intent_held ON intent (context, priority DESC, place) WHERE state = 'held';

-- Every call that changed something, or tried to. Redacted.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    context     INTEGER NOT NULL REFERENCES context (id),
    at_ms       INTEGER NOT NULL,
    client_kind TEXT NOT NULL,
    client      TEXT NOT NULL,
    action      TEXT NOT NULL,
    target      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    message     TEXT NOT NULL,
    request_id  TEXT NOT NULL
) STRICT;
CREATE INDEX audit_context ON audit (context, id);
CREATE INDEX audit_at ON audit (at_ms);
