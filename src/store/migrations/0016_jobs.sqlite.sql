-- Work that is done behind a request's back, and what came of it; it is kept for a day. done rows of total are behind it: it goes on there after a
-- crash. While somebody works at it, next_at is when he has given up.
CREATE TABLE hecate_jobs (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    options TEXT NOT NULL,
    details TEXT,
    total INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    inserted INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    CONSTRAINT jobs_state_check CHECK (state IN ('pending', 'processing', 'completed', 'failed'))
) STRICT;
CREATE UNIQUE INDEX jobs_pkey ON hecate_jobs (id);
CREATE INDEX jobs_state_next_at_idx ON hecate_jobs (state, next_at);
CREATE INDEX jobs_created_at_idx ON hecate_jobs (created_at);

-- Rows of a job's input that were refused, and why.
CREATE TABLE hecate_job_errors (
    job_id TEXT NOT NULL,
    nth INTEGER NOT NULL,
    report TEXT NOT NULL,
    CONSTRAINT job_errors_job_id_fkey FOREIGN KEY (job_id) REFERENCES hecate_jobs (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX job_errors_pkey ON hecate_job_errors (job_id, nth);

-- What a job wrote, in pieces; nth is the number of rows before it. -1: what it works at, until its end; in the job's own row it would be written
-- and read with each step.
CREATE TABLE hecate_job_parts (
    job_id TEXT NOT NULL,
    nth INTEGER NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT job_parts_job_id_fkey FOREIGN KEY (job_id) REFERENCES hecate_jobs (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX job_parts_pkey ON hecate_job_parts (job_id, nth);

-- Links that verify an address or let their holder choose a password, once. id is a digest of what the link carries; email is the address that the user
-- had when it was made.
-- identity_id: the linked account that the ticket is for; NULL: the user itself.
CREATE TABLE hecate_tickets (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    identity_id TEXT,
    email TEXT,
    mailed_at INTEGER,
    options TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX tickets_pkey ON hecate_tickets (id);
CREATE INDEX tickets_user_id_idx ON hecate_tickets (user_id, created_at);
CREATE INDEX tickets_expires_at_idx ON hecate_tickets (expires_at);
