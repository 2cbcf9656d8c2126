"""Drives every live job to its end, each in a task of its own; takes them up at start, lets go of them at stop."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.clock import Clock
from bot.jobs.announcer import Announcer, DeliveryPostponed
from bot.jobs.model import Failure, FailureKind, Job, Status
from bot.jobs.slots import Slots
from bot.jobs.steps import NotTakenYet, Steps
from bot.jobs.transitions import ENDED
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0
STUMBLES_ALLOWED = 3
"""How often a job that has cost nothing yet may stumble over a fault of ours before it is ended."""
LAST_WORDS_S = 20.0
"""How long a stop waits for calls that must not be cut: a POST that costs money, a message under way."""


@dataclass(slots=True)
class _Live:
    """A job that is driven in this process."""

    job: Job
    pauses: int = 0
    cuttable: bool = True

    @contextmanager
    def uncut(self) -> Generator[None, None, None]:
        """Keep a stop from cutting the call in the block."""
        self.cuttable = False
        try:
            yield
        finally:
            self.cuttable = True


class JobRunner:
    """Owns the runner tasks."""

    def __init__(self, *, steps: Steps, store: JobStore, announcer: Announcer, clock: Clock, max_tasks: int) -> None:
        self._steps = steps
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._slots = Slots(max_tasks, on_move=self._show_turn)
        self._live: dict[str, tuple[_Live, asyncio.Task[None]]] = {}
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether new work is refused because the process is about to end."""
        return self._stopping

    async def recover(self) -> int:
        """Take up every job whose person was not shown an end; return how many.

        A job in `submitting` may or may not have a task: a second POST could be paid twice, so it is ended.
        """
        await self._store.erase_dead_secrets(now=self._clock.now())
        jobs = await self._store.list_unfinished()
        for job in jobs:
            current: Job | None = job
            if job.status is Status.SUBMITTING:
                current = await self._steps.fail(job, Failure(kind=FailureKind.OUTCOME_UNKNOWN))
            if current is not None:
                self.start(current)
        return len(jobs)

    def start(self, job: Job) -> None:
        """Drive a job from where it stands; it is driven once, however often it is started."""
        if job.id in self._live or self._stopping:
            return
        live = _Live(job)
        task = asyncio.create_task(self._drive(live), name=f"job {job.id}")
        self._live[job.id] = live, task

    def drop(self, job_id: str) -> None:
        """Stop driving a job that was ended elsewhere."""
        if job_id in self._live:
            live, task = self._live[job_id]
            if live.cuttable:
                task.cancel()

    async def stop(self) -> None:
        """Cut what only waits, let finish what must not be cut; what is left is taken up by the next start."""
        self._stopping = True
        for live, task in self._live.values():
            if live.cuttable:
                task.cancel()
        tasks = [task for _, task in self._live.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, live: _Live) -> None:
        try:
            while not await self._reached_end(live) and not self._stopping:
                await self._clock.sleep(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**live.pauses))
                live.pauses += 1
        finally:
            self._live.pop(live.job.id, None)

    async def _reached_end(self, live: _Live) -> bool:
        """Take the job as far as it goes; False where it has to be taken up again after a pause."""
        try:
            await self._follow(live)
        except DeliveryPostponed as error:
            log.warning("delivery postponed", extra={"job": live.job.id, "error": repr(error)})
        except Exception:
            log.exception("job stumbled", extra={"job": live.job.id, "status": live.job.status.value})
            await self._after_stumble(live)
        else:
            return True
        return False

    async def _after_stumble(self, live: _Live) -> None:
        """End a job that cost nothing and stumbles again and again; one that cost something is never given up."""
        if live.job.status not in {Status.PREPARING, Status.QUEUED} or live.pauses < STUMBLES_ALLOWED:
            return
        try:
            live.job = await self._steps.fail(live.job, Failure(kind=FailureKind.INTERNAL)) or live.job
        except Exception:
            log.exception("job could not be ended", extra={"job": live.job.id})

    async def _follow(self, live: _Live) -> None:
        if live.job.status is Status.PREPARING:
            prepared = await self._steps.prepare(live.job)
            if prepared is None:
                return
            live.job = prepared
        if live.job.status in {Status.QUEUED, Status.RUNNING} and not await self._at_provider(live):
            return
        if live.job.status is Status.DELIVERING and not self._stopping:
            with live.uncut():
                delivered = await self._steps.deliver(live.job)
            if delivered is None:
                return
            live.job = delivered
        if live.job.status in ENDED and live.job.told_at is None and not self._stopping:
            with live.uncut():
                await self._steps.tell(live.job)

    async def _at_provider(self, live: _Live) -> bool:
        """Hold a slot from before the task is created until its end is known; False if the job was ended elsewhere."""
        async with self._slots.hold(live.job.id, at_once=live.job.status is Status.RUNNING):
            while live.job.status in {Status.QUEUED, Status.RUNNING} and not self._stopping:
                moved = await self._step(live)
                if moved is None:
                    return False
                live.job = moved
        return True

    async def _step(self, live: _Live) -> Job | None:
        if live.job.status is Status.RUNNING:
            return await self._steps.watch(live.job)
        try:
            with live.uncut():
                return await self._steps.submit(live.job)
        except NotTakenYet as pause:
            self._announcer.show(pause.job, waiting_for_provider=True)
            await self._clock.sleep(pause.wait_s)
            return pause.job

    def _show_turn(self, job_id: str, turn: int) -> None:
        if job_id in self._live:
            self._announcer.show(self._live[job_id][0].job, turn=turn)
