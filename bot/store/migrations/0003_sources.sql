-- Pictures that people give, in their order, and what a job descends from.
-- url and hosted_url may be signed: url is erased when the picture is on our disk, hosted_url when the job has ended.

ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'imagine';
ALTER TABLE jobs ADD COLUMN parent_id TEXT;
-- asked for in private; stays so wherever the picture had to be delivered
ALTER TABLE jobs ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN result_url TEXT;
ALTER TABLE jobs ADD COLUMN result_url_until INTEGER;

CREATE TABLE sources (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    url TEXT,
    result_of TEXT,
    path TEXT,                          -- within DATA_DIR
    media_type TEXT,
    width INTEGER,
    height INTEGER,
    n_bytes INTEGER,
    sha256 TEXT,
    changes TEXT NOT NULL,              -- joined by '+'
    hosted_url TEXT,
    hosted_until INTEGER,
    PRIMARY KEY (job_id, position)
) STRICT;

-- Whether a prepared picture is still needed.
CREATE INDEX sources_by_content ON sources (sha256) WHERE sha256 IS NOT NULL;

-- A person's history, newest first; and the job a message belongs to.
CREATE INDEX jobs_of_person ON jobs (user_id, created_at);
CREATE INDEX jobs_by_message ON jobs (message_id) WHERE message_id IS NOT NULL;
