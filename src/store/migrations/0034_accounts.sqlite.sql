-- Whether a user has identities of other parties, which most have not, is asked for each user of a list.
CREATE INDEX hecate_identities_accounts_idx ON auth_identities (user_id) WHERE provider NOT IN ('email', 'phone');
