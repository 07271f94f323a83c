-- Addresses that are let in, and those that are kept out. identifier is folded, or `*@domain`.
CREATE TABLE hecate_listed (
    id TEXT NOT NULL,
    list TEXT NOT NULL,
    kind TEXT NOT NULL,
    identifier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT listed_list_check CHECK (list IN ('allow', 'block')),
    CONSTRAINT listed_kind_check CHECK (kind IN ('email', 'phone', 'web3'))
) STRICT;
CREATE UNIQUE INDEX listed_pkey ON hecate_listed (id);
CREATE UNIQUE INDEX listed_identifier_idx ON hecate_listed (identifier, list);

-- Which lists count; one that has no row does as it is used to: the block list counts, the allow list does not.
CREATE TABLE hecate_switches (
    name TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX switches_pkey ON hecate_switches (name);
