-- Messages that wait to be sent: written in the transaction that they speak of, and gone once the mail server has taken them. sealed holds address,
-- variables and codes, under the data key. next_at is when it is tried next; while somebody sends it, when he has given up.
-- user_id is whom it speaks of: it goes with that user.
CREATE TABLE hecate.outbox (
    id uuid NOT NULL,
    user_id uuid,
    kind text NOT NULL,
    sealed text NOT NULL,
    state text NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_state_check CHECK (state IN ('waiting', 'kept', 'failed')),
    CONSTRAINT outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX outbox_state_next_at_idx ON hecate.outbox (state, next_at);
CREATE INDEX outbox_user_id_idx ON hecate.outbox (user_id);
