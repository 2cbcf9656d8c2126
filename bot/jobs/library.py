"""A person's own pictures, as they look them through: pages of them, small pictures of each, and their removal."""

import asyncio
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from bot import errors
from bot.clock import Clock
from bot.images import thumbnail
from bot.images.worker import ImageWorkers, WorkerDied
from bot.jobs.model import Job, Status
from bot.jobs.retention import PictureFolders, Retention
from bot.jobs.transitions import ENDED
from bot.store.history import HistoryStore
from bot.store.jobs import JobStore
from bot.store.retention import RetentionStore

log = logging.getLogger(__name__)

ENTRIES_PER_PAGE = 4
"""With a row of buttons for each and one to turn the pages, a message is full (discord.md 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One job of a history."""

    number: int
    """1 for the newest."""
    job: Job
    """Without its sources."""
    parent: Job | None
    """The job whose result this one was made from, if it is known and still in its owner's history."""
    is_kept: bool
    """Whether its result is on disk."""
    is_parent_kept: bool
    thumbnail: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries of a history, newest first."""

    number: int
    """1 for the first."""
    n_pages: int
    """At least 1."""
    n_entries: int
    """Of the whole history."""
    entries: tuple[Entry, ...]


class Library:
    """Everything is asked in the name of its owner; what is somebody else's is refused."""

    def __init__(
        self,
        *,
        history: HistoryStore,
        sizes: RetentionStore,
        jobs: JobStore,
        retention: Retention,
        workers: ImageWorkers,
        folders: PictureFolders,
        clock: Clock,
    ) -> None:
        self._history = history
        self._sizes = sizes
        self._jobs = jobs
        self._retention = retention
        self._workers = workers
        self._folders = folders
        self._clock = clock

    async def page(self, user_id: int, number: int) -> Page:
        """Return a page of a person's history; where there is none of that number, the nearest."""
        n_entries = await self._history.count(user_id)
        n_pages = max(1, -(-n_entries // ENTRIES_PER_PAGE))
        number = min(max(1, number), n_pages)
        skip = (number - 1) * ENTRIES_PER_PAGE
        jobs = await self._history.list_page(user_id, skip=skip, most=ENTRIES_PER_PAGE)
        parents = await self._history.find_named(job.parent_id for job in jobs if job.parent_id)
        entries = await asyncio.gather(
            *(self._entry(each, job, parents.get(job.parent_id or "")) for each, job in enumerate(jobs, start=skip + 1))
        )
        return Page(number=number, n_pages=n_pages, n_entries=n_entries, entries=tuple(entries))

    async def get_own(self, job_id: str, *, user_id: int) -> Job:
        """Return a job of a person's history; raises UnknownJob or NotYours."""
        job = await self._jobs.find(job_id)
        if job is None or job.forgotten_at is not None:
            raise errors.UnknownJob
        if job.user_id != user_id:
            raise errors.NotYours
        return job

    async def get_picture(self, job_id: str, *, user_id: int) -> Job:
        """Return a delivered job whose result is on disk; raises as `get_own`, or NotEndedYet, or ResultGone."""
        job = await self.get_own(job_id, user_id=user_id)
        if job.status is not Status.DELIVERED and job.files_gone_at is None:
            raise errors.NotEndedYet
        if not _is_kept(job):
            raise errors.ResultGone
        return job

    async def get_forgettable(self, job_id: str, *, user_id: int) -> Job:
        """Return a job that may be forgotten; raises as `get_own`, or NotEndedYet."""
        job = await self.get_own(job_id, user_id=user_id)
        if job.status not in ENDED:
            raise errors.NotEndedYet
        return job

    async def note_showing(self, job_id: str, *, message_id: int, guild_id: int) -> None:
        """Note that its owner has shown a picture again in a server: its buttons work for all there."""
        await self._jobs.note_showing(job_id, message_id=message_id, guild_id=guild_id)

    async def forget(self, job_id: str, *, user_id: int) -> None:
        """Remove a picture from disk and from its owner's history; raises as `get_own`, or NotEndedYet.

        One that waited to be collected counts as handed over: its owner does not want it. One that may still come is
        not looked for any more.
        """
        job = await self.get_forgettable(job_id, user_id=user_id)
        if job.status is Status.READY:
            await self._jobs.move(job, Status.DELIVERED, told_at=self._clock.now())
        elif job.status is Status.LOST:
            await self._jobs.move(replace(job, look_at=None), Status.FAILED)
        await self._retention.forget(job_id, user_id=user_id)

    async def _entry(self, number: int, job: Job, parent: Job | None) -> Entry:
        known_parent = parent if parent is not None and parent.forgotten_at is None else None
        return Entry(
            number=number,
            job=job,
            parent=known_parent,
            is_kept=_is_kept(job),
            is_parent_kept=known_parent is not None and _is_kept(known_parent),
            thumbnail=await self._thumbnail(job),
        )

    async def _thumbnail(self, job: Job) -> Path | None:
        """Return the small picture of a result, drawn once; None where there is nothing, or nothing to be drawn."""
        if job.result is None or not _is_kept(job):
            return None
        path = self._folders.thumbnail(job.id)
        if path.exists():
            return path
        try:
            n_bytes = await self._workers.run(thumbnail.draw, job.result.path, path)
        except (errors.NotAPicture, WorkerDied, OSError) as error:
            log.warning("no thumbnail", extra={"job": job.id, "error": repr(error)})
            return None
        if not await self._sizes.set_thumbnail(job.id, n_bytes=n_bytes):
            path.unlink(missing_ok=True)  # its picture was given up meanwhile
            return None
        return path


def _is_kept(job: Job) -> bool:
    return job.result is not None and job.files_gone_at is None and job.result.path.exists()
