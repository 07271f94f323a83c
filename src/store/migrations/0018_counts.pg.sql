-- How many users there are, by audience and by the time at which they were made: the total, and where a deep page of a list begins. A bucket is the time
-- in µs >> `shift`, for four shifts: about 25 days, 5 hours, 2 minutes, a second; a bucket of one has up to 128 of the
-- next, and is their `parent`.
CREATE TABLE hecate.user_counts (
    shift bigint NOT NULL,
    parent bigint NOT NULL,
    bucket bigint NOT NULL,
    aud text NOT NULL,
    gone boolean NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT user_counts_pkey PRIMARY KEY (shift, parent, bucket, aud, gone)
);

-- Whoever makes, changes or deletes a user adds a row here in the same transaction, so that no writer waits for another; now and then they are put
-- into user_counts. The count is both tables together.
CREATE TABLE hecate.user_changes (
    aud text NOT NULL,
    gone boolean NOT NULL,
    made bigint NOT NULL,
    n bigint NOT NULL
);

-- Of users who are there already.
INSERT INTO hecate.user_counts (shift, parent, bucket, aud, gone, n)
SELECT s.shift, u.made >> s.shift + 7, u.made >> s.shift, u.aud, u.gone, count(*)
FROM (SELECT coalesce(aud, '') AS aud, deleted_at IS NOT NULL AS gone,
      CASE WHEN isfinite(created_at) THEN CAST(extract(epoch FROM created_at) * 1000000 AS bigint) ELSE -4611686018427387904 END AS made FROM auth.users) u,
     (VALUES (41), (34), (27), (20)) s (shift)
GROUP BY 1, 2, 3, 4, 5;
