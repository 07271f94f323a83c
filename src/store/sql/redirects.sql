-- URLs to be sent back to.

-- :redirect_insert write
INSERT INTO hecate.redirect_urls (id, url, created_at) VALUES (:id, :url, :created_at)

-- :redirect_page
SELECT r.id, r.url, r.created_at, count(*) OVER () AS total FROM hecate.redirect_urls r ORDER BY r.created_at DESC, r.id DESC LIMIT :limit OFFSET :offset

-- :redirect_count
SELECT count(*) AS total FROM hecate.redirect_urls r

-- :redirect_get
SELECT r.id, r.url, r.created_at FROM hecate.redirect_urls r WHERE r.id = :id

-- :redirect_delete write
DELETE FROM hecate.redirect_urls WHERE id = :id
