-- A picture that waited and is asked for is delivered like any other: whoever dies over it leaves it to be taken over.
-- Instants are microseconds since 1970, UTC.

ALTER TABLE jobs ADD COLUMN collected_at INTEGER;   -- when its person asked for the picture that waited, last
