-- Second factors and their challenges.

-- :factor_insert write
INSERT INTO auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, phone, created_at, updated_at)
VALUES (:id, :user_id, :friendly_name, :factor_type, :status, :secret, :phone, :now, :now)

-- :factor_update write
UPDATE auth.mfa_factors SET friendly_name = :friendly_name, phone = :phone, updated_at = :now WHERE id = :id AND user_id = :user_id

-- Enrolments that nobody went on with: unverified, never challenged, older than `before`.

-- :factors_delete_stale write
DELETE FROM auth.mfa_factors WHERE user_id = :user_id AND status = 'unverified' AND created_at < :before
  AND NOT EXISTS (SELECT 1 FROM auth.mfa_challenges c WHERE c.factor_id = auth.mfa_factors.id)

-- The other unverified factors of the kind of the one that was verified.

-- :factors_delete_unverified write
DELETE FROM auth.mfa_factors WHERE user_id = :user_id AND status = 'unverified' AND factor_type = :factor_type AND id <> :id

-- :factor_delete write
DELETE FROM auth.mfa_factors WHERE id = :id AND user_id = :user_id

-- Sessions that reached their level by this factor fall back; the claim of its method goes.

-- :factor_amr_delete write
DELETE FROM auth.mfa_amr_claims WHERE authentication_method = :method
  AND session_id IN (SELECT s.id FROM auth.sessions s WHERE s.user_id = :user_id AND s.factor_id = :id)

-- :factor_sessions_lower write
UPDATE auth.sessions SET aal = 'aal1', factor_id = NULL WHERE user_id = :user_id AND factor_id = :id

-- :challenge_insert write
INSERT INTO auth.mfa_challenges (id, factor_id, created_at, ip_address, otp_code)
VALUES (:challenge_id, :id, :now, :ip_address, coalesce(CAST(:otp_code AS text), ''))

-- :factor_challenged write
UPDATE auth.mfa_factors SET last_challenged_at = :now WHERE id = :id AND user_id = :user_id

-- A factor with a challenge of its own, and what is counted beside it. Under the lock of its user.

-- :challenge_get
SELECT f.id, f.user_id, f.friendly_name, f.factor_type, f.status, f.phone, f.created_at, f.updated_at, f.last_challenged_at, f.secret,
  c.id AS challenge_id, c.created_at AS challenge_at, c.verified_at, c.ip_address, c.otp_code,
  COALESCE(h.last_step, -1) AS last_step, COALESCE(h.tries, 0) AS tries, h.tries_since
FROM auth.mfa_factors f LEFT JOIN auth.mfa_challenges c ON c.factor_id = f.id AND c.id = :challenge_id
LEFT JOIN hecate.factors h ON h.factor_id = f.id
WHERE f.id = :id AND f.user_id = :user_id

-- :challenge_use write
UPDATE auth.mfa_challenges SET verified_at = :now WHERE id = :challenge_id AND verified_at IS NULL

-- :factor_count write
INSERT INTO hecate.factors (factor_id, last_step, tries, tries_since) VALUES (:id, :last_step, :tries, :tries_since)
ON CONFLICT (factor_id) DO UPDATE SET last_step = excluded.last_step, tries = excluded.tries, tries_since = excluded.tries_since

-- :factor_verify write
UPDATE auth.mfa_factors SET status = 'verified', updated_at = :now WHERE id = :id AND status = 'unverified'

-- The session's new level: its claim, and the tokens from before are over. A counted one goes on two further, so that the token from before is no neighbour.

-- :amr_put write
INSERT INTO auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
VALUES (:amr_id, :session_id, :now, :now, :method)
ON CONFLICT (session_id, authentication_method) DO UPDATE SET updated_at = excluded.updated_at

-- :session_raise write
UPDATE auth.sessions SET aal = 'aal2', factor_id = :id, updated_at = :now, refresh_token_counter = refresh_token_counter + 2
WHERE id = :session_id AND user_id = :user_id

-- :refresh_revoke_session write
UPDATE auth.refresh_tokens SET revoked = true, updated_at = :now WHERE session_id = :session_id AND revoked = false

-- :refresh_begin write
-- @pg
INSERT INTO auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', :token, :user_id_text, NULL, :session_id, false, :now, :now)
-- @sqlite
INSERT INTO auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at, hecate_token_previous)
VALUES ('00000000-0000-0000-0000-000000000000', :token, :user_id_text, NULL, :session_id, false, :now, :now,
  (SELECT s.hecate_token_last FROM auth.sessions s WHERE s.id = :session_id))
#token_last#

-- :sessions_delete_low write
DELETE FROM auth.sessions WHERE user_id = :user_id AND (aal IS NULL OR aal = 'aal1')
