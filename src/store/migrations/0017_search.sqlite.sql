-- Orders and searches over a million users. None is on auth_users.updated_at: a refresh writes that column.

CREATE INDEX hecate_users_email_order_idx ON auth_users (lower(email));
CREATE INDEX hecate_users_phone_order_idx ON auth_users (phone);
CREATE INDEX hecate_users_last_sign_in_at_idx ON auth_users (last_sign_in_at);
CREATE INDEX hecate_users_banned_until_idx ON auth_users (banned_until) WHERE banned_until IS NOT NULL;
CREATE INDEX profiles_username_order_idx ON hecate_profiles (username_key);
CREATE INDEX profiles_first_name_order_idx ON hecate_profiles (lower(first_name));
CREATE INDEX profiles_last_name_order_idx ON hecate_profiles (lower(last_name));
CREATE INDEX profiles_last_active_at_idx ON hecate_profiles (last_active_at);
CREATE INDEX addresses_kind_order_idx ON hecate_addresses (kind, value_key);

-- Parts of addresses and names: a row of text a user, profile and further address, and the index of its three-letter pieces. Kept by triggers.
CREATE TABLE hecate_search (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    part TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX search_part_idx ON hecate_search (user_id, part);
CREATE VIRTUAL TABLE hecate_search_text USING fts5 (text, content = 'hecate_search', content_rowid = 'id', tokenize = 'trigram');

CREATE TRIGGER search_insert AFTER INSERT ON hecate_search BEGIN
    INSERT INTO hecate_search_text (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER search_delete AFTER DELETE ON hecate_search BEGIN
    INSERT INTO hecate_search_text (hecate_search_text, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER search_update AFTER UPDATE ON hecate_search BEGIN
    INSERT INTO hecate_search_text (hecate_search_text, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO hecate_search_text (rowid, text) VALUES (new.id, new.text);
END;

-- Of users who are there already.
INSERT INTO hecate_search (user_id, part, text)
SELECT id, 'user', coalesce(email, '') || char(10) || coalesce(phone, '') || char(10)
    || coalesce(CASE WHEN json_valid(raw_user_meta_data) THEN raw_user_meta_data ->> 'full_name' END, '') FROM auth_users
UNION ALL SELECT user_id, 'profile', coalesce(username, '') || char(10) || coalesce(first_name, '') || char(10) || coalesce(last_name, '') || char(10)
    || coalesce(name, '') FROM hecate_profiles
UNION ALL SELECT user_id, id, value_key FROM hecate_addresses;

CREATE TRIGGER search_users_insert AFTER INSERT ON auth_users WHEN coalesce(new.email, new.phone) IS NOT NULL OR new.raw_user_meta_data LIKE '%full_name%' BEGIN
    INSERT INTO hecate_search (user_id, part, text) VALUES (new.id, 'user', coalesce(new.email, '') || char(10) || coalesce(new.phone, '') || char(10)
        || coalesce(CASE WHEN json_valid(new.raw_user_meta_data) THEN new.raw_user_meta_data ->> 'full_name' END, ''));
END;
CREATE TRIGGER search_users_update AFTER UPDATE OF email, phone, raw_user_meta_data ON auth_users
WHEN old.email IS NOT new.email OR old.phone IS NOT new.phone OR old.raw_user_meta_data IS NOT new.raw_user_meta_data BEGIN
    INSERT INTO hecate_search (user_id, part, text) VALUES (new.id, 'user', coalesce(new.email, '') || char(10) || coalesce(new.phone, '') || char(10)
        || coalesce(CASE WHEN json_valid(new.raw_user_meta_data) THEN new.raw_user_meta_data ->> 'full_name' END, ''))
    ON CONFLICT (user_id, part) DO UPDATE SET text = excluded.text WHERE text <> excluded.text;
END;
CREATE TRIGGER search_users_delete AFTER DELETE ON auth_users BEGIN
    DELETE FROM hecate_search WHERE user_id = old.id;
END;

CREATE TRIGGER search_profiles_insert AFTER INSERT ON hecate_profiles WHEN coalesce(new.username, new.first_name, new.last_name, new.name) IS NOT NULL BEGIN
    INSERT INTO hecate_search (user_id, part, text) VALUES (new.user_id, 'profile', coalesce(new.username, '') || char(10) || coalesce(new.first_name, '')
        || char(10) || coalesce(new.last_name, '') || char(10) || coalesce(new.name, ''));
END;
CREATE TRIGGER search_profiles_update AFTER UPDATE OF username, first_name, last_name, name ON hecate_profiles
WHEN old.username IS NOT new.username OR old.first_name IS NOT new.first_name OR old.last_name IS NOT new.last_name OR old.name IS NOT new.name BEGIN
    INSERT INTO hecate_search (user_id, part, text) VALUES (new.user_id, 'profile', coalesce(new.username, '') || char(10) || coalesce(new.first_name, '')
        || char(10) || coalesce(new.last_name, '') || char(10) || coalesce(new.name, ''))
    ON CONFLICT (user_id, part) DO UPDATE SET text = excluded.text WHERE text <> excluded.text;
END;
CREATE TRIGGER search_profiles_delete AFTER DELETE ON hecate_profiles BEGIN
    DELETE FROM hecate_search WHERE user_id = old.user_id AND part = 'profile';
END;

CREATE TRIGGER search_addresses_insert AFTER INSERT ON hecate_addresses BEGIN
    INSERT INTO hecate_search (user_id, part, text) VALUES (new.user_id, new.id, new.value_key);
END;
CREATE TRIGGER search_addresses_update AFTER UPDATE OF value_key, user_id ON hecate_addresses
WHEN old.value_key IS NOT new.value_key OR old.user_id IS NOT new.user_id BEGIN
    DELETE FROM hecate_search WHERE user_id = old.user_id AND part = old.id;
    INSERT INTO hecate_search (user_id, part, text) VALUES (new.user_id, new.id, new.value_key);
END;
CREATE TRIGGER search_addresses_delete AFTER DELETE ON hecate_addresses BEGIN
    DELETE FROM hecate_search WHERE user_id = old.user_id AND part = old.id;
END;
