-- Which warnings about a server's budget were given, so that each is given once, by whichever process is first.
-- Instants are microseconds since 1970, UTC.

CREATE TABLE budget_warnings (
    guild_id INTEGER NOT NULL,
    unit TEXT NOT NULL,
    period TEXT NOT NULL,
    rolling INTEGER NOT NULL,
    begins_at INTEGER NOT NULL,         -- of the window; 0 for a rolling one, which has no beginning of its own
    level INTEGER NOT NULL,             -- percent
    limit_ INTEGER NOT NULL,            -- images or millionths of credits: of another limit one is warned anew
    warned_at INTEGER NOT NULL,
    PRIMARY KEY (guild_id, unit, period, rolling, begins_at, level, limit_)
) STRICT, WITHOUT ROWID;
