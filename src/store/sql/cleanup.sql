-- What is over and nobody asks for any more, in batches (spec/gotrue.md 0.10). It is looked for apart before it is taken away, so that a search among
-- millions holds up no writer.

-- #define clean_batch
-- @pg
LIMIT 200 FOR UPDATE SKIP LOCKED
-- @sqlite
LIMIT 200

-- #define clean_tokens
FROM auth.refresh_tokens o WHERE o.revoked AND o.updated_at < :day
-- :clean_tokens_due slow
SELECT 1 AS due #clean_tokens# LIMIT 1
-- :clean_tokens write
DELETE FROM auth.refresh_tokens WHERE id IN (SELECT o.id #clean_tokens# #clean_batch#)

-- #define clean_live
FROM auth.refresh_tokens o WHERE NOT o.revoked AND EXISTS (SELECT 1 FROM auth.sessions s WHERE s.id = o.session_id AND s.not_after < :day)
-- :clean_live_due slow
SELECT 1 AS due #clean_live# LIMIT 1
-- :clean_live write
UPDATE auth.refresh_tokens SET revoked = true, updated_at = :now WHERE id IN (SELECT o.id #clean_live# #clean_batch#)

-- #define clean_ended
FROM auth.sessions o WHERE o.not_after < :three_days
-- :clean_ended_due slow
SELECT 1 AS due #clean_ended# LIMIT 1
-- :clean_ended write
DELETE FROM auth.sessions WHERE id IN (SELECT o.id #clean_ended# #clean_batch#)

-- #define clean_timebox
FROM auth.sessions o WHERE o.created_at < :timebox
-- :clean_timebox_due slow
SELECT 1 AS due #clean_timebox# LIMIT 1
-- :clean_timebox write
DELETE FROM auth.sessions WHERE id IN (SELECT o.id #clean_timebox# #clean_batch#)

-- Of a session that another server refreshed, the tokens alone may tell when.

-- #define last_token
-- @pg
t.session_id = o.id
-- @sqlite
t.id = o.hecate_token_last AND t.session_id = o.id

-- #define clean_inactive
FROM auth.sessions o WHERE o.refreshed_at < :inactive_plain OR (o.refreshed_at IS NULL AND o.created_at < :inactive
  AND NOT EXISTS (SELECT 1 FROM auth.refresh_tokens t WHERE #last_token# AND t.updated_at >= :inactive))
-- :clean_inactive_due slow
SELECT 1 AS due #clean_inactive# LIMIT 1
-- :clean_inactive write
DELETE FROM auth.sessions WHERE id IN (SELECT o.id #clean_inactive# #clean_batch#)

-- #define clean_relay_states
FROM auth.saml_relay_states o WHERE o.created_at < :day
-- :clean_relay_states_due slow
SELECT 1 AS due #clean_relay_states# LIMIT 1
-- :clean_relay_states write
DELETE FROM auth.saml_relay_states WHERE id IN (SELECT o.id #clean_relay_states# #clean_batch#)

-- Always asked, and by its index at once: not on the connection of the slow, which an idle server does without.

-- #define clean_flows
FROM auth.flow_state o WHERE o.created_at < :day
-- :clean_flows_due
SELECT 1 AS due #clean_flows# LIMIT 1
-- :clean_flows write
DELETE FROM auth.flow_state WHERE id IN (SELECT o.id #clean_flows# #clean_batch#)

-- #define clean_client_states
FROM auth.oauth_client_states o WHERE o.created_at < :day
-- :clean_client_states_due slow
SELECT 1 AS due #clean_client_states# LIMIT 1
-- :clean_client_states write
DELETE FROM auth.oauth_client_states WHERE id IN (SELECT o.id #clean_client_states# #clean_batch#)

-- #define clean_challenges
FROM auth.mfa_challenges o WHERE o.created_at < :day
-- :clean_challenges_due slow
SELECT 1 AS due #clean_challenges# LIMIT 1
-- :clean_challenges write
DELETE FROM auth.mfa_challenges WHERE id IN (SELECT o.id #clean_challenges# #clean_batch#)

-- #define clean_factors
FROM auth.mfa_factors o WHERE o.created_at < :day AND o.status = 'unverified'
-- :clean_factors_due slow
SELECT 1 AS due #clean_factors# LIMIT 1
-- :clean_factors write
DELETE FROM auth.mfa_factors WHERE id IN (SELECT o.id #clean_factors# #clean_batch#)

-- #define clean_ceremonies
FROM auth.webauthn_challenges o WHERE o.expires_at < :now
-- :clean_ceremonies_due slow
SELECT 1 AS due #clean_ceremonies# LIMIT 1
-- :clean_ceremonies write
DELETE FROM auth.webauthn_challenges WHERE id IN (SELECT o.id #clean_ceremonies# #clean_batch#)

-- Users are deleted one by one, for they are counted.

-- :clean_anonymous_due slow
SELECT o.id FROM auth.users o WHERE o.is_anonymous AND o.created_at < :month LIMIT 100
