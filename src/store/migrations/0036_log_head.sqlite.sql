-- The last entry of a user's chain (0035_log_chain) moves into the user's row, which sign-ins and refreshes write in any case: in a table of heads each of them
-- changed a page more. What stands there counts until the user's next event, and for who has no row.
ALTER TABLE auth_users ADD COLUMN hecate_log_head INTEGER;
CREATE TRIGGER hecate_log_head_kept AFTER DELETE ON auth_users WHEN old.hecate_log_head IS NOT NULL BEGIN
    INSERT OR REPLACE INTO hecate_log_heads (user_id, entry) VALUES (old.id, old.hecate_log_head);
END;

-- A payload without an action is no event.
DROP INDEX hecate_audit_created_at_idx;
CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id)
    WHERE substr(payload, 1, 10) = '{"action":' AND substr(payload, 1, 25) <> '{"action":"token_revoked"';

-- By session alone a token that is used again after its family ended would walk all that the session ever had.
CREATE INDEX refresh_tokens_live_idx ON auth_refresh_tokens (session_id) WHERE revoked = false;
