"""Looks for the pictures of jobs that were released, and delivers what comes late: counted if the limits allow it.

A lost job holds no slot and no task: the store knows when it is looked for next, and a restart changes nothing. Each
look is claimed by one statement; the picture is on disk before the one transaction that counts it and takes the job on
to its delivery. Killed before that transaction, the job is as lost as before; killed after it, the next start delivers.

A link dies within a day, and Discord may be away for as long: no look waits for the person to be told of the loss. Who
was not told until then has the picture, and never hears that it was lost.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

from bot import background
from bot.clock import Clock
from bot.errors import DownloadFailed, NotAPicture, StoreError
from bot.jobs import polling
from bot.jobs.admission import Admission
from bot.jobs.insisting import until_stored
from bot.jobs.model import Job, Status
from bot.jobs.results import RESULT_LINK_LIFE, Fetched, ResultKeeper, may_come_whole
from bot.jobs.runner import JobRunner
from bot.jobs.search import TaskSearch
from bot.jobs.wakes import LOST, Wakes
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import Task, TaskStatus
from bot.store.jobs import JobStore
from bot.store.lost import LostStore

log = logging.getLogger(__name__)

EVERY_S = 60.0
AT_ONCE = 4
CLAIMED_FOR = timedelta(minutes=15)
"""Longer than any look takes; a look whose process died is made again after it."""


class LateArrivals:
    """Looks for lost jobs while it runs."""

    def __init__(
        self,
        *,
        store: LostStore,
        jobs: JobStore,
        provider: EvoLink,
        search: TaskSearch,
        results: ResultKeeper,
        admission: Admission,
        runner: JobRunner,
        wakes: Wakes,
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._provider = provider
        self._search = search
        self._results = results
        self._admission = admission
        self._runner = runner
        self._wakes = wakes
        self._clock = clock

        self._places = asyncio.Semaphore(AT_ONCE)
        self._looks: dict[str, asyncio.Task[None]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Look at what is due now and from then on, for the block."""
        with self._wakes.expect(LOST) as wake:
            try:
                async with background.repeating("late arrivals", self._begin_all_due, pause=lambda: wake.wait(EVERY_S)):
                    yield
            finally:
                looks = list(self._looks.values())
                for look in looks:
                    look.cancel()
                await asyncio.gather(*looks, return_exceptions=True)

    async def _begin_all_due(self) -> None:
        """Begin a look at each that is due as soon as a place is free: a slow one keeps its own place and no other."""
        while True:
            await self._places.acquire()
            if not await self._is_begun():
                return

    async def _is_begun(self) -> bool:
        """Begin a look in the place that was taken; gives it back and tells so where none is due."""
        now = self._clock.now()
        beyond = now + polling.LONGEST_LATE_PAUSE
        due: list[Job] = []
        try:
            due = await self._store.claim_due(now=now, until=now + CLAIMED_FOR, beyond=beyond, most=1)
        finally:
            begun = [job for job in due if job.id not in self._looks]  # a look may outlast its claim: it is not doubled
            if not begun:
                self._places.release()
        for job in begun:
            look = asyncio.create_task(self._look(job), name=f"late look at job {job.id}")
            self._looks[job.id] = look
            look.add_done_callback(lambda _, job_id=job.id: self._ended(job_id))
        return bool(due)

    def _ended(self, job_id: str) -> None:
        del self._looks[job_id]
        self._places.release()

    async def _look(self, job: Job) -> None:
        """Look for one job, and say when to look again; a fault is one of this job and this look, and ends in time."""
        try:
            settled = await self._is_settled(job)
        except Exception:
            log.exception("lost job not looked at", extra={"job": job.id})
            settled = False
        if not settled:
            with contextlib.suppress(StoreError):  # it is looked for again when its claim is over
                await self._wait_on(job)

    async def _is_settled(self, job: Job) -> bool:
        """Tell whether the job needs no further look: its picture came, or is known never to come."""
        found = await self._search.look(job)
        if found is None:
            return False
        task = await self._read(found)
        if (kept := await self._results.find(job.id)) is not None:  # a process died before it could store that
            await self._take_in(found, task, Fetched(file=kept, url=None))
            return True
        if task is None or not task.status.is_final:
            return False
        if task.status is not TaskStatus.COMPLETED:
            await self._give_up(found)
            return True
        return bool(task.result_urls) and await self._is_fetched(found, task)

    async def _is_fetched(self, job: Job, task: Task) -> bool:
        """Tell whether what the task made is here, or is known to be of no use."""
        try:
            fetched = await self._results.fetch(job.id, task.result_urls)
        except (DownloadFailed, NotAPicture) as error:
            log.warning("late result not fetched", extra={"job": job.id, "error": repr(error)})
            if may_come_whole(error):
                return False
            await self._give_up(job)
        else:
            await self._take_in(job, task, fetched)
        return True

    async def _read(self, job: Job) -> Task | None:
        try:
            return await self._provider.get(job.provider_task_id or "")
        except errors.ProviderError as error:
            log.info("lost task not readable", extra={"job": job.id, "error": repr(error)})
            return None

    async def _take_in(self, job: Job, task: Task | None, fetched: Fetched) -> None:
        """Count the picture, or make a gift of it, and have it delivered; all of it or nothing."""
        now = self._clock.now()
        moved = await self._jobs.move(
            replace(job, told_at=None, look_at=None, failure=None),
            Status.DELIVERING,
            also=self._admission.second(job, now=now),
            finished_at=now,
            credits_used=task.credits_used if task else None,
            result=fetched.file,
            result_url=fetched.url,
            result_url_until=(job.submitted_at or now) + RESULT_LINK_LIFE,
        )
        if moved is None:
            return
        arrived = await until_stored(
            lambda: self._jobs.find(job.id), clock=self._clock, what="late arrival", job=job.id
        )
        if arrived is None:
            return
        log.info("lost job arrived", extra={"job": job.id, "gift": arrived.gift})
        await self._runner.drive_anew(arrived)
        if not arrived.gift:
            await self._admission.warn_of_budget(arrived.guild_id)

    async def _wait_on(self, job: Job) -> None:
        next_at = polling.next_late_look_at(job.lost_at or job.created_at, now=self._clock.now())
        if next_at is None:
            await self._give_up(job)
        else:
            await self._store.look_again(job, at=next_at)

    async def _give_up(self, job: Job) -> None:
        """Let it be failed for good.

        Who was told that it was released is not told again; who was not is told this, by whoever drives the job.
        """
        log.info("lost job given up", extra={"job": job.id})
        await self._jobs.move(replace(job, look_at=None), Status.FAILED)
