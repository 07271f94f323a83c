-- The audit trail as Auth0's logs: by time, all of it or of one user; `actions` stand between commas. Rows of others may have no time.

-- #define log_columns
e.id, e.payload, e.ip_address, e.created_at

-- #define log_wanted
(e.payload ->> 'action') <> 'token_revoked' AND e.created_at >= :since AND e.created_at <= :until
  AND (CAST(:actions AS text) IS NULL OR CAST(:actions AS text) LIKE '%,' || (e.payload ->> 'action') || ',%')

-- #define log_of_user
-- @pg
coalesce(e.payload #>> '{traits,user_id}', e.payload ->> 'actor_id') = :user_id
-- @sqlite
coalesce(e.payload ->> '$.traits.user_id', e.payload ->> 'actor_id') = :user_id

-- :log_list slow
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_wanted# ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset

-- :log_list_up slow
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_wanted# AND (e.created_at > :since OR e.id > :after_id)
ORDER BY e.created_at, e.id LIMIT :limit OFFSET :offset

-- :log_count slow
SELECT count(*) AS total FROM auth.audit_log_entries e WHERE #log_wanted#

-- :log_user_list
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_of_user# AND #log_wanted# ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset

-- :log_user_list_up
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_of_user# AND #log_wanted# AND (e.created_at > :since OR e.id > :after_id)
ORDER BY e.created_at, e.id LIMIT :limit OFFSET :offset

-- :log_user_count
SELECT count(*) AS total FROM auth.audit_log_entries e WHERE #log_of_user# AND #log_wanted#
