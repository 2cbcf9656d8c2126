-- Several processes may work on one database: each unfinished job is driven by one of them, its owner, named by a token
-- that the process proves its life under. NULL: of a program that knew no owners, none of which is alive.
-- Instants are microseconds since 1970, UTC.

ALTER TABLE jobs ADD COLUMN owner TEXT;
ALTER TABLE jobs ADD COLUMN woken_at INTEGER;  -- its callback came to a process that does not drive it; NULL once seen

-- Whose jobs have to be taken over when their process has died, and which of them were called for elsewhere.
CREATE INDEX jobs_by_owner ON jobs (owner) WHERE told_at IS NULL;
CREATE INDEX jobs_woken ON jobs (owner) WHERE woken_at IS NOT NULL;

-- Discord tells every process of each event: who writes its id here first takes it. Kept for an hour.
CREATE TABLE claims (
    event_id INTEGER PRIMARY KEY,
    claimed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX claims_by_time ON claims (claimed_at);
