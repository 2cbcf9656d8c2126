-- Who may make how many pictures, and what was used: the ledger is the only truth about usage, and rows are only added.
-- Jobs that were there before have no rows and need none: they were admitted without a limit and count in no window.
-- Instants are microseconds since 1970, UTC; credits are whole millionths.

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('reserve', 'commit', 'release', 'settle', 'grant', 'adjust', 'reset')),
    job_id TEXT,
    whose TEXT,                         -- of grants and resets: what user_id, guild_id and channel_id mean together
    user_id INTEGER,
    guild_id INTEGER,                   -- NULL in direct messages and where the server does not have the bot
    channel_id INTEGER,                 -- of a thread, the channel it belongs to
    images INTEGER NOT NULL DEFAULT 0,
    credits INTEGER NOT NULL DEFAULT 0,
    counted_at INTEGER NOT NULL,        -- when the job was reserved, in all of its rows: windows sum by it
    at INTEGER NOT NULL,                -- when the row was written
    by_id INTEGER,                      -- who did it by hand; 0 is the operator
    why TEXT NOT NULL DEFAULT '',
    CHECK ((job_id IS NOT NULL) = (kind IN ('reserve', 'commit', 'release', 'settle'))),
    CHECK ((whose IS NOT NULL) = (kind IN ('grant', 'reset'))),
    CHECK (user_id IS NOT NULL OR kind = 'reset')
) STRICT;

CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'a row of the ledger is never changed');
END;

CREATE TRIGGER ledger_is_never_shortened BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'a row of the ledger is never removed');
END;

-- A reservation is committed, released or settled once at most. A released job that is reserved once more is counted at
-- another instant.
CREATE UNIQUE INDEX ledger_of_job ON ledger (job_id, kind, counted_at) WHERE job_id IS NOT NULL;

-- What was used since a window began, up to the next full hour; what comes after that is added up below. A person uses
-- little in an hour, so one index does for what they used anywhere and in one server.
CREATE INDEX ledger_by_user ON ledger (user_id, counted_at, guild_id, kind, images, credits)
WHERE kind IN ('reserve', 'release', 'settle', 'adjust');
CREATE INDEX ledger_by_time ON ledger (counted_at, kind, images, credits)
WHERE kind IN ('reserve', 'release', 'settle', 'adjust');
-- Of all kinds: a server's rows are listed by it, too.
CREATE INDEX ledger_by_guild ON ledger (guild_id, counted_at, kind, channel_id, images, credits)
WHERE guild_id IS NOT NULL;

CREATE INDEX ledger_grants ON ledger (user_id, guild_id, counted_at, kind, images, credits) WHERE kind = 'grant';
CREATE INDEX ledger_resets ON ledger (whose, guild_id, user_id, channel_id, counted_at) WHERE kind = 'reset';

-- What was used in each full hour of UTC, by everybody whose windows are summed: derived from the ledger alone.
CREATE TABLE usage_hours (
    whose TEXT NOT NULL,
    guild_id INTEGER NOT NULL,          -- 0: none
    id INTEGER NOT NULL,                -- the person or the channel; 0: none
    hour INTEGER NOT NULL,              -- full hours since 1970
    images INTEGER NOT NULL,
    credits INTEGER NOT NULL,
    PRIMARY KEY (whose, guild_id, id, hour)
) STRICT, WITHOUT ROWID;

-- The same by full days of UTC, for those who have something in every hour: a month is then no more than 60 rows.
CREATE TABLE usage_days (
    whose TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    day INTEGER NOT NULL,               -- full days since 1970
    images INTEGER NOT NULL,
    credits INTEGER NOT NULL,
    PRIMARY KEY (whose, guild_id, id, day)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_adds_up AFTER INSERT ON ledger
WHEN NEW.kind IN ('reserve', 'release', 'settle', 'adjust')
BEGIN
    INSERT INTO usage_hours (whose, guild_id, id, hour, images, credits)
    SELECT whose, guild_id, id, NEW.counted_at / 3600000000, NEW.images, NEW.credits
    FROM (
        SELECT 'member' AS whose, ifnull(NEW.guild_id, 0) AS guild_id, NEW.user_id AS id
        UNION ALL SELECT 'user', 0, NEW.user_id
        UNION ALL SELECT 'channel', NEW.guild_id, NEW.channel_id
        UNION ALL SELECT 'guild', NEW.guild_id, 0
        UNION ALL SELECT 'total', 0, 0
    )
    WHERE guild_id IS NOT NULL AND id IS NOT NULL
    ON CONFLICT (whose, guild_id, id, hour)
    DO UPDATE SET images = images + excluded.images, credits = credits + excluded.credits;

    INSERT INTO usage_days (whose, guild_id, id, day, images, credits)
    SELECT whose, guild_id, id, NEW.counted_at / 86400000000, NEW.images, NEW.credits
    FROM (
        SELECT 'channel' AS whose, NEW.guild_id AS guild_id, NEW.channel_id AS id
        UNION ALL SELECT 'guild', NEW.guild_id, 0
        UNION ALL SELECT 'total', 0, 0
    )
    WHERE guild_id IS NOT NULL AND id IS NOT NULL
    ON CONFLICT (whose, guild_id, id, day)
    DO UPDATE SET images = images + excluded.images, credits = credits + excluded.credits;
END;

-- What administrators have set. The operator's own rules stand in the settings.
CREATE TABLE rules (
    guild_id INTEGER NOT NULL,
    scope TEXT NOT NULL,
    subject_id INTEGER NOT NULL,        -- the user, role or channel; 0: none
    unit TEXT NOT NULL,
    period TEXT NOT NULL,
    limit_ INTEGER,                     -- NULL: unlimited
    rolling INTEGER NOT NULL,
    set_by INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    PRIMARY KEY (guild_id, scope, subject_id, unit, period)
) STRICT, WITHOUT ROWID;

-- What was changed by hand, by whom: written in the same transaction as the change.
CREATE TABLE admin_log (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by_id INTEGER NOT NULL,             -- 0: the operator
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
) STRICT;

CREATE INDEX admin_log_of_guild ON admin_log (guild_id, id);

-- How many jobs go on at once, of a server and of one of its members.
CREATE INDEX jobs_going_on ON jobs (guild_id, user_id)
WHERE status IN ('preparing', 'queued', 'submitting', 'running', 'delivering');
