-- What stands beside a second factor: the last step whose code was taken (RFC 6238 5.2: a code is good once), and the wrong codes since tries_since.
CREATE TABLE hecate_factors (
    factor_id TEXT NOT NULL,
    last_step INTEGER NOT NULL DEFAULT -1,
    tries INTEGER NOT NULL DEFAULT 0,
    tries_since INTEGER,
    CONSTRAINT factors_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth_mfa_factors (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX factors_pkey ON hecate_factors (factor_id);
