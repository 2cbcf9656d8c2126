-- What each server has set, and whom its administrators have blocked. settings is JSON by the names of GuildSettings and
-- holds what was ever changed; everything else is as the program has it. removed_at says since when the bot is not in
-- the server any more: after a time all that is kept of it is erased, except the ledger. A server that has only rules or
-- blocks has no row here until it is noted as removed. Instants are microseconds since 1970, UTC.

CREATE TABLE guilds (
    guild_id INTEGER PRIMARY KEY,
    settings TEXT NOT NULL DEFAULT '{}',
    removed_at INTEGER
) STRICT;

CREATE INDEX guilds_removed ON guilds (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE guild_blocks (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    by_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT, WITHOUT ROWID;
