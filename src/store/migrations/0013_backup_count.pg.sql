-- How many backup codes the user has left: shown with each user.
ALTER TABLE hecate.profiles ADD COLUMN backup_codes bigint NOT NULL DEFAULT 0;
