-- What people collect before they ask: pictures of several messages in their tray, and pictures of a message whose form
-- is open. url may be signed and is erased with its row, after a day. Instants are microseconds since 1970, UTC.

CREATE TABLE tray (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    identity TEXT NOT NULL,             -- the content's hash, or the job whose result it is: nothing lies there twice
    kept_until INTEGER NOT NULL,
    name TEXT NOT NULL,
    result_of TEXT,
    path TEXT,                          -- within DATA_DIR
    media_type TEXT,
    width INTEGER,
    height INTEGER,
    n_bytes INTEGER,
    sha256 TEXT,
    changes TEXT NOT NULL,              -- joined by '+'
    UNIQUE (user_id, identity)
) STRICT;

CREATE INDEX tray_by_content ON tray (sha256) WHERE sha256 IS NOT NULL;

-- A menu shows the bot a message that it may not read again when the form comes back (discord.md 5).
CREATE TABLE seen_pictures (
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    url TEXT,
    result_of TEXT,
    n_bytes INTEGER,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT;

-- When a person was last offered a button in a channel, instead of an answer to words the bot could not read.
CREATE TABLE offers (
    user_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    offered_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, channel_id)
) STRICT;
