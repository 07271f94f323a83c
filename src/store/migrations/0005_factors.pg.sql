-- What stands beside a second factor: the last step whose code was taken (RFC 6238 5.2: a code is good once), and the wrong codes since tries_since.
CREATE TABLE hecate.factors (
    factor_id uuid NOT NULL,
    last_step bigint NOT NULL DEFAULT -1,
    tries bigint NOT NULL DEFAULT 0,
    tries_since timestamptz,
    CONSTRAINT factors_pkey PRIMARY KEY (factor_id),
    CONSTRAINT factors_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth.mfa_factors (id) ON DELETE CASCADE
);
