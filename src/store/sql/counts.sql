-- Kept counts of users (migrations/0018_counts): all, and in buckets of time. :aud NULL is any; :living leaves out those who were deleted.

-- #define counted
(CAST(:aud AS text) IS NULL OR c.aud = :aud) AND (NOT CAST(:living AS boolean) OR NOT c.gone)

-- #define counted_41
-- @pg
(SELECT shift, parent, bucket, aud, gone, n FROM hecate.user_counts
 UNION ALL SELECT CAST(41 AS bigint), made >> 48, made >> 41, aud, gone, n FROM hecate.user_changes)
-- @sqlite
hecate.user_counts

-- #define counted_34
-- @pg
(SELECT shift, parent, bucket, aud, gone, n FROM hecate.user_counts
 UNION ALL SELECT CAST(34 AS bigint), made >> 41, made >> 34, aud, gone, n FROM hecate.user_changes)
-- @sqlite
hecate.user_counts

-- #define counted_27
-- @pg
(SELECT shift, parent, bucket, aud, gone, n FROM hecate.user_counts
 UNION ALL SELECT CAST(27 AS bigint), made >> 34, made >> 27, aud, gone, n FROM hecate.user_changes)
-- @sqlite
hecate.user_counts

-- #define counted_20
-- @pg
(SELECT shift, parent, bucket, aud, gone, n FROM hecate.user_counts
 UNION ALL SELECT CAST(20 AS bigint), made >> 27, made >> 20, aud, gone, n FROM hecate.user_changes)
-- @sqlite
hecate.user_counts

-- `unknown`: those whose time is not known.

-- :counts_total
SELECT CAST(coalesce(sum(c.n), 0) AS bigint) AS n, CAST(coalesce(sum(CASE WHEN c.bucket = -2097152 THEN c.n END), 0) AS bigint) AS unknown
FROM #counted_41# c WHERE c.shift = 41 AND #counted#

-- Those made before :high less those made before :low: whole buckets, and of the second of each the users themselves.

-- #define counted_user
(CAST(:aud AS text) IS NULL OR u.aud = :aud) AND (NOT CAST(:living AS boolean) OR u.deleted_at IS NULL)

