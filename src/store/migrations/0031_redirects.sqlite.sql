-- URLs that an application may send its users back to, as Clerk's API keeps them.
CREATE TABLE hecate_redirect_urls (
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX redirect_urls_pkey ON hecate_redirect_urls (id);
CREATE UNIQUE INDEX redirect_urls_url_idx ON hecate_redirect_urls (url);
