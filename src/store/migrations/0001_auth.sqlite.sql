-- Tables auth_*: Supabase Auth's core tables with its names. Times are microseconds since 1970, uuids, documents, enums and lists are text.
-- Keys and unique constraints are indexes with PostgreSQL's names, so that both databases report the same ones. Ids and times have no defaults:
-- they come from the server's one source and one clock. Indexes that PostgreSQL has and no query needs (all that lead with instance_id,
-- which has one value, or is_anonymous, and those that repeat the head of another) are left out: each costs every write.

-- Who can sign in. Tokens of mails are hashes; unique unless empty or all digits.
CREATE TABLE auth_users (
    instance_id TEXT,
    id TEXT NOT NULL,
    aud TEXT CHECK (length(aud) <= 255),
    role TEXT CHECK (length(role) <= 255),
    email TEXT CHECK (length(email) <= 255),
    encrypted_password TEXT CHECK (length(encrypted_password) <= 255),
    email_confirmed_at INTEGER,
    invited_at INTEGER,
    confirmation_token TEXT CHECK (length(confirmation_token) <= 255),
    confirmation_sent_at INTEGER,
    recovery_token TEXT CHECK (length(recovery_token) <= 255),
    recovery_sent_at INTEGER,
    email_change_token_new TEXT CHECK (length(email_change_token_new) <= 255),
    email_change TEXT CHECK (length(email_change) <= 255),
    email_change_sent_at INTEGER,
    last_sign_in_at INTEGER,
    raw_app_meta_data TEXT,
    raw_user_meta_data TEXT,
    is_super_admin INTEGER CHECK (is_super_admin IN (0, 1)),
    created_at INTEGER,
    updated_at INTEGER,
    phone TEXT,
    phone_confirmed_at INTEGER,
    phone_change TEXT DEFAULT '',
    phone_change_token TEXT DEFAULT '' CHECK (length(phone_change_token) <= 255),
    phone_change_sent_at INTEGER,
    confirmed_at INTEGER GENERATED ALWAYS AS
        (min(coalesce(email_confirmed_at, phone_confirmed_at), coalesce(phone_confirmed_at, email_confirmed_at))) STORED,
    email_change_token_current TEXT DEFAULT '' CHECK (length(email_change_token_current) <= 255),
    email_change_confirm_status INTEGER DEFAULT 0,
    banned_until INTEGER,
    reauthentication_token TEXT DEFAULT '' CHECK (length(reauthentication_token) <= 255),
    reauthentication_sent_at INTEGER,
    is_sso_user INTEGER NOT NULL DEFAULT false CHECK (is_sso_user IN (0, 1)),
    deleted_at INTEGER,
    is_anonymous INTEGER NOT NULL DEFAULT false CHECK (is_anonymous IN (0, 1)),
    CONSTRAINT users_email_change_confirm_status_check CHECK (email_change_confirm_status BETWEEN 0 AND 2)
) STRICT;
CREATE UNIQUE INDEX users_pkey ON auth_users (id);
CREATE UNIQUE INDEX users_phone_key ON auth_users (phone);
CREATE UNIQUE INDEX recovery_token_idx ON auth_users (recovery_token) WHERE recovery_token GLOB '*[^0-9 ]*';
CREATE UNIQUE INDEX confirmation_token_idx ON auth_users (confirmation_token) WHERE confirmation_token GLOB '*[^0-9 ]*';
CREATE UNIQUE INDEX users_email_partial_key ON auth_users (email) WHERE is_sso_user = false;
CREATE UNIQUE INDEX email_change_token_new_idx ON auth_users (email_change_token_new) WHERE email_change_token_new GLOB '*[^0-9 ]*';
CREATE UNIQUE INDEX reauthentication_token_idx ON auth_users (reauthentication_token) WHERE reauthentication_token GLOB '*[^0-9 ]*';
CREATE UNIQUE INDEX email_change_token_current_idx ON auth_users (email_change_token_current) WHERE email_change_token_current GLOB '*[^0-9 ]*';

