-- Who was active before or after some time, newest first: the index knows when they were made, so that no user is read who is not on the page. made_at is
-- auth.users.created_at, written with last_active_at; it does not count without that.
ALTER TABLE hecate.profiles ADD COLUMN made_at timestamptz;
DROP INDEX hecate.profiles_last_active_at_idx;

-- Of users who are there already.
UPDATE hecate.profiles p SET made_at = u.created_at FROM auth.users u WHERE u.id = p.user_id AND p.last_active_at IS NOT NULL;

CREATE INDEX profiles_last_active_at_idx ON hecate.profiles (last_active_at, made_at, user_id) WHERE last_active_at IS NOT NULL;
CREATE INDEX profiles_odd_active_idx ON hecate.profiles (user_id) WHERE last_active_at < made_at;

-- Whose row was kept after their deletion.
CREATE INDEX hecate_users_deleted_at_idx ON auth.users (id) WHERE deleted_at IS NOT NULL;
