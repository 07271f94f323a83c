-- Who waits to be invited to the application. email is folded.
CREATE TABLE hecate.waitlist (
    id uuid NOT NULL,
    email text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT waitlist_pkey PRIMARY KEY (id),
    CONSTRAINT waitlist_status_check CHECK (status IN ('pending', 'invited', 'rejected'))
);
CREATE UNIQUE INDEX waitlist_email_idx ON hecate.waitlist (email);
