-- Indexes on the core tables, for what the Go server never asks. Few: each costs every insert.

-- Lists of users come newest first, and their deep pages are found by key. created_at may be NULL in rows of others.
CREATE INDEX hecate_users_created_at_idx ON auth_users (created_at DESC, id DESC);

-- Users by address, SSO users among them, and in its order: users_email_partial_key leaves those out, and users_instance_id_email_idx needs the
-- instance.
CREATE INDEX hecate_users_email_idx ON auth_users (email);
