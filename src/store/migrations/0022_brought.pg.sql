-- What a user brought from another party: tokens of an account there (sealed by the data key), and passkeys.
CREATE TABLE hecate.foreign_tokens (
    identity_id uuid NOT NULL,
    sealed text NOT NULL,
    expires_at timestamptz,
    CONSTRAINT foreign_tokens_pkey PRIMARY KEY (identity_id),
    CONSTRAINT foreign_tokens_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES auth.identities (id) ON DELETE CASCADE
);
CREATE TABLE hecate.passkeys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    credential_id text NOT NULL,
    public_key text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT passkeys_pkey PRIMARY KEY (id),
    CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX passkeys_credential_id_idx ON hecate.passkeys (credential_id);
CREATE INDEX passkeys_user_id_idx ON hecate.passkeys (user_id);
