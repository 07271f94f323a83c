-- The audit trail of one user is an index here; SQLite chains it, and keeps the last entry in the row of the user.
SELECT 1;
