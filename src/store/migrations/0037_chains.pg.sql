-- PostgreSQL finds a session's tokens and a user's events by indexes; SQLite chains them.
SELECT 1;
