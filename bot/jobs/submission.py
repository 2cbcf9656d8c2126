"""The way to the provider: sources made ready, the create call, and the search for its task where its outcome is lost.

What is intended is stored before it is done: `submitting` before the POST.
"""

import contextlib
import logging
import math
from dataclasses import replace
from datetime import timedelta

from bot.clock import Clock
from bot.errors import ImagebotError, StoreError
from bot.jobs import failures, shapes
from bot.jobs.announcer import Announcer
from bot.jobs.key_condition import KeyCondition
from bot.jobs.model import NO_TRACE, Failure, FailureKind, Job, Status
from bot.jobs.moves import Moves
from bot.jobs.polling import CLOSEST_S, Patience
from bot.jobs.results import ResultKeeper
from bot.jobs.search import TaskSearch, pause_s
from bot.jobs.sources import SourceFault, SourceKeeper, SourceNotKept
from bot.jobs.wakes import Wakes
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import GenerationRequest, Task
from bot.quota.spending import SpendingStop
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

STAND_BACK_S = 15.0
"""Between two tries to submit to a provider that takes nothing just now, unless it names a time itself."""
LONGEST_STAND_BACK_S = 60.0
TASK_OF_DOUBT_S = 300.0
"""How long a create of unknown outcome keeps its slot: longer than nearly all tasks go on, if there is one.

Its person waits as long where nothing leads to that task, unless the deadline comes first.
"""
SENT_AGAIN_WITHIN_S = 600.0
"""How long after the first one a create call is sent again under its key: how long keys are kept is not known."""


class NotTakenYet(ImagebotError):
    """The provider takes nothing just now; the job is back in the queue and may be submitted again after a pause."""

    def __init__(self, job: Job, *, wait_s: float, refused_since_s: float) -> None:
        super().__init__(job.id)
        self.job = job
        self.wait_s = wait_s
        self.refused_since_s = refused_since_s


class NotReadyYet(ImagebotError):
    """Our own disk does not take the job's sources just now; they may be made ready after a pause."""

    def __init__(self, job: Job, *, failing_since_s: float) -> None:
        super().__init__(job.id)
        self.failing_since_s = failing_since_s


