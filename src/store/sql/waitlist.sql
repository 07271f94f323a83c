-- Who waits to be invited. Who was, and has become a user, is done with.

-- #define waiting
(SELECT w.id, w.email, w.created_at, w.updated_at, CASE WHEN w.status = 'invited' AND EXISTS
   (SELECT 1 FROM auth.users u WHERE u.email = w.email AND u.is_sso_user = false) THEN 'completed' ELSE w.status END AS status FROM hecate.waitlist w) x

-- #define waiting_page
SELECT x.*, count(*) OVER () AS total FROM #waiting#
WHERE (CAST(:status AS text) IS NULL OR x.status = :status) AND (CAST(:like AS text) IS NULL OR x.email LIKE :like ESCAPE '\')

-- #define waiting_email
-- @pg
x.email COLLATE "C"
-- @sqlite
x.email

-- :waiting_by_creation slow
#waiting_page# ORDER BY x.created_at, x.id LIMIT :limit OFFSET :offset

-- :waiting_by_creation_down slow
#waiting_page# ORDER BY x.created_at DESC, x.id DESC LIMIT :limit OFFSET :offset

-- :waiting_by_change slow
#waiting_page# ORDER BY x.updated_at, x.id LIMIT :limit OFFSET :offset

-- :waiting_by_change_down slow
#waiting_page# ORDER BY x.updated_at DESC, x.id DESC LIMIT :limit OFFSET :offset

-- :waiting_by_email slow
#waiting_page# ORDER BY #waiting_email# LIMIT :limit OFFSET :offset

-- :waiting_by_email_down slow
#waiting_page# ORDER BY #waiting_email# DESC LIMIT :limit OFFSET :offset

-- :waiting_get
SELECT x.* FROM #waiting# WHERE x.id = :id

-- :waiting_of_email
SELECT x.* FROM #waiting# WHERE x.email = :email

-- :waiting_insert write
INSERT INTO hecate.waitlist (id, email, status, created_at, updated_at) VALUES (:id, :email, :status, :created_at, :updated_at) ON CONFLICT (email) DO NOTHING

-- :waiting_set write
UPDATE hecate.waitlist SET status = :status, updated_at = :updated_at WHERE id = :id

-- :waiting_delete write
DELETE FROM hecate.waitlist WHERE id = :id
