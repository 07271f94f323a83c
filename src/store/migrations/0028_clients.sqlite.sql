-- Clients of Auth0's token endpoint. sealed: the secret under the data key; document: the members that its API shows. The client of the settings is none
-- of them, but may have grants.

CREATE TABLE hecate_clients (
    id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    app_type TEXT NOT NULL,
    is_first_party INTEGER NOT NULL CHECK (is_first_party IN (0, 1)),
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX clients_pkey ON hecate_clients (id);

-- Public keys by which a client signs its assertions.
CREATE TABLE hecate_client_credentials (
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    pem TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    CONSTRAINT client_credentials_client_id_fkey FOREIGN KEY (client_id) REFERENCES hecate_clients (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX client_credentials_pkey ON hecate_client_credentials (id);
CREATE INDEX client_credentials_client_id_idx ON hecate_client_credentials (client_id);

-- Assertions that were used; each is good once.
CREATE TABLE hecate_client_assertions (
    client_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX client_assertions_pkey ON hecate_client_assertions (client_id, jti);
CREATE INDEX client_assertions_expires_at_idx ON hecate_client_assertions (expires_at);

-- Which scopes of an API a client may have by itself.
CREATE TABLE hecate_client_grants (
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    scopes TEXT NOT NULL,
    organization_usage TEXT,
    allow_any_organization INTEGER NOT NULL DEFAULT false CHECK (allow_any_organization IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX client_grants_pkey ON hecate_client_grants (id);
CREATE UNIQUE INDEX client_grants_client_idx ON hecate_client_grants (client_id, audience);
