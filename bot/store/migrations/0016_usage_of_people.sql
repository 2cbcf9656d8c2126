-- What a person used is added up once, by server, and no more twice: in each server and anywhere. With every job that is
-- one page of the database less to write and to synchronise. A person uses little in an hour, so what they used anywhere
-- is the sum of a few rows.

CREATE TABLE usage_of_people (
    user_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,              -- full hours since 1970, UTC
    guild_id INTEGER NOT NULL,          -- 0: none
    images INTEGER NOT NULL,
    credits INTEGER NOT NULL,
    PRIMARY KEY (user_id, hour, guild_id)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_of_people (user_id, hour, guild_id, images, credits)
SELECT id, hour, guild_id, images, credits FROM usage_hours WHERE whose = 'member' ORDER BY id, hour, guild_id;

DROP INDEX usage_of_members;
DELETE FROM usage_hours WHERE whose IN ('member', 'user');

-- Who used most in a stretch of days, as before (migration 0011).
CREATE INDEX usage_of_members ON usage_of_people (guild_id, hour, user_id, images, credits);

DROP TRIGGER ledger_adds_up;

CREATE TRIGGER ledger_adds_up AFTER INSERT ON ledger
WHEN NEW.kind IN ('reserve', 'release', 'settle', 'adjust')
BEGIN
    INSERT INTO usage_of_people (user_id, hour, guild_id, images, credits)
    VALUES (NEW.user_id, NEW.counted_at / 3600000000, ifnull(NEW.guild_id, 0), NEW.images, NEW.credits)
    ON CONFLICT (user_id, hour, guild_id)
    DO UPDATE SET images = images + excluded.images, credits = credits + excluded.credits;

    INSERT INTO usage_hours (whose, guild_id, id, hour, images, credits)
    SELECT whose, guild_id, id, NEW.counted_at / 3600000000, NEW.images, NEW.credits
    FROM (
        SELECT 'channel' AS whose, NEW.guild_id AS guild_id, NEW.channel_id AS id
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
