-- Sessions, their amr claims and refresh tokens.

-- #define session_columns
s.id AS session_id, s.user_id AS session_user_id, s.created_at AS session_created_at, s.updated_at AS session_updated_at,
s.factor_id, s.aal, s.not_after, s.refreshed_at, s.user_agent, s.ip, s.tag, s.oauth_client_id, s.refresh_token_hmac_key,
s.refresh_token_counter, s.scopes

-- In no order: most have one or two, and a sorter of the database costs more than all the rest.

-- #define session_amr
-- @pg
, (SELECT json_agg(json_build_object('id', m.id, 'method', m.authentication_method,
     'created_at', m.created_at,
     'updated_at', m.updated_at))
   FROM auth.mfa_amr_claims m WHERE m.session_id = s.id) AS amr
-- @sqlite
, (SELECT json_group_array(json_object('id', m.id, 'method', m.authentication_method, 'created_at', m.created_at,
     'updated_at', m.updated_at))
   FROM auth.mfa_amr_claims m WHERE m.session_id = s.id) AS amr

-- Of one session: a row for each, beside each of its user's identities, for most have one.

-- #define amr_columns
m.id AS amr_id, m.authentication_method AS amr_method, m.created_at AS amr_created_at, m.updated_at AS amr_updated_at

-- #define amr_rows
-- @pg
LEFT JOIN auth.mfa_amr_claims m ON m.session_id = ANY (ARRAY[s.id])
-- @sqlite
LEFT JOIN auth.mfa_amr_claims m ON m.session_id = s.id

-- On PostgreSQL a table of which the order of an index helps to join with what equals may be walked whole by that index, if it was small when the plan was
-- made, and the plan stays; what is equal to one of an array can only be looked up.

-- #define of_token
-- @pg
s.id = ANY (ARRAY[t.session_id])
-- @sqlite
s.id = t.session_id

-- #define of_session
-- @pg
u.id = ANY (ARRAY[s.user_id])
-- @sqlite
u.id = s.user_id

-- An audit row, chained to what was before about its user: the last one stands in the row of the user, which a sign-in or a refresh writes in any case; of
-- who has no row, beside it. (PostgreSQL has an index of it.)

-- #define log_chain
-- @sqlite
; then
UPDATE auth.users SET hecate_log_head = last_insert_rowid() WHERE id = :user_id
; else
INSERT OR REPLACE INTO hecate.log_heads (user_id, entry) VALUES (:user_id, last_insert_rowid())

-- What decides whether a session goes on, and what its tokens say of it.

-- #define session_state
s.id AS session_id, s.user_id AS session_user_id, s.created_at AS session_created_at, s.aal, s.not_after, s.refreshed_at, s.tag,
s.refresh_token_hmac_key, s.refresh_token_counter

-- The token that was just inserted is its session's last.

-- #define token_last
-- @sqlite
; then
UPDATE auth.sessions SET hecate_token_last = last_insert_rowid() WHERE id = :session_id

-- Where SQLite has the rows that a refresh changes, which need not be looked for again, and the last entry of the user's log. All of it is so within one
-- transaction alone.

-- #define refresh_places
-- @sqlite
, s.rowid AS session_row, u.rowid AS user_row,
coalesce(u.hecate_log_head, (SELECT h.entry FROM hecate.log_heads h WHERE h.user_id = u.id)) AS log_head

-- A refresh token with its session and its user.

-- :refresh_load gathered
SELECT t.token, t.id AS token_id, t.revoked, t.updated_at AS token_updated_at, #session_state#, #amr_columns#, #core_columns# #core_parts# #refresh_places#
FROM auth.refresh_tokens t
LEFT JOIN auth.sessions s ON #of_token#
LEFT JOIN auth.users u ON #of_session#
#amr_rows#
#user_identity_rows#
WHERE t.token = :token

-- The same of a session: tokens of version 2 name theirs.

-- :session_load_core gathered
SELECT #session_state#, #amr_columns#, #core_columns# #core_parts#
FROM auth.sessions s
LEFT JOIN auth.users u ON #of_session#
#amr_rows#
#user_identity_rows#
WHERE s.id = :session_id

