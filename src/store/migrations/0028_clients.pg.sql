-- Clients of Auth0's token endpoint. sealed: the secret under the data key; document: the members that its API shows. The client of the settings is none
-- of them, but may have grants.

CREATE TABLE hecate.clients (
    id text NOT NULL,
    sealed text NOT NULL,
    app_type text NOT NULL,
    is_first_party boolean NOT NULL,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT clients_pkey PRIMARY KEY (id)
);

-- Public keys by which a client signs its assertions.
CREATE TABLE hecate.client_credentials (
    id text NOT NULL,
    client_id text NOT NULL,
    name text NOT NULL DEFAULT '',
    kid text NOT NULL,
    alg text NOT NULL,
    pem text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    CONSTRAINT client_credentials_pkey PRIMARY KEY (id),
    CONSTRAINT client_credentials_client_id_fkey FOREIGN KEY (client_id) REFERENCES hecate.clients (id) ON DELETE CASCADE
);
CREATE INDEX client_credentials_client_id_idx ON hecate.client_credentials (client_id);

-- Assertions that were used; each is good once.
CREATE TABLE hecate.client_assertions (
    client_id text NOT NULL,
    jti text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT client_assertions_pkey PRIMARY KEY (client_id, jti)
);
CREATE INDEX client_assertions_expires_at_idx ON hecate.client_assertions (expires_at);

-- Which scopes of an API a client may have by itself.
CREATE TABLE hecate.client_grants (
    id text NOT NULL,
    client_id text NOT NULL,
    audience text NOT NULL,
    scopes jsonb NOT NULL,
    organization_usage text,
    allow_any_organization boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CONSTRAINT client_grants_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX client_grants_client_idx ON hecate.client_grants (client_id, audience);
