"""A DATA_DIR with a database and real files in it, for tests of what stays there and what goes."""

import contextlib
import dataclasses
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.files import DataFolder
from bot.jobs.model import Job, Source, Status
from bot.jobs.retention import Keeping, PictureFolders, Retention
from bot.store.database import Database
from bot.store.history import HistoryStore
from bot.store.jobs import Insertion, JobStore
from bot.store.retention import RetentionStore
from bot.store.tray import TrayStore
from tests.support.clock import ManualClock
from tests.support.stored_jobs import PLENTY, brought_to, new_job

RESULT_BYTES = 1000
DAY = timedelta(days=1)
NOBODY: Any = None
"""For who is not asked in these tests."""


@dataclass(frozen=True, kw_only=True)
class Keep:
    """What a test sees of it."""

    folder: DataFolder
    database: Database
    jobs: JobStore
    sizes: RetentionStore
    history: HistoryStore
    tray: TrayStore
    clock: ManualClock

    def retention(self, *, days: float = 30, max_bytes: int = 1_000_000) -> Retention:
        """Return a sweeper."""
        return Retention(
            store=self.sizes,
            jobs=self.jobs,
            runner=NOBODY,
            folders=PictureFolders(
                results=self.folder.results, sources=self.folder.sources, thumbnails=self.folder.thumbnails
            ),
            keeping=Keeping(time=timedelta(days=days), max_bytes=max_bytes),
            clock=self.clock,
        )

    async def made(self, *, status: Status = Status.DELIVERED, n_bytes: int = RESULT_BYTES, **changes: Any) -> Job:
        """Store a job that came to this status now, with its result on disk where it has one."""
        job = await brought_to(self.jobs, status, folder=self.folder.root, **changes)
        now = int(self.clock.now().timestamp() * 1_000_000)
        if job.result is not None:
            job.result.path.write_bytes(bytes(n_bytes))
            await self.database.write("UPDATE jobs SET result_n_bytes = ? WHERE id = ?", (n_bytes, job.id))
        await self.database.write("UPDATE jobs SET finished_at = ? WHERE id = ?", (now, job.id))
        if status in {Status.FAILED, Status.CANCELLED, Status.READY}:
            await self.jobs.set_told(job, now=self.clock.now())
        return await self.job(job.id)

    async def going_on(self, *sources: Source) -> Job:
        """Store a job that has not ended and uses these pictures."""
        job = new_job(sources=sources)
        assert await self.jobs.insert(job, max_waiting=PLENTY) is Insertion.STORED
        return job

    async def end(self, job: Job) -> None:
        """End a job that goes on, and tell its person."""
        assert await self.jobs.move(job, Status.CANCELLED, finished_at=self.clock.now(), told_at=self.clock.now())

    async def job(self, job_id: str) -> Job:
        """Return a job as it is stored now."""
        found = await self.jobs.find(job_id)
        assert found is not None
        return found

    def source(self, content: bytes, *, position: int = 1) -> Source:
        """Write a prepared picture and return it as a source."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder.sources / f"{sha256}.jpg"
        path.write_bytes(content)
        return Source(
            position=position,
            name="beach.jpg",
            path=path,
            media_type="image/jpeg",
            width=8,
            height=8,
            n_bytes=len(content),
            sha256=sha256,
        )

    def is_on_disk(self, job: Job) -> bool:
        """Tell whether a job's result is there."""
        assert job.result is not None
        return job.result.path.exists()


def result_of(job: Job) -> Source:
    """Return the result of a job as a source of another one, as it stands before that is prepared."""
    return Source(position=1, name="picture of something", result_of=job.id)


def prepared_result_of(job: Job) -> Source:
    """Return the same once it is prepared: it stands where the result stands."""
    assert job.result is not None
    return dataclasses.replace(
        result_of(job), path=job.result.path, n_bytes=job.result.n_bytes, sha256=job.result.sha256
    )


@contextlib.asynccontextmanager
async def open_keep(root: Path) -> AsyncGenerator[Keep, None]:
    """Open an empty one."""
    folder = DataFolder(root)
    folder.make()
    database = await Database.open(folder.database)
    try:
        yield Keep(
            folder=folder,
            database=database,
            jobs=JobStore(database, folder=root, clock=ManualClock()),
            sizes=RetentionStore(database, folder=root),
            history=HistoryStore(database, folder=root),
            tray=TrayStore(database, folder=root),
            clock=ManualClock(),
        )
    finally:
        await database.close()
