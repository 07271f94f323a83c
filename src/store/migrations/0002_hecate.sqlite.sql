-- Tables hecate_*: what Supabase Auth's tables have no place for. Every key and unique index has a name of its own, the same on PostgreSQL.

-- What stands beside a user; one that another server made has no row, and the defaults hold. username_key is the folded name; name to
-- family_name are Auth0's; blocked_shown: Auth0 shows `blocked` once it was set; email_id to web3_id: ids of the primary addresses.
CREATE TABLE hecate_profiles (
    user_id TEXT NOT NULL,
    username TEXT,
    username_key TEXT,
    first_name TEXT,
    last_name TEXT,
    name TEXT,
    nickname TEXT,
    picture TEXT,
    given_name TEXT,
    family_name TEXT,
    locale TEXT,
    external_id TEXT,
    private_metadata TEXT NOT NULL DEFAULT '{}',
    connection TEXT,
    blocked_shown INTEGER NOT NULL DEFAULT false CHECK (blocked_shown IN (0, 1)),
    delete_self_enabled INTEGER NOT NULL DEFAULT true CHECK (delete_self_enabled IN (0, 1)),
    create_organization_enabled INTEGER NOT NULL DEFAULT true CHECK (create_organization_enabled IN (0, 1)),
    create_organizations_limit INTEGER,
    legal_accepted_at INTEGER,
    last_active_at INTEGER,
    last_ip TEXT,
    logins_count INTEGER NOT NULL DEFAULT 0,
    password_set_at INTEGER,
    last_password_reset_at INTEGER,
    locked_at INTEGER,
    locked_until INTEGER,
    failed_attempts INTEGER NOT NULL DEFAULT 0,
    bypass_client_trust INTEGER NOT NULL DEFAULT false CHECK (bypass_client_trust IN (0, 1)),
    mfa_enabled_at INTEGER,
    mfa_disabled_at INTEGER,
    image_id TEXT,
    email_id TEXT,
    phone_id TEXT,
    web3_id TEXT,
    updated_at INTEGER,
    CONSTRAINT profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX profiles_pkey ON hecate_profiles (user_id);
CREATE UNIQUE INDEX profiles_username_key_idx ON hecate_profiles (username_key) WHERE username_key IS NOT NULL;
CREATE UNIQUE INDEX profiles_external_id_idx ON hecate_profiles (external_id) WHERE external_id IS NOT NULL;

-- Addresses that auth.users cannot hold: further ones of a user, and those whose core column must stay NULL because another user has them
-- there. connection is '' but for addresses that Auth0 allows twice. value_key is the folded value.
CREATE TABLE hecate_addresses (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    value_key TEXT NOT NULL,
    connection TEXT NOT NULL DEFAULT '',
    verified_at INTEGER,
    reserved INTEGER NOT NULL DEFAULT false CHECK (reserved IN (0, 1)),
    second_factor INTEGER NOT NULL DEFAULT false CHECK (second_factor IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT addresses_kind_check CHECK (kind IN ('email', 'phone', 'web3'))
) STRICT;
CREATE UNIQUE INDEX addresses_pkey ON hecate_addresses (id);
CREATE UNIQUE INDEX addresses_value_idx ON hecate_addresses (kind, connection, value_key);
CREATE INDEX addresses_user_id_idx ON hecate_addresses (user_id);
-- An address is also looked for in all connections.
CREATE INDEX addresses_value_key_idx ON hecate_addresses (value_key);

-- Password digests that the Go server cannot read; the core column is '' then.
CREATE TABLE hecate_passwords (
    user_id TEXT NOT NULL,
    scheme TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX passwords_pkey ON hecate_passwords (user_id);

-- Auth0's ids (provider|subject) that a caller chose.
CREATE TABLE hecate_subjects (
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    connection TEXT,
    created_at INTEGER NOT NULL,
    CONSTRAINT subjects_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX subjects_pkey ON hecate_subjects (provider, subject);
CREATE INDEX subjects_user_id_idx ON hecate_subjects (user_id);

-- Keys that the server made, sealed by the data key.
CREATE TABLE hecate_keys (
    id TEXT NOT NULL,
    dialect TEXT NOT NULL,
    kind TEXT NOT NULL,
    alg TEXT NOT NULL,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    CONSTRAINT keys_kind_check CHECK (kind IN ('signing', 'admin')),
    CONSTRAINT keys_state_check CHECK (state IN ('current', 'next', 'previous'))
) STRICT;
CREATE UNIQUE INDEX keys_pkey ON hecate_keys (id);
CREATE INDEX keys_dialect_kind_state_idx ON hecate_keys (dialect, kind, state);

-- Totals as sums over shards, so that no row is hot.
CREATE TABLE hecate_totals (
    name TEXT NOT NULL,
    shard INTEGER NOT NULL,
    n INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX totals_pkey ON hecate_totals (name, shard);
