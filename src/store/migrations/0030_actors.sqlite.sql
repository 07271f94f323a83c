-- Sign-in tokens that are an actor's: who signs in by one is seen to be acting for the user. actor says who (`sub`), session_life how long, in seconds.
ALTER TABLE hecate_sign_in_tokens ADD COLUMN actor TEXT;
ALTER TABLE hecate_sign_in_tokens ADD COLUMN session_life INTEGER;
