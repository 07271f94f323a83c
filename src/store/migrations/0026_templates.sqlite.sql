-- Templates of tokens: the claims that a session's token has beside our own. sealed_key is a key of the template's own, sealed by the data key.
CREATE TABLE hecate_token_templates (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    claims TEXT NOT NULL,
    lifetime INTEGER NOT NULL,
    skew INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    sealed_key TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX token_templates_pkey ON hecate_token_templates (id);
CREATE UNIQUE INDEX token_templates_name_idx ON hecate_token_templates (name);
