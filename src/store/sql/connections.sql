-- Connections of Auth0. A list may be of one name, of some strategies (between commas), and behind one that was made at `after`.

-- #define connection_columns
c.id, c.name, c.strategy, c.display_name, c.options, c.enabled_clients, c.realms, c.metadata, c.is_domain_connection, c.show_as_button, c.created_at

-- #define connection_wanted
(CAST(:name AS text) IS NULL OR c.name = :name)
  AND (CAST(:strategies AS text) IS NULL OR CAST(:strategies AS text) LIKE '%,' || c.strategy || ',%')

-- :connection_get
SELECT #connection_columns# FROM hecate.connections c WHERE c.id = :id

-- :connection_named
SELECT #connection_columns# FROM hecate.connections c WHERE c.name = :name

-- :connection_list
SELECT #connection_columns# FROM hecate.connections c
WHERE #connection_wanted# AND (CAST(:after_id AS text) IS NULL OR c.created_at > :after OR (c.created_at = :after AND c.id > :after_id))
ORDER BY c.created_at, c.id LIMIT :limit OFFSET :offset

-- :connection_count
SELECT count(*) AS total FROM hecate.connections c WHERE #connection_wanted#

-- :connection_insert write
INSERT INTO hecate.connections (id, name, strategy, display_name, options, enabled_clients, realms, metadata, is_domain_connection, show_as_button, created_at)
VALUES (:id, :name, :strategy, :display_name, :options, :enabled_clients, :realms, :metadata, :is_domain_connection, :show_as_button, :created_at)

-- :connection_update write
UPDATE hecate.connections SET display_name = :display_name, options = :options, enabled_clients = :enabled_clients, realms = :realms,
  metadata = :metadata, is_domain_connection = :is_domain_connection, show_as_button = :show_as_button
WHERE id = :id

-- :connection_delete write
DELETE FROM hecate.connections WHERE id = :id