-- Of a session of which a token was used again: the active one, or what its tokens of version 2 are made of, which came in its place at one moment.
-- (PostgreSQL is not to look for it along the order of all ids.)

-- :refresh_active
SELECT s.refresh_token_hmac_key, s.refresh_token_counter, t.token AS active_token, t.parent AS active_parent
FROM auth.sessions s LEFT JOIN auth.refresh_tokens t ON t.session_id = :session_id AND t.revoked = false
WHERE s.id = :session_id ORDER BY t.id + 0 DESC LIMIT 1

-- Swaps a live token for its child, once: of several at a time one finds it live. All of a refresh is in here. On PostgreSQL it names what it
-- swapped.
-- (ANY: as above; nor does an index serve what is "not revoked".)

-- :refresh_swap write gathered guarded
-- @pg
WITH old AS (
  UPDATE auth.refresh_tokens t SET revoked = true, updated_at = l.now
  FROM unnest(CAST(:token AS text[]), CAST(:now AS timestamptz[]), CAST(:child AS text[]), CAST(:user_id AS uuid[]), CAST(:user_agent AS text[]),
    CAST(:ip_text AS text[]), CAST(:audit AS boolean[]), CAST(:event_1 AS uuid[]), CAST(:payload_1 AS json[]), CAST(:event_2 AS uuid[]), CAST(:payload_2 AS json[]))
    AS l (token, now, child, user_id, user_agent, ip, audit, event_1, payload_1, event_2, payload_2)
  WHERE t.token = ANY (ARRAY[l.token]) AND NOT coalesce(t.revoked, true)
  RETURNING t.session_id, l.*
), child AS (
  INSERT INTO auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
  SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid), child, user_id, token, session_id, false, now, now FROM old
), session AS (
  UPDATE auth.sessions s SET refreshed_at = o.now AT TIME ZONE 'UTC', updated_at = o.now, user_agent = o.user_agent, ip = CAST(o.ip AS inet)
  FROM old o WHERE s.id = ANY (ARRAY[o.session_id])
), person AS (
  UPDATE auth.users u SET updated_at = o.now FROM old o WHERE u.id = ANY (ARRAY[o.user_id])
), events AS (
  INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
  SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid), event_1, payload_1, now, '' FROM old WHERE audit
  UNION ALL
  SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid), event_2, payload_2, now, '' FROM old WHERE audit
)
SELECT token FROM old
-- @sqlite
-- (What was read of the token and its places is from this transaction. A session remembers its last token and each token the one before: see
-- migrations/0037_chains.)
-- One row of VALUES is what SQLite need not be able to undo alone, for which it copies each page: what fails undoes the whole transaction.
UPDATE auth.refresh_tokens SET revoked = 1, updated_at = :now WHERE id = :token_id AND token = :token AND revoked = 0
;
INSERT INTO auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at, hecate_token_previous)
VALUES ('00000000-0000-0000-0000-000000000000', :child, :user_id_text, :token, :session_id, 0, :now, :now, :token_id)
;
UPDATE auth.sessions SET refreshed_at = :refreshed_at, updated_at = :now, user_agent = :user_agent, ip = :ip, hecate_token_last = last_insert_rowid()
WHERE rowid = :session_row
; if :audit
INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
VALUES ('00000000-0000-0000-0000-000000000000', :event_2, :payload_2, :now, '')
; then
INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address, hecate_log_previous)
VALUES ('00000000-0000-0000-0000-000000000000', :event_1, :payload_1, :now, '', nullif(:log_head, 0))
;
UPDATE auth.users SET updated_at = :now, hecate_log_head = CASE WHEN :audit THEN last_insert_rowid() ELSE hecate_log_head END WHERE rowid = :user_row

-- A used token within the reuse interval and without an active child of its own: it gets one, under the lock of its session.

-- :refresh_lock_session
-- @pg
SELECT id AS session_id FROM auth.sessions WHERE id = :session_id FOR UPDATE
-- @sqlite
SELECT id AS session_id FROM auth.sessions WHERE id = :session_id

