-- The audit trail as Auth0's logs: by time, all of it or of one user; `actions` stand between commas. Rows of others may have no time.

-- #define log_columns
e.id, e.payload, e.ip_address, e.created_at

-- #define log_told
-- @pg
CAST(e.payload AS text) LIKE '%"action"%' AND CAST(e.payload AS text) NOT LIKE '{"action":"token_revoked"%'
  AND CAST(e.payload AS text) NOT LIKE '{"action": "token_revoked"%'
-- @sqlite
substr(e.payload, 1, 10) = '{"action":' AND substr(e.payload, 1, 25) <> '{"action":"token_revoked"'

-- #define log_wanted
#log_told# AND e.created_at >= :since AND e.created_at <= :until
  AND (CAST(:actions AS text) IS NULL OR CAST(:actions AS text) LIKE '%,' || (e.payload ->> 'action') || ',%')

-- What is about a user, on SQLite along the chain (migrations/0037_chains), the last first. (A number that is given out anew may lead to an entry about
-- somebody else, and an entry that is not older than the one before would lead in a circle.)

-- #define log_head
-- @sqlite
coalesce((SELECT u.hecate_log_head FROM auth.users u WHERE u.id = :user_id), (SELECT h.entry FROM hecate.log_heads h WHERE h.user_id = :user_id))

-- #define log_chained
-- @sqlite
WITH RECURSIVE chain (entry, previous) AS (
  SELECT c.hecate_log_entry, c.hecate_log_previous FROM auth.audit_log_entries c WHERE c.hecate_log_entry = #log_head#
  UNION ALL
  SELECT c.hecate_log_entry, c.hecate_log_previous FROM chain b JOIN auth.audit_log_entries c ON c.hecate_log_entry = b.previous AND c.hecate_log_entry < b.entry
) SELECT entry FROM chain

-- #define log_of_user
-- @pg
auth.audit_log_entries e WHERE coalesce(e.payload #>> '{traits,user_id}', e.payload ->> 'actor_id') = :user_id
-- @sqlite
(#log_chained#) d CROSS JOIN auth.audit_log_entries e
WHERE e.hecate_log_entry = d.entry AND coalesce(e.payload ->> '$.traits.user_id', e.payload ->> 'actor_id') = :user_id

-- :log_list slow
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_wanted# ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset

-- :log_list_up slow
SELECT #log_columns# FROM auth.audit_log_entries e WHERE #log_wanted# AND (e.created_at > :since OR e.id > :after_id)
ORDER BY e.created_at, e.id LIMIT :limit OFFSET :offset

-- :log_count slow
SELECT count(*) AS total FROM auth.audit_log_entries e WHERE #log_wanted#

-- The chain is in the order in which things were done, and a request that hashed began before others that overtook it: 64 more are read, and sorted.

-- :log_user_list slow
-- @pg
SELECT #log_columns# FROM #log_of_user# AND #log_wanted# ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset
-- @sqlite
SELECT #log_columns# FROM (SELECT e.* FROM #log_of_user# AND #log_wanted# LIMIT :limit + :offset + 64) e
ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset

-- :log_user_list_up slow
SELECT #log_columns# FROM #log_of_user# AND #log_wanted# AND (e.created_at > :since OR e.id > :after_id)
ORDER BY e.created_at, e.id LIMIT :limit OFFSET :offset

-- :log_user_count slow
SELECT count(*) AS total FROM #log_of_user# AND #log_wanted#
