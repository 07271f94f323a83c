-- Second factors of Auth0 that auth.mfa_factors has no place for.

CREATE TABLE hecate.email_factors (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL DEFAULT '',
    email text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT email_factors_pkey PRIMARY KEY (id),
    CONSTRAINT email_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX email_factors_email_idx ON hecate.email_factors (user_id, email);

-- digest is the SHA-256 of the code, in hex: it has 24 random characters.
CREATE TABLE hecate.recovery_codes (
    user_id uuid NOT NULL,
    digest text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id),
    CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
