-- SQLite's index reads the payload as text since 0036_log_head.
SELECT 1;
