-- Schema hecate: what Supabase Auth's tables have no place for. Every key and unique index has a name of its own, the same on SQLite.

CREATE SCHEMA IF NOT EXISTS hecate;

-- What stands beside a user; one that another server made has no row, and the defaults hold. username_key is the folded name; name to
-- family_name are Auth0's; blocked_shown: Auth0 shows `blocked` once it was set; email_id to web3_id: ids of the primary addresses.
CREATE TABLE hecate.profiles (
    user_id uuid NOT NULL,
    username text,
    username_key text COLLATE "C",
    first_name text,
    last_name text,
    name text,
    nickname text,
    picture text,
    given_name text,
    family_name text,
    locale text,
    external_id text,
    private_metadata jsonb NOT NULL DEFAULT '{}',
    connection text,
    blocked_shown boolean NOT NULL DEFAULT false,
    delete_self_enabled boolean NOT NULL DEFAULT true,
    create_organization_enabled boolean NOT NULL DEFAULT true,
    create_organizations_limit bigint,
    legal_accepted_at timestamptz,
    last_active_at timestamptz,
    last_ip inet,
    logins_count bigint NOT NULL DEFAULT 0,
    password_set_at timestamptz,
    last_password_reset_at timestamptz,
    locked_at timestamptz,
    locked_until timestamptz,
    failed_attempts bigint NOT NULL DEFAULT 0,
    bypass_client_trust boolean NOT NULL DEFAULT false,
    mfa_enabled_at timestamptz,
    mfa_disabled_at timestamptz,
    image_id text,
    email_id uuid,
    phone_id uuid,
    web3_id uuid,
    updated_at timestamptz,
    CONSTRAINT profiles_pkey PRIMARY KEY (user_id),
    CONSTRAINT profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX profiles_username_key_idx ON hecate.profiles (username_key) WHERE username_key IS NOT NULL;
CREATE UNIQUE INDEX profiles_external_id_idx ON hecate.profiles (external_id) WHERE external_id IS NOT NULL;

-- Addresses that auth.users cannot hold: further ones of a user, and those whose core column must stay NULL because another user has them
-- there. connection is '' but for addresses that Auth0 allows twice. value_key is the folded value.
CREATE TABLE hecate.addresses (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    value_key text NOT NULL,
    connection text NOT NULL DEFAULT '',
    verified_at timestamptz,
    reserved boolean NOT NULL DEFAULT false,
    second_factor boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT addresses_pkey PRIMARY KEY (id),
    CONSTRAINT addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT addresses_kind_check CHECK (kind IN ('email', 'phone', 'web3'))
);
CREATE UNIQUE INDEX addresses_value_idx ON hecate.addresses (kind, connection, value_key);
CREATE INDEX addresses_user_id_idx ON hecate.addresses (user_id);
-- An address is also looked for in all connections.
CREATE INDEX addresses_value_key_idx ON hecate.addresses (value_key);

-- Password digests that the Go server cannot read; the core column is '' then.
CREATE TABLE hecate.passwords (
    user_id uuid NOT NULL,
    scheme text NOT NULL,
    digest text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT passwords_pkey PRIMARY KEY (user_id),
    CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);

-- Auth0's ids (provider|subject) that a caller chose.
CREATE TABLE hecate.subjects (
    provider text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    connection text,
    created_at timestamptz NOT NULL,
    CONSTRAINT subjects_pkey PRIMARY KEY (provider, subject),
    CONSTRAINT subjects_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX subjects_user_id_idx ON hecate.subjects (user_id);

-- Keys that the server made, sealed by the data key.
CREATE TABLE hecate.keys (
    id text NOT NULL,
    dialect text NOT NULL,
    kind text NOT NULL,
    alg text NOT NULL,
    sealed text NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT keys_pkey PRIMARY KEY (id),
    CONSTRAINT keys_kind_check CHECK (kind IN ('signing', 'admin')),
    CONSTRAINT keys_state_check CHECK (state IN ('current', 'next', 'previous'))
);
CREATE INDEX keys_dialect_kind_state_idx ON hecate.keys (dialect, kind, state);

-- Totals as sums over shards, so that no row is hot.
CREATE TABLE hecate.totals (
    name text NOT NULL,
    shard bigint NOT NULL,
    n bigint NOT NULL DEFAULT 0,
    CONSTRAINT totals_pkey PRIMARY KEY (name, shard)
);
