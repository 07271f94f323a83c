-- Who waits to be invited to the application. email is folded.
CREATE TABLE hecate_waitlist (
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT waitlist_status_check CHECK (status IN ('pending', 'invited', 'rejected'))
) STRICT;
CREATE UNIQUE INDEX waitlist_pkey ON hecate_waitlist (id);
CREATE UNIQUE INDEX waitlist_email_idx ON hecate_waitlist (email);
