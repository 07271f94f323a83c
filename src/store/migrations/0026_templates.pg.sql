-- Templates of tokens: the claims that a session's token has beside our own. sealed_key is a key of the template's own, sealed by the data key.
CREATE TABLE hecate.token_templates (
    id uuid NOT NULL,
    name text NOT NULL,
    claims jsonb NOT NULL,
    lifetime bigint NOT NULL,
    skew bigint NOT NULL,
    algorithm text NOT NULL,
    sealed_key text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT token_templates_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX token_templates_name_idx ON hecate.token_templates (name);
