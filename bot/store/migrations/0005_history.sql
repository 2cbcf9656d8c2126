-- Pictures do not stay for ever: their owner removes them, their time ends, or newer ones need the room.
-- Instants are microseconds since 1970, UTC.

ALTER TABLE jobs ADD COLUMN files_gone_at INTEGER;  -- written before a file is removed: what is left of it goes later
ALTER TABLE jobs ADD COLUMN forgotten_at INTEGER;   -- when its owner removed it from their history
ALTER TABLE jobs ADD COLUMN thumbnail_n_bytes INTEGER NOT NULL DEFAULT 0;

-- How much is on disk, and what is the oldest of it.
CREATE INDEX jobs_with_files ON jobs (finished_at, id, result_n_bytes, thumbnail_n_bytes, files_gone_at)
WHERE files_gone_at IS NULL;
CREATE INDEX sources_on_disk ON sources (path, n_bytes) WHERE path IS NOT NULL;

-- What is never removed to make room, and whose time may be over.
CREATE INDEX jobs_to_be_collected ON jobs (finished_at) WHERE status = 'ready';

-- What was released, or removed by its owner, and is still on disk because somebody used it just then.
CREATE INDEX jobs_released ON jobs (id)
WHERE files_gone_at IS NULL AND (forgotten_at IS NOT NULL OR status = 'expired');

-- Whether a job that goes on uses the result of another.
CREATE INDEX sources_by_result ON sources (result_of) WHERE result_of IS NOT NULL;

-- Whose files may be given up: nothing of a job that goes on, nothing that waits to be collected, and nothing that a job
-- which goes on was made from.
CREATE VIEW jobs_that_may_let_go AS
SELECT * FROM jobs
WHERE files_gone_at IS NULL
  AND (status = 'expired' OR told_at IS NOT NULL AND status IN ('delivered', 'failed', 'cancelled'))
  AND NOT EXISTS (
      SELECT 1 FROM sources JOIN jobs AS going_on ON going_on.id = sources.job_id
      WHERE sources.result_of = jobs.id AND going_on.told_at IS NULL
  );
