-- The audit trail as Auth0's logs: by time, all of it or of one user; `actions` stand between commas. Rows of others may have no time.

-- #define log_columns
e.id, e.payload, e.ip_address, e.created_at

-- #define log_wanted
e.created_at >= :since AND e.created_at <= :until
  AND (CAST(:actions AS text) IS NULL OR CAST(:actions AS text) LIKE '%,' || (e.payload ->> 'action') || ',%')

-- #define log_by_user
(e.payload ->> 'actor_id') = :user_id AND (e.payload ->> 'actor_id') <> '00000000-0000-0000-0000-000000000000'

-- #define log_of_user
-- @pg
(e.payload #>> '{traits,user_id}') = :user_id AND (e.payload #>> '{traits,user_id}') IS NOT NULL AND coalesce(e.payload ->> 'actor_id', '') <> :user_id
-- @sqlite
(e.payload ->> '$.traits.user_id') = :user_id AND (e.payload ->> '$.traits.user_id') IS NOT NULL AND coalesce(e.payload ->> 'actor_id', '') <> :user_id

-- :log_list slow
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_wanted# ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset

-- :log_list_up slow
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_wanted# AND (e.created_at > :since OR e.id > :after_id)
ORDER BY e.created_at, e.id LIMIT :limit OFFSET :offset

-- :log_count slow
SELECT count(*) AS total FROM auth.audit_log_entries e WHERE #log_wanted#

-- Each way of being a user's is read along its index, no further than the page reaches.

-- :log_user_list
SELECT u.id, u.payload, u.ip_address, u.created_at FROM (
  SELECT * FROM (SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_by_user# AND #log_wanted#
    ORDER BY e.created_at DESC, e.id DESC LIMIT :reach) a
  UNION ALL
  SELECT * FROM (SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_of_user# AND #log_wanted#
    ORDER BY e.created_at DESC, e.id DESC LIMIT :reach) b) u
ORDER BY u.created_at DESC, u.id DESC LIMIT :limit OFFSET :offset

-- :log_user_list_up
SELECT u.id, u.payload, u.ip_address, u.created_at FROM (
  SELECT * FROM (SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_by_user# AND #log_wanted#
    AND (e.created_at > :since OR e.id > :after_id) ORDER BY e.created_at, e.id LIMIT :reach) a
  UNION ALL
  SELECT * FROM (SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_of_user# AND #log_wanted#
    AND (e.created_at > :since OR e.id > :after_id) ORDER BY e.created_at, e.id LIMIT :reach) b) u
ORDER BY u.created_at, u.id LIMIT :limit OFFSET :offset

-- :log_user_count
SELECT (SELECT count(*) FROM auth.audit_log_entries e WHERE #log_by_user# AND #log_wanted#)
  + (SELECT count(*) FROM auth.audit_log_entries e WHERE #log_of_user# AND #log_wanted#) AS total
