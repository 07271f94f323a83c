-- How many backup codes the user has left: shown with each user.
ALTER TABLE hecate_profiles ADD COLUMN backup_codes INTEGER NOT NULL DEFAULT 0;
