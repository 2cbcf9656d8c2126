-- Pictures do not stay for ever: their owner removes them, their time ends, or newer ones need the room.
-- Instants are microseconds since 1970, UTC.

ALTER TABLE jobs ADD COLUMN files_gone_at INTEGER;  -- written before a file is removed: what is left of it goes later
ALTER TABLE jobs ADD COLUMN forgotten_at INTEGER;   -- when its owner removed it from their history
ALTER TABLE jobs ADD COLUMN thumbnail_n_bytes INTEGER NOT NULL DEFAULT 0;

-- How much is on disk, and what is the oldest of it.
CREATE INDEX jobs_with_files ON jobs (finished_at, id, result_n_bytes, thumbnail_n_bytes) WHERE files_gone_at IS NULL;
CREATE INDEX sources_on_disk ON sources (path, n_bytes) WHERE path IS NOT NULL;

-- What is never removed to make room, and whose time may be over.
CREATE INDEX jobs_to_be_collected ON jobs (finished_at) WHERE status = 'ready';

-- What was removed by its owner and is still on disk, because somebody used it just then.
CREATE INDEX jobs_forgotten ON jobs (id) WHERE forgotten_at IS NOT NULL AND files_gone_at IS NULL;

-- Whether a job that goes on uses the result of another.
CREATE INDEX sources_by_result ON sources (result_of) WHERE result_of IS NOT NULL;
