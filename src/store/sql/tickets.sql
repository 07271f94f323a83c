-- Sessions as administrators see them, those that ended among them, and sign-in tokens.

-- #define live_sessions
SELECT s.id, s.user_id, s.created_at, s.updated_at, s.refreshed_at, s.not_after, CASE WHEN s.not_after <= :now THEN 'expired' ELSE 'active' END AS status,
(SELECT o.organization_id FROM hecate.session_organizations o WHERE o.session_id = s.id) AS organization_id
FROM auth.sessions s

-- #define ended_sessions
SELECT e.id, e.user_id, e.created_at, e.ended_at AS updated_at, e.refreshed_at, e.ended_at AS not_after, e.status,
CAST(NULL AS uuid) AS organization_id FROM hecate.ended_sessions e

-- #define session_page
WHERE CAST(:status AS text) IS NULL OR x.status = :status ORDER BY x.created_at DESC, x.id DESC LIMIT :limit OFFSET :offset

-- :sessions_all slow
SELECT x.*, count(*) OVER () AS total FROM (#live_sessions# UNION ALL #ended_sessions#) x #session_page#

-- :sessions_of_user
SELECT x.*, count(*) OVER () AS total FROM (#live_sessions# WHERE s.user_id = :user_id UNION ALL #ended_sessions# WHERE e.user_id = :user_id) x #session_page#

-- :session_by_id
#live_sessions# WHERE s.id = :id UNION ALL #ended_sessions# WHERE e.id = :id

-- What a session is remembered by when an administrator ends it.

-- :session_remember write
INSERT INTO hecate.ended_sessions (id, user_id, status, created_at, refreshed_at, ended_at)
SELECT s.id, s.user_id, 'revoked', coalesce(s.created_at, :now), s.refreshed_at, :now FROM auth.sessions s WHERE s.id = :id
ON CONFLICT (id) DO NOTHING

-- :sessions_remember_all write
INSERT INTO hecate.ended_sessions (id, user_id, status, created_at, refreshed_at, ended_at)
SELECT s.id, s.user_id, 'revoked', coalesce(s.created_at, :now), s.refreshed_at, :now FROM auth.sessions s WHERE s.user_id = :user_id
ON CONFLICT (id) DO NOTHING

-- :sessions_forget write
DELETE FROM hecate.ended_sessions WHERE ended_at < :before

-- :session_set_end write
UPDATE auth.sessions SET not_after = :not_after WHERE id = :id

-- :profile_active write
INSERT INTO hecate.profiles (user_id, last_active_at, made_at) SELECT u.id, :now, u.created_at FROM auth.users u WHERE u.id = :user_id
ON CONFLICT (user_id) DO UPDATE SET last_active_at = excluded.last_active_at, made_at = excluded.made_at

-- :sign_in_token_insert write
INSERT INTO hecate.sign_in_tokens (id, user_id, status, token_sum, created_at, updated_at, expires_at, actor, session_life)
VALUES (:id, :user_id, :status, :token_sum, :created_at, :updated_at, :expires_at, :actor, :session_life)

-- :sign_in_token_get
SELECT t.id, t.user_id, t.status, t.token_sum, t.created_at, t.updated_at, t.expires_at, t.actor FROM hecate.sign_in_tokens t
WHERE t.id = :id AND (t.actor IS NOT NULL) = CAST(:acts AS boolean)

-- :sign_in_token_revoke write
UPDATE hecate.sign_in_tokens SET status = 'revoked', updated_at = :updated_at WHERE id = :id AND status = 'pending'
AND (actor IS NOT NULL) = CAST(:acts AS boolean)
