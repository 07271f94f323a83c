-- Wrong passwords since the last right one. id is the user's, or one computed from a name that nobody has: those are counted alike, so that the answers
-- tell nothing. A row counts for a time after tried_at.
CREATE TABLE hecate_sign_in_tries (
    id TEXT NOT NULL,
    tries INTEGER NOT NULL,
    tried_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sign_in_tries_pkey ON hecate_sign_in_tries (id);
CREATE INDEX sign_in_tries_tried_at_idx ON hecate_sign_in_tries (tried_at);
ALTER TABLE hecate_profiles DROP COLUMN failed_attempts;
