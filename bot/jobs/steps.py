"""One step of a job for each status that has work to do: it acts, and moves the job on by one guarded statement.

What is intended is stored before it is done (`submitting` before the POST), what was gained is stored before it is
shown (the result before the message).
"""

import contextlib
import logging
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from bot.clock import Clock
from bot.errors import DownloadFailed, ImagebotError, NotAPicture, StoreError
from bot.jobs import failures, polling, shapes
from bot.jobs.announcer import Announcer, Delivery, Dispossessed
from bot.jobs.insisting import until_stored
from bot.jobs.model import Failure, FailureKind, Job, ReplyRoute, ResultFile, Status
from bot.jobs.results import RESULT_LINK_LIFE, ResultKeeper, looks_spoilt, may_come_whole
from bot.jobs.search import TaskSearch, pause_s
from bot.jobs.sources import SourceFault, SourceKeeper
from bot.jobs.wakes import Wakes
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import GenerationRequest, Task, TaskStatus
from bot.quota.spending import SpendingStop
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

T = TypeVar("T")

RECENT_TASKS = 50
STAND_BACK_S = 15.0
"""Between two tries to submit to a provider that takes nothing just now, unless it names a time itself."""
LONGEST_STAND_BACK_S = 60.0
LONGEST_PAUSE_S = 300.0
LOOKS_BEFORE_GIVING_UP = 3
RESULTS_MAY_COME_S = 60.0
TASK_OF_DOUBT_S = 300.0
"""How long a create of unknown outcome keeps its slot: longer than nearly all tasks go on, if there is one."""
SENT_AGAIN_WITHIN_S = 600.0
"""How long after the first one a create call is sent again under its key: how long keys are kept is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a job waits for what may still come."""

    deadline: timedelta = timedelta(minutes=30)
    """From the submission to the task's end; from the first try to submit to one that the provider takes; and from
    the task's end to a result that can be fetched."""
    spoilt_tries: int = 3
    """A result that is missing or cut off right after the end may be whole a moment later."""


class NotTakenYet(ImagebotError):
    """The provider takes nothing just now; the job is back in the queue and may be submitted again after a pause."""

    def __init__(self, job: Job, *, wait_s: float) -> None:
        super().__init__(job.id)
        self.job = job
        self.wait_s = wait_s


