-- Work that is done behind a request's back, and what came of it; it is kept for a day. done rows of total are behind it: it goes on there after a
-- crash. While somebody works at it, next_at is when he has given up.
CREATE TABLE hecate.jobs (
    id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    options jsonb NOT NULL,
    details text,
    total bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT jobs_pkey PRIMARY KEY (id),
    CONSTRAINT jobs_state_check CHECK (state IN ('pending', 'processing', 'completed', 'failed'))
);
CREATE INDEX jobs_state_next_at_idx ON hecate.jobs (state, next_at);
CREATE INDEX jobs_created_at_idx ON hecate.jobs (created_at);

-- Rows of a job's input that were refused, and why.
CREATE TABLE hecate.job_errors (
    job_id text NOT NULL,
    nth bigint NOT NULL,
    report jsonb NOT NULL,
    CONSTRAINT job_errors_pkey PRIMARY KEY (job_id, nth),
    CONSTRAINT job_errors_job_id_fkey FOREIGN KEY (job_id) REFERENCES hecate.jobs (id) ON DELETE CASCADE
);

-- What a job wrote, in pieces; nth is the number of rows before it. -1: what it works at, until its end; in the job's own row it would be written
-- and read with each step.
CREATE TABLE hecate.job_parts (
    job_id text NOT NULL,
    nth bigint NOT NULL,
    content text NOT NULL,
    CONSTRAINT job_parts_pkey PRIMARY KEY (job_id, nth),
    CONSTRAINT job_parts_job_id_fkey FOREIGN KEY (job_id) REFERENCES hecate.jobs (id) ON DELETE CASCADE
);

-- Links that verify an address or let their holder choose a password, once. id is a digest of what the link carries; email is the address that the user
-- had when it was made.
-- identity_id: the linked account that the ticket is for; NULL: the user itself.
CREATE TABLE hecate.tickets (
    id text NOT NULL,
    kind text NOT NULL,
    user_id uuid NOT NULL,
    identity_id uuid,
    email text,
    mailed_at timestamptz,
    options jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT tickets_pkey PRIMARY KEY (id),
    CONSTRAINT tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX tickets_user_id_idx ON hecate.tickets (user_id, created_at);
CREATE INDEX tickets_expires_at_idx ON hecate.tickets (expires_at);
