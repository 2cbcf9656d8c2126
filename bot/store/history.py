"""A person's pictures, newest first, as their history shows them."""

import json
from collections.abc import Iterable
from pathlib import Path

from bot.jobs.model import Job
from bot.store import job_rows
from bot.store.database import Database, Row

# Of what was refused or cancelled there is nothing to look at.
_COUNT = """
SELECT count(*) FROM jobs
WHERE user_id = ? AND forgotten_at IS NULL AND status NOT IN ('failed', 'cancelled')
"""

_PAGE = """
SELECT * FROM jobs
WHERE user_id = ? AND forgotten_at IS NULL AND status NOT IN ('failed', 'cancelled')
ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?
"""

_NAMED = "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?))"


class HistoryStore:
    """Histories in the database. `folder` is DATA_DIR."""

    def __init__(self, database: Database, *, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def count(self, user_id: int) -> int:
        """Count the entries of a person's history."""
        [row] = await self._database.read(_COUNT, (user_id,))
        return int(row[0])

    async def list_page(self, user_id: int, *, skip: int, most: int) -> list[Job]:
        """List entries, newest first, without their sources."""
        return self._jobs(await self._database.read(_PAGE, (user_id, most, skip)))

    async def find_named(self, job_ids: Iterable[str]) -> dict[str, Job]:
        """Return those of the jobs that there are, by their ids, without their sources."""
        rows = await self._database.read(_NAMED, (json.dumps(list(job_ids)),))
        return {job.id: job for job in self._jobs(rows)}

    def _jobs(self, rows: list[Row]) -> list[Job]:
        return [job_rows.read_job(row, folder=self._folder, sources=()) for row in rows]
