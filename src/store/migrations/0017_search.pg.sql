-- Orders and searches over a million users. Indexes on the core tables are few, for each costs every insert. None is on auth.users.updated_at: a
-- refresh writes that column, and without an index on it the row is changed in place.

CREATE INDEX hecate_users_email_order_idx ON auth.users (lower(email) COLLATE "C");
CREATE INDEX hecate_users_phone_order_idx ON auth.users (phone COLLATE "C");
CREATE INDEX hecate_users_last_sign_in_at_idx ON auth.users (last_sign_in_at);
CREATE INDEX hecate_users_banned_until_idx ON auth.users (banned_until) WHERE banned_until IS NOT NULL;
CREATE INDEX profiles_username_order_idx ON hecate.profiles (username_key COLLATE "C");
CREATE INDEX profiles_first_name_order_idx ON hecate.profiles (lower(first_name) COLLATE "C");
CREATE INDEX profiles_last_name_order_idx ON hecate.profiles (lower(last_name) COLLATE "C");
CREATE INDEX profiles_last_active_at_idx ON hecate.profiles (last_active_at);
CREATE INDEX addresses_kind_order_idx ON hecate.addresses (kind, value_key COLLATE "C");
CREATE INDEX hecate_users_app_meta_idx ON auth.users USING gin (raw_app_meta_data jsonb_path_ops);
CREATE INDEX hecate_users_user_meta_idx ON auth.users USING gin (raw_user_meta_data jsonb_path_ops);

-- Parts of addresses and names, where the database has pg_trgm or lets us make it; without it such a search reads all rows. No pending list: a search
-- would read it whole.
DO $$
DECLARE
    home text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') THEN
        BEGIN
            CREATE EXTENSION pg_trgm WITH SCHEMA hecate;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'there is no pg_trgm: searches for a part of an address or a name read all rows';
        END;
    END IF;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    IF home IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE INDEX hecate_users_trgm_idx ON auth.users USING gin (lower(email) %1$I.gin_trgm_ops, lower(phone) %1$I.gin_trgm_ops,'
                   ' lower(raw_user_meta_data ->> ''full_name'') %1$I.gin_trgm_ops) WITH (fastupdate = off)', home);
    EXECUTE format('CREATE INDEX profiles_trgm_idx ON hecate.profiles USING gin (lower(username) %1$I.gin_trgm_ops, lower(first_name) %1$I.gin_trgm_ops,'
                   ' lower(last_name) %1$I.gin_trgm_ops, lower(name) %1$I.gin_trgm_ops) WITH (fastupdate = off)', home);
    EXECUTE format('CREATE INDEX addresses_trgm_idx ON hecate.addresses USING gin (lower(value_key) %1$I.gin_trgm_ops) WITH (fastupdate = off)', home);
END
$$;