class Steps:
    """The steps of all jobs; what is known of any one of them stands in the store."""

    def __init__(
        self,
        *,
        store: JobStore,
        provider: EvoLink,
        sources: SourceKeeper,
        results: ResultKeeper,
        search: TaskSearch,
        announcer: Announcer,
        spending: SpendingStop,
        wakes: Wakes,
        clock: Clock,
        patience: Patience,
        callback_base: str | None,
        honours_key: bool,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._provider = provider
        self._sources = sources
        self._results = results
        self._search = search
        self._announcer = announcer
        self._spending = spending
        self._wakes = wakes
        self._clock = clock
        self._patience = patience
        self._callback_base = callback_base
        self._honours_key = honours_key
        self._jitter = jitter
        self._unnamed: dict[str, float] = {}
        """Completed tasks that name no picture yet: since when, by their id."""
        self._refused_since_s: dict[str, float] = {}
        """Jobs that the provider does not take for now, by their id: a long wait in our own line is none of its."""

    async def prepare(self, job: Job) -> Job | None:
        """Bring the sources to disk and behind URLs: from `preparing` to `queued` or `failed`."""
        try:
            ready = await self._sources.make_ready(job)
        except SourceFault as fault:
            log.info("source not usable", extra={"job": job.id, "error": repr(fault)})
            return await self.fail(job, fault.failure)
        return await self._store.move(ready, Status.QUEUED)

    async def submit(self, job: Job) -> Job | None:
        """Create the task: from `queued` to `running` or `failed`; still `submitting` where the outcome is not known.

        Raises NotTakenYet, with the job back in `queued`, where the provider surely did not take it but may later.
        """
        try:
            job = await self._sources.make_ready(job)  # a URL may have expired in a long wait
        except SourceFault as fault:
            return await self.fail(job, fault.failure)
        submitting = await self._store.move(job, Status.SUBMITTING, submitted_at=self._clock.now())
        if submitting is None:
            return None
        await self._require_ours(submitting)
        try:
            task = await self._create(submitting)
        except errors.OutcomeUnknown as error:
            log.warning("task perhaps created", extra={"job": job.id, "error": repr(error)})
            return replace(submitting, failure=failures.of_create(error))
        except errors.ProviderError as error:
            log.warning("task not created", extra={"job": job.id, "error": repr(error)})
            return await self._not_created(submitting, error)
        log.info("task created", extra={"job": job.id, "task": task.id})
        self._refused_since_s.pop(job.id, None)
        running = await self._keep(
            submitting,
            Status.RUNNING,
            provider_task_id=task.id,
            estimated_s=task.estimated_s,
            credits_reserved=task.credits_reserved,
        )
        if running is None:  # taken over, and perhaps released: its new owner, or a late look, has use for it
            await self._insist(job, "task", lambda: self._store.note_task(job.id, task.id))
        return running

    async def _require_ours(self, job: Job) -> None:
        """Raise Dispossessed where another process drives the job; waits while the database does not say."""
        if not await self._insist(job, "owner", lambda: self._store.is_owned(job.id)):
            raise Dispossessed(job.id)

    async def _keep(self, job: Job, to: Status, **changes: Any) -> Job | None:
        """Store what has happened, however long the database refuses: forgotten, it would be lost or paid twice."""
        return await self._insist(job, to.value, lambda: self._store.move(job, to, **changes))

    async def _insist(self, job: Job, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        return await until_stored(ask, clock=self._clock, what=what, job=job.id)

    async def _create(self, job: Job) -> Task:
        return await self._provider.create(self._request(job), idempotency_key=f"imagebot-{job.id}", once=True)

    def _request(self, job: Job) -> GenerationRequest:
        drawing = job.drawing
        return GenerationRequest(
            prompt=drawing.prompt,
            size=shapes.size_to_ask_for(job),
            quality=drawing.quality,
            image_urls=tuple(source.hosted_url for source in job.sources if source.hosted_url),
            web_search=drawing.web_search,
            image_search=drawing.image_search,
            thinking=drawing.thinking,
            callback_url=self._callback_base and f"{self._callback_base}/callbacks/{job.id}/{job.callback_token}",
        )

    async def _not_created(self, job: Job, error: errors.ProviderError) -> Job | None:
        if isinstance(error, errors.PaymentRequired):
            with contextlib.suppress(StoreError):  # the next one that asks the provider hears the same
                await self._spending.note_payment_required()
        surely_not_taken = isinstance(error, errors.RateLimited | errors.Unreachable | errors.ServerFault)
        refused_since_s = self._refused_since_s.setdefault(job.id, self._clock.monotonic())
        refused_for_s = self._clock.monotonic() - refused_since_s
        if not surely_not_taken or refused_for_s >= self._patience.deadline.total_seconds():
            del self._refused_since_s[job.id]
            return await self.fail(job, failures.of_create(error))
        queued = await self._keep(job, Status.QUEUED)
        if queued is None or queued.status is not Status.QUEUED:
            return queued
        raise NotTakenYet(queued, wait_s=min(error.retry_after_s or STAND_BACK_S, LONGEST_STAND_BACK_S))

    def may_be_drawn(self, job: Job) -> bool:
        """Tell whether a create of unknown outcome may have made a task that goes on, and keeps its slot for it."""
        return job.status is Status.SUBMITTING and self._elapsed_s(job) < TASK_OF_DOUBT_S

    async def search(self, job: Job, *, most_s: float = math.inf) -> Job | None:
        """Look for the task of a create whose outcome is not known: from `submitting` to `running` or `lost`.

        So long after the submission as `most_s`, the job is returned as it is. The deadline ends no job that was not
        looked for in this process. None where the job was moved elsewhere.
        """
        doubt = job.failure or Failure(kind=FailureKind.OUTCOME_UNKNOWN)
        looks = 0
        with self._wakes.expect(job.id) as wake:
            while looks < LOOKS_BEFORE_GIVING_UP or self._elapsed_s(job) < self._patience.deadline.total_seconds():
                stored = await self._store.find_owned(job.id)
                if stored is None or stored.status is not Status.SUBMITTING:
                    return None
                self._announcer.show(replace(stored, failure=doubt))
                found = await self._sent_again(stored) or await self._search.look(stored)
                if found is not None:
                    return await self._keep(found, Status.RUNNING)
                if self._elapsed_s(job) >= most_s:
                    return replace(stored, failure=doubt)
                looks += 1
                await wake.wait(pause_s(looks))
        return await self.lose(job, doubt)

    async def _sent_again(self, job: Job) -> Job | None:
        """Send a create again under its key, where the operator has said that it then makes no second task."""
        if not self._honours_key or job.provider_task_id or self._elapsed_s(job) > SENT_AGAIN_WITHIN_S:
            return None
        try:
            task = await self._create(job)
        except errors.ProviderError as error:  # which says nothing of the first one
            log.info("task not created again", extra={"job": job.id, "error": repr(error)})
            return None
        return replace(job, provider_task_id=task.id, estimated_s=task.estimated_s)

    async def watch(self, job: Job) -> Job | None:
        """Look at the task until it ends. From `running` to `delivering`, `ready`, `failed` or `lost`.

        The deadline ends no task that was not looked at in this process: the bot may have been away for longer.
        """
        earliest_s = polling.earliest_end_s(
            await self._store.recent_durations_s(job.drawing.quality, most=RECENT_TASKS)
        )
        self._announcer.show(job)
        looks = 0
        with self._wakes.expect(job.id) as wake:
            while looks < LOOKS_BEFORE_GIVING_UP or self._elapsed_s(job) < self._patience.deadline.total_seconds():
                await wake.wait(self._next_look_s(job, earliest_s))
                looks += 1
                task = await self._look(job)
                if task is None or (task.status is TaskStatus.COMPLETED and self._may_still_name_results(task)):
                    continue
                if task.status.is_final:
                    return await self._take_home(job, task)
                job = replace(job, progress=task.progress)
                self._announcer.show(job)
        return await self.lose(job, Failure(kind=FailureKind.TIMED_OUT))

    def _next_look_s(self, job: Job, earliest_s: float | None) -> float:
        return polling.next_look_s(
            self._elapsed_s(job),
            earliest_s=earliest_s,
            callbacks=self._callback_base is not None,
            jitter=self._jitter(),
        )

    def _may_still_name_results(self, task: Task) -> bool:
        """Tell whether a completed task without a picture is looked at again: its results may come a read later."""
        if task.result_urls:
            return False
        first_seen_at = self._unnamed.setdefault(task.id, self._clock.monotonic())
        if self._clock.monotonic() - first_seen_at < RESULTS_MAY_COME_S:
            return True
        del self._unnamed[task.id]
        return False

    def _elapsed_s(self, job: Job) -> float:
        since = job.submitted_at or job.created_at
        return (self._clock.now() - since).total_seconds()

    async def _look(self, job: Job) -> Task | None:
        """Read the task; None while it cannot be read. A failing read says nothing of the task (provider.md 10)."""
        assert job.provider_task_id is not None  # noqa: S101 - `running` is only reached with it
        try:
            return await self._provider.get(job.provider_task_id)
        except errors.ProviderError as error:
            log.warning("task not readable", extra={"job": job.id, "task": job.provider_task_id, "error": repr(error)})
            self._announcer.show(job, waiting_for_provider=True)
            return None

    async def _take_home(self, job: Job, task: Task) -> Job | None:
        now = self._clock.now()
        ended = replace(job, finished_at=now, credits_used=task.credits_used)
        if task.status is not TaskStatus.COMPLETED:
            return await self.fail(ended, failures.of_task(task))
        if not task.result_urls:
            return await self.fail(ended, Failure(kind=FailureKind.NO_RESULT))
        try:
            result = await self._fetch(job, task.result_urls[0])
        except (DownloadFailed, NotAPicture) as error:
            log.error("result not usable", extra={"job": job.id, "task": task.id, "error": repr(error)})  # noqa: TRY400 - no traceback needed
            failure = failures.of_result(error)
            return await (self.lose(ended, failure) if may_come_whole(error) else self.fail(ended, failure))
        return await self._keep(
            ended,
            Status.DELIVERING,
            result=result,
            result_url=task.result_urls[0],
            result_url_until=(job.submitted_at or now) + RESULT_LINK_LIFE,  # its end may have been seen late
        )

    async def _fetch(self, job: Job, url: str) -> ResultFile:
        """Download with patience: what passes is waited out until the deadline, what looks spoilt is tried again."""
        began_s = self._clock.monotonic()
        tries = 0
        while True:
            tries += 1
            try:
                return await self._results.fetch(job.id, url)
            except (DownloadFailed, NotAPicture) as error:
                if not self._is_worth_another_try(error, tries, self._clock.monotonic() - began_s):
                    raise
                log.warning("result not fetched", extra={"job": job.id, "error": repr(error), "tries": tries})
                self._announcer.show(replace(job, failure=failures.of_result(error)), waiting_for_provider=True)
            await self._clock.sleep(min(LONGEST_PAUSE_S, 2.0**tries))

    def _is_worth_another_try(self, error: DownloadFailed | NotAPicture, tries: int, elapsed_s: float) -> bool:
        if isinstance(error, DownloadFailed) and error.passing:
            return elapsed_s < self._patience.deadline.total_seconds()
        return looks_spoilt(error) and tries < self._patience.spoilt_tries

    async def deliver(self, job: Job) -> Job | None:
        """Put the result before the person. From `delivering` to `delivered`, or `ready` where no way is open.

        Where the file is not on disk any more, back to `running`: the provider may still have it.
        """
        if job.result is None or not job.result.path.exists():
            log.error("result not on disk", extra={"job": job.id})
            return await self._keep(job, Status.RUNNING)
        delivery = await self._announcer.deliver(job)
        return await self._delivered(job, delivery)

    async def _delivered(self, job: Job, delivery: Delivery) -> Job | None:
        to = Status.DELIVERED if delivery.delivered else Status.READY
        told_at = self._clock.now() if delivery.shown else None
        if delivery.route is not None:
            await self._insist_on_reply(job, delivery.route)
        moved = await self._keep(job, to, delivery_note=delivery.note, told_at=told_at)
        if moved is None:
            return None
        await self._erase_links(job)
        log.info("job ended", extra={"job": job.id, "status": to.value})
        return moved

    async def give_up_delivery(self, job: Job) -> Job | None:
        """Keep a picture that cannot be delivered for a fault of ours, to be collected."""
        return await self._keep(job, Status.READY)

    async def tell(self, job: Job) -> Job:
        """Show how a job ended, where no delivery has shown it, and return it with the moment in which it was told.

        A picture that waits and could not be offered is offered again at the next start.
        """
        if not await self._announcer.close(job):
            return job
        told = replace(job, told_at=self._clock.now())
        if not await self._insist(job, "told", lambda: self._store.set_told(job.id, now=self._clock.now())):
            raise Dispossessed(job.id)
        await self._erase_links(job)
        return told

    async def open_anyhow(self, job: Job) -> Job:
        """Show a job that has no reply yet, as far as any way is open, and note where."""
        route = await self._announcer.open_anyhow(job)
        if route is None:
            return job
        await self._insist_on_reply(job, route)
        return replace(job, route=route)

    async def _insist_on_reply(self, job: Job, route: ReplyRoute) -> None:
        """Store where the reply stands: forgotten, it would be posted again."""
        await self._insist(job, "place of the reply", lambda: self._store.set_reply(job.id, route))

    async def _erase_links(self, job: Job) -> None:
        with contextlib.suppress(StoreError):  # the next sweep does it
            await self._store.erase_links(job.id)

    async def reread(self, job: Job) -> Job:
        """Return the job as it is stored now; raises Dispossessed where another process drives it."""
        stored = await self._store.find_owned(job.id)
        if stored is None:
            raise Dispossessed(job.id)
        return stored

    async def fail(self, job: Job, failure: Failure) -> Job | None:
        """End a job without a picture."""
        log.info("job failed", extra={"job": job.id, "kind": failure.kind.value, "code": failure.code})
        ended_at = job.finished_at or self._clock.now()
        return await self._keep(job, Status.FAILED, failure=failure, finished_at=ended_at)

    async def lose(self, job: Job, failure: Failure) -> Job | None:
        """Release a job whose task may still come, and let it be looked for later."""
        log.warning("job lost", extra={"job": job.id, "kind": failure.kind.value, "task": job.provider_task_id})
        now = self._clock.now()
        look_at = polling.next_late_look_at(now, now=now)
        return await self._keep(job, Status.LOST, failure=failure, finished_at=now, lost_at=now, look_at=look_at)