class Submission:
    """The submissions of all jobs. `honours_key`: the operator says that a key makes no second task."""

    def __init__(
        self,
        *,
        store: JobStore,
        moves: Moves,
        provider: EvoLink,
        sources: SourceKeeper,
        search: TaskSearch,
        results: ResultKeeper,
        announcer: Announcer,
        spending: SpendingStop,
        wakes: Wakes,
        clock: Clock,
        patience: Patience,
        callback_base: str | None,
        honours_key: bool,
    ) -> None:
        self._store = store
        self._moves = moves
        self._provider = provider
        self._sources = sources
        self._search = search
        self._results = results
        self._announcer = announcer
        self._spending = spending
        self._wakes = wakes
        self._clock = clock
        self._patience = patience
        self._callback_base = callback_base
        self._honours_key = honours_key
        self._key = KeyCondition()

    async def prepare(self, job: Job, *, failing_since_s: float | None = None) -> Job | None:
        """Bring the sources to disk and behind URLs: from `preparing` to `queued` or `failed`; raises as make_ready."""
        ready = await self.make_ready(job, failing_since_s=failing_since_s)
        if ready is None or ready.status is not Status.PREPARING:
            return ready
        return await self._store.move(ready, Status.QUEUED)

    async def make_ready(self, job: Job, *, failing_since_s: float | None = None) -> Job | None:
        """Return the job with sources that the provider can read, at no cost; `failed` where one is not usable.

        Raises NotReadyYet while our own disk fails, which it has done since `failing_since_s`, if before; until the
        deadline.
        """
        try:
            return await self._sources.make_ready(job)
        except SourceNotKept as fault:
            now_s = self._clock.monotonic()
            since_s = now_s if failing_since_s is None else failing_since_s
            if now_s - since_s >= self._patience.deadline.total_seconds():
                return await self._moves.fail(job, fault.failure)
            self._announcer.show(replace(job, failure=fault.failure), waiting_for_provider=True)
            raise NotReadyYet(job, failing_since_s=since_s) from fault
        except SourceFault as fault:
            log.info("source not usable", extra={"job": job.id, "error": repr(fault)})
            return await self._moves.fail(job, fault.failure)

    async def submit(self, job: Job, *, refused_since_s: float | None = None) -> Job | None:
        """Create the task of a job that is ready: from `queued` to `running` or `failed`.

        Still `submitting` where the outcome is not known. Raises NotTakenYet, with the job back in `queued`, where the
        provider surely did not take it but may later: it has refused it since `refused_since_s`, if before. It must not
        be cut: what it has begun may be paid for.
        """
        submitting = await self._store.move(job, Status.SUBMITTING, submitted_at=self._clock.now())
        if submitting is None:
            return None
        await self._moves.require_ours(submitting)
        try:
            task = await self._create(submitting)
        except errors.OutcomeUnknown as error:
            log.warning("task perhaps created", extra={"job": job.id, "error": repr(error)})
            return replace(submitting, failure=failures.of_create(error))
        except errors.ProviderError as error:
            log.warning("task not created", extra={"job": job.id, "error": repr(error)})
            self._key.not_taken(error)
            return await self._not_created(submitting, error, refused_since_s=refused_since_s)
        log.info("task created", extra={"job": job.id, "task": task.id})
        running = await self._moves.keep(
            submitting,
            Status.RUNNING,
            provider_task_id=task.id,
            estimated_s=task.estimated_s,
            credits_reserved=task.credits_reserved,
        )
        with contextlib.suppress(StoreError):  # the next one that is taken tells the same
            await self._spending.note_taken()
        if running is None:  # taken over, and perhaps released: its new owner, or a late look, has use for it
            await self._moves.insist(job, "task", lambda: self._store.note_task(job.id, task.id))
        return running

    async def _create(self, job: Job) -> Task:
        task = await self._provider.create(self._request(job), idempotency_key=f"imagebot-{job.id}", once=True)
        self._key.taken()
        return task

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

    async def _not_created(self, job: Job, error: errors.ProviderError, *, refused_since_s: float | None) -> Job | None:
        if isinstance(error, errors.PaymentRequired):
            with contextlib.suppress(StoreError):  # the next one that asks the provider hears the same
                await self._spending.note_payment_required()
        surely_not_taken = isinstance(error, errors.RateLimited | errors.Unreachable | errors.ServerFault)
        now_s = self._clock.monotonic()
        since_s = now_s if refused_since_s is None else refused_since_s
        if not surely_not_taken or now_s - since_s >= self._patience.deadline.total_seconds():
            return await self._moves.fail(job, failures.of_create(error))
        queued = await self._moves.keep(job, Status.QUEUED)
        if queued is None or queued.status is not Status.QUEUED:
            return queued
        wait_s = min(error.retry_after_s or STAND_BACK_S, LONGEST_STAND_BACK_S)
        raise NotTakenYet(queued, wait_s=wait_s, refused_since_s=since_s)

    def may_be_drawn(self, job: Job) -> bool:
        """Tell whether a create of unknown outcome may have made a task that goes on, and keeps its slot for it."""
        return job.status is Status.SUBMITTING and self._moves.elapsed_s(job) < TASK_OF_DOUBT_S

    async def search(self, job: Job, *, most_s: float = math.inf) -> Job | None:
        """Look for the task of a create whose outcome is not known: from `submitting` to `running` or `lost`.

        To `delivering` where its picture is on disk already: a backup was put back that is older than the picture.
        So long after the submission as `most_s`, the job is returned as it is. The deadline ends no job that was not
        looked for in this process. None where the job was moved elsewhere.
        """
        if job.failure is None and job.provider_task_id is None:  # nothing of its create was told in this process
            log.warning("task perhaps created before, and looked for now", extra={"job": job.id})
        doubt = seen = job.failure or Failure(kind=FailureKind.OUTCOME_UNKNOWN)
        looks = 0
        if (kept := await self._results.find(job.id)) is not None:
            now = self._clock.now()
            return await self._moves.keep(job, Status.DELIVERING, result=kept, finished_at=now, failure=None)
        with self._wakes.expect(job.id) as wake:
            while self._patience.lasts(self._moves.elapsed_s(job), looks=looks):
                stored = await self._store.find_owned(job.id)
                if stored is None or stored.status is not Status.SUBMITTING:
                    return None
                self._announcer.show(replace(stored, failure=seen))
                found = await self._sent_again(stored) or await self._search.look(stored)
                if found is not None:
                    return await self._moves.keep(found, Status.RUNNING)
                seen = doubt if self._may_be_found(stored) else replace(doubt, code=NO_TRACE)
                if seen.leaves_no_trace and self._moves.elapsed_s(job) >= TASK_OF_DOUBT_S:
                    break
                if self._moves.elapsed_s(job) >= most_s:
                    return replace(stored, failure=doubt)
                looks += 1
                await wake.wait(self._pause_s(job, looks, no_trace=seen.leaves_no_trace))
        return await self._moves.lose(job, seen)

    def _pause_s(self, job: Job, looks: int, *, no_trace: bool) -> float:
        left_s = TASK_OF_DOUBT_S - self._moves.elapsed_s(job) if no_trace else math.inf
        return min(pause_s(looks), max(left_s, CLOSEST_S))

    def _may_be_found(self, job: Job) -> bool:
        """Tell whether anything may lead to the task, as far as is known after a look; `job` was read before it."""
        return (
            self._callback_base is not None
            or job.hinted_task_id is not None
            or self._search.has_list
            or self._may_be_sent_again(job)
        )

    async def _sent_again(self, job: Job) -> Job | None:
        """Send a create again under its key, where the operator has said that it then makes no second task.

        Not for a person who has cancelled: the first one may never have arrived. `job` was read a moment ago.
        """
        if not self._may_be_sent_again(job):
            return None
        try:
            task = await self._create(job)
        except errors.ProviderError as error:  # which says nothing of the first one
            log.info("task not created again", extra={"job": job.id, "error": repr(error)})
            return None
        return replace(job, provider_task_id=task.id, estimated_s=task.estimated_s)

    def _may_be_sent_again(self, job: Job) -> bool:
        if not self._honours_key or job.provider_task_id or job.cancel_requested_at is not None:
            return False
        return self._is_surely_fresh(job)

    def _is_surely_fresh(self, job: Job) -> bool:
        """Tell whether the first create was sent a short while ago by either clock, of which one may have been set."""
        if job.submitted_at is None or self._moves.elapsed_s(job) > SENT_AGAIN_WITHIN_S:
            return False
        return timedelta() <= self._clock.now() - job.submitted_at <= timedelta(seconds=SENT_AGAIN_WITHIN_S)
