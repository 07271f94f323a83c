-- Organizations, who is in them, and who is asked to join. short_id is the id in a dialect whose ids are too short for a UUID.
CREATE TABLE hecate.organizations (
    id uuid NOT NULL,
    short_id text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    public_metadata jsonb,
    private_metadata jsonb,
    branding jsonb,
    max_memberships bigint NOT NULL DEFAULT 0,
    admin_delete_enabled boolean NOT NULL DEFAULT true,
    image_id text,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX organizations_short_id_idx ON hecate.organizations (short_id);
CREATE UNIQUE INDEX organizations_slug_idx ON hecate.organizations (slug);
CREATE INDEX organizations_created_at_idx ON hecate.organizations (created_at, id);
CREATE INDEX organizations_created_by_idx ON hecate.organizations (created_by);

CREATE TABLE hecate.memberships (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    public_metadata jsonb,
    private_metadata jsonb,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (id),
    CONSTRAINT memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES hecate.organizations (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT memberships_role_check CHECK (role IN ('admin', 'member'))
);
CREATE UNIQUE INDEX memberships_member_idx ON hecate.memberships (organization_id, user_id);
CREATE INDEX memberships_user_id_idx ON hecate.memberships (user_id);
CREATE INDEX memberships_created_at_idx ON hecate.memberships (organization_id, created_at, user_id);

-- Roles of Auth0 that a user has within an organization alone.
CREATE TABLE hecate.member_roles (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role_id text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT member_roles_pkey PRIMARY KEY (organization_id, user_id, role_id),
    CONSTRAINT member_roles_member_fkey FOREIGN KEY (organization_id, user_id) REFERENCES hecate.memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT member_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES hecate.roles (id) ON DELETE CASCADE
);
CREATE INDEX member_roles_role_id_idx ON hecate.member_roles (role_id);

-- organization_id is NULL for an invitation to the application itself. details: what only the dialect that made it knows.
CREATE TABLE hecate.invitations (
    id uuid NOT NULL,
    short_id text NOT NULL,
    organization_id uuid,
    email text NOT NULL,
    role text,
    inviter_id uuid,
    public_metadata jsonb,
    private_metadata jsonb,
    details jsonb,
    status text NOT NULL,
    url text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES hecate.organizations (id) ON DELETE CASCADE,
    CONSTRAINT invitations_inviter_id_fkey FOREIGN KEY (inviter_id) REFERENCES auth.users (id) ON DELETE SET NULL,
    CONSTRAINT invitations_status_check CHECK (status IN ('pending', 'accepted', 'revoked', 'expired')),
    CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'member'))
);
CREATE UNIQUE INDEX invitations_short_id_idx ON hecate.invitations (short_id);
CREATE UNIQUE INDEX invitations_pending_idx ON hecate.invitations (organization_id, email) WHERE status = 'pending' AND organization_id IS NOT NULL;
CREATE INDEX invitations_organization_id_idx ON hecate.invitations (organization_id, created_at);
CREATE INDEX invitations_email_idx ON hecate.invitations (email);
CREATE INDEX invitations_inviter_id_idx ON hecate.invitations (inviter_id);

-- In which organization a session is.
CREATE TABLE hecate.session_organizations (
    session_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    CONSTRAINT session_organizations_pkey PRIMARY KEY (session_id),
    CONSTRAINT session_organizations_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions (id) ON DELETE CASCADE,
    CONSTRAINT session_organizations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES hecate.organizations (id) ON DELETE CASCADE
);
CREATE INDEX session_organizations_organization_id_idx ON hecate.session_organizations (organization_id);
