-- Where an owner has shown a picture again for all to see: there it may be used as where it was made.

CREATE TABLE showings (
    message_id INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    guild_id INTEGER NOT NULL
) STRICT;

CREATE INDEX showings_of_job ON showings (job_id, guild_id);
