-- Addresses that are let in, and those that are kept out. identifier is folded, or `*@domain`.
CREATE TABLE hecate.listed (
    id uuid NOT NULL,
    list text NOT NULL,
    kind text NOT NULL,
    identifier text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT listed_pkey PRIMARY KEY (id),
    CONSTRAINT listed_list_check CHECK (list IN ('allow', 'block')),
    CONSTRAINT listed_kind_check CHECK (kind IN ('email', 'phone', 'web3'))
);
CREATE UNIQUE INDEX listed_identifier_idx ON hecate.listed (identifier, list);

-- Which lists count; one that has no row does as it is used to: the block list counts, the allow list does not.
CREATE TABLE hecate.switches (
    name text NOT NULL,
    enabled boolean NOT NULL,
    CONSTRAINT switches_pkey PRIMARY KEY (name)
);
