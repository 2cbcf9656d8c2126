"""The steps of a job from its task to its person: each acts, and moves the job on by one guarded statement.

What was gained is stored before it is shown: the result before the message.
"""

import contextlib
import logging
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.errors import DownloadFailed, NotAPicture, StoreError
from bot.jobs import failures, polling
from bot.jobs.announcer import Announcer, Delivery, Dispossessed
from bot.jobs.model import Failure, FailureKind, Job, ReplyRoute, Status
from bot.jobs.moves import Moves
from bot.jobs.polling import Patience
from bot.jobs.results import RESULT_LINK_LIFE, Fetched, ResultKeeper, may_come_whole, passes
from bot.jobs.transitions import ENDED
from bot.jobs.wakes import Wakes
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import Task, TaskStatus
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

RECENT_TASKS = 50
LONGEST_PAUSE_S = 300.0
RESULTS_MAY_COME_S = 60.0
"""How long a completed task that names no picture is looked at again: they may come a read later."""


class Steps:
    """The steps of all jobs; what is known of any one of them stands in the store. `callbacks`: the provider calls."""

    def __init__(
        self,
        *,
        store: JobStore,
        moves: Moves,
        provider: EvoLink,
        results: ResultKeeper,
        announcer: Announcer,
        wakes: Wakes,
        clock: Clock,
        patience: Patience,
        callbacks: bool,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._moves = moves
        self._provider = provider
        self._results = results
        self._announcer = announcer
        self._wakes = wakes
        self._clock = clock
        self._patience = patience
        self._callbacks = callbacks
        self._jitter = jitter

    async def watch(self, job: Job) -> Task | None:
        """Look at the task until it ends, and return how; None where the deadline comes first.

        Once only, for its price, where its picture is on disk: a process died before it could store that.
        The deadline ends no task that was not looked at in this process: the bot may have been away for longer.
        """
        if await self._results.find(job.id) is not None:
            return await self._read(job)
        earliest_s = polling.earliest_end_s(
            await self._store.recent_durations_s(job.drawing.quality, most=RECENT_TASKS)
        )
        self._announcer.show(job)
        looks = 0
        unnamed_since_s = math.inf
        with self._wakes.expect(job.id) as wake:
            while self._patience.lasts(self._moves.elapsed_s(job), looks=looks):
                await wake.wait(self._next_look_s(job, earliest_s))
                looks += 1
                task = await self._look(job)
                if task is None:
                    continue
                if task.status is TaskStatus.COMPLETED and not task.result_urls:
                    unnamed_since_s = min(unnamed_since_s, self._clock.monotonic())
                    if self._clock.monotonic() - unnamed_since_s < RESULTS_MAY_COME_S:
                        continue
                if task.status.is_final:
                    return task
                self._announcer.show(replace(job, progress=task.progress))
        return None

    def _next_look_s(self, job: Job, earliest_s: float | None) -> float:
        return polling.next_look_s(
            self._moves.elapsed_s(job),
            earliest_s=earliest_s,
            callbacks=self._callbacks,
            jitter=self._jitter(),
        )

    async def _look(self, job: Job) -> Task | None:
        """Read the task, and let the person know while it cannot be read."""
        task = await self._read(job)
        if task is None:
            self._announcer.show(job, waiting_for_provider=True)
        return task

    async def _read(self, job: Job) -> Task | None:
        """Read the task; None while it cannot be read. A failing read says nothing of the task (provider.md 10)."""
        assert job.provider_task_id is not None  # noqa: S101 - `running` is only reached with it
        try:
            return await self._provider.get(job.provider_task_id)
        except errors.ProviderError as error:
            log.warning("task not readable", extra={"job": job.id, "task": job.provider_task_id, "error": repr(error)})
            return None

    async def take_home(self, job: Job, task: Task | None) -> Job | None:
        """Bring home what `watch` has seen the end of. From `running` to `delivering`, `ready`, `failed` or `lost`."""
        if (kept := await self._results.find(job.id)) is not None:
            known = replace(job, credits_used=task.credits_used if task else None)
            return await self._keep(known, Fetched(file=kept, url=None))
        if task is None:
            return await self._moves.lose(job, Failure(kind=FailureKind.TIMED_OUT))
        now = self._clock.now()
        ended = replace(job, finished_at=now, credits_used=task.credits_used, progress=task.progress)
        if task.status is not TaskStatus.COMPLETED:
            return await self._moves.fail(ended, failures.of_task(task))
        if not task.result_urls:
            return await self._moves.lose(ended, Failure(kind=FailureKind.NO_RESULT))
        try:
            fetched = await self._fetch(ended, task.result_urls)
        except (DownloadFailed, NotAPicture) as error:
            log.error("result not usable", extra={"job": job.id, "task": task.id, "error": repr(error)})  # noqa: TRY400 - no traceback needed
            failure = failures.of_result(error)
            end = self._moves.lose if may_come_whole(error) else self._moves.fail
            return await end(ended, failure)
        return await self._keep(ended, fetched)

    async def _keep(self, job: Job, fetched: Fetched) -> Job | None:
        """Store a result that is on disk, so that it is delivered whatever comes."""
        now = self._clock.now()
        return await self._moves.keep(
            replace(job, finished_at=job.finished_at or now),
            Status.DELIVERING,
            result=fetched.file,
            result_url=fetched.url,
            result_url_until=(job.submitted_at or now) + RESULT_LINK_LIFE,  # its end may have been seen late
        )

    async def _fetch(self, job: Job, urls: Sequence[str]) -> Fetched:
        """Download with patience: what passes is waited out until the deadline, what looks spoilt is tried again."""
        began_s = self._clock.monotonic()
        tries = 0
        while True:
            tries += 1
            try:
                return await self._results.fetch(job.id, urls)
            except (DownloadFailed, NotAPicture) as error:
                if not self._is_worth_another_try(error, tries, self._clock.monotonic() - began_s):
                    raise
                log.warning("result not fetched", extra={"job": job.id, "error": repr(error), "tries": tries})
                self._announcer.show(replace(job, failure=failures.of_result(error)), waiting_for_provider=True)
            await self._clock.sleep(min(LONGEST_PAUSE_S, 2.0**tries))

    def _is_worth_another_try(self, error: DownloadFailed | NotAPicture, tries: int, elapsed_s: float) -> bool:
        if passes(error):
            return elapsed_s < self._patience.deadline.total_seconds()
        return may_come_whole(error) and tries < self._patience.spoilt_tries

    async def deliver(self, job: Job) -> Job | None:
        """Put the result before the person. From `delivering` to `delivered`, or `ready` where no way is open.

        Where the file is not on disk any more, back to `running`: the provider may still have it.
        """
        if job.result is None or not job.result.path.exists():
            log.error("result not on disk", extra={"job": job.id})
            return await self._moves.keep(job, Status.RUNNING)
        delivery = await self._announcer.deliver(job)
        return await self._delivered(job, delivery)

    async def _delivered(self, job: Job, delivery: Delivery) -> Job | None:
        to = Status.DELIVERED if delivery.delivered else Status.READY
        told_at = self._clock.now() if delivery.shown else None
        if delivery.route is not None:
            await self._insist_on_reply(job, delivery.route)
        moved = await self._moves.keep(job, to, delivery_note=delivery.note, told_at=told_at)
        if moved is None:
            return None
        await self._erase_links(job)
        log.info("job ended", extra={"job": job.id, "status": to.value})
        return moved

    async def give_up(self, job: Job, *, stumbles: int) -> None:
        """End a job that has stumbled so often over a fault of ours; one that has ended is only to be told.

        What cost nothing fails. A picture that was paid for is kept, to be collected. What the provider has, or may
        have, is released in its time, and looked for later.
        """
        failure = Failure(kind=FailureKind.INTERNAL)
        if job.status in ENDED:
            return
        if job.status in {Status.PREPARING, Status.QUEUED}:
            await self._moves.fail(job, failure)
        elif job.status is Status.DELIVERING:
            await self._moves.keep(job, Status.READY)
        elif not self._patience.lasts(self._moves.elapsed_s(job), looks=stumbles):
            await self._moves.lose(job, failure)

    async def tell(self, job: Job) -> Job | None:
        """Show how a job ended, where no delivery has shown it, and return it with the moment in which it was told.

        A picture that waits and could not be offered is offered again at the next start. None where the job was moved
        elsewhere meanwhile: what was shown is not its end any more.
        """
        if not await self._announcer.close(job):
            return job
        now = self._clock.now()
        if not await self._moves.insist(job, "told", lambda: self._store.set_told(job, now=now)):
            return None
        await self._erase_links(job)
        return replace(job, told_at=now)

    async def open_anyhow(self, job: Job) -> Job:
        """Show a job that has no reply yet, as far as any way is open, and note where."""
        route = await self._announcer.open_anyhow(job)
        if route is None:
            return job
        await self._insist_on_reply(job, route)
        return replace(job, route=route)

    async def _insist_on_reply(self, job: Job, route: ReplyRoute) -> None:
        """Store where the reply stands: forgotten, it would be posted again."""
        await self._moves.insist(job, "place of the reply", lambda: self._store.set_reply(job.id, route))

    async def _erase_links(self, job: Job) -> None:
        with contextlib.suppress(StoreError):  # the next sweep does it
            await self._store.erase_links(job.id)

    async def reread(self, job: Job) -> Job:
        """Return the job as it is stored now; raises Dispossessed where another process drives it."""
        stored = await self._store.find_owned(job.id)
        if stored is None:
            raise Dispossessed(job.id)
        return stored
