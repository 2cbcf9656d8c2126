"""What pictures take on disk, and which of them are given up. One statement decides; the files are removed after it.

Never given up are the pictures of a job that goes on, and those that wait to be collected. What people have put into
their trays goes last.
"""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import StoreError
from bot.jobs.model import Job
from bot.store import job_rows
from bot.store.database import Database, Row
from bot.store.instants import to_stored

BATCH = 20
"""Given up at once to make room, so that no more goes than has to."""
ASKED_AT_ONCE = 500
"""Jobs in one statement, so that nobody else waits for long."""
_FIRST_SCHEMA = 5

_USED = """
SELECT
    (SELECT coalesce(sum(coalesce(result_n_bytes, 0) + thumbnail_n_bytes), 0) FROM jobs WHERE files_gone_at IS NULL)
  + (SELECT coalesce(sum(n_bytes), 0) FROM (
        SELECT path, n_bytes FROM sources WHERE path GLOB 'sources/*'
        UNION SELECT path, n_bytes FROM tray WHERE path GLOB 'sources/*' AND kept_until > :now
    ))
"""

# What neither age nor want of room may remove: of jobs that go on, and of pictures to be collected.
# CROSS: from the few such jobs to their sources, and never from all sources to their jobs.
_BOUND = """
SELECT
    (SELECT coalesce(sum(coalesce(result_n_bytes, 0) + thumbnail_n_bytes), 0) FROM jobs WHERE told_at IS NULL)
  + (SELECT coalesce(sum(coalesce(result_n_bytes, 0) + thumbnail_n_bytes), 0) FROM jobs
     WHERE status = 'ready' AND told_at IS NOT NULL)
  + (SELECT coalesce(sum(n_bytes), 0) FROM (
        SELECT path, n_bytes FROM jobs CROSS JOIN sources ON sources.job_id = jobs.id
        WHERE jobs.told_at IS NULL AND path GLOB 'sources/*'
        UNION
        SELECT path, n_bytes FROM jobs CROSS JOIN sources ON sources.job_id = jobs.id
        WHERE jobs.status = 'ready' AND path GLOB 'sources/*'
    ))
"""

_IN_TRAYS = """
SELECT coalesce(sum(n_bytes), 0) FROM (
    SELECT DISTINCT path, n_bytes FROM tray WHERE path GLOB 'sources/*' AND kept_until > :now
)
"""

# A tray goes whole: half of one would be used for the wrong pictures without a word.
_GIVE_UP_OLDEST_TRAY = """
DELETE FROM tray
WHERE user_id = (SELECT user_id FROM tray WHERE path GLOB 'sources/*' ORDER BY kept_until, id LIMIT 1)
RETURNING user_id
"""

_GIVE_UP_AGED = """
UPDATE jobs SET files_gone_at = :now, thumbnail_n_bytes = 0
WHERE id IN (SELECT id FROM jobs_that_may_let_go WHERE finished_at <= :before)
RETURNING id, result_path
"""

_GIVE_UP_RELEASED = """
UPDATE jobs SET files_gone_at = :now, thumbnail_n_bytes = 0
WHERE id IN (SELECT id FROM jobs_that_may_let_go WHERE id IN (
    SELECT id FROM jobs INDEXED BY jobs_released
    WHERE files_gone_at IS NULL AND (forgotten_at IS NOT NULL OR status = 'expired')
))
RETURNING id, result_path
"""

# The oldest of them, and just so many that what their files take is enough; sources that others share may stay.
_GIVE_UP_OLDEST = """
WITH oldest AS (
    SELECT id, finished_at, coalesce(result_n_bytes, 0) + thumbnail_n_bytes + (
        SELECT coalesce(sum(n_bytes), 0) FROM sources WHERE job_id = jobs_that_may_let_go.id AND path GLOB 'sources/*'
    ) AS n_bytes
    FROM jobs_that_may_let_go ORDER BY finished_at, id LIMIT :most
), counted AS (
    SELECT id, sum(n_bytes) OVER (ORDER BY finished_at, id ROWS UNBOUNDED PRECEDING) - n_bytes AS freed_before
    FROM oldest
)
UPDATE jobs SET files_gone_at = :now, thumbnail_n_bytes = 0
WHERE id IN (SELECT id FROM counted WHERE freed_before < :wanted)
RETURNING id, result_path
"""

_FORGET = """
UPDATE jobs SET forgotten_at = :now
WHERE id = :id AND user_id = :user_id AND forgotten_at IS NULL
  AND status IN ('delivered', 'failed', 'cancelled', 'expired')
RETURNING id
"""

_CLAIMED = """
SELECT path FROM sources WHERE path IS NOT NULL
UNION SELECT path FROM tray WHERE path IS NOT NULL AND kept_until > :now
"""

# What failed or was cancelled never comes to a picture again; what is lost may.
_GIVEN_UP = """
SELECT id FROM jobs WHERE id IN (SELECT value FROM json_each(?))
  AND (files_gone_at IS NOT NULL OR (result_path IS NULL AND status IN ('failed', 'cancelled')))
"""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A job whose files are to be removed now."""

    job_id: str
    result: Path | None


class RetentionStore:
    """The decisions about files, in the database. `folder` is DATA_DIR."""

    def __init__(self, database: Database, *, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def used_bytes(self, *, now: datetime) -> int:
        """Return how much results, thumbnails and prepared sources take on disk."""
        [row] = await self._database.read(_USED, {"now": to_stored(now)})
        return int(row[0])

    async def bound_bytes(self) -> int:
        """Return how much of it can't be given up: of jobs that go on, and uncollected results."""
        [row] = await self._database.read(_BOUND)
        return int(row[0])

    async def tray_bytes(self, *, now: datetime) -> int:
        """Return how much of it lies in people's trays."""
        [row] = await self._database.read(_IN_TRAYS, {"now": to_stored(now)})
        return int(row[0])

    async def give_up_oldest_tray(self) -> int | None:
        """Empty the tray in which a prepared picture lies longest, and return whose it was; None if there is none."""
        rows = await self._database.write(_GIVE_UP_OLDEST_TRAY)
        return int(rows[0]["user_id"]) if rows else None

    async def list_uncollected(self, *, before: datetime) -> list[Job]:
        """List the jobs whose result has waited to be collected since before then, without their sources."""
        rows = await self._database.read(
            "SELECT * FROM jobs WHERE status = 'ready' AND finished_at <= ?", (to_stored(before),)
        )
        return [job_rows.read_job(row, folder=self._folder, sources=()) for row in rows]

    async def give_up_aged(self, *, before: datetime, now: datetime) -> list[GivenUp]:
        """Give up the files of jobs that ended before then."""
        return await self._give_up(_GIVE_UP_AGED, {"before": to_stored(before), "now": to_stored(now)})

    async def give_up_released(self, *, now: datetime) -> list[GivenUp]:
        """Give up the files of jobs that expired, or that their owners forgot."""
        return await self._give_up(_GIVE_UP_RELEASED, {"now": to_stored(now)})

    async def give_up_oldest(self, *, wanted_bytes: int, now: datetime) -> list[GivenUp]:
        """Give up the files of the oldest jobs, a batch at most; ask again while more room is wanted."""
        return await self._give_up(_GIVE_UP_OLDEST, {"wanted": wanted_bytes, "now": to_stored(now), "most": BATCH})

    async def forget(self, job_id: str, *, user_id: int, now: datetime) -> bool:
        """Take an ended job out of its owner's history; False where it has not ended or is gone already."""
        rows = await self._database.write(_FORGET, {"id": job_id, "user_id": user_id, "now": to_stored(now)})
        return bool(rows)

    async def set_thumbnail(self, job_id: str, *, n_bytes: int) -> bool:
        """Note what a thumbnail takes; False where the job's files were given up meanwhile."""
        rows = await self._database.write(
            "UPDATE jobs SET thumbnail_n_bytes = ? WHERE id = ? AND files_gone_at IS NULL RETURNING id",
            (n_bytes, job_id),
        )
        return bool(rows)

    async def list_claimed(self, *, now: datetime) -> set[Path]:
        """List the prepared pictures that some job, or somebody's tray, still refers to."""
        rows = await self._database.read(_CLAIMED, {"now": to_stored(now)})
        return {self._folder / row["path"] for row in rows}

    async def list_given_up(self, job_ids: Iterable[str]) -> set[str]:
        """Return those of the jobs whose files were given up, or that ended without any; nothing of unknown ones."""
        asked = sorted(set(job_ids))
        given_up: set[str] = set()
        for begin in range(0, len(asked), ASKED_AT_ONCE):
            batch = json.dumps(asked[begin : begin + ASKED_AT_ONCE])
            given_up |= {row["id"] for row in await self._database.read(_GIVEN_UP, (batch,))}
        return given_up

    async def _give_up(self, sql: str, parameters: dict[str, int]) -> list[GivenUp]:
        def work(connection: sqlite3.Connection) -> list[Row]:
            rows = connection.execute(sql, parameters).fetchall()
            connection.executemany("UPDATE sources SET path = NULL WHERE job_id = ?", [(row["id"],) for row in rows])
            return rows

        rows = await self._database.transact(work)
        return [GivenUp(row["id"], self._folder / row["result_path"] if row["result_path"] else None) for row in rows]


def measure(path: Path, *, now: datetime) -> int | None:
    """Return how much pictures take on disk, by the database file alone; None where none or an older one is there.

    Raises StoreError where it cannot be read. Blocks.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            [version] = connection.execute("PRAGMA user_version").fetchone()
            if version < _FIRST_SCHEMA:
                return None
            return int(connection.execute(_USED, {"now": to_stored(now)}).fetchone()[0])
    except sqlite3.Error as error:
        raise StoreError(f"cannot be read ({error})") from None
