-- Which events the audit trail shows is seen in the payload's text: each index read it as JSON for each event, told or not, four times a refresh.
-- The blank is of a text that went through jsonb.
DROP INDEX auth.hecate_audit_created_at_idx;
CREATE INDEX hecate_audit_created_at_idx ON auth.audit_log_entries (created_at, id)
    WHERE CAST(payload AS text) LIKE '%"action"%' AND CAST(payload AS text) NOT LIKE '{"action":"token_revoked"%'
        AND CAST(payload AS text) NOT LIKE '{"action": "token_revoked"%';
DROP INDEX auth.hecate_audit_user_idx;
CREATE INDEX hecate_audit_user_idx ON auth.audit_log_entries (coalesce(payload #>> '{traits,user_id}', payload ->> 'actor_id'), created_at, id)
    WHERE CAST(payload AS text) LIKE '%"action"%' AND CAST(payload AS text) NOT LIKE '{"action":"token_revoked"%'
        AND CAST(payload AS text) NOT LIKE '{"action": "token_revoked"%';
