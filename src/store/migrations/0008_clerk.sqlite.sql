-- Sessions that an administrator ended: auth.sessions keeps none. Rows go after a while.
CREATE TABLE hecate_ended_sessions (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    refreshed_at INTEGER,
    ended_at INTEGER NOT NULL,
    CONSTRAINT ended_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX ended_sessions_pkey ON hecate_ended_sessions (id);
CREATE INDEX ended_sessions_user_id_idx ON hecate_ended_sessions (user_id);
CREATE INDEX ended_sessions_ended_at_idx ON hecate_ended_sessions (ended_at);

-- Tokens by which a user may sign in once; token_sum is the SHA-256 of the token, in hex.
CREATE TABLE hecate_sign_in_tokens (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    token_sum TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT sign_in_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT sign_in_tokens_status_check CHECK (status IN ('pending', 'accepted', 'revoked'))
) STRICT;
CREATE UNIQUE INDEX sign_in_tokens_pkey ON hecate_sign_in_tokens (id);
CREATE INDEX sign_in_tokens_user_id_idx ON hecate_sign_in_tokens (user_id);

-- Codes that stand in for a second factor, each once: a row goes when its code is used. digest is a password hash.
CREATE TABLE hecate_backup_codes (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT backup_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX backup_codes_pkey ON hecate_backup_codes (id);
CREATE INDEX backup_codes_user_id_idx ON hecate_backup_codes (user_id);

-- Since when the user's password is known to others: no sign-in by it any more.
ALTER TABLE hecate_profiles ADD COLUMN password_compromised_at INTEGER;
