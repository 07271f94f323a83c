-- Wrong codes of a user since `since`: a code has few digits, and is only as good as the number of guesses is small.
CREATE TABLE hecate_code_tries (
    user_id TEXT NOT NULL,
    tries INTEGER NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT code_tries_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX code_tries_pkey ON hecate_code_tries (user_id);