-- The ways in which a user is known to a provider.
CREATE TABLE auth_identities (
    provider_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    identity_data TEXT NOT NULL,
    provider TEXT NOT NULL,
    last_sign_in_at INTEGER,
    created_at INTEGER,
    updated_at INTEGER,
    email TEXT GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    id TEXT NOT NULL,
    CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX identities_pkey ON auth_identities (id);
CREATE UNIQUE INDEX identities_provider_id_provider_unique ON auth_identities (provider_id, provider);
CREATE INDEX identities_email_idx ON auth_identities (email);
CREATE INDEX identities_user_id_idx ON auth_identities (user_id);

-- Applications that sign in with this server.
CREATE TABLE auth_oauth_clients (
    id TEXT NOT NULL,
    client_secret_hash TEXT,
    registration_type TEXT NOT NULL CHECK (registration_type IN ('dynamic', 'manual')),
    redirect_uris TEXT NOT NULL,
    grant_types TEXT NOT NULL,
    client_name TEXT,
    client_uri TEXT,
    logo_uri TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    client_type TEXT NOT NULL DEFAULT 'confidential' CHECK (client_type IN ('public', 'confidential')),
    token_endpoint_auth_method TEXT NOT NULL,
    CONSTRAINT oauth_clients_client_name_length CHECK (length(client_name) <= 1024),
    CONSTRAINT oauth_clients_client_uri_length CHECK (length(client_uri) <= 2048),
    CONSTRAINT oauth_clients_logo_uri_length CHECK (length(logo_uri) <= 2048),
    CONSTRAINT oauth_clients_token_endpoint_auth_method_check
        CHECK (token_endpoint_auth_method IN ('client_secret_basic', 'client_secret_post', 'none'))
) STRICT;
CREATE UNIQUE INDEX oauth_clients_pkey ON auth_oauth_clients (id);
CREATE INDEX oauth_clients_deleted_at_idx ON auth_oauth_clients (deleted_at);

-- Sign-ins that last. refreshed_at is UTC without a zone.
CREATE TABLE auth_sessions (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    factor_id TEXT,
    aal TEXT CHECK (aal IN ('aal1', 'aal2', 'aal3')),
    not_after INTEGER,
    refreshed_at INTEGER,
    user_agent TEXT,
    ip TEXT,
    tag TEXT,
    oauth_client_id TEXT,
    refresh_token_hmac_key TEXT,
    refresh_token_counter INTEGER,
    scopes TEXT,
    CONSTRAINT sessions_oauth_client_id_fkey FOREIGN KEY (oauth_client_id) REFERENCES auth_oauth_clients (id) ON DELETE CASCADE,
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_scopes_length CHECK (length(scopes) <= 4096)
) STRICT;
CREATE UNIQUE INDEX sessions_pkey ON auth_sessions (id);
CREATE INDEX user_id_created_at_idx ON auth_sessions (user_id, created_at);

-- Tokens that renew a session; user_id is text and refers to nothing.
CREATE TABLE auth_refresh_tokens (
    instance_id TEXT,
    id INTEGER PRIMARY KEY,
    token TEXT CHECK (length(token) <= 255),
    user_id TEXT CHECK (length(user_id) <= 255),
    revoked INTEGER CHECK (revoked IN (0, 1)),
    created_at INTEGER,
    updated_at INTEGER,
    parent TEXT CHECK (length(parent) <= 255),
    session_id TEXT,
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX refresh_tokens_token_unique ON auth_refresh_tokens (token);
CREATE INDEX refresh_tokens_session_id_revoked_idx ON auth_refresh_tokens (session_id, revoked);

-- By which methods a session was made.
CREATE TABLE auth_mfa_amr_claims (
    session_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    authentication_method TEXT NOT NULL,
    id TEXT NOT NULL,
    CONSTRAINT mfa_amr_claims_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX amr_id_pk ON auth_mfa_amr_claims (id);
CREATE UNIQUE INDEX mfa_amr_claims_session_id_authentication_method_pkey ON auth_mfa_amr_claims (session_id, authentication_method);

-- Second factors.
CREATE TABLE auth_mfa_factors (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    friendly_name TEXT,
    factor_type TEXT NOT NULL CHECK (factor_type IN ('totp', 'webauthn', 'phone')),
    status TEXT NOT NULL CHECK (status IN ('unverified', 'verified')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    secret TEXT,
    phone TEXT,
    last_challenged_at INTEGER,
    web_authn_credential TEXT,
    web_authn_aaguid TEXT,
    last_webauthn_challenge_data TEXT,
    CONSTRAINT mfa_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX mfa_factors_pkey ON auth_mfa_factors (id);
CREATE UNIQUE INDEX mfa_factors_last_challenged_at_key ON auth_mfa_factors (last_challenged_at);
CREATE INDEX factor_id_created_at_idx ON auth_mfa_factors (user_id, created_at);
CREATE UNIQUE INDEX unique_phone_factor_per_user ON auth_mfa_factors (user_id, phone);
CREATE UNIQUE INDEX mfa_factors_user_friendly_name_unique ON auth_mfa_factors (friendly_name, user_id) WHERE trim(friendly_name) <> '';

-- Tries of a second factor.
CREATE TABLE auth_mfa_challenges (
    id TEXT NOT NULL,
    factor_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    verified_at INTEGER,
    ip_address TEXT NOT NULL,
    otp_code TEXT,
    web_authn_session_data TEXT,
    CONSTRAINT mfa_challenges_auth_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth_mfa_factors (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX mfa_challenges_pkey ON auth_mfa_challenges (id);
CREATE INDEX mfa_challenge_created_at_idx ON auth_mfa_challenges (created_at DESC);

-- Tokens sent by mail and message, one of a type and user.
CREATE TABLE auth_one_time_tokens (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token_type TEXT NOT NULL
        CHECK (token_type IN ('confirmation_token', 'reauthentication_token', 'recovery_token',
            'email_change_token_new', 'email_change_token_current', 'phone_change_token')),
    token_hash TEXT NOT NULL,
    relates_to TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT one_time_tokens_token_hash_check CHECK (length(token_hash) > 0)
) STRICT;
CREATE UNIQUE INDEX one_time_tokens_pkey ON auth_one_time_tokens (id);
CREATE INDEX one_time_tokens_relates_to_hash_idx ON auth_one_time_tokens (relates_to);
CREATE INDEX one_time_tokens_token_hash_hash_idx ON auth_one_time_tokens (token_hash);
CREATE UNIQUE INDEX one_time_tokens_user_id_token_type_key ON auth_one_time_tokens (user_id, token_type);

-- PKCE flows under way; rows outlive their users.
CREATE TABLE auth_flow_state (
    id TEXT NOT NULL,
    user_id TEXT,
    auth_code TEXT,
    code_challenge_method TEXT CHECK (code_challenge_method IN ('s256', 'plain')),
    code_challenge TEXT,
    provider_type TEXT NOT NULL,
    provider_access_token TEXT,
    provider_refresh_token TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    authentication_method TEXT NOT NULL,
    auth_code_issued_at INTEGER,
    invite_token TEXT,
    referrer TEXT,
    oauth_client_state_id TEXT,
    linking_target_id TEXT,
    email_optional INTEGER NOT NULL DEFAULT false CHECK (email_optional IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX flow_state_pkey ON auth_flow_state (id);
CREATE INDEX idx_auth_code ON auth_flow_state (auth_code);
CREATE INDEX idx_user_id_auth_method ON auth_flow_state (user_id, authentication_method);
CREATE INDEX flow_state_created_at_idx ON auth_flow_state (created_at DESC);

-- What happened; rows outlive their users.
CREATE TABLE auth_audit_log_entries (
    instance_id TEXT,
    id TEXT NOT NULL,
    payload TEXT,
    created_at INTEGER,
    ip_address TEXT NOT NULL DEFAULT '' CHECK (length(ip_address) <= 64)
) STRICT;
CREATE UNIQUE INDEX audit_log_entries_pkey ON auth_audit_log_entries (id);

-- Enterprise providers. (The check on resource_id never refuses, since nothing equals NULL; it is kept as it stands there.)
CREATE TABLE auth_sso_providers (
    id TEXT NOT NULL,
    resource_id TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    disabled INTEGER CHECK (disabled IN (0, 1)),
    CONSTRAINT "resource_id not empty" CHECK (resource_id = NULL OR length(resource_id) > 0)
) STRICT;
CREATE UNIQUE INDEX sso_providers_pkey ON auth_sso_providers (id);
CREATE UNIQUE INDEX sso_providers_resource_id_idx ON auth_sso_providers (lower(resource_id));
CREATE INDEX sso_providers_resource_id_pattern_idx ON auth_sso_providers (resource_id);

-- E-mail domains of enterprise providers.
CREATE TABLE auth_sso_domains (
    id TEXT NOT NULL,
    sso_provider_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    CONSTRAINT sso_domains_sso_provider_id_fkey FOREIGN KEY (sso_provider_id) REFERENCES auth_sso_providers (id) ON DELETE CASCADE,
    CONSTRAINT "domain not empty" CHECK (length(domain) > 0)
) STRICT;
CREATE UNIQUE INDEX sso_domains_pkey ON auth_sso_domains (id);
CREATE UNIQUE INDEX sso_domains_domain_idx ON auth_sso_domains (lower(domain));
CREATE INDEX sso_domains_sso_provider_id_idx ON auth_sso_domains (sso_provider_id);

-- SAML side of enterprise providers.
CREATE TABLE auth_saml_providers (
    id TEXT NOT NULL,
    sso_provider_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    metadata_xml TEXT NOT NULL,
    metadata_url TEXT,
    attribute_mapping TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    name_id_format TEXT,
    CONSTRAINT saml_providers_sso_provider_id_fkey FOREIGN KEY (sso_provider_id) REFERENCES auth_sso_providers (id) ON DELETE CASCADE,
    CONSTRAINT "entity_id not empty" CHECK (length(entity_id) > 0),
    CONSTRAINT "metadata_url not empty" CHECK (metadata_url = NULL OR length(metadata_url) > 0),
    CONSTRAINT "metadata_xml not empty" CHECK (length(metadata_xml) > 0)
) STRICT;
CREATE UNIQUE INDEX saml_providers_pkey ON auth_saml_providers (id);
CREATE UNIQUE INDEX saml_providers_entity_id_key ON auth_saml_providers (entity_id);
CREATE INDEX saml_providers_sso_provider_id_idx ON auth_saml_providers (sso_provider_id);

-- SAML sign-ins under way.
CREATE TABLE auth_saml_relay_states (
    id TEXT NOT NULL,
    sso_provider_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    for_email TEXT,
    redirect_to TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    flow_state_id TEXT,
    CONSTRAINT saml_relay_states_flow_state_id_fkey FOREIGN KEY (flow_state_id) REFERENCES auth_flow_state (id) ON DELETE CASCADE,
    CONSTRAINT saml_relay_states_sso_provider_id_fkey FOREIGN KEY (sso_provider_id) REFERENCES auth_sso_providers (id) ON DELETE CASCADE,
    CONSTRAINT "request_id not empty" CHECK (length(request_id) > 0)
) STRICT;
CREATE UNIQUE INDEX saml_relay_states_pkey ON auth_saml_relay_states (id);
CREATE INDEX saml_relay_states_for_email_idx ON auth_saml_relay_states (for_email);
CREATE INDEX saml_relay_states_created_at_idx ON auth_saml_relay_states (created_at DESC);
CREATE INDEX saml_relay_states_sso_provider_id_idx ON auth_saml_relay_states (sso_provider_id);

-- Authorizations of those applications under way.
CREATE TABLE auth_oauth_authorizations (
    id TEXT NOT NULL,
    authorization_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT,
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT,
    resource TEXT,
    code_challenge TEXT,
    code_challenge_method TEXT CHECK (code_challenge_method IN ('s256', 'plain')),
    response_type TEXT NOT NULL DEFAULT 'code' CHECK (response_type IN ('code')),
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'denied', 'expired')),
    authorization_code TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    approved_at INTEGER,
    nonce TEXT,
    CONSTRAINT oauth_authorizations_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth_oauth_clients (id) ON DELETE CASCADE,
    CONSTRAINT oauth_authorizations_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_authorizations_authorization_code_length CHECK (length(authorization_code) <= 255),
    CONSTRAINT oauth_authorizations_code_challenge_length CHECK (length(code_challenge) <= 128),
    CONSTRAINT oauth_authorizations_expires_at_future CHECK (expires_at > created_at),
    CONSTRAINT oauth_authorizations_nonce_length CHECK (length(nonce) <= 255),
    CONSTRAINT oauth_authorizations_redirect_uri_length CHECK (length(redirect_uri) <= 2048),
    CONSTRAINT oauth_authorizations_resource_length CHECK (length(resource) <= 2048),
    CONSTRAINT oauth_authorizations_scope_length CHECK (length(scope) <= 4096),
    CONSTRAINT oauth_authorizations_state_length CHECK (length(state) <= 4096)
) STRICT;
CREATE UNIQUE INDEX oauth_authorizations_pkey ON auth_oauth_authorizations (id);
CREATE UNIQUE INDEX oauth_authorizations_authorization_code_key ON auth_oauth_authorizations (authorization_code);
CREATE UNIQUE INDEX oauth_authorizations_authorization_id_key ON auth_oauth_authorizations (authorization_id);
CREATE INDEX oauth_auth_pending_exp_idx ON auth_oauth_authorizations (expires_at) WHERE status = 'pending';

-- What users allowed those applications.
CREATE TABLE auth_oauth_consents (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    revoked_at INTEGER,
    CONSTRAINT oauth_consents_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth_oauth_clients (id) ON DELETE CASCADE,
    CONSTRAINT oauth_consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_consents_revoked_after_granted CHECK (revoked_at IS NULL OR revoked_at >= granted_at),
    CONSTRAINT oauth_consents_scopes_length CHECK (length(scopes) <= 2048),
    CONSTRAINT oauth_consents_scopes_not_empty CHECK (length(trim(scopes)) > 0)
) STRICT;
CREATE UNIQUE INDEX oauth_consents_pkey ON auth_oauth_consents (id);
CREATE UNIQUE INDEX oauth_consents_user_client_unique ON auth_oauth_consents (user_id, client_id);
CREATE INDEX oauth_consents_user_order_idx ON auth_oauth_consents (user_id, granted_at DESC);
CREATE INDEX oauth_consents_active_client_idx ON auth_oauth_consents (client_id) WHERE revoked_at IS NULL;
CREATE INDEX oauth_consents_active_user_client_idx ON auth_oauth_consents (user_id, client_id) WHERE revoked_at IS NULL;

-- Sign-ins at other providers under way.
CREATE TABLE auth_oauth_client_states (
    id TEXT NOT NULL,
    provider_type TEXT NOT NULL,
    code_verifier TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX oauth_client_states_pkey ON auth_oauth_client_states (id);
CREATE INDEX idx_oauth_client_states_created_at ON auth_oauth_client_states (created_at);

-- Providers that an administrator described.
CREATE TABLE auth_custom_oauth_providers (
    id TEXT NOT NULL,
    provider_type TEXT NOT NULL,
    identifier TEXT NOT NULL,
    name TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret TEXT NOT NULL,
    acceptable_client_ids TEXT NOT NULL DEFAULT '[]',
    scopes TEXT NOT NULL DEFAULT '[]',
    pkce_enabled INTEGER NOT NULL DEFAULT true CHECK (pkce_enabled IN (0, 1)),
    attribute_mapping TEXT NOT NULL DEFAULT '{}',
    authorization_params TEXT NOT NULL DEFAULT '{}',
    enabled INTEGER NOT NULL DEFAULT true CHECK (enabled IN (0, 1)),
    email_optional INTEGER NOT NULL DEFAULT false CHECK (email_optional IN (0, 1)),
    issuer TEXT,
    discovery_url TEXT,
    skip_nonce_check INTEGER NOT NULL DEFAULT false CHECK (skip_nonce_check IN (0, 1)),
    cached_discovery TEXT,
    discovery_cached_at INTEGER,
    authorization_url TEXT,
    token_url TEXT,
    userinfo_url TEXT,
    jwks_uri TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    custom_claims_allowlist TEXT NOT NULL DEFAULT '[]',
    CONSTRAINT custom_oauth_providers_authorization_url_https
        CHECK (authorization_url IS NULL OR authorization_url GLOB 'https://*'),
    CONSTRAINT custom_oauth_providers_authorization_url_length
        CHECK (authorization_url IS NULL OR length(authorization_url) <= 2048),
    CONSTRAINT custom_oauth_providers_client_id_length CHECK (length(client_id) BETWEEN 1 AND 512),
    CONSTRAINT custom_oauth_providers_discovery_url_length CHECK (discovery_url IS NULL OR length(discovery_url) <= 2048),
    CONSTRAINT custom_oauth_providers_identifier_format
        CHECK (length(identifier) BETWEEN 2 AND 50 AND identifier GLOB '[a-z0-9]*[a-z0-9]' AND identifier NOT GLOB '*[^a-z0-9:-]*'),
    CONSTRAINT custom_oauth_providers_issuer_length CHECK (issuer IS NULL OR length(issuer) BETWEEN 1 AND 2048),
    CONSTRAINT custom_oauth_providers_jwks_uri_https CHECK (jwks_uri IS NULL OR jwks_uri GLOB 'https://*'),
    CONSTRAINT custom_oauth_providers_jwks_uri_length CHECK (jwks_uri IS NULL OR length(jwks_uri) <= 2048),
    CONSTRAINT custom_oauth_providers_name_length CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT custom_oauth_providers_oauth2_requires_endpoints
        CHECK (provider_type <> 'oauth2' OR (authorization_url IS NOT NULL AND token_url IS NOT NULL AND userinfo_url IS NOT NULL)),
    CONSTRAINT custom_oauth_providers_oidc_discovery_url_https
        CHECK (provider_type <> 'oidc' OR discovery_url IS NULL OR discovery_url GLOB 'https://*'),
    CONSTRAINT custom_oauth_providers_oidc_issuer_https
        CHECK (provider_type <> 'oidc' OR issuer IS NULL OR issuer GLOB 'https://*'),
    CONSTRAINT custom_oauth_providers_oidc_requires_issuer CHECK (provider_type <> 'oidc' OR issuer IS NOT NULL),
    CONSTRAINT custom_oauth_providers_provider_type_check CHECK (provider_type IN ('oauth2', 'oidc')),
    CONSTRAINT custom_oauth_providers_token_url_https CHECK (token_url IS NULL OR token_url GLOB 'https://*'),
    CONSTRAINT custom_oauth_providers_token_url_length CHECK (token_url IS NULL OR length(token_url) <= 2048),
    CONSTRAINT custom_oauth_providers_userinfo_url_https CHECK (userinfo_url IS NULL OR userinfo_url GLOB 'https://*'),
    CONSTRAINT custom_oauth_providers_userinfo_url_length CHECK (userinfo_url IS NULL OR length(userinfo_url) <= 2048)
) STRICT;
CREATE UNIQUE INDEX custom_oauth_providers_pkey ON auth_custom_oauth_providers (id);
CREATE UNIQUE INDEX custom_oauth_providers_identifier_key ON auth_custom_oauth_providers (identifier);
CREATE INDEX custom_oauth_providers_enabled_idx ON auth_custom_oauth_providers (enabled);
CREATE INDEX custom_oauth_providers_created_at_idx ON auth_custom_oauth_providers (created_at);
CREATE INDEX custom_oauth_providers_provider_type_idx ON auth_custom_oauth_providers (provider_type);

-- Passkeys.
CREATE TABLE auth_webauthn_credentials (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    credential_id BLOB NOT NULL,
    public_key BLOB NOT NULL,
    attestation_type TEXT NOT NULL DEFAULT '',
    aaguid TEXT,
    sign_count INTEGER NOT NULL DEFAULT 0,
    transports TEXT NOT NULL DEFAULT '[]',
    backup_eligible INTEGER NOT NULL DEFAULT false CHECK (backup_eligible IN (0, 1)),
    backed_up INTEGER NOT NULL DEFAULT false CHECK (backed_up IN (0, 1)),
    friendly_name TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_used_at INTEGER,
    CONSTRAINT webauthn_credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX webauthn_credentials_pkey ON auth_webauthn_credentials (id);
CREATE INDEX webauthn_credentials_user_id_idx ON auth_webauthn_credentials (user_id);
CREATE UNIQUE INDEX webauthn_credentials_credential_id_key ON auth_webauthn_credentials (credential_id);

-- Passkey ceremonies under way.
CREATE TABLE auth_webauthn_challenges (
    id TEXT NOT NULL,
    user_id TEXT,
    challenge_type TEXT NOT NULL,
    session_data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT webauthn_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT webauthn_challenges_challenge_type_check CHECK (challenge_type IN ('signup', 'registration', 'authentication'))
) STRICT;
CREATE UNIQUE INDEX webauthn_challenges_pkey ON auth_webauthn_challenges (id);
CREATE INDEX webauthn_challenges_user_id_idx ON auth_webauthn_challenges (user_id);
CREATE INDEX webauthn_challenges_expires_at_idx ON auth_webauthn_challenges (expires_at);

-- Kept for tools that look for it.
CREATE TABLE auth_instances (
    id TEXT NOT NULL,
    uuid TEXT,
    raw_base_config TEXT,
    created_at INTEGER,
    updated_at INTEGER
) STRICT;
CREATE UNIQUE INDEX instances_pkey ON auth_instances (id);

-- Versions of this schema; the rows stand at the end of this file.
CREATE TABLE auth_schema_migrations (
    version TEXT NOT NULL CHECK (length(version) <= 14)
) STRICT;
CREATE UNIQUE INDEX schema_migrations_pkey ON auth_schema_migrations (version);

INSERT INTO auth_schema_migrations (version) VALUES
    ('00'), ('20210710035447'), ('20210722035447'), ('20210730183235'), ('20210909172000'), ('20210927181326'),
    ('20211122151130'), ('20211124214934'), ('20211202183645'), ('20220114185221'), ('20220114185340'), ('20220224000811'),
    ('20220323170000'), ('20220429102000'), ('20220531120530'), ('20220614074223'), ('20220811173540'), ('20221003041349'),
    ('20221003041400'), ('20221011041400'), ('20221020193600'), ('20221021073300'), ('20221021082433'), ('20221027105023'),
    ('20221114143122'), ('20221114143410'), ('20221125140132'), ('20221208132122'), ('20221215195500'), ('20221215195800'),
    ('20221215195900'), ('20230116124310'), ('20230116124412'), ('20230131181311'), ('20230322519590'), ('20230402418590'),
    ('20230411005111'), ('20230508135423'), ('20230523124323'), ('20230818113222'), ('20230914180801'), ('20231027141322'),
    ('20231114161723'), ('20231117164230'), ('20240115144230'), ('20240214120130'), ('20240306115329'), ('20240314092811'),
    ('20240427152123'), ('20240612123726'), ('20240729123726'), ('20240802193726'), ('20240806073726'), ('20241009103726'),
    ('20250717082212'), ('20250731150234'), ('20250804100000'), ('20250901200500'), ('20250903112500'), ('20250904133000'),
    ('20250925093508'), ('20251007112900'), ('20251104100000'), ('20251111201300'), ('20251201000000'), ('20260115000000'),
    ('20260121000000'), ('20260219120000'), ('20260302000000'), ('20260625000000');
