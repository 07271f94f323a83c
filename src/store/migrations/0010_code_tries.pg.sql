-- Wrong codes of a user since `since`: a code has few digits, and is only as good as the number of guesses is small.
CREATE TABLE hecate.code_tries (
    user_id uuid NOT NULL,
    tries bigint NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT code_tries_pkey PRIMARY KEY (user_id),
    CONSTRAINT code_tries_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
