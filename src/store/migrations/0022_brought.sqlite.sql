-- What a user brought from another party: tokens of an account there (sealed by the data key), and passkeys.
CREATE TABLE hecate_foreign_tokens (
    identity_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    expires_at INTEGER,
    CONSTRAINT foreign_tokens_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES auth_identities (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX foreign_tokens_pkey ON hecate_foreign_tokens (identity_id);
CREATE TABLE hecate_passkeys (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX passkeys_pkey ON hecate_passkeys (id);
CREATE UNIQUE INDEX passkeys_credential_id_idx ON hecate_passkeys (credential_id);
CREATE INDEX passkeys_user_id_idx ON hecate_passkeys (user_id);
