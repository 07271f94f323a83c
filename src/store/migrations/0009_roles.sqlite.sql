-- Roles and permissions of Auth0. A permission is a scope of a resource server; roles and users have them.

CREATE TABLE hecate_resource_servers (
    id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    signing_alg TEXT NOT NULL DEFAULT 'RS256',
    allow_offline_access INTEGER NOT NULL DEFAULT false CHECK (allow_offline_access IN (0, 1)),
    skip_consent INTEGER NOT NULL DEFAULT false CHECK (skip_consent IN (0, 1)),
    token_lifetime INTEGER NOT NULL DEFAULT 86400,
    token_lifetime_for_web INTEGER NOT NULL DEFAULT 7200,
    enforce_policies INTEGER NOT NULL DEFAULT false CHECK (enforce_policies IN (0, 1)),
    token_dialect TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX resource_servers_pkey ON hecate_resource_servers (id);
CREATE UNIQUE INDEX resource_servers_identifier_idx ON hecate_resource_servers (identifier);

-- position: the order in which the resource server has them.
CREATE TABLE hecate_permissions (
    server_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL,
    CONSTRAINT permissions_server_id_fkey FOREIGN KEY (server_id) REFERENCES hecate_resource_servers (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX permissions_pkey ON hecate_permissions (server_id, name);

CREATE TABLE hecate_roles (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX roles_pkey ON hecate_roles (id);
CREATE UNIQUE INDEX roles_name_idx ON hecate_roles (name);

CREATE TABLE hecate_role_permissions (
    role_id TEXT NOT NULL,
    server_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES hecate_roles (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_name_fkey FOREIGN KEY (server_id, name) REFERENCES hecate_permissions (server_id, name) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX role_permissions_pkey ON hecate_role_permissions (role_id, server_id, name);
CREATE INDEX role_permissions_name_idx ON hecate_role_permissions (server_id, name);

CREATE TABLE hecate_user_roles (
    user_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES hecate_roles (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX user_roles_pkey ON hecate_user_roles (user_id, role_id);
CREATE INDEX user_roles_role_id_idx ON hecate_user_roles (role_id, created_at, user_id);

CREATE TABLE hecate_user_permissions (
    user_id TEXT NOT NULL,
    server_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT user_permissions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT user_permissions_name_fkey FOREIGN KEY (server_id, name) REFERENCES hecate_permissions (server_id, name) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX user_permissions_pkey ON hecate_user_permissions (user_id, server_id, name);
CREATE INDEX user_permissions_name_idx ON hecate_user_permissions (server_id, name);
