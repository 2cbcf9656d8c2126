"""Drives every live job to its end, each in a task of its own; takes them up at start, lets go of them at stop.

While it runs it takes over what processes that have died leave, and lets go of what others have taken from it.
"""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import StoreConflict, StoreError
from bot.jobs import pauses
from bot.jobs.announcer import Announcer, Chronicle, DeliveryPostponed, Dispossessed
from bot.jobs.model import Job, Status
from bot.jobs.moves import Moves
from bot.jobs.owners import Owners
from bot.jobs.pauses import LONGEST_S
from bot.jobs.slots import Slots
from bot.jobs.steps import Steps
from bot.jobs.submission import TASK_OF_DOUBT_S, NotReadyYet, NotTakenYet, Submission
from bot.jobs.transitions import ENDED
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

STUMBLES_ALLOWED = 3
"""How often a job may stumble over a fault of ours before it is ended."""
LAST_WORDS_S = 20.0
"""How long a stop waits for calls that must not be cut: a POST that costs money, a message under way."""


@dataclass(slots=True)
class _Live:
    """A job that is driven in this process."""

    job: Job
    pauses: int = 0
    stumbles: int = 0
    """Over faults of ours; a database, a disk or a Discord that is away is none."""
    refused_since_s: float | None = None
    """Since when the provider does not take it for now: a long wait in our own line is none of its."""
    disk_fails_since_s: float | None = None
    """Since when our own disk does not take its sources."""
    waits_for_discord: bool = False
    """The latest try to show something failed, for a reason that passes."""
    longest_pause_s: float = LONGEST_S
    cuttable: bool = True
    replaced: bool = False
    """The job is to be driven anew, as it is stored: nothing more is done with it here once it can be let go."""

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

    def __init__(
        self,
        *,
        submission: Submission,
        steps: Steps,
        moves: Moves,
        store: JobStore,
        owners: Owners,
        announcer: Announcer,
        chronicle: Chronicle,
        clock: Clock,
        max_tasks: int,
    ) -> None:
        self._submission = submission
        self._steps = steps
        self._moves = moves
        self._store = store
        self._owners = owners
        self._announcer = announcer
        self._chronicle = chronicle
        self._clock = clock
        self._pauses = pauses.Pauses(clock)
        self._slots = Slots(max_tasks, on_move=self._show_turn)
        self._live: dict[str, tuple[_Live, asyncio.Task[None]]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether new work is refused because the process is about to end."""
        return self._stopping

    async def recover(self) -> int:
        """Take up every job whose person was not shown an end and whose owner is dead; return how many."""
        await self._store.erase_dead_secrets(now=self._clock.now())
        return await self.take_over()

    async def take_over(self) -> int:
        """Take up the jobs of processes that have died; return how many."""
        if self._stopping:
            return 0
        owners = await self._store.list_other_owners()
        dead = [each for each in owners if each is not None and not self._owners.is_alive(each)]
        jobs = await self._store.take_over(dead) if dead or None in owners else []
        for job in jobs:
            self.start(job)
        return len(jobs)

    async def let_go_of_taken(self) -> None:
        """Stop driving what other processes have taken from this one."""
        taken = await self._store.list_dispossessed(self._live) if self._live else []
        for live, task in [self._live[job_id] for job_id in taken if job_id in self._live]:
            if live.cuttable:  # else it notices by itself: it may not do anything more
                task.cancel()
                self._let_go_beside(live.job)
                log.info("job left to its new owner", extra={"job": live.job.id})

    def _let_go_beside(self, job: Job) -> None:
        """Show nothing more of a job, without waiting for the edit under way: it may hang, and others wait here."""
        leaving = asyncio.create_task(self._announcer.let_go(job), name=f"leave of job {job.id}")
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def start(self, job: Job) -> None:
        """Drive a job from where it stands; it is driven once, however often it is started."""
        if job.id in self._live or self._stopping:
            return
        live = _Live(job)
        task = asyncio.create_task(self._drive(live), name=f"job {job.id}")
        self._live[job.id] = live, task

    def remind(self) -> None:
        """Have every live job say what it must before its reply is out of reach, however little happens to it."""
        for live, _ in self._live.values():
            self._announcer.remind(live.job)

    def hurry(self) -> None:
        """Have tried at once, or as soon as Discord bears it, what waits for Discord, because it is back."""
        for live, _ in self._live.values():
            if live.waits_for_discord:
                live.pauses = min(live.pauses, 1)  # a try under way may fail yet: it shall not wait for minutes then
        self._pauses.hurry()

    async def wait_for(self, job_id: str, *, most_s: float) -> None:
        """Wait until a job is not driven here any more, but not longer than that."""
        if job_id not in self._live:
            return
        patience = asyncio.create_task(self._clock.sleep(most_s), name=f"patience with job {job_id}")
        await asyncio.wait({patience, self._live[job_id][1]}, return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()

    async def drive_anew(self, job: Job) -> None:
        """Drive a job that was moved elsewhere: by a press, a late arrival. Whatever it waited for here is over."""
        if job.id in self._live:
            live, task = self._live[job.id]
            live.replaced = True  # a call that must not be cut is let finish, and not tried again
            if live.cuttable:
                task.cancel()
            await asyncio.wait({task})
            if self._live.get(job.id, (live, None))[1] is task:  # cut before its first step, it tidied nothing up
                del self._live[job.id]
        self.start(job)

    async def stop(self) -> None:
        """Cut what only waits, let finish what must not be cut; what is left is taken up by the next start."""
        self._stopping = True
        for live, task in self._live.values():
            if live.cuttable:
                task.cancel()
        tasks = [*(task for _, task in self._live.values()), *self._leaving]
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, live: _Live) -> None:
        try:
            while not await self._reached_end(live) and not live.replaced and not self._stopping:
                pause_s = pauses.pause_s(live.pauses, most_s=live.longest_pause_s)
                live.pauses += 1
                await self._pauses.wait(live.job.id, pause_s, for_discord=live.waits_for_discord)
        finally:
            self._live.pop(live.job.id, None)
            self._moves.forget(live.job.id)

    async def _reached_end(self, live: _Live) -> bool:
        """Take the job as far as it goes; False where it has to be taken up again, as it is stored, after a pause."""
        try:
            if live.pauses:
                live.job = await self._steps.reread(live.job)
            return await self._follow(live)
        except Dispossessed:
            await self._announcer.let_go(live.job)
            log.info("job left to its new owner", extra={"job": live.job.id})
            return True
        except DeliveryPostponed as error:
            live.waits_for_discord = True
            live.longest_pause_s = pauses.LONGEST_S if error.held_against else pauses.LONGEST_FOR_DISCORD_S
            log.warning("delivery postponed", extra={"job": live.job.id, "error": repr(error)})
        except NotReadyYet as pause:
            live.waits_for_discord = False
            live.disk_fails_since_s = pause.failing_since_s
        except Exception as error:
            live.waits_for_discord = False
            if isinstance(error, StoreError) and not isinstance(error, StoreConflict):
                log.warning("job waits for the database", extra={"job": live.job.id, "error": str(error)})
                return False  # that is no fault of the job, and ends none
            log.exception("job stumbled", extra={"job": live.job.id, "status": live.job.status.value})
            await self._after_stumble(live)
        return False

    async def _after_stumble(self, live: _Live) -> None:
        """End what stumbles again and again."""
        live.stumbles += 1
        if live.stumbles <= STUMBLES_ALLOWED:
            return
        try:
            await self._steps.give_up(live.job, stumbles=live.stumbles)
        except Exception:
            log.exception("job could not be ended", extra={"job": live.job.id})

    async def _follow(self, live: _Live) -> bool:
        """Take the job to its end; False where it stands elsewhere in the store than was thought."""
        if live.job.route.message_id is None and live.job.status not in ENDED:
            live.job = await self._steps.open_anyhow(live.job)
        while live.job.status not in ENDED and not self._stopping:
            moved = await self._next(live)
            if moved is None:
                live.job = await self._steps.reread(live.job)
                return live.job.told_at is not None
            live.job = moved
        if live.job.status in ENDED and live.job.told_at is None and not self._stopping:
            with live.uncut():
                told = await self._steps.tell(live.job)
            if told is None:
                live.job = await self._steps.reread(live.job)
                return live.job.told_at is not None
            live.job = told
        if live.job.told_at is not None and not _was_told_of(live.job):
            self._chronicle.job_ended(live.job)
        return True

    async def _next(self, live: _Live) -> Job | None:
        """Take one step; None if the job was moved elsewhere."""
        if live.job.status is Status.PREPARING:
            prepared = await self._submission.prepare(live.job, failing_since_s=live.disk_fails_since_s)
            live.disk_fails_since_s = None
            return prepared
        if live.job.status is Status.SUBMITTING and not self._submission.may_be_drawn(live.job):
            return await self._submission.search(live.job)
        if live.job.status is Status.DELIVERING:
            with live.uncut():
                return await self._steps.deliver(live.job)
        return await self._at_provider(live)

    async def _at_provider(self, live: _Live) -> Job | None:
        """Hold a slot from before the task is created until its end is known, and bring home what it made without one.

        None if the job was moved elsewhere.
        """
        waiting = live.job
        async with self._slots.hold(
            waiting.id, guild_id=waiting.guild_id, user_id=waiting.user_id, at_once=waiting.status is not Status.QUEUED
        ):
            job = await self._to_its_task(live)
            if job is None or job.status is not Status.RUNNING or self._stopping:
                return job
            live.job = job
            task = await self._steps.watch(job)
        return await self._steps.take_home(job, task)

    async def _to_its_task(self, live: _Live) -> Job | None:
        """Take the job to where its task is known, or to an end without one."""
        job: Job | None = live.job
        while job is not None and self._may_get_task(job) and not self._stopping:
            live.job = job
            job = await self._submit_or_search(live)
        return job

    def _may_get_task(self, job: Job) -> bool:
        return job.status is Status.QUEUED or self._submission.may_be_drawn(job)

    async def _submit_or_search(self, live: _Live) -> Job | None:
        if live.job.status is Status.SUBMITTING:
            return await self._submission.search(live.job, most_s=TASK_OF_DOUBT_S)
        # once more: a URL may have expired in a long wait
        ready = await self._submission.make_ready(live.job, failing_since_s=live.disk_fails_since_s)
        live.disk_fails_since_s = None
        if ready is None or ready.status is not Status.QUEUED:
            return ready
        try:
            with live.uncut():
                return await self._submission.submit(ready, refused_since_s=live.refused_since_s)
        except NotTakenYet as pause:
            live.refused_since_s = pause.refused_since_s
            self._announcer.show(pause.job, waiting_for_provider=True)
            await self._clock.sleep(pause.wait_s)
            return pause.job

    def _show_turn(self, job_id: str, turn: int) -> None:
        if job_id in self._live:
            self._announcer.show(self._live[job_id][0].job, turn=turn)


def _was_told_of(job: Job) -> bool:
    """Tell whether administrators know of the picture since it waited: that it was collected is nothing to them."""
    return job.collected_at is not None and job.status in {Status.READY, Status.DELIVERED}
