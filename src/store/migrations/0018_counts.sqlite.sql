-- How many users there are, by audience and by the time at which they were made: the total, and where a deep page of a list begins. A bucket is the time
-- in µs >> `shift`, for four shifts: about 25 days, 5 hours, 2 minutes, a second; a bucket of one has up to 128 of the
-- next, and is their `parent`. A time that is not known stands before all others. Kept by triggers.
CREATE TABLE hecate_user_counts (
    shift INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    aud TEXT NOT NULL,
    gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
    n INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_counts_pkey ON hecate_user_counts (shift, parent, bucket, aud, gone);

CREATE TRIGGER user_counts_insert AFTER INSERT ON auth_users BEGIN
    INSERT INTO hecate_user_counts (shift, parent, bucket, aud, gone, n)
    SELECT column1, coalesce(new.created_at, -0x4000000000000000) >> column1 + 7, coalesce(new.created_at, -0x4000000000000000) >> column1, coalesce(new.aud, ''), new.deleted_at IS NOT NULL, 1 FROM (VALUES (41), (34), (27), (20)) WHERE true
    ON CONFLICT (shift, parent, bucket, aud, gone) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER user_counts_delete AFTER DELETE ON auth_users BEGIN
    UPDATE hecate_user_counts SET n = n - 1 WHERE shift = 41 AND parent = coalesce(old.created_at, -0x4000000000000000) >> 48
        AND bucket = coalesce(old.created_at, -0x4000000000000000) >> 41 AND aud = coalesce(old.aud, '') AND gone = (old.deleted_at IS NOT NULL);
    UPDATE hecate_user_counts SET n = n - 1 WHERE shift = 34 AND parent = coalesce(old.created_at, -0x4000000000000000) >> 41
        AND bucket = coalesce(old.created_at, -0x4000000000000000) >> 34 AND aud = coalesce(old.aud, '') AND gone = (old.deleted_at IS NOT NULL);
    UPDATE hecate_user_counts SET n = n - 1 WHERE shift = 27 AND parent = coalesce(old.created_at, -0x4000000000000000) >> 34
        AND bucket = coalesce(old.created_at, -0x4000000000000000) >> 27 AND aud = coalesce(old.aud, '') AND gone = (old.deleted_at IS NOT NULL);
    UPDATE hecate_user_counts SET n = n - 1 WHERE shift = 20 AND parent = coalesce(old.created_at, -0x4000000000000000) >> 27
        AND bucket = coalesce(old.created_at, -0x4000000000000000) >> 20 AND aud = coalesce(old.aud, '') AND gone = (old.deleted_at IS NOT NULL);
END;
CREATE TRIGGER user_counts_update AFTER UPDATE OF aud, created_at, deleted_at ON auth_users
WHEN old.aud IS NOT new.aud OR old.created_at IS NOT new.created_at OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN
    INSERT INTO hecate_user_counts (shift, parent, bucket, aud, gone, n)
    SELECT column1, coalesce(old.created_at, -0x4000000000000000) >> column1 + 7, coalesce(old.created_at, -0x4000000000000000) >> column1, coalesce(old.aud, ''), old.deleted_at IS NOT NULL, -1 FROM (VALUES (41), (34), (27), (20)) WHERE true
    ON CONFLICT (shift, parent, bucket, aud, gone) DO UPDATE SET n = n - 1;
    INSERT INTO hecate_user_counts (shift, parent, bucket, aud, gone, n)
    SELECT column1, coalesce(new.created_at, -0x4000000000000000) >> column1 + 7, coalesce(new.created_at, -0x4000000000000000) >> column1, coalesce(new.aud, ''), new.deleted_at IS NOT NULL, 1 FROM (VALUES (41), (34), (27), (20)) WHERE true
    ON CONFLICT (shift, parent, bucket, aud, gone) DO UPDATE SET n = n + 1;
END;

-- Of users who are there already.
INSERT INTO hecate_user_counts (shift, parent, bucket, aud, gone, n)
SELECT s.column1, coalesce(u.created_at, -0x4000000000000000) >> s.column1 + 7, coalesce(u.created_at, -0x4000000000000000) >> s.column1, coalesce(u.aud, ''), u.deleted_at IS NOT NULL, count(*)
FROM auth_users u, (VALUES (41), (34), (27), (20)) s GROUP BY 1, 2, 3, 4, 5;
