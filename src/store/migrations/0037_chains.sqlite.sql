-- The tokens of a session as a chain: the session names its last one, each token the one before. An index by session grew at each refresh in a page of that
-- session's own, the most that a refresh wrote. The table is made anew without its foreign key, which would look through all tokens where a session ends: a
-- trigger does the same along the chain. (A number of a token that is gone may be given out anew: what is of another session ends the chain, as does what is
-- not older.) Tokens without a session, which foreign keys did not keep out, are left behind. Tables are emptied before they go: what goes in one piece is
-- kept in memory until it did.
ALTER TABLE auth_sessions ADD COLUMN hecate_token_last INTEGER;
UPDATE auth_sessions SET hecate_token_last = (SELECT max(t.id) FROM auth_refresh_tokens t WHERE t.session_id = auth_sessions.id);

CREATE TABLE hecate_refresh_tokens (
    instance_id TEXT,
    id INTEGER PRIMARY KEY,
    token TEXT CHECK (length(token) <= 255),
    user_id TEXT CHECK (length(user_id) <= 255),
    revoked INTEGER CHECK (revoked IN (0, 1)),
    created_at INTEGER,
    updated_at INTEGER,
    parent TEXT CHECK (length(parent) <= 255),
    session_id TEXT,
    hecate_token_previous INTEGER
) STRICT;
INSERT INTO hecate_refresh_tokens
SELECT t.instance_id, t.id, t.token, t.user_id, t.revoked, t.created_at, t.updated_at, t.parent, t.session_id,
    (SELECT max(p.id) FROM auth_refresh_tokens p WHERE p.session_id = t.session_id AND p.id < t.id)
FROM auth_refresh_tokens t WHERE t.session_id IS NULL OR EXISTS (SELECT 1 FROM auth_sessions s WHERE s.id = t.session_id) ORDER BY t.id;
DELETE FROM auth_refresh_tokens;
DROP TABLE auth_refresh_tokens;
ALTER TABLE hecate_refresh_tokens RENAME TO auth_refresh_tokens;
CREATE UNIQUE INDEX refresh_tokens_token_unique ON auth_refresh_tokens (token);
CREATE INDEX refresh_tokens_live_idx ON auth_refresh_tokens (session_id) WHERE revoked = false;

CREATE TRIGGER hecate_session_tokens AFTER DELETE ON auth_sessions BEGIN
    DELETE FROM auth_refresh_tokens WHERE id IN (
        WITH RECURSIVE chain (id, previous) AS (
            SELECT t.id, t.hecate_token_previous FROM auth_refresh_tokens t WHERE t.id = old.hecate_token_last AND t.session_id = old.id
            UNION ALL
            SELECT t.id, t.hecate_token_previous FROM chain c JOIN auth_refresh_tokens t ON t.id = c.previous AND t.id < c.id AND t.session_id = old.id
        ) SELECT c.id FROM chain c);
    DELETE FROM auth_refresh_tokens WHERE session_id = old.id AND revoked = false;
END;

-- The chain of a user's events (0035_log_chain, 0036_log_head) becomes a part of their rows, which get numbers that VACUUM leaves as they are: those of the
-- chain, in whose order they grow, and greater ones for what is in none. What somebody deleted is stepped over.
CREATE TABLE hecate_log_holes (
    entry INTEGER PRIMARY KEY,
    previous INTEGER
) STRICT;
INSERT INTO hecate_log_holes
SELECT c.entry, c.previous FROM hecate_log_chain c WHERE NOT EXISTS (SELECT 1 FROM auth_audit_log_entries e WHERE e.id = c.event_id) ORDER BY c.entry;
UPDATE hecate_log_chain SET previous = (
    WITH RECURSIVE back (entry) AS (
        SELECT hecate_log_chain.previous UNION ALL SELECT h.previous FROM back b JOIN hecate_log_holes h ON h.entry = b.entry
    ) SELECT b.entry FROM back b WHERE b.entry NOT IN (SELECT h.entry FROM hecate_log_holes h))
WHERE previous IN (SELECT h.entry FROM hecate_log_holes h);
UPDATE auth_users SET hecate_log_head = (
    WITH RECURSIVE back (entry) AS (
        SELECT auth_users.hecate_log_head UNION ALL SELECT h.previous FROM back b JOIN hecate_log_holes h ON h.entry = b.entry
    ) SELECT b.entry FROM back b WHERE b.entry NOT IN (SELECT h.entry FROM hecate_log_holes h))
WHERE hecate_log_head IN (SELECT h.entry FROM hecate_log_holes h);
UPDATE hecate_log_heads SET entry = coalesce((
    WITH RECURSIVE back (entry) AS (
        SELECT hecate_log_heads.entry UNION ALL SELECT h.previous FROM back b JOIN hecate_log_holes h ON h.entry = b.entry
    ) SELECT b.entry FROM back b WHERE b.entry NOT IN (SELECT h.entry FROM hecate_log_holes h)), 0)
WHERE entry IN (SELECT h.entry FROM hecate_log_holes h);
DROP TABLE hecate_log_holes;

CREATE TABLE hecate_audit_log_entries (
    instance_id TEXT,
    id TEXT NOT NULL,
    payload TEXT,
    created_at INTEGER,
    ip_address TEXT NOT NULL DEFAULT '' CHECK (length(ip_address) <= 64),
    hecate_log_entry INTEGER PRIMARY KEY,
    hecate_log_previous INTEGER
) STRICT;
INSERT INTO hecate_audit_log_entries
SELECT e.instance_id, e.id, e.payload, e.created_at, e.ip_address, c.entry, c.previous
FROM hecate_log_chain c CROSS JOIN auth_audit_log_entries e ON e.id = c.event_id ORDER BY c.entry;
CREATE INDEX hecate_log_event_idx ON hecate_log_chain (event_id);
INSERT INTO hecate_audit_log_entries
SELECT e.instance_id, e.id, e.payload, e.created_at, e.ip_address, (SELECT coalesce(max(c.entry), 0) FROM hecate_log_chain c) + e.rowid, NULL
FROM auth_audit_log_entries e WHERE NOT EXISTS (SELECT 1 FROM hecate_log_chain c WHERE c.event_id = e.id) ORDER BY e.rowid;
DELETE FROM hecate_log_chain;
DROP TABLE hecate_log_chain;
DELETE FROM auth_audit_log_entries;
DROP TABLE auth_audit_log_entries;
ALTER TABLE hecate_audit_log_entries RENAME TO auth_audit_log_entries;

-- By the time alone: the few of one moment are put in order when they are asked for, and an event is looked for by its time and its id.
CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at)
    WHERE substr(payload, 1, 10) = '{"action":' AND substr(payload, 1, 25) <> '{"action":"token_revoked"';
