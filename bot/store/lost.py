"""What is stored of jobs whose task is not known, or whose picture may still come: each statement by its name."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import StoreConflict
from bot.jobs.model import Job
from bot.store import job_rows
from bot.store.database import Database, Row
from bot.store.instants import to_stored

_HINT = """
UPDATE jobs SET hinted_task_id = :task_id
WHERE id = :id AND provider_task_id IS NULL AND status IN ('submitting', 'lost')
"""

_ADOPT = """
UPDATE jobs SET provider_task_id = :task_id, hinted_task_id = NULL
WHERE id = :id AND status = :status AND provider_task_id IS NULL
RETURNING *
"""

_RIVALS = """
SELECT 1 FROM jobs
WHERE provider_task_id IS NULL AND status IN ('submitting', 'lost') AND id <> :id
  AND submitted_at BETWEEN :earliest AND :latest
LIMIT 1
"""

_CLAIM_DUE = """
UPDATE jobs SET look_at = :later
WHERE id IN (
    SELECT id FROM jobs
    WHERE status = 'lost' AND (look_at <= :now OR look_at > :beyond) AND (told_at IS NOT NULL OR owner IS :me)
    ORDER BY look_at LIMIT :most
)
RETURNING *
"""

_LOOK_AT = "UPDATE jobs SET look_at = :at WHERE id = :id AND status = 'lost' AND look_at = :claimed"

_LOOK_SOON = "UPDATE jobs SET look_at = :now WHERE id = :id AND status = 'lost' AND look_at > :now RETURNING id"


class LostStore:
    """Jobs in doubt and lost jobs in the database. `folder` is DATA_DIR, `owner` names the process as in `JobStore`."""

    def __init__(self, database: Database, *, folder: Path, owner: str | None = None) -> None:
        self._database = database
        self._folder = folder
        self._owner = owner

    async def hint(self, job_id: str, task_id: str) -> None:
        """Note which task is said to be a job's, where that is not known."""
        await self._database.write(_HINT, {"id": job_id, "task_id": task_id})

    async def adopt(self, job: Job, task_id: str) -> Job | None:
        """Make a task a job's own; None where the job has moved on, or the task is another job's."""
        columns = {"id": job.id, "status": job.status.value, "task_id": task_id}
        try:
            rows = await self._database.write(_ADOPT, columns)
        except StoreConflict:
            return None
        return self._job(rows[0], job) if rows else None

    async def adopt_alone(self, job: Job, task_id: str, *, created_at: datetime, within: timedelta) -> Job | None:
        """Make a task a job's own unless another job without one was submitted so near to it that it may be theirs.

        One transaction decides: `within` is how far apart the submission and the task's creation may lie.
        """

        def adopt(connection: sqlite3.Connection) -> Row | None:
            span = {"earliest": to_stored(created_at - within), "latest": to_stored(created_at + within)}
            if connection.execute(_RIVALS, {"id": job.id, **span}).fetchall():
                return None
            columns = {"id": job.id, "status": job.status.value, "task_id": task_id}
            rows = connection.execute(_ADOPT, columns).fetchall()
            return rows[0] if rows else None

        try:
            row = await self._database.transact(adopt)
        except StoreConflict:
            return None
        return self._job(row, job) if row else None

    async def list_known(self, task_ids: Iterable[str]) -> set[str]:
        """Return those of the tasks that jobs have."""
        rows = await self._database.read(
            "SELECT provider_task_id FROM jobs WHERE provider_task_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(task_ids)),),
        )
        return {row[0] for row in rows}

    async def claim_due(self, *, now: datetime, until: datetime, beyond: datetime, most: int) -> list[Job]:
        """Take lost jobs that are due to be looked for, without their sources; nobody else gets them before `until`.

        Due is also what is to be looked for after `beyond`: no pause is so long, so a clock was set meanwhile. While
        the person is still to be told of the loss, the job is its owner's: another process could not stop that card,
        and it might land on the picture.
        """
        instants = {"now": to_stored(now), "later": to_stored(until), "beyond": to_stored(beyond)}
        rows = await self._database.write(_CLAIM_DUE, {**instants, "most": most, "me": self._owner})
        return [job_rows.read_job(row, folder=self._folder, sources=()) for row in rows]

    async def look_again(self, job: Job, *, at: datetime) -> None:
        """Let a job that was claimed be looked for at another time; not where a callback has moved it meanwhile."""
        if job.look_at is not None:
            columns = {"id": job.id, "at": to_stored(at), "claimed": to_stored(job.look_at)}
            await self._database.write(_LOOK_AT, columns)

    async def look_soon(self, job_id: str, *, now: datetime) -> bool:
        """Let a lost job be looked for now; False where it is not lost, or due already."""
        return bool(await self._database.write(_LOOK_SOON, {"id": job_id, "now": to_stored(now)}))

    def _job(self, row: Row, before: Job) -> Job:
        return job_rows.read_job(row, folder=self._folder, sources=before.sources)
