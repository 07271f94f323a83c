-- Who was active before or after some time, newest first: the index knows when they were made, so that no user is read who is not on the page. made_at is
-- auth_users.created_at, written with last_active_at; it does not count without that.
ALTER TABLE hecate_profiles ADD COLUMN made_at INTEGER;
DROP INDEX profiles_last_active_at_idx;

-- Of users who are there already.
UPDATE hecate_profiles SET made_at = (SELECT u.created_at FROM auth_users u WHERE u.id = user_id) WHERE last_active_at IS NOT NULL;

CREATE INDEX profiles_last_active_at_idx ON hecate_profiles (last_active_at, made_at, user_id) WHERE last_active_at IS NOT NULL;
CREATE INDEX profiles_odd_active_idx ON hecate_profiles (user_id) WHERE last_active_at < made_at;

-- Whose row was kept after their deletion.
CREATE INDEX hecate_users_deleted_at_idx ON auth_users (id) WHERE deleted_at IS NOT NULL;