-- :refresh_revoke_family write
UPDATE auth.refresh_tokens SET revoked = true, updated_at = :now WHERE session_id = :session_id AND revoked = false

-- :session_touch write
UPDATE auth.sessions SET refreshed_at = :refreshed_at, updated_at = :now, user_agent = :user_agent, ip = :ip WHERE id = :session_id

-- The same of a token of version 2: of several at a time one finds the counter where it was.

-- :session_count write gathered guarded
-- @pg
WITH old AS (
  UPDATE auth.sessions s SET refresh_token_counter = s.refresh_token_counter + 1, refreshed_at = l.now AT TIME ZONE 'UTC', updated_at = l.now,
    user_agent = l.user_agent, ip = CAST(l.ip AS inet)
  FROM unnest(CAST(:session_id AS uuid[]), CAST(:counter AS bigint[]), CAST(:now AS timestamptz[]), CAST(:user_agent AS text[]), CAST(:ip_text AS text[]),
    CAST(:audit AS boolean[]), CAST(:event_1 AS uuid[]), CAST(:payload_1 AS json[])) AS l (session_id, counter, now, user_agent, ip, audit, event_1, payload_1)
  WHERE s.id = ANY (ARRAY[l.session_id]) AND s.refresh_token_counter = l.counter
  RETURNING l.*
), events AS (
  INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
  SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid), event_1, payload_1, now, '' FROM old WHERE audit
)
SELECT session_id FROM old
-- @sqlite
UPDATE auth.sessions SET refresh_token_counter = refresh_token_counter + 1, refreshed_at = :refreshed_at, updated_at = :now,
  user_agent = :user_agent, ip = :ip