-- :counts_between
SELECT CAST(coalesce(sum(x.n), 0) AS bigint) + (SELECT count(*) FROM auth.users u WHERE u.created_at >= :high_second AND u.created_at < :high_at AND #counted_user#)
    - (SELECT count(*) FROM auth.users u WHERE u.created_at >= :low_second AND u.created_at < :low_at AND #counted_user#) AS n,
  (SELECT CAST(coalesce(sum(c.n), 0) AS bigint) FROM #counted_41# c WHERE c.shift = 41 AND c.bucket = -2097152 AND #counted#) AS unknown
FROM (
  SELECT c.n AS n FROM #counted_41# c WHERE c.shift = 41 AND c.bucket < CAST(:high AS bigint) >> 41 AND #counted#
  UNION ALL
  SELECT c.n FROM #counted_34# c WHERE c.shift = 34 AND c.parent = CAST(:high AS bigint) >> 41 AND c.bucket < CAST(:high AS bigint) >> 34 AND #counted#
  UNION ALL
  SELECT c.n FROM #counted_27# c WHERE c.shift = 27 AND c.parent = CAST(:high AS bigint) >> 34 AND c.bucket < CAST(:high AS bigint) >> 27 AND #counted#
  UNION ALL
  SELECT c.n FROM #counted_20# c WHERE c.shift = 20 AND c.parent = CAST(:high AS bigint) >> 27 AND c.bucket < CAST(:high AS bigint) >> 20 AND #counted#
  UNION ALL
  SELECT -c.n AS n FROM #counted_41# c WHERE c.shift = 41 AND c.bucket < CAST(:low AS bigint) >> 41 AND #counted#
  UNION ALL
  SELECT -c.n FROM #counted_34# c WHERE c.shift = 34 AND c.parent = CAST(:low AS bigint) >> 41 AND c.bucket < CAST(:low AS bigint) >> 34 AND #counted#
  UNION ALL
  SELECT -c.n FROM #counted_27# c WHERE c.shift = 27 AND c.parent = CAST(:low AS bigint) >> 34 AND c.bucket < CAST(:low AS bigint) >> 27 AND #counted#
  UNION ALL
  SELECT -c.n FROM #counted_20# c WHERE c.shift = 20 AND c.parent = CAST(:low AS bigint) >> 27 AND c.bucket < CAST(:low AS bigint) >> 20 AND #counted#
) x

-- Where the user stands who has :offset others before it (behind all: the last one): the bucket of the finest counts, and how many stand before it there.
-- PostgreSQL goes down all levels in one statement. :way is 1, the oldest first, or -1; `upto` says how many stand in the buckets up to this one: as
-- floating-point numbers, which are exact up to 2^53 and are added in half the time.

-- #define counted_upto
c.bucket * CAST(:way AS bigint) AS way, sum(CAST(c.n AS float8)) OVER (ORDER BY c.bucket * CAST(:way AS bigint)) AS upto

-- #define counted_step
min(CASE WHEN x.upto > b.skip THEN x.way END) * CAST(:way AS bigint) AS bucket, b.skip - max(CASE WHEN x.upto <= b.skip THEN x.upto ELSE 0 END) AS skip

-- :counts_place
-- @pg
WITH RECURSIVE roots AS MATERIALIZED (SELECT c.bucket, c.n, #counted_upto# FROM #counted_41# c WHERE c.shift = 41 AND #counted#),
whole AS (SELECT sum(CAST(n AS float8)) AS n, sum(CASE WHEN bucket = -2097152 THEN CAST(n AS float8) ELSE 0 END) AS unknown FROM roots),
place (shift, bucket, skip) AS (
  SELECT 41, x.bucket, x.skip FROM (SELECT least(CAST(:offset AS bigint), n - 1) AS skip FROM whole WHERE n > 0) b, LATERAL (SELECT #counted_step# FROM roots x) x
  UNION ALL
  SELECT b.shift - 7, x.bucket, x.skip FROM place b, LATERAL (
    SELECT #counted_step# FROM (
      SELECT #counted_upto# FROM (
        SELECT bucket, aud, gone, n FROM hecate.user_counts WHERE shift = b.shift - 7 AND parent = b.bucket
        UNION ALL
        SELECT made >> b.shift - 7, aud, gone, n FROM hecate.user_changes WHERE made >> b.shift = b.bucket) c
      WHERE #counted#) x) x
  WHERE b.shift > 20)
SELECT CAST(w.n AS bigint) AS n, CAST(w.unknown AS bigint) AS unknown, b.bucket, CAST(b.skip AS bigint) AS skip
FROM whole w, place b WHERE b.shift = 20 AND b.bucket IS NOT NULL
-- @sqlite
SELECT 0 AS n WHERE :way + :aud + :living + :offset + 1 < 0

-- SQLite does it step by step, which costs half of its windows: the buckets of the coarsest counts, and those within one, the oldest first.

-- :counts_roots
SELECT c.bucket, CAST(sum(c.n) AS bigint) AS n FROM hecate.user_counts c WHERE c.shift = 41 AND #counted# GROUP BY c.bucket ORDER BY c.bucket

-- :counts_within
SELECT c.bucket, CAST(sum(c.n) AS bigint) AS n FROM hecate.user_counts c WHERE c.shift = :shift AND c.parent = :parent AND #counted#
GROUP BY c.bucket ORDER BY c.bucket

-- PostgreSQL alone: what was changed goes into the counts. One node at a time; `mine`: it is this one's turn, and there is something to do. :all: others
-- wrote users; their number says so.

-- :counts_lock
-- @pg
SELECT CASE WHEN CAST(:all AS boolean)
  THEN (SELECT count(*) FROM auth.users) <> (SELECT coalesce(sum(n), 0) FROM hecate.user_counts WHERE shift = 41) + (SELECT coalesce(sum(n), 0) FROM hecate.user_changes)
  ELSE EXISTS (SELECT 1 FROM hecate.user_changes) END AND pg_try_advisory_xact_lock(7305804402564) AS mine
-- @sqlite
SELECT 0 AS mine WHERE :all

-- :counts_fold write
-- @pg
WITH changes AS (DELETE FROM hecate.user_changes RETURNING aud, gone, made, n)
INSERT INTO hecate.user_counts AS c (shift, parent, bucket, aud, gone, n)
SELECT s.shift, h.made >> s.shift + 7, h.made >> s.shift, h.aud, h.gone, sum(h.n) FROM changes h, (VALUES (41), (34), (27), (20)) s (shift)
GROUP BY 1, 2, 3, 4, 5 HAVING sum(h.n) <> 0
ON CONFLICT (shift, parent, bucket, aud, gone) DO UPDATE SET n = c.n + excluded.n
-- @sqlite
SELECT 1 WHERE false

-- Others may write auth.users, too. One statement sees the users and the changes of one moment; what is changed meanwhile stays for the next time. The
-- order lets those that are read together stand together.

-- :counts_recount write
-- @pg
WITH changes AS (DELETE FROM hecate.user_changes),
users AS (SELECT #user_counted# FROM auth.users),
times AS (SELECT made >> 20 AS bucket, aud, gone, count(*) AS n FROM users GROUP BY 1, 2, 3),
fresh AS (SELECT CAST(s.shift AS bigint) AS shift, t.bucket >> s.shift - 13 AS parent, t.bucket >> s.shift - 20 AS bucket, t.aud, t.gone, sum(t.n) AS n
          FROM times t, (VALUES (41), (34), (27), (20)) s (shift) GROUP BY 1, 2, 3, 4, 5)
INSERT INTO hecate.user_counts AS c (shift, parent, bucket, aud, gone, n)
SELECT shift, parent, bucket, aud, gone, coalesce(f.n, 0) FROM fresh f FULL JOIN hecate.user_counts o USING (shift, parent, bucket, aud, gone)
WHERE coalesce(f.n, 0) <> coalesce(o.n, 0) ORDER BY shift, parent, bucket
ON CONFLICT (shift, parent, bucket, aud, gone) DO UPDATE SET n = excluded.n
-- @sqlite
SELECT 1 WHERE false
