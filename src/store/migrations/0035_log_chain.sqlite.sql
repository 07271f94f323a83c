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

-- Numbered in the order of the index that goes, user by user: nothing is sorted in memory, and an entry follows the one before it.
INSERT INTO hecate_log_chain (entry, event_id, previous)
SELECT x.entry, x.id, CASE WHEN x.about = x.before THEN x.entry - 1 END
FROM (SELECT e.id, e.about, row_number() OVER in_turn AS entry, lag(e.about) OVER in_turn AS before
      FROM (SELECT id, created_at, coalesce(payload ->> '$.traits.user_id', payload ->> 'actor_id') AS about
            FROM auth_audit_log_entries WHERE (payload ->> 'action') <> 'token_revoked') e
      WHERE e.about IS NOT NULL
      WINDOW in_turn AS (ORDER BY e.about, e.created_at, e.id)) x;
INSERT INTO hecate_log_heads (user_id, entry)
SELECT coalesce(e.payload ->> '$.traits.user_id', e.payload ->> 'actor_id'), c.entry
FROM hecate_log_chain c JOIN auth_audit_log_entries e ON e.id = c.event_id
WHERE NOT EXISTS (SELECT 1 FROM hecate_log_chain n WHERE n.entry = c.entry + 1 AND n.previous = c.entry);
DROP INDEX hecate_audit_user_idx;

-- Payloads are written in one way here: how they begin tells the action, which need not be read as JSON for each row.
DROP INDEX hecate_audit_created_at_idx;
CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id)
    WHERE substr(payload, 1, 10) = '{"action":' AND substr(payload, 1, 25) <> '{"action":"token_revoked"';

-- Which tokens live, and which are of a session, are two indexes: a refresh changed the one of both three times, for its key says "revoked".
DROP INDEX refresh_tokens_session_id_revoked_idx;
CREATE INDEX refresh_tokens_session_id_idx ON auth_refresh_tokens (session_id);
CREATE INDEX refresh_tokens_live_idx ON auth_refresh_tokens (session_id) WHERE revoked = false;
