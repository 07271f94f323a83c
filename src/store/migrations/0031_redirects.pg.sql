-- URLs that an application may send its users back to, as Clerk's API keeps them.
CREATE TABLE hecate.redirect_urls (
    id uuid NOT NULL,
    url text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT redirect_urls_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX redirect_urls_url_idx ON hecate.redirect_urls (url);
