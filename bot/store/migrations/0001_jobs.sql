-- A job is on disk before its person sees the first answer, with all that is needed to finish it in another process.
-- Instants are microseconds since 1970, UTC. token is a secret of 15 minutes and is erased when it is of no more use.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    origin_id INTEGER NOT NULL UNIQUE,  -- the interaction or message it came from: a double is dropped
    user_id INTEGER NOT NULL,
    guild_id INTEGER,

    prompt TEXT NOT NULL,
    size TEXT NOT NULL,
    quality TEXT NOT NULL,
    web_search INTEGER NOT NULL,
    image_search INTEGER NOT NULL,
    thinking TEXT NOT NULL,

    application_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,
    token TEXT,
    token_expires_at INTEGER NOT NULL,
    ephemeral INTEGER NOT NULL,
    channel_reachable INTEGER NOT NULL,
    upload_limit_bytes INTEGER NOT NULL,

    created_at INTEGER NOT NULL,
    submitted_at INTEGER,
    finished_at INTEGER,
    cancel_requested_at INTEGER,
    told_at INTEGER,                    -- when the person was shown how it ended; NULL: still to be done

    callback_token TEXT NOT NULL,
    provider_task_id TEXT UNIQUE,
    estimated_s INTEGER,
    credits_reserved REAL,
    credits_used REAL,

    result_path TEXT,                   -- within DATA_DIR
    result_media_type TEXT,
    result_width INTEGER,
    result_height INTEGER,
    result_n_bytes INTEGER,
    result_sha256 TEXT,
    delivery_note TEXT,

    failure_kind TEXT,
    failure_code TEXT,
    failure_http_status INTEGER,
    failure_message TEXT,
    failure_request_id TEXT
) STRICT;

-- What a start has to take up.
CREATE INDEX jobs_unfinished ON jobs (created_at) WHERE told_at IS NULL;

-- Counted before each new job is taken.
CREATE INDEX jobs_waiting ON jobs (created_at) WHERE status IN ('preparing', 'queued');

-- How long the newest pictures of a quality took, asked before each wait for one.
CREATE INDEX jobs_with_duration ON jobs (quality, created_at)
    WHERE status IN ('delivered', 'ready') AND submitted_at IS NOT NULL;
