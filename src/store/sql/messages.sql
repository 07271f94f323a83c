-- One-time tokens, PKCE flows, and the outbox.

-- A user's pending tokens, as hashes; '' and NULL: none.

-- :pending_get
SELECT u.id AS user_id, u.confirmation_token, u.recovery_token, u.email_change_token_current, u.email_change_token_new, u.phone_change_token,
  u.reauthentication_token, u.email_change_confirm_status FROM auth.users u WHERE u.id = :user_id

-- A token is made: the hash in its column of the user, with the time from which its life is counted.

-- :token_confirmation write
UPDATE auth.users SET confirmation_token = :hash, confirmation_sent_at = :now, updated_at = :now WHERE id = :user_id

-- :token_invite write
UPDATE auth.users SET confirmation_token = :hash, confirmation_sent_at = :now, invited_at = :now, updated_at = :now WHERE id = :user_id

-- :token_recovery write
UPDATE auth.users SET recovery_token = :hash, recovery_sent_at = :now, updated_at = :now WHERE id = :user_id

-- :token_change_current write
UPDATE auth.users SET email_change_token_current = :hash, email_change_sent_at = :now, email_change = :address, email_change_confirm_status = 0,
  updated_at = :now WHERE id = :user_id

-- :token_change_new write
UPDATE auth.users SET email_change_token_new = :hash, email_change_sent_at = :now, email_change = :address, email_change_confirm_status = 0,
  updated_at = :now WHERE id = :user_id

-- :token_phone_change write
UPDATE auth.users SET phone_change_token = :hash, phone_change_sent_at = :now, phone_change = :address, updated_at = :now WHERE id = :user_id

-- :token_reauthentication write
UPDATE auth.users SET reauthentication_token = :hash, reauthentication_sent_at = :now, updated_at = :now WHERE id = :user_id

-- The same in a row by which it is found.

-- :one_time_put write
INSERT INTO auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
VALUES (:id, :user_id, :token_type, :token_hash, :relates_to, :now, :now)
ON CONFLICT (user_id, token_type) DO UPDATE SET id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
  created_at = excluded.created_at, updated_at = excluded.updated_at

-- :one_time_delete write
DELETE FROM auth.one_time_tokens WHERE user_id = :user_id AND token_type = :token_type

-- :one_time_find
SELECT o.user_id, o.token_type FROM auth.one_time_tokens o
WHERE (o.token_hash = :token_hash OR o.token_hash = :token_hash_2) AND (o.token_type = :token_type OR o.token_type = :token_type_2)
ORDER BY o.created_at DESC LIMIT 1

-- :one_time_open
SELECT o.user_id, o.token_type, o.token_hash FROM auth.one_time_tokens o
WHERE (o.id = :id OR ((o.token_hash = :token_hash OR o.token_hash = :token_hash_2) AND substr(CAST(o.id AS text), 15, 1) <> '8'))
  AND (o.token_type = :token_type OR o.token_type = :token_type_2)
ORDER BY o.created_at DESC LIMIT 1

-- :one_time_owners
SELECT DISTINCT o.user_id FROM auth.one_time_tokens o
WHERE o.relates_to = :relates_to AND (o.token_type = :token_type OR o.token_type = :token_type_2) ORDER BY o.user_id LIMIT 100

-- A token is used up, once: of several at a time one finds it.

-- :take_confirmation write
UPDATE auth.users SET confirmation_token = '', updated_at = :now WHERE id = :user_id AND confirmation_token = :hash

-- :take_recovery write
UPDATE auth.users SET recovery_token = '', updated_at = :now WHERE id = :user_id AND recovery_token = :hash

-- :take_change_current write
UPDATE auth.users SET email_change_token_current = '', email_change_confirm_status = 1, updated_at = :now
WHERE id = :user_id AND email_change_token_current = :hash

-- :take_change_new write
UPDATE auth.users SET email_change_token_new = '', email_change_confirm_status = 1, updated_at = :now
WHERE id = :user_id AND email_change_token_new = :hash

-- :take_phone_change write
UPDATE auth.users SET phone_change_token = '', updated_at = :now WHERE id = :user_id AND phone_change_token = :hash

-- :take_reauthentication write
UPDATE auth.users SET reauthentication_token = '', updated_at = :now WHERE id = :user_id AND reauthentication_token = :hash

-- Wrong codes of a user, in a window.

-- :code_tries_get
SELECT c.user_id, c.tries, c.since FROM hecate.code_tries c WHERE c.user_id = :user_id

-- :code_tries_put write
INSERT INTO hecate.code_tries (user_id, tries, since) VALUES (:user_id, :tries, :since)
ON CONFLICT (user_id) DO UPDATE SET tries = excluded.tries, since = excluded.since

-- :code_tries_delete write
DELETE FROM hecate.code_tries WHERE user_id = :user_id

-- A change of address is over.

-- :email_change_end write
UPDATE auth.users SET email_change = '', email_change_token_current = '', email_change_token_new = '', email_change_confirm_status = 0
WHERE id = :user_id

