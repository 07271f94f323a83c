-- Roles and permissions of Auth0. A permission is a scope of a resource server; roles and users have them.

CREATE TABLE hecate.resource_servers (
    id text NOT NULL,
    identifier text NOT NULL,
    name text NOT NULL DEFAULT '',
    signing_alg text NOT NULL DEFAULT 'RS256',
    allow_offline_access boolean NOT NULL DEFAULT false,
    skip_consent boolean NOT NULL DEFAULT false,
    token_lifetime bigint NOT NULL DEFAULT 86400,
    token_lifetime_for_web bigint NOT NULL DEFAULT 7200,
    enforce_policies boolean NOT NULL DEFAULT false,
    token_dialect text,
    created_at timestamptz NOT NULL,
    CONSTRAINT resource_servers_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX resource_servers_identifier_idx ON hecate.resource_servers (identifier);

-- position: the order in which the resource server has them.
CREATE TABLE hecate.permissions (
    server_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    position bigint NOT NULL,
    CONSTRAINT permissions_pkey PRIMARY KEY (server_id, name),
    CONSTRAINT permissions_server_id_fkey FOREIGN KEY (server_id) REFERENCES hecate.resource_servers (id) ON DELETE CASCADE
);

CREATE TABLE hecate.roles (
    id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    CONSTRAINT roles_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX roles_name_idx ON hecate.roles (name);

CREATE TABLE hecate.role_permissions (
    role_id text NOT NULL,
    server_id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, server_id, name),
    CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES hecate.roles (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_name_fkey FOREIGN KEY (server_id, name) REFERENCES hecate.permissions (server_id, name) ON DELETE CASCADE
);
CREATE INDEX role_permissions_name_idx ON hecate.role_permissions (server_id, name);

CREATE TABLE hecate.user_roles (
    user_id uuid NOT NULL,
    role_id text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id),
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES hecate.roles (id) ON DELETE CASCADE
);
CREATE INDEX user_roles_role_id_idx ON hecate.user_roles (role_id, created_at, user_id);

CREATE TABLE hecate.user_permissions (
    user_id uuid NOT NULL,
    server_id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT user_permissions_pkey PRIMARY KEY (user_id, server_id, name),
    CONSTRAINT user_permissions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT user_permissions_name_fkey FOREIGN KEY (server_id, name) REFERENCES hecate.permissions (server_id, name) ON DELETE CASCADE
);
CREATE INDEX user_permissions_name_idx ON hecate.user_permissions (server_id, name);
