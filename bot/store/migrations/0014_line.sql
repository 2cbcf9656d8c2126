-- Before each new job is taken, it is counted how many wait, and how many of them are of the person who asks. The status is
-- in it although its condition names it: without it SQLite reads the rows.

DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (user_id, status) WHERE status IN ('preparing', 'queued');
