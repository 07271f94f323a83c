-- Keys of the dialects, sealed by the data key; and what `hecate check` counts.

-- :key_current
SELECT id, dialect, kind, alg, sealed, state, created_at, retired_at FROM hecate.keys
WHERE dialect = :dialect AND kind = :kind AND state = 'current' ORDER BY created_at, id LIMIT 1

-- :key_list
SELECT id, dialect, kind, alg, sealed, state, created_at, retired_at FROM hecate.keys
WHERE dialect = :dialect AND kind = :kind ORDER BY created_at, id

-- What servers look at to see that a key was added, turned or taken away.

-- :key_states
SELECT id, dialect, kind, alg, '' AS sealed, state, created_at, retired_at FROM hecate.keys ORDER BY id

-- :key_turn_out write
UPDATE hecate.keys SET state = 'previous', retired_at = :retired_at WHERE dialect = :dialect AND kind = :kind AND state = 'current'

-- :key_turn_in write
UPDATE hecate.keys SET state = 'current' WHERE id = :id AND state = 'next'

-- :key_delete write
DELETE FROM hecate.keys WHERE id = :id AND kind = 'signing' AND state <> 'current'

-- Of several nodes that start at once, the first row wins: the others find it and insert nothing.

-- :key_insert_first write
INSERT INTO hecate.keys (id, dialect, kind, alg, sealed, state, created_at) VALUES (:id, :dialect, :kind, :alg, :sealed, :state, :created_at)
ON CONFLICT (id) DO NOTHING

-- An event is the last one of somebody, or there is one after it.

-- #define check_log
-- @sqlite
UNION ALL
SELECT 'event_not_chained', count(*) FROM auth.audit_log_entries e WHERE #log_told# AND e.hecate_log_entry NOT IN (
  SELECT c.hecate_log_previous FROM auth.audit_log_entries c WHERE c.hecate_log_previous IS NOT NULL
  UNION ALL SELECT u.hecate_log_head FROM auth.users u WHERE u.hecate_log_head IS NOT NULL
  UNION ALL SELECT h.entry FROM hecate.log_heads h)
UNION ALL
SELECT 'refresh_token_not_chained', count(*) FROM auth.refresh_tokens t WHERE t.session_id IS NOT NULL AND t.id NOT IN (
  SELECT c.hecate_token_previous FROM auth.refresh_tokens c WHERE c.hecate_token_previous IS NOT NULL
  UNION ALL SELECT s.hecate_token_last FROM auth.sessions s WHERE s.hecate_token_last IS NOT NULL)

-- :check_invariants slow
SELECT 'user_without_identity' AS name, count(*) AS count FROM auth.users u
WHERE (u.email IS NOT NULL OR u.phone IS NOT NULL) AND u.is_anonymous = false AND u.deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM auth.identities i WHERE i.user_id = u.id)
UNION ALL
SELECT 'identity_without_user', count(*) FROM auth.identities i WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = i.user_id)
UNION ALL
SELECT 'session_without_user', count(*) FROM auth.sessions s WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = s.user_id)
UNION ALL
SELECT 'two_live_refresh_tokens', count(*) FROM
  (SELECT t.session_id FROM auth.refresh_tokens t WHERE t.revoked = false AND t.session_id IS NOT NULL GROUP BY t.session_id HAVING count(*) > 1) x
UNION ALL
SELECT 'refresh_token_without_session', count(*) FROM auth.refresh_tokens t
WHERE t.session_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM auth.sessions s WHERE s.id = t.session_id)
UNION ALL
SELECT 'email_claimed_twice', count(*) FROM
  (SELECT lower(u.email) AS address FROM auth.users u WHERE u.email IS NOT NULL AND u.is_sso_user = false GROUP BY lower(u.email) HAVING count(*) > 1) x
UNION ALL
SELECT 'address_claimed_twice', count(*) FROM hecate.addresses a
WHERE a.connection = '' AND EXISTS (SELECT 1 FROM auth.users u
  WHERE (a.kind = 'email' AND u.email = a.value_key AND u.is_sso_user = false) OR (a.kind = 'phone' AND u.phone = a.value_key))
