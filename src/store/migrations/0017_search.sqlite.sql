-- Orders and searches over a million users. Few indexes, and none of what a user may lack has an entry for who lacks it: each costs every insert. None is
-- on auth_users.updated_at: a refresh writes that column. E-mail addresses, phone numbers and usernames stand in order in the indexes that look them up.

CREATE INDEX hecate_users_last_sign_in_at_idx ON auth_users (last_sign_in_at, created_at, id, deleted_at) WHERE last_sign_in_at IS NOT NULL;
CREATE INDEX hecate_users_odd_sign_in_idx ON auth_users (id) WHERE last_sign_in_at < created_at;
CREATE INDEX hecate_users_banned_until_idx ON auth_users (banned_until) WHERE banned_until IS NOT NULL;
CREATE INDEX profiles_first_name_order_idx ON hecate_profiles (lower(first_name)) WHERE first_name IS NOT NULL;
CREATE INDEX profiles_last_name_order_idx ON hecate_profiles (lower(last_name)) WHERE last_name IS NOT NULL;
CREATE INDEX profiles_last_active_at_idx ON hecate_profiles (last_active_at) WHERE last_active_at IS NOT NULL;
CREATE INDEX addresses_wallet_order_idx ON hecate_addresses (value_key) WHERE kind = 'web3';

