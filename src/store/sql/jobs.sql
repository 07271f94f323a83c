-- Jobs, what they report and write; and tickets.

-- :job_insert write
INSERT INTO hecate.jobs (id, kind, state, options, next_at, created_at) VALUES (:id, :kind, 'pending', :options, :next_at, :created_at)

-- :job_get
SELECT id, kind, state, options, details, total, done, inserted, updated, failed, created_at, ended_at FROM hecate.jobs WHERE id = :id

-- :job_active
SELECT count(*) AS total FROM hecate.jobs WHERE kind = :kind AND state IN ('pending', 'processing')

-- Nobody else gets the row before next_at.

-- :job_claim write
-- @pg
UPDATE hecate.jobs SET state = 'processing', next_at = :next_at
WHERE id = (SELECT j.id FROM hecate.jobs j WHERE j.state IN ('pending', 'processing') AND j.next_at <= :now
  ORDER BY j.created_at, j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, state, options, details, total, done, inserted, updated, failed, created_at, ended_at
-- @sqlite
UPDATE hecate.jobs SET state = 'processing', next_at = :next_at
WHERE id = (SELECT j.id FROM hecate.jobs j WHERE j.state IN ('pending', 'processing') AND j.next_at <= :now ORDER BY j.created_at, j.id LIMIT 1)
RETURNING id, kind, state, options, details, total, done, inserted, updated, failed, created_at, ended_at

-- Of two that work at the same job one finds its rows undone.

-- :job_step write
UPDATE hecate.jobs SET total = :total, done = :done, inserted = :inserted, updated = :updated, failed = :failed, next_at = :next_at
WHERE id = :id AND state = 'processing' AND done = :before

-- :job_end write
UPDATE hecate.jobs SET state = :state, details = :details, ended_at = :now WHERE id = :id AND state = 'processing'

-- What a process had in hand when it ended: on SQLite there is no other.

-- :job_release write
UPDATE hecate.jobs SET next_at = :now WHERE state = 'processing'

-- :job_sweep write
DELETE FROM hecate.jobs WHERE created_at < :created_at

-- :job_error_insert write
INSERT INTO hecate.job_errors (job_id, nth, report) VALUES (:id, :nth, :report)

-- :job_error_list slow
SELECT nth, report FROM hecate.job_errors WHERE job_id = :id ORDER BY nth

-- :job_part_insert write
INSERT INTO hecate.job_parts (job_id, nth, content) VALUES (:id, :nth, :content)

-- :job_parts_delete write
DELETE FROM hecate.job_parts WHERE job_id = :id AND nth >= 0

-- :job_input_delete write
DELETE FROM hecate.job_parts WHERE job_id = :id AND nth = -1

-- :job_part_list slow
SELECT nth, content FROM hecate.job_parts WHERE job_id = :id AND nth >= 0 ORDER BY nth

-- :job_input slow
SELECT nth, content FROM hecate.job_parts WHERE job_id = :id AND nth = -1

-- Who has the username or the chosen id, other than a linked account.

-- :import_clash
SELECT p.user_id, 'username' AS what FROM hecate.profiles p WHERE p.username_key = CAST(:username_key AS text)
UNION ALL
SELECT s.user_id, 'id' FROM hecate.subjects s WHERE s.provider = CAST(:provider AS text) AND s.subject = CAST(:subject AS text)
UNION ALL
SELECT u.id, 'id' FROM auth.users u WHERE u.id = :user_id
LIMIT 1

-- :ticket_insert write
INSERT INTO hecate.tickets (id, kind, user_id, identity_id, email, mailed_at, options, created_at, expires_at)
VALUES (:id, :kind, :user_id, :identity_id, :email, :mailed_at, :options, :created_at, :expires_at)

-- :ticket_get
SELECT id, kind, user_id, identity_id, email, options, created_at, expires_at, used_at FROM hecate.tickets WHERE id = :id

-- A ticket is used up, once: of several at a time one finds it.

-- :ticket_use write
UPDATE hecate.tickets SET used_at = :now WHERE id = :id AND kind = :kind AND used_at IS NULL AND expires_at > :now

-- :ticket_void write
UPDATE hecate.tickets SET used_at = :now WHERE user_id = :user_id AND kind = :kind AND used_at IS NULL

-- The newest that was sent by mail.

-- :ticket_newest
SELECT id, kind, user_id, identity_id, email, mailed_at, options, created_at, expires_at, used_at FROM hecate.tickets
WHERE user_id = :user_id AND kind = :kind AND mailed_at IS NOT NULL ORDER BY created_at DESC, id LIMIT 1

-- :ticket_sweep write
DELETE FROM hecate.tickets WHERE expires_at < :now
