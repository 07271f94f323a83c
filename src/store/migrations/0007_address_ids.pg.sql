-- An address is found by its id: primary ones have theirs in the profile.
CREATE INDEX profiles_email_id_idx ON hecate.profiles (email_id) WHERE email_id IS NOT NULL;
CREATE INDEX profiles_phone_id_idx ON hecate.profiles (phone_id) WHERE phone_id IS NOT NULL;