-- :phone_change_end write
UPDATE auth.users SET phone_change = '', phone_change_token = '' WHERE id = :user_id

-- :identity_verified write
-- @pg
UPDATE auth.identities SET identity_data = jsonb_set(identity_data, '{email_verified}', 'true'), updated_at = :now
WHERE user_id = :user_id AND email = :address AND COALESCE(identity_data->>'email_verified', '') <> 'true'
-- @sqlite
UPDATE auth.identities SET identity_data = json_set(identity_data, '$.email_verified', json('true')), updated_at = :now
WHERE user_id = :user_id AND email = :address AND COALESCE(json_extract(identity_data, '$.email_verified'), 0) <> 1

-- PKCE flows.

-- :flow_insert write
INSERT INTO auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type, provider_access_token,
  provider_refresh_token, created_at, updated_at, authentication_method, invite_token, referrer, linking_target_id, email_optional)
VALUES (:id, :user_id, :auth_code, :code_challenge_method, :code_challenge, :provider_type, '', '', :created_at, :created_at,
  :authentication_method, :invite_token, :referrer, :linking_target_id, :email_optional)

-- :flow_newest
SELECT f.id, f.user_id, f.auth_code, f.code_challenge_method, f.code_challenge, f.provider_type, f.provider_access_token, f.provider_refresh_token,
  f.authentication_method, f.created_at, f.auth_code_issued_at FROM auth.flow_state f
WHERE f.user_id = :user_id AND f.authentication_method = :authentication_method ORDER BY f.created_at DESC, f.id LIMIT 1

-- :flow_by_code
SELECT f.id, f.user_id, f.auth_code, f.code_challenge_method, f.code_challenge, f.provider_type, f.provider_access_token, f.provider_refresh_token,
  f.authentication_method, f.created_at, f.auth_code_issued_at FROM auth.flow_state f WHERE f.auth_code = :auth_code

-- :flow_issued write
UPDATE auth.flow_state SET auth_code_issued_at = :auth_code_issued_at, updated_at = :auth_code_issued_at WHERE id = :id

-- :flow_take write
DELETE FROM auth.flow_state WHERE id = :id AND auth_code = :auth_code

-- :flow_get
SELECT f.id, f.user_id, f.auth_code, f.code_challenge_method, f.code_challenge, f.provider_type, f.authentication_method, f.invite_token, f.referrer,
  f.linking_target_id, f.email_optional, f.created_at FROM auth.flow_state f WHERE f.id = :id

-- :flow_end write
UPDATE auth.flow_state SET user_id = :user_id, provider_access_token = :provider_access_token, provider_refresh_token = :provider_refresh_token
WHERE id = :id AND user_id IS NULL

-- :flow_drop write
DELETE FROM auth.flow_state WHERE id = :id AND user_id IS NULL

-- The outbox.

-- :outbox_insert write
INSERT INTO hecate.outbox (id, user_id, kind, sealed, state, tries, next_at, created_at)
VALUES (:id, :user_id, :kind, :sealed, :state, 0, :next_at, :created_at)

-- Nobody else gets the row before next_at.

-- :outbox_claim write
-- @pg
UPDATE hecate.outbox SET tries = tries + 1, next_at = :next_at
WHERE id = (SELECT o.id FROM hecate.outbox o WHERE o.state = 'waiting' AND o.next_at <= :now ORDER BY o.next_at, o.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, sealed, state, tries, next_at, created_at
-- @sqlite
UPDATE hecate.outbox SET tries = tries + 1, next_at = :next_at
WHERE id = (SELECT o.id FROM hecate.outbox o WHERE o.state = 'waiting' AND o.next_at <= :now ORDER BY o.next_at, o.id LIMIT 1)
RETURNING id, kind, sealed, state, tries, next_at, created_at

-- :outbox_claim_one write
UPDATE hecate.outbox SET tries = tries + 1, next_at = :next_at WHERE id = :id AND state = 'waiting' AND next_at <= :now
RETURNING id, kind, sealed, state, tries, next_at, created_at

-- :outbox_kept
SELECT id, kind, sealed, state, tries, next_at, created_at FROM hecate.outbox WHERE state = 'kept' ORDER BY next_at DESC, id DESC LIMIT :limit

-- :outbox_kept_one
SELECT id, kind, sealed, state, tries, next_at, created_at FROM hecate.outbox WHERE state = 'kept' AND id = :id

-- :outbox_put_back write
UPDATE hecate.outbox SET state = :state, next_at = :next_at WHERE id = :id

-- :outbox_delete write
DELETE FROM hecate.outbox WHERE id = :id

-- :outbox_delete_user write
DELETE FROM hecate.outbox WHERE user_id = :user_id

-- What a process had in hand when it ended: on SQLite there is no other.

-- :outbox_release write
UPDATE hecate.outbox SET next_at = :next_at WHERE state = 'waiting' AND next_at > :next_at AND tries > 0

-- :outbox_sweep write
DELETE FROM hecate.outbox WHERE state <> 'waiting' AND created_at < :created_at
