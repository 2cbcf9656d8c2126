-- How often requests were refused, and why: counted by the hour, with nobody's name.

CREATE TABLE refusals (
    guild_id INTEGER NOT NULL,          -- 0: none
    hour INTEGER NOT NULL,              -- full hours since 1970, UTC
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (guild_id, hour, reason)
) STRICT, WITHOUT ROWID;

-- Of all servers together.
CREATE INDEX refusals_by_hour ON refusals (hour);
