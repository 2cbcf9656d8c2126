"""How long pictures stay on disk, and who goes first when there is no room. The store decides, files are removed after.

A result that nobody collected in its time is released, and its owner told. A prepared source is removed when no job
that still has its files, and nobody's tray, refers to it: seen so twice, unchanged, so that one that was written a
moment ago is never taken for a left-over.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot import background, errors
from bot.clock import Clock
from bot.jobs.model import Status
from bot.jobs.runner import JobRunner
from bot.store.jobs import JobStore
from bot.store.retention import GivenUp, RetentionStore

log = logging.getLogger(__name__)

EVERY_S = 300.0
TRAYS_SHARE = 0.25
"""Of the room for all pictures, so that no number of people fills it with what they may never use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What the operator allows: how long a picture is kept after it was made, and how much all of them may take."""

    time: timedelta
    max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFolders:
    """Where pictures stand, within DATA_DIR."""

    results: Path
    sources: Path
    thumbnails: Path

    def thumbnail(self, job_id: str) -> Path:
        """Return where the thumbnail of a job's result stands, if there is one."""
        return self.thumbnails / f"{job_id}.webp"


class Retention:
    """Sweeps now and then while it runs, and knows whether there is room for more."""

    def __init__(
        self,
        *,
        store: RetentionStore,
        jobs: JobStore,
        runner: JobRunner,
        folders: PictureFolders,
        keeping: Keeping,
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._runner = runner
        self._folders = folders
        self._keeping = keeping
        self._clock = clock
        self._unclaimed: dict[Path, tuple[int, int]] = {}

    async def admit(self) -> None:
        """Raise StorageFull where pictures that may not be removed leave no room for a new one."""
        if await self._store.bound_bytes() >= self._keeping.max_bytes:
            raise errors.StorageFull

    async def admit_to_trays(self) -> None:
        """Raise StorageFull or TraysFull where there is no room for what somebody only may use."""
        await self.admit()
        if await self._store.tray_bytes(now=self._clock.now()) >= self._keeping.max_bytes * TRAYS_SHARE:
            raise errors.TraysFull

    async def forget(self, job_id: str, *, user_id: int) -> None:
        """Remove an ended job's picture from disk and from its owner's history; raises NotEndedYet."""
        now = self._clock.now()
        if not await self._store.forget(job_id, user_id=user_id, now=now):
            raise errors.NotEndedYet
        log.info("job forgotten", extra={"job": job_id, "user": user_id})
        await self._remove(await self._store.give_up_released(now=now))

    def running(self) -> AbstractAsyncContextManager[None]:
        """Sweep at once and then every few minutes for the block."""
        return background.repeating("retention", self.sweep, pause=lambda: self._clock.sleep(EVERY_S))

    async def sweep(self) -> None:
        """Release and remove what has outlived its time, then the oldest while all of it takes too much room."""
        now = self._clock.now()
        await self._jobs.erase_dead_secrets(now=now)
        await self._release_uncollected()
        await self._remove(await self._store.give_up_released(now=now))
        await self._remove(await self._store.give_up_aged(before=now - self._keeping.time, now=now))
        while (excess := await self._store.used_bytes(now=now) - self._keeping.max_bytes) > 0:
            given_up = await self._store.give_up_oldest(wanted_bytes=excess, now=now)
            if not given_up and (user_id := await self._store.give_up_oldest_tray()) is not None:
                log.warning("a tray is emptied: there is no other room", extra={"user": user_id})
            elif not given_up:
                log.warning("pictures take more room than allowed, and none may go", extra={"excess_bytes": excess})
                break
            await self._remove(given_up)
        await self._remove_unclaimed_sources()
        await self._finish_removals()

    async def _release_uncollected(self) -> None:
        """Let go of results whose owners did not come for them; the runner tells the owners."""
        for job in await self._store.list_uncollected(before=self._clock.now() - self._keeping.time):
            expired = await self._jobs.move(job, Status.EXPIRED, told_at=None)
            if expired is not None:
                log.info("job expired uncollected", extra={"job": job.id, "user": job.user_id})
                self._runner.start(expired)

    async def _remove(self, given_up: Iterable[GivenUp]) -> None:
        paths: list[Path] = []
        for each in given_up:
            paths += [self._folders.thumbnail(each.job_id), *([each.result] if each.result else [])]
        if paths:
            await asyncio.to_thread(_unlink_all, paths)
            log.info("pictures removed", extra={"files": len(paths)})

    async def _finish_removals(self) -> None:
        """Remove what a removal that was cut short has left, and what was fetched for jobs that ended without it."""
        folders = (self._folders.results, self._folders.thumbnails)
        files = [path for folder in folders for path in await asyncio.to_thread(_list_files, folder)]
        gone = await self._store.list_given_up(path.stem for path in files)
        await asyncio.to_thread(_unlink_all, [path for path in files if path.stem in gone])

    async def _remove_unclaimed_sources(self) -> None:
        claimed = await self._store.list_claimed(now=self._clock.now())
        self._unclaimed = await asyncio.to_thread(_sweep_folder, self._folders.sources, claimed, self._unclaimed)


def _sweep_folder(folder: Path, claimed: set[Path], before: dict[Path, tuple[int, int]]) -> dict[Path, tuple[int, int]]:
    """Remove what was unclaimed before and is the same file now; return what is unclaimed now for the next time."""
    unclaimed: dict[Path, tuple[int, int]] = {}
    for path in _list_files(folder):
        if path in claimed:
            continue
        with contextlib.suppress(FileNotFoundError):  # it was half done, and is named or gone by now
            found = path.stat()
            unclaimed[path] = (found.st_ino, found.st_mtime_ns)
            if before.get(path) == unclaimed[path]:
                _unlink_all([path])
                del unclaimed[path]
    return unclaimed


def _list_files(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_file()]


def _unlink_all(paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # the next start tries again
            log.warning("a picture could not be removed", extra={"file": path.name, "error": repr(error)})
