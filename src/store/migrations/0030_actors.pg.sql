-- Sign-in tokens that are an actor's: who signs in by one is seen to be acting for the user. actor says who (`sub`), session_life how long, in seconds.
ALTER TABLE hecate.sign_in_tokens ADD COLUMN actor jsonb;
ALTER TABLE hecate.sign_in_tokens ADD COLUMN session_life bigint;
