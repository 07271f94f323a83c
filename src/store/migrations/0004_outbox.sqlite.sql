-- Messages that wait to be sent: written in the transaction that they speak of, and gone once the mail server has taken them. sealed holds address,
-- variables and codes, under the data key. next_at is when it is tried next; while somebody sends it, when he has given up.
CREATE TABLE hecate_outbox (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT outbox_state_check CHECK (state IN ('waiting', 'kept', 'failed'))
) STRICT;
CREATE UNIQUE INDEX outbox_pkey ON hecate_outbox (id);
CREATE INDEX outbox_state_next_at_idx ON hecate_outbox (state, next_at);
