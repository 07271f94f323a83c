-- Addresses that are let in or kept out, and which of the two lists count.

-- :listed_insert write
INSERT INTO hecate.listed (id, list, kind, identifier, created_at) VALUES (:id, :list, :kind, :identifier, :created_at)

-- :listed_page
SELECT l.id, l.list, l.kind, l.identifier, l.created_at, count(*) OVER () AS total FROM hecate.listed l WHERE l.list = :list
ORDER BY l.created_at DESC, l.id DESC LIMIT :limit OFFSET :offset

-- :listed_count
SELECT count(*) AS total FROM hecate.listed l WHERE l.list = :list

-- :listed_delete write
DELETE FROM hecate.listed WHERE id = :id AND list = :list

-- What the lists say of an address, and whether they count.

-- :listed_match
SELECT coalesce((SELECT s.enabled FROM hecate.switches s WHERE s.name = 'allow'), false) AS allow_on,
  coalesce((SELECT s.enabled FROM hecate.switches s WHERE s.name = 'block'), true) AS block_on,
  EXISTS (SELECT 1 FROM hecate.listed l WHERE l.identifier IN (:identifier, :wildcard) AND l.list = 'allow') AS allowed,
  EXISTS (SELECT 1 FROM hecate.listed l WHERE l.identifier IN (:identifier, :wildcard) AND l.list = 'block') AS blocked

-- :switch_put write
INSERT INTO hecate.switches (name, enabled) VALUES (:list, :enabled) ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled
