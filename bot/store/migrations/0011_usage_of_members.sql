-- Who used most in a stretch of days: a report on a server would else read all hours of all of its members, however long
-- ago. It holds the amounts, too, so that the table itself is not read; one more index is written with every job.

CREATE INDEX usage_of_members ON usage_hours (guild_id, hour, id, images, credits) WHERE whose = 'member';
