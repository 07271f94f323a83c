-- Organizations, who is in them, and who is asked to join. short_id is the id in a dialect whose ids are too short for a UUID.
CREATE TABLE hecate_organizations (
    id TEXT NOT NULL,
    short_id TEXT NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    public_metadata TEXT,
    private_metadata TEXT,
    branding TEXT,
    max_memberships INTEGER NOT NULL DEFAULT 0,
    admin_delete_enabled INTEGER NOT NULL DEFAULT true CHECK (admin_delete_enabled IN (0, 1)),
    image_id TEXT,
    created_by TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT organizations_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth_users (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX organizations_pkey ON hecate_organizations (id);
CREATE UNIQUE INDEX organizations_short_id_idx ON hecate_organizations (short_id);
CREATE UNIQUE INDEX organizations_slug_idx ON hecate_organizations (slug);
CREATE INDEX organizations_created_at_idx ON hecate_organizations (created_at, id);
CREATE INDEX organizations_created_by_idx ON hecate_organizations (created_by);

CREATE TABLE hecate_memberships (
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    public_metadata TEXT,
    private_metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES hecate_organizations (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT memberships_role_check CHECK (role IN ('admin', 'member'))
) STRICT;
CREATE UNIQUE INDEX memberships_pkey ON hecate_memberships (id);
CREATE UNIQUE INDEX memberships_member_idx ON hecate_memberships (organization_id, user_id);
CREATE INDEX memberships_user_id_idx ON hecate_memberships (user_id);
CREATE INDEX memberships_created_at_idx ON hecate_memberships (organization_id, created_at, user_id);

-- Roles of Auth0 that a user has within an organization alone.
CREATE TABLE hecate_member_roles (
    organization_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT member_roles_member_fkey FOREIGN KEY (organization_id, user_id) REFERENCES hecate_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT member_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES hecate_roles (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX member_roles_pkey ON hecate_member_roles (organization_id, user_id, role_id);
CREATE INDEX member_roles_role_id_idx ON hecate_member_roles (role_id);

-- organization_id is NULL for an invitation to the application itself. details: what only the dialect that made it knows.
CREATE TABLE hecate_invitations (
    id TEXT NOT NULL,
    short_id TEXT NOT NULL,
    organization_id TEXT,
    email TEXT NOT NULL,
    role TEXT,
    inviter_id TEXT,
    public_metadata TEXT,
    private_metadata TEXT,
    details TEXT,
    status TEXT NOT NULL,
    url TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES hecate_organizations (id) ON DELETE CASCADE,
    CONSTRAINT invitations_inviter_id_fkey FOREIGN KEY (inviter_id) REFERENCES auth_users (id) ON DELETE SET NULL,
    CONSTRAINT invitations_status_check CHECK (status IN ('pending', 'accepted', 'revoked', 'expired')),
    CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'member'))
) STRICT;
CREATE UNIQUE INDEX invitations_pkey ON hecate_invitations (id);
CREATE UNIQUE INDEX invitations_short_id_idx ON hecate_invitations (short_id);
CREATE UNIQUE INDEX invitations_pending_idx ON hecate_invitations (organization_id, email) WHERE status = 'pending' AND organization_id IS NOT NULL;
CREATE INDEX invitations_organization_id_idx ON hecate_invitations (organization_id, created_at);
CREATE INDEX invitations_email_idx ON hecate_invitations (email);
CREATE INDEX invitations_inviter_id_idx ON hecate_invitations (inviter_id);

-- In which organization a session is.
CREATE TABLE hecate_session_organizations (
    session_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    CONSTRAINT session_organizations_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE,
    CONSTRAINT session_organizations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES hecate_organizations (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX session_organizations_pkey ON hecate_session_organizations (session_id);
CREATE INDEX session_organizations_organization_id_idx ON hecate_session_organizations (organization_id);
