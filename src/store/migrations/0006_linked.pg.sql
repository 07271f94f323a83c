-- Auth0's accounts that were linked to another user: what is needed to give them back, and to keep their names for them. identity_data of the
-- identity holds the profile; provider and subject are the former id; digest is the password hash of a database account.

CREATE TABLE hecate.linked (
    identity_id uuid NOT NULL,
    former_id uuid NOT NULL,
    provider text NOT NULL,
    subject text NOT NULL,
    connection text NOT NULL DEFAULT '',
    email text,
    phone text,
    username text,
    username_key text,
    digest text,
    created_at timestamptz NOT NULL,
    CONSTRAINT linked_pkey PRIMARY KEY (identity_id),
    CONSTRAINT linked_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES auth.identities (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX linked_former_id_idx ON hecate.linked (former_id);
CREATE UNIQUE INDEX linked_subject_idx ON hecate.linked (provider, subject);
CREATE UNIQUE INDEX linked_username_key_idx ON hecate.linked (username_key) WHERE username_key IS NOT NULL;
CREATE INDEX linked_email_idx ON hecate.linked (email);
