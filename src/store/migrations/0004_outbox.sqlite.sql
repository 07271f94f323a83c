-- Messages that wait to be sent: written in the transaction that they speak of, and gone once the mail server has taken them. sealed holds address,
-- variables and codes, under the data key. next_at is when it is tried next; while somebody sends it, when he has given up.
-- user_id is whom it speaks of: it goes with that user.
CREATE TABLE hecate_outbox (
    id TEXT NOT NULL,
    user_id TEXT,
    kind TEXT NOT NULL,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT outbox_state_check CHECK (state IN ('waiting', 'kept', 'failed')),
    CONSTRAINT outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX outbox_pkey ON hecate_outbox (id);
CREATE INDEX outbox_state_next_at_idx ON hecate_outbox (state, next_at);
CREATE INDEX outbox_user_id_idx ON hecate_outbox (user_id);
