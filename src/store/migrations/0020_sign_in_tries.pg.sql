-- Wrong passwords since the last right one. id is the user's, or one computed from a name that nobody has: those are counted alike, so that the answers
-- tell nothing. A row counts for a time after tried_at.
CREATE TABLE hecate.sign_in_tries (
    id uuid NOT NULL,
    tries bigint NOT NULL,
    tried_at timestamptz NOT NULL,
    CONSTRAINT sign_in_tries_pkey PRIMARY KEY (id)
);
CREATE INDEX sign_in_tries_tried_at_idx ON hecate.sign_in_tries (tried_at);
ALTER TABLE hecate.profiles DROP COLUMN failed_attempts;
