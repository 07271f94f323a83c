-- Second factors of Auth0 that auth.mfa_factors has no place for.

CREATE TABLE hecate_email_factors (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT email_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX email_factors_pkey ON hecate_email_factors (id);
CREATE UNIQUE INDEX email_factors_email_idx ON hecate_email_factors (user_id, email);

-- digest is the SHA-256 of the code, in hex: it has 24 random characters.
CREATE TABLE hecate_recovery_codes (
    user_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX recovery_codes_pkey ON hecate_recovery_codes (user_id);