WHERE id = :session_id AND refresh_token_counter = :counter
; if :audit
INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address, hecate_log_previous)
VALUES ('00000000-0000-0000-0000-000000000000', :event_1, :payload_1, :now, '', #log_head#)
#log_chain#

-- From now on a session's tokens are of version 2; it may have been so once already.

-- :session_upgrade write
UPDATE auth.sessions SET refresh_token_hmac_key = coalesce(refresh_token_hmac_key, :refresh_token_hmac_key),
  refresh_token_counter = CASE WHEN refresh_token_hmac_key IS NULL THEN 0 ELSE refresh_token_counter + 1 END
WHERE id = :session_id
RETURNING refresh_token_hmac_key, refresh_token_counter AS counter

-- :session_load gathered
SELECT #session_columns#, #amr_columns#, #user_columns# #user_parts#
FROM auth.sessions s
LEFT JOIN auth.users u ON #of_session#
LEFT JOIN hecate.profiles p ON p.user_id = u.id
#user_secrets#
#amr_rows#
#user_identity_rows#
WHERE s.id = :session_id

-- What a token of a session says: the session, whether its user may act, and the organization that it is in.

-- :session_acting gathered
SELECT #session_columns# #session_amr#, u.id, u.banned_until, u.deleted_at,
  (SELECT o.organization_id FROM hecate.session_organizations o WHERE o.session_id = s.id) AS organization_id
FROM auth.sessions s
JOIN auth.users u ON #of_session#
WHERE s.id = :session_id

-- Tags of newer sessions of the same user, for one session a user and tag.

-- :session_newer
SELECT DISTINCT s.tag FROM auth.sessions s
WHERE s.user_id = :user_id AND s.created_at > :created_at AND (s.not_after IS NULL OR s.not_after > :now)

-- Too many wrong passwords: the user does not sign in for a time.

-- #define locked_out
SELECT 1 FROM hecate.sign_in_tries y WHERE y.id = :user_id AND y.tries >= :most AND y.tried_at > :before

-- A wrong password counts, up to the bound and not beyond: then there is no row. What was before `before` is forgotten.

-- :try_count write
INSERT INTO hecate.sign_in_tries AS y (id, tries, tried_at) VALUES (:user_id, 1, :now)
ON CONFLICT (id) DO UPDATE SET tried_at = excluded.tried_at,
  tries = CASE WHEN y.tried_at <= :before THEN 1 ELSE y.tries + 1 END
WHERE y.tries < :most OR y.tried_at <= :before
RETURNING tries AS swapped

-- :try_time
SELECT y.tried_at FROM hecate.sign_in_tries y WHERE y.id = :user_id

-- :tries_forget write
DELETE FROM hecate.sign_in_tries WHERE tried_at <= :before

-- :tries_delete write
DELETE FROM hecate.sign_in_tries WHERE id = :user_id

-- A sign-in: last_sign_in_at, session, amr claim, first refresh token, audit row, no wrong passwords. Nothing at all when the user is gone, is locked out or
-- has another password by now: the row of the user is what a sign-in and a new password wait for one another at.

-- :sign_in write guarded
-- @pg
WITH person AS (
  UPDATE auth.users SET last_sign_in_at = :now, updated_at = :now
  WHERE id = :user_id AND coalesce(encrypted_password, '') = CAST(:password AS text) AND NOT EXISTS (#locked_out#)
  RETURNING id
), tries AS (
  DELETE FROM hecate.sign_in_tries WHERE id IN (SELECT id FROM person)
), session AS (
  INSERT INTO auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip, refresh_token_hmac_key, refresh_token_counter)
  SELECT CAST(:session_id AS uuid), id, :now, :now, CAST(:aal AS auth.aal_level), CAST(:user_agent AS text), CAST(:ip AS inet),
    CAST(:refresh_token_hmac_key AS text), CASE WHEN CAST(:refresh_token_hmac_key AS text) IS NOT NULL THEN CAST(:counter AS bigint) END
  FROM person
  RETURNING id
), claim AS (
  INSERT INTO auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
  SELECT CAST(:amr_id AS uuid), id, :now, :now, :method FROM session
), token AS (
  INSERT INTO auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
  SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid), CAST(:token AS text), :user_id_text, NULL, id, false, :now, :now
  FROM session WHERE CAST(:token AS text) IS NOT NULL
), event AS (
  INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
  SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid), CAST(:event_1 AS uuid), CAST(:payload_1 AS json), :event_at, ''
  FROM session WHERE :audit
)
SELECT id AS session_id FROM session
-- @sqlite
UPDATE auth.users SET last_sign_in_at = :now, updated_at = :now
WHERE id = :user_id AND coalesce(encrypted_password, '') = :password AND NOT EXISTS (#locked_out#)
;
INSERT INTO auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip, refresh_token_hmac_key, refresh_token_counter)
VALUES (:session_id, :user_id, :now, :now, :aal, :user_agent, :ip, :refresh_token_hmac_key,
  CASE WHEN :refresh_token_hmac_key IS NOT NULL THEN :counter END)
;
INSERT INTO auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method) VALUES (:amr_id, :session_id, :now, :now, :method)
; if :token
INSERT INTO auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', :token, :user_id_text, NULL, :session_id, 0, :now, :now)
#token_last#
;
DELETE FROM hecate.sign_in_tries WHERE id = :user_id
; if :audit
INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address, hecate_log_previous)
VALUES ('00000000-0000-0000-0000-000000000000', :event_1, :payload_1, :event_at, '', #log_head#)
#log_chain#
;
SELECT :session_id AS session_id

-- :sessions_delete_all write
DELETE FROM auth.sessions WHERE user_id = :user_id

-- :sessions_delete_one write
DELETE FROM auth.sessions WHERE user_id = :user_id AND id = :session_id

-- What a sign-in left behind that ends without a token.

-- :sign_in_undo write
UPDATE auth.users SET last_sign_in_at = :created_at WHERE id = :user_id AND last_sign_in_at = :now

-- :sessions_delete_others write
DELETE FROM auth.sessions WHERE user_id = :user_id AND id <> :session_id

-- :event_insert write later
-- @pg
INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
VALUES ('00000000-0000-0000-0000-000000000000', :event_1, :payload, :created_at, :ip_address)
-- @sqlite
INSERT INTO auth.audit_log_entries (instance_id, id, payload, created_at, ip_address, hecate_log_previous)
VALUES ('00000000-0000-0000-0000-000000000000', :event_1, :payload, :created_at, :ip_address, #log_head#)
#log_chain#
