-- Auth0's accounts that were linked to another user: what is needed to give them back, and to keep their names for them. identity_data of the
-- identity holds the profile; provider and subject are the former id; digest is the password hash of a database account.

CREATE TABLE hecate_linked (
    identity_id TEXT NOT NULL,
    former_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    connection TEXT NOT NULL DEFAULT '',
    email TEXT,
    phone TEXT,
    username TEXT,
    username_key TEXT,
    digest TEXT,
    created_at INTEGER NOT NULL,
    CONSTRAINT linked_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES auth_identities (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX linked_pkey ON hecate_linked (identity_id);
CREATE UNIQUE INDEX linked_former_id_idx ON hecate_linked (former_id);
CREATE UNIQUE INDEX linked_subject_idx ON hecate_linked (provider, subject);
CREATE UNIQUE INDEX linked_username_key_idx ON hecate_linked (username_key) WHERE username_key IS NOT NULL;
CREATE INDEX linked_email_idx ON hecate_linked (email);
