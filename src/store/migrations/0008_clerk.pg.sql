-- Sessions that an administrator ended: auth.sessions keeps none. Rows go after a while.
CREATE TABLE hecate.ended_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    refreshed_at timestamptz,
    ended_at timestamptz NOT NULL,
    CONSTRAINT ended_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT ended_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX ended_sessions_user_id_idx ON hecate.ended_sessions (user_id);
CREATE INDEX ended_sessions_ended_at_idx ON hecate.ended_sessions (ended_at);

-- Tokens by which a user may sign in once; token_sum is the SHA-256 of the token, in hex.
CREATE TABLE hecate.sign_in_tokens (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text NOT NULL,
    token_sum text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sign_in_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT sign_in_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT sign_in_tokens_status_check CHECK (status IN ('pending', 'accepted', 'revoked'))
);
CREATE INDEX sign_in_tokens_user_id_idx ON hecate.sign_in_tokens (user_id);

-- Codes that stand in for a second factor, each once: a row goes when its code is used. digest is a password hash.
CREATE TABLE hecate.backup_codes (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    digest text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT backup_codes_pkey PRIMARY KEY (id),
    CONSTRAINT backup_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX backup_codes_user_id_idx ON hecate.backup_codes (user_id);

-- Since when the user's password is known to others: no sign-in by it any more.
ALTER TABLE hecate.profiles ADD COLUMN password_compromised_at timestamptz;
