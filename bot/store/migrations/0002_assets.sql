-- Where a copy of a prepared picture lies so that the provider can read it, so that the same content is not uploaded twice
-- and what nobody needs any more can be removed. A row is written before its copy is made: no copy is ever forgotten.
-- Instants are microseconds since 1970, UTC. url may be signed; it is erased when it has expired.

CREATE TABLE assets (
    name TEXT PRIMARY KEY,       -- 128 random bits and the extension: the last part of its URL, and the key to it
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    host TEXT NOT NULL,          -- evolink, self or s3
    account TEXT NOT NULL,       -- a fingerprint of whose space it takes there
    remote_id TEXT,              -- what removes it there; NULL until the host has named it
    url TEXT,                    -- NULL until its bytes were seen there
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX assets_by_content ON assets (sha256, host);
CREATE INDEX assets_by_expiry ON assets (expires_at);
