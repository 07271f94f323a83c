-- Connections of Auth0. Users name theirs; the three that everybody has stand here from the start, the first one is what other dialects' users are of.

CREATE TABLE hecate.connections (
    id text NOT NULL,
    name text NOT NULL,
    strategy text NOT NULL,
    display_name text,
    options jsonb NOT NULL DEFAULT '{}',
    enabled_clients jsonb,
    realms jsonb,
    metadata jsonb,
    is_domain_connection boolean NOT NULL DEFAULT false,
    show_as_button boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CONSTRAINT connections_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX connections_name_idx ON hecate.connections (name);

INSERT INTO hecate.connections (id, name, strategy, options, created_at) VALUES
    ('con_sSHimetotxjkm4lf', 'Username-Password-Authentication', 'auth0',
     '{"mfa":{"active":true,"return_enroll_settings":true},"import_mode":false,"passwordPolicy":"low","strategy_version":2,"requires_username":false,"brute_force_protection":true,"password_complexity_options":{"min_length":8},"enabledDatabaseCustomization":false}',
     '2024-01-01T00:00:00Z'),
    ('con_UrM8KFUlNHmCuWzW', 'email', 'email', '{"disable_signup":false,"brute_force_protection":true}', '2024-01-01T00:00:01Z'),
    ('con_ZS7ryn76W7Y7GRCH', 'sms', 'sms', '{"disable_signup":false,"brute_force_protection":true}', '2024-01-01T00:00:02Z');
CREATE INDEX hecate_profiles_connection_idx ON hecate.profiles (connection) WHERE connection IS NOT NULL;

-- What Auth0 knows of sessions and has no column in auth.sessions; ended_at: the session is over, its refresh token goes on.
CREATE TABLE hecate.session_notes (
    session_id uuid NOT NULL,
    session_metadata jsonb,
    token_metadata jsonb,
    client_id text,
    audience text,
    scopes text,
    ended_at timestamptz,
    CONSTRAINT session_notes_pkey PRIMARY KEY (session_id),
    CONSTRAINT session_notes_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions (id) ON DELETE CASCADE
);

-- The audit trail by time, and of one user: whom it was done to, else who did it. A token that its refresh revokes tells nothing beside the refresh.
CREATE INDEX hecate_audit_created_at_idx ON auth.audit_log_entries (created_at, id) WHERE (payload ->> 'action') <> 'token_revoked';
CREATE INDEX hecate_audit_user_idx ON auth.audit_log_entries (coalesce(payload #>> '{traits,user_id}', payload ->> 'actor_id'), created_at, id)
    WHERE (payload ->> 'action') <> 'token_revoked';
