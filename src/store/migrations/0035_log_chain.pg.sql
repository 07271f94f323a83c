-- The audit trail of one user is an index here; SQLite chains it.
SELECT 1;
