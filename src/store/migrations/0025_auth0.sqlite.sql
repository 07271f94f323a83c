-- Connections of Auth0. Users name theirs; the three that everybody has stand here from the start, the first one is what other dialects' users are of.

CREATE TABLE hecate_connections (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    strategy TEXT NOT NULL,
    display_name TEXT,
    options TEXT NOT NULL DEFAULT '{}',
    enabled_clients TEXT,
    realms TEXT,
    metadata TEXT,
    is_domain_connection INTEGER NOT NULL DEFAULT false CHECK (is_domain_connection IN (0, 1)),
    show_as_button INTEGER NOT NULL DEFAULT false CHECK (show_as_button IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX connections_pkey ON hecate_connections (id);
CREATE UNIQUE INDEX connections_name_idx ON hecate_connections (name);

INSERT INTO hecate_connections (id, name, strategy, options, created_at) VALUES
    ('con_sSHimetotxjkm4lf', 'Username-Password-Authentication', 'auth0',
     '{"mfa":{"active":true,"return_enroll_settings":true},"import_mode":false,"passwordPolicy":"low","strategy_version":2,"requires_username":false,"brute_force_protection":true,"password_complexity_options":{"min_length":8},"enabledDatabaseCustomization":false}',
     1704067200000000),
    ('con_UrM8KFUlNHmCuWzW', 'email', 'email', '{"disable_signup":false,"brute_force_protection":true}', 1704067201000000),
    ('con_ZS7ryn76W7Y7GRCH', 'sms', 'sms', '{"disable_signup":false,"brute_force_protection":true}', 1704067202000000);
CREATE INDEX hecate_profiles_connection_idx ON hecate_profiles (connection) WHERE connection IS NOT NULL;

-- What Auth0 knows of sessions and has no column in auth_sessions; ended_at: the session is over, its refresh token goes on.
CREATE TABLE hecate_session_notes (
    session_id TEXT NOT NULL,
    session_metadata TEXT,
    token_metadata TEXT,
    client_id TEXT,
    audience TEXT,
    scopes TEXT,
    ended_at INTEGER,
    CONSTRAINT session_notes_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX session_notes_pkey ON hecate_session_notes (session_id);

-- The audit trail by time, and of one user: whom it was done to, else who did it. A token that its refresh revokes tells nothing beside the refresh.
CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id) WHERE (payload ->> 'action') <> 'token_revoked';
CREATE INDEX hecate_audit_user_idx ON auth_audit_log_entries (coalesce(payload ->> '$.traits.user_id', payload ->> 'actor_id'), created_at, id)
    WHERE (payload ->> 'action') <> 'token_revoked';
