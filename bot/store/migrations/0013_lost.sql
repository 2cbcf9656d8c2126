-- A job that was released while its task may still come is `lost`: it is looked for once more now and then, and delivered
-- if it comes. Instants are microseconds since 1970, UTC.

ALTER TABLE jobs ADD COLUMN role_ids TEXT NOT NULL DEFAULT '[]';    -- of who asked, as they asked: JSON
ALTER TABLE jobs ADD COLUMN hinted_task_id TEXT;    -- what a callback named as the job's task: not believed, but looked at
ALTER TABLE jobs ADD COLUMN lost_at INTEGER;        -- when it was released; stays when it comes late
ALTER TABLE jobs ADD COLUMN look_at INTEGER;        -- when it is looked for again
ALTER TABLE jobs ADD COLUMN gift INTEGER NOT NULL DEFAULT 0;    -- came late, when the limits had no room for it

-- What is looked for, and when next.
CREATE INDEX jobs_lost ON jobs (look_at) WHERE status = 'lost';

-- Whose task is not known: whether a task that nobody knows may be one of theirs.
CREATE INDEX jobs_without_task ON jobs (submitted_at)
WHERE provider_task_id IS NULL AND status IN ('submitting', 'lost');
