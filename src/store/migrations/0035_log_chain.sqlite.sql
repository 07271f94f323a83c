-- The audit trail of one user, as a chain: each entry names the one before it, and the head is the last. A refresh adds to it at the end of a table and changes
-- one row in place, where an index by user grew a page of each user's own. (Numbers of their own: VACUUM gives new ones to rows that have none.)
CREATE TABLE hecate_log_chain (
    entry INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    previous INTEGER
) STRICT;
CREATE TABLE hecate_log_heads (
    user_id TEXT NOT NULL PRIMARY KEY,
    entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO hecate_log_chain (entry, event_id, previous)
SELECT x.entry, x.id, lag(x.entry) OVER (PARTITION BY x.about ORDER BY x.entry)
FROM (SELECT e.id, coalesce(e.payload ->> '$.traits.user_id', e.payload ->> 'actor_id') AS about, row_number() OVER (ORDER BY e.created_at, e.id) AS entry
      FROM auth_audit_log_entries e WHERE (e.payload ->> 'action') <> 'token_revoked') x
WHERE x.about IS NOT NULL;
INSERT INTO hecate_log_heads (user_id, entry)
SELECT coalesce(e.payload ->> '$.traits.user_id', e.payload ->> 'actor_id'), max(c.entry)
FROM hecate_log_chain c JOIN auth_audit_log_entries e ON e.id = c.event_id GROUP BY 1;
DROP INDEX hecate_audit_user_idx;

-- Payloads are written in one way here: how they begin tells the action, which need not be read as JSON for each row.
DROP INDEX hecate_audit_created_at_idx;
CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id) WHERE substr(payload, 1, 25) <> '{"action":"token_revoked"';

-- The live token of a session is its newest: whether a token was revoked need not be in the index, which each refresh would change three times.
DROP INDEX refresh_tokens_session_id_revoked_idx;
CREATE INDEX refresh_tokens_session_id_idx ON auth_refresh_tokens (session_id);