-- Parts of addresses and names, and values in metadata: a row of text a user, and the indexes of its three-letter pieces. Values in metadata stand
-- between line ends, cut after 64 letters; a number has `#` before it, without its fraction; what all users have is left out.
CREATE TABLE hecate_search (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    text TEXT NOT NULL,
    meta TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX search_user_id_idx ON hecate_search (user_id);
CREATE VIRTUAL TABLE hecate_search_text USING fts5 (text, content = 'hecate_search', content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0);
CREATE VIRTUAL TABLE hecate_search_meta USING fts5 (meta, content = 'hecate_search', content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0);

-- What is to be there now.
CREATE VIEW hecate_search_now AS
SELECT u.id AS user_id,
    coalesce(u.email || char(10), '') || coalesce('+' || u.phone || char(10), '')
    || coalesce((CASE WHEN json_valid(u.raw_user_meta_data) THEN u.raw_user_meta_data ->> 'full_name' END) || char(10), '')
    || coalesce(p.username || char(10), '') || coalesce(p.first_name || char(10), '') || coalesce(p.last_name || char(10), '')
    || coalesce(p.name || char(10), '') || coalesce(p.nickname || char(10), '') || coalesce(p.given_name || char(10), '')
    || coalesce(p.family_name || char(10), '')
    || coalesce((SELECT group_concat(a.value_key, char(10)) FROM hecate_addresses a WHERE a.user_id = u.id), '') AS text,
    coalesce((SELECT char(10) || group_concat(CASE v.type WHEN 'text' THEN substr(v.atom, 1, 64) WHEN 'integer' THEN '#' || v.atom
            WHEN 'real' THEN '#' || CAST(v.atom AS INTEGER) ELSE '#' || v.type END, char(10)) || char(10)
        FROM (SELECT u.raw_user_meta_data AS doc UNION ALL SELECT u.raw_app_meta_data) m, json_tree(CASE WHEN json_valid(m.doc) THEN m.doc ELSE '{}' END) v
        WHERE v.type IN ('text', 'integer', 'real', 'true', 'false') AND v.fullkey NOT IN ('$.provider', '$.providers[0]')), '') AS meta
FROM auth_users u LEFT JOIN hecate_profiles p ON p.user_id = u.id;

-- Of users who are there already.
INSERT INTO hecate_search (user_id, text, meta) SELECT user_id, text, meta FROM hecate_search_now WHERE text <> '' OR meta <> '';
INSERT INTO hecate_search_text (rowid, text) SELECT id, text FROM hecate_search WHERE text <> '' ORDER BY id;
INSERT INTO hecate_search_meta (rowid, meta) SELECT id, meta FROM hecate_search WHERE meta <> '' ORDER BY id;

-- Who was made, changed or deleted since: a search tests these one by one. At 256 they go into the indexes, which costs a user an eighth of what it costs
-- when each goes alone.
CREATE TABLE hecate_search_news (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL
) STRICT;

CREATE TRIGGER search_news_fold AFTER INSERT ON hecate_search_news WHEN new.id >= 256 BEGIN
    INSERT INTO hecate_search_text (hecate_search_text, rowid, text)
    SELECT 'delete', id, text FROM hecate_search WHERE user_id IN (SELECT user_id FROM hecate_search_news) AND text <> '' ORDER BY id;
    INSERT INTO hecate_search_meta (hecate_search_meta, rowid, meta)
    SELECT 'delete', id, meta FROM hecate_search WHERE user_id IN (SELECT user_id FROM hecate_search_news) AND meta <> '' ORDER BY id;
    DELETE FROM hecate_search WHERE user_id IN (SELECT user_id FROM hecate_search_news);
    INSERT INTO hecate_search (user_id, text, meta)
    SELECT user_id, text, meta FROM hecate_search_now WHERE user_id IN (SELECT user_id FROM hecate_search_news) AND (text <> '' OR meta <> '');
    INSERT INTO hecate_search_text (rowid, text)
    SELECT id, text FROM hecate_search WHERE user_id IN (SELECT user_id FROM hecate_search_news) AND text <> '' ORDER BY id;
    INSERT INTO hecate_search_meta (rowid, meta)
    SELECT id, meta FROM hecate_search WHERE user_id IN (SELECT user_id FROM hecate_search_news) AND meta <> '' ORDER BY id;
    DELETE FROM hecate_search_news;
END;

CREATE TRIGGER search_users_insert AFTER INSERT ON auth_users
WHEN new.email IS NOT NULL OR new.phone IS NOT NULL OR length(new.raw_user_meta_data) > 2 OR length(new.raw_app_meta_data) > 2 BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (new.id);
END;
CREATE TRIGGER search_users_update AFTER UPDATE OF email, phone, raw_user_meta_data, raw_app_meta_data ON auth_users
WHEN old.email IS NOT new.email OR old.phone IS NOT new.phone OR old.raw_user_meta_data IS NOT new.raw_user_meta_data
    OR old.raw_app_meta_data IS NOT new.raw_app_meta_data BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (new.id);
END;
CREATE TRIGGER search_users_delete AFTER DELETE ON auth_users BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (old.id);
END;

-- A profile and addresses mostly come with their user, who is the last of the news then.
CREATE TRIGGER search_profiles_insert AFTER INSERT ON hecate_profiles
WHEN coalesce(new.username, new.first_name, new.last_name, new.name, new.nickname, new.given_name, new.family_name) IS NOT NULL
    AND (SELECT user_id FROM hecate_search_news ORDER BY id DESC LIMIT 1) IS NOT new.user_id BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (new.user_id);
END;
CREATE TRIGGER search_profiles_update AFTER UPDATE OF username, first_name, last_name, name, nickname, given_name, family_name ON hecate_profiles
WHEN old.username IS NOT new.username OR old.first_name IS NOT new.first_name OR old.last_name IS NOT new.last_name OR old.name IS NOT new.name
    OR old.nickname IS NOT new.nickname OR old.given_name IS NOT new.given_name OR old.family_name IS NOT new.family_name BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (new.user_id);
END;
CREATE TRIGGER search_profiles_delete AFTER DELETE ON hecate_profiles
WHEN (SELECT user_id FROM hecate_search_news ORDER BY id DESC LIMIT 1) IS NOT old.user_id BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (old.user_id);
END;

CREATE TRIGGER search_addresses_insert AFTER INSERT ON hecate_addresses
WHEN (SELECT user_id FROM hecate_search_news ORDER BY id DESC LIMIT 1) IS NOT new.user_id BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (new.user_id);
END;
CREATE TRIGGER search_addresses_update AFTER UPDATE OF value_key, user_id ON hecate_addresses
WHEN old.value_key IS NOT new.value_key OR old.user_id IS NOT new.user_id BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (old.user_id), (new.user_id);
END;
CREATE TRIGGER search_addresses_delete AFTER DELETE ON hecate_addresses
WHEN (SELECT user_id FROM hecate_search_news ORDER BY id DESC LIMIT 1) IS NOT old.user_id BEGIN
    INSERT INTO hecate_search_news (user_id) VALUES (old.user_id);
END;