UNION ALL
SELECT 'primary_id_without_address', count(*) FROM hecate.profiles p JOIN auth.users u ON u.id = p.user_id
WHERE (p.email_id IS NOT NULL AND u.email IS NULL) OR (p.phone_id IS NOT NULL AND u.phone IS NULL)
UNION ALL
SELECT 'two_addresses_of_one_id', count(*) FROM hecate.addresses a
WHERE EXISTS (SELECT 1 FROM hecate.profiles p WHERE p.email_id = a.id) OR EXISTS (SELECT 1 FROM hecate.profiles p WHERE p.phone_id = a.id)
UNION ALL
SELECT 'backup_codes_miscounted', count(*) FROM hecate.profiles p
WHERE p.backup_codes <> (SELECT count(*) FROM hecate.backup_codes c WHERE c.user_id = p.user_id)
UNION ALL
SELECT 'session_both_live_and_ended', count(*) FROM hecate.ended_sessions e WHERE EXISTS (SELECT 1 FROM auth.sessions s WHERE s.id = e.id)
UNION ALL
SELECT 'factor_without_user', count(*) FROM auth.mfa_factors f WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = f.user_id)
UNION ALL
SELECT 'profile_without_user', count(*) FROM hecate.profiles p WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = p.user_id)
UNION ALL
SELECT 'one_time_token_without_user', count(*) FROM auth.one_time_tokens o WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = o.user_id)
UNION ALL
SELECT 'message_without_user', count(*) FROM hecate.outbox o
WHERE o.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = o.user_id)
UNION ALL
SELECT 'message_kept_and_tried', count(*) FROM hecate.outbox o WHERE o.state = 'kept' AND o.tries > 0
UNION ALL
SELECT 'message_failed_untried', count(*) FROM hecate.outbox o WHERE o.state = 'failed' AND o.tries = 0
#check_log#
UNION ALL
SELECT 'two_passwords', count(*) FROM auth.users u JOIN hecate.passwords w ON w.user_id = u.id
WHERE u.encrypted_password IS NOT NULL AND u.encrypted_password <> ''
UNION ALL
SELECT 'membership_without_user_or_organization', count(*) FROM hecate.memberships m
WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = m.user_id AND u.deleted_at IS NULL)
  OR NOT EXISTS (SELECT 1 FROM hecate.organizations o WHERE o.id = m.organization_id)
UNION ALL
SELECT 'role_without_membership', count(*) FROM hecate.member_roles r
WHERE NOT EXISTS (SELECT 1 FROM hecate.memberships m WHERE m.organization_id = r.organization_id AND m.user_id = r.user_id)
UNION ALL
SELECT 'slug_of_two_organizations', count(*) FROM (SELECT o.slug FROM hecate.organizations o GROUP BY o.slug HAVING count(*) > 1) x
UNION ALL
SELECT 'two_open_invitations', count(*) FROM
  (SELECT i.organization_id, i.email FROM hecate.invitations i WHERE i.status = 'pending' AND i.organization_id IS NOT NULL
   GROUP BY i.organization_id, i.email HAVING count(*) > 1) x
UNION ALL
SELECT 'import_miscounted', count(*) FROM hecate.jobs j WHERE j.kind = 'users_import' AND (j.done <> j.inserted + j.updated + j.failed
  OR j.failed <> (SELECT count(*) FROM hecate.job_errors e WHERE e.job_id = j.id) OR (j.state = 'completed' AND j.done <> j.total))
UNION ALL
SELECT 'ended_job_with_input', count(*) FROM hecate.jobs j JOIN hecate.job_parts p ON p.job_id = j.id AND p.nth = -1
WHERE j.state IN ('completed', 'failed')
UNION ALL
SELECT 'ticket_without_user', count(*) FROM hecate.tickets t WHERE NOT EXISTS (SELECT 1 FROM auth.users u WHERE u.id = t.user_id)
