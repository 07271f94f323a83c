-- The audit trail as administrators read it. What is looked for may stand anywhere, in either case; NULL: no condition.

-- What one statement wrote has one time: a token is refreshed before the old one is revoked.

-- :audit_list read slow
SELECT e.id, e.payload, e.created_at, e.ip_address FROM auth.audit_log_entries e
WHERE (CAST(:author AS text) IS NULL OR lower(e.payload ->> 'actor_username') LIKE '%' || lower(CAST(:author AS text)) || '%'
    OR lower(e.payload ->> 'actor_name') LIKE '%' || lower(CAST(:author AS text)) || '%')
  AND (CAST(:action AS text) IS NULL OR lower(e.payload ->> 'action') LIKE '%' || lower(CAST(:action AS text)) || '%')
  AND (CAST(:type AS text) IS NULL OR lower(e.payload ->> 'log_type') LIKE '%' || lower(CAST(:type AS text)) || '%')
ORDER BY e.created_at DESC NULLS LAST, e.payload ->> 'action' DESC, e.id LIMIT :limit OFFSET :offset

-- :audit_count read slow
SELECT count(*) AS n FROM auth.audit_log_entries e
WHERE (CAST(:author AS text) IS NULL OR lower(e.payload ->> 'actor_username') LIKE '%' || lower(CAST(:author AS text)) || '%'
    OR lower(e.payload ->> 'actor_name') LIKE '%' || lower(CAST(:author AS text)) || '%')
  AND (CAST(:action AS text) IS NULL OR lower(e.payload ->> 'action') LIKE '%' || lower(CAST(:action AS text)) || '%')
  AND (CAST(:type AS text) IS NULL OR lower(e.payload ->> 'log_type') LIKE '%' || lower(CAST(:type AS text)) || '%')

-- :user_sessions
SELECT #session_columns# #session_amr# FROM auth.sessions s WHERE s.user_id = :user_id ORDER BY s.created_at DESC, s.id LIMIT 1000
