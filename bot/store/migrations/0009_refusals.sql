-- How often requests were refused, and why: counted by the hour, with nobody's name.

CREATE TABLE refusals (
    guild_id INTEGER NOT NULL,          -- 0: none
    hour INTEGER NOT NULL,              -- full hours since 1970, UTC
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (guild_id, hour, reason)
) STRICT, WITHOUT ROWID;

CREATE INDEX refusals_by_hour ON refusals (hour, reason, count);

-- Who used most in a server, and which servers used most, without going through all that was ever used.
CREATE INDEX usage_by_hour ON usage_hours (whose, guild_id, hour, id, images, credits) WHERE whose IN ('member', 'user');
CREATE INDEX usage_of_guilds ON usage_hours (hour, guild_id, images, credits) WHERE whose = 'guild';
