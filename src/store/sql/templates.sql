-- Templates of tokens.

-- #define template_columns
t.id, t.name, t.claims, t.lifetime, t.skew, t.algorithm, t.sealed_key, t.created_at, t.updated_at

-- :template_get
SELECT #template_columns# FROM hecate.token_templates t WHERE t.id = :id

-- :template_named
SELECT #template_columns# FROM hecate.token_templates t WHERE t.name = :name

-- :template_list
SELECT #template_columns#, count(*) OVER () AS total FROM hecate.token_templates t ORDER BY t.created_at DESC, t.id DESC LIMIT :limit OFFSET :offset

-- :template_count
SELECT count(*) AS total FROM hecate.token_templates t

-- :template_insert write
INSERT INTO hecate.token_templates (id, name, claims, lifetime, skew, algorithm, sealed_key, created_at, updated_at)
VALUES (:id, :name, :claims, :lifetime, :skew, :algorithm, :sealed_key, :created_at, :updated_at)

-- :template_update write
UPDATE hecate.token_templates SET name = :name, claims = :claims, lifetime = :lifetime, skew = :skew, algorithm = :algorithm,
  sealed_key = :sealed_key, updated_at = :updated_at
WHERE id = :id

-- :template_delete write
DELETE FROM hecate.token_templates WHERE id = :id
