-- Users: auth.users, with hecate.profiles and hecate.passwords beside it.

-- #define core_columns
u.id, u.aud, u.role, u.email, u.phone, u.email_confirmed_at, u.phone_confirmed_at, u.confirmed_at,
u.invited_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change_sent_at, u.phone_change_sent_at,
u.reauthentication_sent_at, u.last_sign_in_at, u.banned_until, u.deleted_at, u.created_at, u.updated_at, u.email_change,
u.phone_change, u.raw_app_meta_data, u.raw_user_meta_data, u.is_sso_user, u.is_anonymous

-- #define user_columns
#core_columns#, u.encrypted_password,
p.user_id AS profile_id, p.username, p.first_name, p.last_name, p.name, p.nickname, p.picture, p.given_name, p.family_name,
p.locale, p.external_id, p.private_metadata, p.connection, p.last_ip, p.image_id, p.blocked_shown, p.delete_self_enabled,
p.create_organization_enabled, p.bypass_client_trust, p.create_organizations_limit, p.logins_count,
p.legal_accepted_at, p.last_active_at, p.password_set_at, p.last_password_reset_at, p.locked_at, p.locked_until,
p.mfa_enabled_at, p.mfa_disabled_at, p.updated_at AS profile_updated_at, p.email_id, p.phone_id, p.web3_id, p.backup_codes,
p.password_compromised_at, w.digest, y.tries AS failed_attempts, y.tried_at AS failed_at

-- #define user_secrets
LEFT JOIN hecate.passwords w ON w.user_id = u.id LEFT JOIN hecate.sign_in_tries y ON y.id = u.id

-- #define user_tables
auth.users u LEFT JOIN hecate.profiles p ON p.user_id = u.id #user_secrets#

-- One user with its identities: a row for each, for most have one, and to make a document of it costs more than all else. Lists have documents.

-- #define identity_columns
i.id AS identity_id, i.provider AS identity_provider, i.provider_id AS identity_provider_id, i.identity_data, i.email AS identity_email,
i.last_sign_in_at AS identity_last_sign_in_at, i.created_at AS identity_created_at, i.updated_at AS identity_updated_at

-- #define user_identity_rows
LEFT JOIN auth.identities i ON i.user_id = u.id

-- The parts of a user: an array of rows each, their values in the order of the tables in users.c. Most users have few of them, and an
-- aggregate of no rows costs more than to see that there are none. (Of an EXISTS PostgreSQL may make a hash of all that there are. SQLite looks
-- an IN of a bare column up in that column's index, which it opens once a statement; what depends on the user, once a user.)

-- #define identity_row
-- @pg
json_build_array(i.id, i.provider, i.provider_id, i.identity_data, i.email, i.last_sign_in_at, i.created_at, i.updated_at)
-- @sqlite
json_array(i.id, i.provider, i.provider_id, json(i.identity_data), i.email, i.last_sign_in_at, i.created_at, i.updated_at)

-- #define user_identities
-- @pg
, (SELECT json_agg(#identity_row#) FROM auth.identities i WHERE i.user_id = u.id) AS identities
-- @sqlite
, (SELECT json_group_array(#identity_row#) FROM auth.identities i WHERE i.user_id = u.id) AS identities

-- Those of other parties alone.

-- #define account_rows
auth.identities i WHERE i.user_id = u.id AND i.provider NOT IN ('email', 'phone')

-- #define user_accounts
-- @pg
, CASE WHEN (SELECT i.user_id FROM #account_rows# LIMIT 1) IS NOT NULL THEN (SELECT json_agg(#identity_row#) FROM #account_rows#) END AS identities
-- @sqlite
, CASE WHEN (SELECT i.user_id FROM #account_rows# LIMIT 1) IS NOT NULL THEN (SELECT json_group_array(#identity_row#) FROM #account_rows#) END AS identities

-- #define user_addresses
-- @pg
, CASE WHEN (SELECT a.user_id FROM hecate.addresses a WHERE a.user_id = u.id LIMIT 1) IS NOT NULL THEN
  (SELECT json_agg(json_build_array(a.id, a.kind, a.value, a.connection, a.reserved, a.second_factor, a.verified_at, a.created_at, a.updated_at))
   FROM hecate.addresses a WHERE a.user_id = u.id) END AS addresses
-- @sqlite
, CASE WHEN u.id IN (SELECT a.user_id FROM hecate.addresses a) THEN
  (SELECT json_group_array(json_array(a.id, a.kind, a.value, a.connection, json(CASE a.reserved WHEN 1 THEN 'true' ELSE 'false' END),
     json(CASE a.second_factor WHEN 1 THEN 'true' ELSE 'false' END), a.verified_at, a.created_at, a.updated_at))
   FROM hecate.addresses a WHERE a.user_id = u.id) END AS addresses

-- #define user_factors
-- @pg
, CASE WHEN (SELECT f.user_id FROM auth.mfa_factors f WHERE f.user_id = u.id LIMIT 1) IS NOT NULL THEN
  (SELECT json_agg(json_build_array(f.id, f.friendly_name, f.factor_type, f.status, f.phone, f.last_challenged_at, f.created_at, f.updated_at))
   FROM auth.mfa_factors f WHERE f.user_id = u.id) END AS factors
-- @sqlite
, CASE WHEN u.id IN (SELECT f.user_id FROM auth.mfa_factors f) THEN
  (SELECT json_group_array(json_array(f.id, f.friendly_name, f.factor_type, f.status, f.phone, f.last_challenged_at, f.created_at, f.updated_at))
   FROM auth.mfa_factors f WHERE f.user_id = u.id) END AS factors

-- #define user_subjects
-- @pg
, CASE WHEN (SELECT s.user_id FROM hecate.subjects s WHERE s.user_id = u.id LIMIT 1) IS NOT NULL THEN
  (SELECT json_agg(json_build_array(s.provider, s.subject, s.connection, s.created_at)) FROM hecate.subjects s WHERE s.user_id = u.id) END AS subjects
-- @sqlite
, CASE WHEN u.id IN (SELECT s.user_id FROM hecate.subjects s) THEN
  (SELECT json_group_array(json_array(s.provider, s.subject, s.connection, s.created_at)) FROM hecate.subjects s WHERE s.user_id = u.id) END AS subjects

-- #define user_passkeys
-- @pg
, CASE WHEN (SELECT k.user_id FROM hecate.passkeys k WHERE k.user_id = u.id LIMIT 1) IS NOT NULL THEN
  (SELECT json_agg(json_build_array(k.id, k.name, k.created_at, k.last_used_at)) FROM hecate.passkeys k WHERE k.user_id = u.id) END AS passkeys
-- @sqlite
, CASE WHEN u.id IN (SELECT k.user_id FROM hecate.passkeys k) THEN
  (SELECT json_group_array(json_array(k.id, k.name, k.created_at, k.last_used_at)) FROM hecate.passkeys k WHERE k.user_id = u.id) END AS passkeys

-- #define user_rare_parts
#user_addresses# #user_factors# #user_subjects# #user_passkeys#

-- #define user_parts
, #identity_columns# #user_rare_parts#

-- What counts.sql counts of a user: PostgreSQL alone asks.

-- #define user_counted
coalesce(aud, '') AS aud, deleted_at IS NOT NULL AS gone, CASE WHEN isfinite(created_at)
THEN CAST(extract(epoch FROM created_at) * 1000000 AS bigint) ELSE -4611686018427387904 END AS made

-- :user_get gathered
SELECT #user_columns# #user_parts# FROM #user_tables# #user_identity_rows# WHERE u.id = :id

-- What GoTrue shows of a user, and no more: each further table costs PostgreSQL a twentieth of such a read, or more.

-- #define core_parts
, #identity_columns# #user_factors#

-- :user_get_core gathered
SELECT #core_columns# #core_parts# FROM auth.users u #user_identity_rows# WHERE u.id = :id

-- Before a user is read to be changed. Alone: what a statement that waits for a lock reads beside the locked row is from before the wait.

-- :user_lock
-- @pg
SELECT u.id FROM auth.users u WHERE u.id = :id FOR UPDATE
-- @sqlite
SELECT u.id FROM auth.users u WHERE u.id = :id

-- :user_get_by_subject
SELECT #user_columns# #user_parts# FROM #user_tables# #user_identity_rows#
WHERE u.id = (SELECT b.user_id FROM hecate.subjects b WHERE b.provider = :provider AND b.subject = :subject)

-- The password grant: an address belongs to one user that is no SSO user.

-- :user_get_by_email
SELECT #user_columns# #user_parts# FROM #user_tables# #user_identity_rows#
WHERE u.email = :email AND u.is_sso_user = false AND (CAST(:aud AS text) IS NULL OR u.aud = :aud)

-- :user_get_by_phone
SELECT #user_columns# #user_parts# FROM #user_tables# #user_identity_rows#
WHERE u.phone = :phone AND u.is_sso_user = false AND (CAST(:aud AS text) IS NULL OR u.aud = :aud)

-- :user_get_by_username
SELECT #user_columns# #user_parts# FROM #user_tables# #user_identity_rows#
WHERE u.id = (SELECT b.user_id FROM hecate.profiles b WHERE b.username_key = :username_key)

-- Who has an address now, in the core column or among the further ones of the default connection?

-- :user_with_email
SELECT u.id, p.connection FROM auth.users u LEFT JOIN hecate.profiles p ON p.user_id = u.id
WHERE u.email = :value AND u.is_sso_user = false
UNION ALL
SELECT a.user_id, a.connection FROM hecate.addresses a WHERE a.kind = 'email' AND a.value_key = :value

-- :user_with_phone
SELECT u.id, p.connection FROM auth.users u LEFT JOIN hecate.profiles p ON p.user_id = u.id WHERE u.phone = :value
UNION ALL
SELECT a.user_id, a.connection FROM hecate.addresses a WHERE a.kind = 'phone' AND a.value_key = :value

-- :user_with_wallet
SELECT a.user_id AS id, a.connection FROM hecate.addresses a WHERE a.kind = 'web3' AND a.value_key = :value

-- The times at which users are made are counted (counts.sql): on SQLite by triggers.

-- #define user_row
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, invited_at,
  confirmation_token, recovery_token, email_change_token_new, email_change, last_sign_in_at, raw_app_meta_data,
  raw_user_meta_data, created_at, updated_at, phone, phone_confirmed_at, banned_until, is_sso_user, is_anonymous)
VALUES ('00000000-0000-0000-0000-000000000000', :id, :aud, :role, :email, :encrypted_password, :email_confirmed_at, :invited_at,
  '', '', '', '', :last_sign_in_at, :raw_app_meta_data,
  :raw_user_meta_data, :created_at, :updated_at, :phone, :phone_confirmed_at, :banned_until, :is_sso_user, :is_anonymous)

-- #define profile_row
INSERT INTO hecate.profiles (user_id, username, username_key, first_name, last_name, name, nickname, picture, given_name,
  family_name, locale, external_id, private_metadata, connection, last_ip, image_id, blocked_shown, delete_self_enabled,
  create_organization_enabled, bypass_client_trust, create_organizations_limit, logins_count,
  legal_accepted_at, last_active_at, made_at, password_set_at, last_password_reset_at, locked_at, locked_until, mfa_enabled_at,
  mfa_disabled_at, email_id, phone_id, web3_id, backup_codes, password_compromised_at, updated_at)
VALUES (:id, :username, :username_key, :first_name, :last_name, :name, :nickname, :picture, :given_name,
  :family_name, :locale, :external_id, :private_metadata, :connection, :last_ip, :image_id, :blocked_shown, :delete_self_enabled,
  :create_organization_enabled, :bypass_client_trust, :create_organizations_limit, :logins_count,
  :legal_accepted_at, :last_active_at, :created_at, :password_set_at, :last_password_reset_at, :locked_at, :locked_until, :mfa_enabled_at,
  :mfa_disabled_at, :email_id, :phone_id, :web3_id, :backup_codes, :password_compromised_at, :updated_at)

-- :user_insert write later
-- @pg
WITH made AS (#user_row# RETURNING #user_counted#)
INSERT INTO hecate.user_changes (aud, gone, made, n) SELECT aud, gone, made, 1 FROM made
-- @sqlite
#user_row#

-- The same with its profile.

-- :user_insert_whole write later
-- @pg
WITH made AS (#user_row# RETURNING #user_counted#), profile AS (#profile_row#)
INSERT INTO hecate.user_changes (aud, gone, made, n) SELECT aud, gone, made, 1 FROM made
-- @sqlite
#user_row#
;
#profile_row#

-- :user_update write
-- @pg
WITH old AS (
  SELECT #user_counted# FROM auth.users WHERE id = :id
), new AS (
  UPDATE auth.users SET aud = :aud, role = :role, email = :email, phone = :phone, encrypted_password = :encrypted_password,
    email_confirmed_at = :email_confirmed_at, phone_confirmed_at = :phone_confirmed_at, raw_app_meta_data = :raw_app_meta_data,
    raw_user_meta_data = :raw_user_meta_data, banned_until = :banned_until, is_anonymous = :is_anonymous,
    created_at = :created_at, updated_at = :updated_at
  WHERE id = :id
  RETURNING #user_counted#
)
INSERT INTO hecate.user_changes (aud, gone, made, n)
SELECT c.aud, c.gone, c.made, c.n FROM old, new, LATERAL (VALUES (old.aud, old.gone, old.made, -1), (new.aud, new.gone, new.made, 1)) c (aud, gone, made, n)
WHERE (old.aud, old.gone, old.made) IS DISTINCT FROM (new.aud, new.gone, new.made)
-- @sqlite
UPDATE auth.users SET aud = :aud, role = :role, email = :email, phone = :phone, encrypted_password = :encrypted_password,
  email_confirmed_at = :email_confirmed_at, phone_confirmed_at = :phone_confirmed_at, raw_app_meta_data = :raw_app_meta_data,
  raw_user_meta_data = :raw_user_meta_data, banned_until = :banned_until, is_anonymous = :is_anonymous,
  created_at = :created_at, updated_at = :updated_at
WHERE id = :id

-- :user_renew_password write
UPDATE auth.users SET encrypted_password = :encrypted_password, updated_at = :updated_at WHERE id = :id AND updated_at = :seen_at

-- :user_clear_tokens write
UPDATE auth.users SET confirmation_token = '', recovery_token = '', email_change_token_new = '', email_change_token_current = '',
  phone_change_token = '', reauthentication_token = '', confirmation_sent_at = NULL, recovery_sent_at = NULL,
  email_change_sent_at = NULL, phone_change_sent_at = NULL, reauthentication_sent_at = NULL
WHERE id = :id

-- :user_clear_confirmation write
UPDATE auth.users SET confirmation_token = '' WHERE id = :id

-- :user_delete write
-- @pg
WITH old AS (DELETE FROM auth.users WHERE id = :id RETURNING #user_counted#)
INSERT INTO hecate.user_changes (aud, gone, made, n) SELECT aud, gone, made, -1 FROM old
-- @sqlite
DELETE FROM auth.users WHERE id = :id

-- :user_soft_delete write
-- @pg
WITH old AS (
  SELECT #user_counted# FROM auth.users WHERE id = :id
), new AS (
  UPDATE auth.users SET email = :email, phone = :phone, email_change = :email_change, phone_change = :phone_change,
    encrypted_password = NULL, confirmation_token = '', recovery_token = '', email_change_token_current = '',
    email_change_token_new = '', phone_change_token = '', deleted_at = :deleted_at, updated_at = :updated_at,
    raw_app_meta_data = '{}', raw_user_meta_data = '{}'
  WHERE id = :id
  RETURNING #user_counted#
)
INSERT INTO hecate.user_changes (aud, gone, made, n)
SELECT c.aud, c.gone, c.made, c.n FROM old, new, LATERAL (VALUES (old.aud, old.gone, old.made, -1), (new.aud, new.gone, new.made, 1)) c (aud, gone, made, n)
WHERE (old.aud, old.gone, old.made) IS DISTINCT FROM (new.aud, new.gone, new.made)
-- @sqlite
UPDATE auth.users SET email = :email, phone = :phone, email_change = :email_change, phone_change = :phone_change,
  encrypted_password = NULL, confirmation_token = '', recovery_token = '', email_change_token_current = '',
  email_change_token_new = '', phone_change_token = '', deleted_at = :deleted_at, updated_at = :updated_at,
  raw_app_meta_data = '{}', raw_user_meta_data = '{}'
WHERE id = :id

-- :profile_put write
#profile_row#
ON CONFLICT (user_id) DO UPDATE SET username = excluded.username, username_key = excluded.username_key,
  first_name = excluded.first_name, last_name = excluded.last_name, name = excluded.name, nickname = excluded.nickname,
  picture = excluded.picture, given_name = excluded.given_name, family_name = excluded.family_name, locale = excluded.locale,
  external_id = excluded.external_id, private_metadata = excluded.private_metadata, connection = excluded.connection,
  last_ip = excluded.last_ip, image_id = excluded.image_id, blocked_shown = excluded.blocked_shown,
  delete_self_enabled = excluded.delete_self_enabled, create_organization_enabled = excluded.create_organization_enabled,
  bypass_client_trust = excluded.bypass_client_trust, create_organizations_limit = excluded.create_organizations_limit,
  logins_count = excluded.logins_count,
  legal_accepted_at = excluded.legal_accepted_at, last_active_at = excluded.last_active_at, made_at = excluded.made_at,
  password_set_at = excluded.password_set_at, last_password_reset_at = excluded.last_password_reset_at,
  locked_at = excluded.locked_at, locked_until = excluded.locked_until, mfa_enabled_at = excluded.mfa_enabled_at,
  mfa_disabled_at = excluded.mfa_disabled_at, email_id = excluded.email_id, phone_id = excluded.phone_id,
  web3_id = excluded.web3_id, backup_codes = excluded.backup_codes,
  password_compromised_at = excluded.password_compromised_at, updated_at = excluded.updated_at

-- :profile_delete write
DELETE FROM hecate.profiles WHERE user_id = :id

-- :password_put write
INSERT INTO hecate.passwords (user_id, scheme, digest, created_at) VALUES (:id, :scheme, :digest, :updated_at)
ON CONFLICT (user_id) DO UPDATE SET scheme = excluded.scheme, digest = excluded.digest, created_at = excluded.created_at

-- :password_delete write
DELETE FROM hecate.passwords WHERE user_id = :id

-- :identity_insert write later
INSERT INTO auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
VALUES (:id, :provider_id, :user_id, :identity_data, :provider, :last_sign_in_at, :created_at, :updated_at)

-- :identity_set_data write
UPDATE auth.identities SET identity_data = :identity_data, provider_id = :provider_id, updated_at = :updated_at WHERE id = :id

-- :identity_delete write
DELETE FROM auth.identities WHERE id = :id

-- Whoever takes an address holds this until the end of the transaction. (One index guards auth.users, another hecate.addresses; an address that
-- two take, one in each table, is in neither. SQLite has one writer.)

-- :address_lock read later
-- @pg
SELECT pg_advisory_xact_lock(hashtextextended(CAST(:value AS text), 0)) IS NULL AS locked
-- @sqlite
SELECT 1 AS locked WHERE :value IS NULL

-- :address_insert write
INSERT INTO hecate.addresses (id, user_id, kind, value, value_key, connection, verified_at, reserved, second_factor, created_at, updated_at)
VALUES (:id, :user_id, :kind, :value, :value_key, :connection, :verified_at, :reserved, :second_factor, :created_at, :updated_at)

-- :address_delete write
DELETE FROM hecate.addresses WHERE id = :id

-- :addresses_delete_all write
DELETE FROM hecate.addresses WHERE user_id = :user_id

-- :subject_insert write
INSERT INTO hecate.subjects (provider, subject, user_id, connection, created_at)
VALUES (:provider, :subject, :user_id, :connection, :created_at)

-- :one_time_tokens_delete write
DELETE FROM auth.one_time_tokens WHERE user_id = :id

-- :factors_delete write
DELETE FROM auth.mfa_factors WHERE user_id = :id

-- :addresses_no_factor write
UPDATE hecate.addresses SET second_factor = false WHERE user_id = :id AND second_factor

-- :webauthn_delete write
DELETE FROM auth.webauthn_credentials WHERE user_id = :id
