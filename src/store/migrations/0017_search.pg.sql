-- Orders and searches over a million users. Few indexes, and none of what a user may lack has an entry for who lacks it: each costs every insert. None is
-- on auth.users.updated_at: a refresh writes that column, and without an index on it the row is changed in place. E-mail addresses, phone numbers and
-- usernames stand in order in the indexes that look them up.

CREATE INDEX hecate_users_last_sign_in_at_idx ON auth.users (last_sign_in_at, created_at, id, deleted_at) WHERE last_sign_in_at IS NOT NULL;
CREATE INDEX hecate_users_odd_sign_in_idx ON auth.users (id) WHERE last_sign_in_at < created_at;
CREATE INDEX hecate_users_banned_until_idx ON auth.users (banned_until) WHERE banned_until IS NOT NULL;
CREATE INDEX profiles_first_name_order_idx ON hecate.profiles (lower(first_name) COLLATE "C") WHERE first_name IS NOT NULL;
CREATE INDEX profiles_last_name_order_idx ON hecate.profiles (lower(last_name) COLLATE "C") WHERE last_name IS NOT NULL;
CREATE INDEX profiles_last_active_at_idx ON hecate.profiles (last_active_at) WHERE last_active_at IS NOT NULL;
CREATE INDEX addresses_wallet_order_idx ON hecate.addresses (value_key COLLATE "C") WHERE kind = 'web3';

-- Parts of addresses and names, where the database has pg_trgm or lets us make it (without it such a search reads all rows), and values in metadata.
-- One index a table. What is new waits in its list of 512 kB, which a search reads whole; together some hundred users cost a tenth of what each
-- costs alone.
DO $$
DECLARE
    home text;
    metadata text := 'raw_user_meta_data jsonb_path_ops, raw_app_meta_data jsonb_path_ops';
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
        EXECUTE format('CREATE INDEX hecate_users_search_idx ON auth.users USING gin (%s) WITH (gin_pending_list_limit = 512)', metadata);
        RETURN;
    END IF;
    EXECUTE format('CREATE INDEX hecate_users_search_idx ON auth.users USING gin (lower(coalesce(email, '''') || ''|'' || coalesce(''+'' || phone, '''') || ''|'''
                   ' || coalesce(raw_user_meta_data ->> ''full_name'', '''')) %I.gin_trgm_ops, %s) WITH (gin_pending_list_limit = 512)', home, metadata);
    EXECUTE format('CREATE INDEX profiles_search_idx ON hecate.profiles USING gin (lower(coalesce(username, '''') || ''|'' || coalesce(first_name, '''') || ''|'''
                   ' || coalesce(last_name, '''') || ''|'' || coalesce(name, '''') || ''|'' || coalesce(nickname, '''') || ''|'' || coalesce(given_name, '''')'
                   ' || ''|'' || coalesce(family_name, '''')) %I.gin_trgm_ops) WITH (gin_pending_list_limit = 512)'
                   ' WHERE coalesce(username, first_name, last_name, name, nickname, given_name, family_name) IS NOT NULL', home);
    EXECUTE format('CREATE INDEX addresses_search_idx ON hecate.addresses USING gin (lower(value_key) %I.gin_trgm_ops) WITH (gin_pending_list_limit = 512)', home);
END
$$;
