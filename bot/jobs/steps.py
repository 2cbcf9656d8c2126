"""One step of a job for each status that has work to do: it acts, and moves the job on by one guarded statement.

What is intended is stored before it is done (`submitting` before the POST), what was gained is stored before it is
shown (the result before the message).
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.clock import Clock
from bot.errors import DownloadFailed, ImagebotError, NotAPicture, StoreError
from bot.jobs import failures, polling, shapes
from bot.jobs.announcer import Announcer
from bot.jobs.model import Failure, FailureKind, Job, ResultFile, Status
from bot.jobs.results import ResultKeeper
from bot.jobs.sources import SourceFault, SourceKeeper
from bot.jobs.wakes import Wakes
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import GenerationRequest, Task, TaskStatus
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

RECENT_TASKS = 50
RESULT_LINK_LIFE = timedelta(hours=24)
"""provider.md 3.2."""
STORE_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a job waits for what may still come."""

    deadline: timedelta = timedelta(minutes=30)
    """From the submission to the task's end; and from the command to a submission that the provider takes."""
    stand_back_s: float = 15.0
    """Between two tries to submit to a provider that takes nothing just now, unless it names a time itself."""
    download_tries: int = 8
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
        announcer: Announcer,
        wakes: Wakes,
        clock: Clock,
        patience: Patience,
        callback_base: str | None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._provider = provider
        self._sources = sources
        self._results = results
        self._announcer = announcer
        self._wakes = wakes
        self._clock = clock
        self._patience = patience
        self._callback_base = callback_base
        self._jitter = jitter

    async def prepare(self, job: Job) -> Job | None:
        """Bring the sources to disk and behind URLs: from `preparing` to `queued` or `failed`."""
        try:
            ready = await self._sources.make_ready(job)
        except SourceFault as fault:
            log.info("source not usable", extra={"job": job.id, "error": repr(fault)})
            return await self.fail(job, fault.failure)
        return await self._store.move(ready, Status.QUEUED)

    async def submit(self, job: Job) -> Job | None:
        """Create the task: from `queued` to `running` or `failed`.

        Raises NotTakenYet, with the job back in `queued`, where the provider surely did not take it but may later.
        """
        try:
            job = await self._sources.make_ready(job)  # a URL may have expired in a long wait
        except SourceFault as fault:
            return await self.fail(job, fault.failure)
        submitting = await self._store.move(job, Status.SUBMITTING, submitted_at=self._clock.now())
        if submitting is None:
            return None
        try:
            task = await self._provider.create(self._request(submitting), idempotency_key=f"imagebot-{job.id}")
        except errors.ProviderError as error:
            log.warning("task not created", extra={"job": job.id, "error": repr(error)})
            return await self._not_created(submitting, error)
        log.info("task created", extra={"job": job.id, "task": task.id})
        return await self._created(submitting, task)

    async def _created(self, job: Job, task: Task) -> Job | None:
        """Store the task's id, however long the database refuses: without it a paid picture is never found again."""
        while True:
            try:
                return await self._store.move(
                    job,
                    Status.RUNNING,
                    provider_task_id=task.id,
                    estimated_s=task.estimated_s,
                    credits_reserved=task.credits_reserved,
                )
            except StoreError as error:
                log.error("task not stored", extra={"job": job.id, "task": task.id, "error": repr(error)})  # noqa: TRY400
                await self._clock.sleep(STORE_PAUSE_S)

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
        surely_not_taken = isinstance(error, errors.RateLimited | errors.Unreachable | errors.ServerFault)
        if not surely_not_taken or self._clock.now() - job.created_at >= self._patience.deadline:
            return await self.fail(job, failures.of_create(error))
        queued = await self._store.move(job, Status.QUEUED)
        if queued is None or queued.status is not Status.QUEUED:
            return queued
        raise NotTakenYet(queued, wait_s=error.retry_after_s or self._patience.stand_back_s)

    async def watch(self, job: Job) -> Job | None:
        """Look at the task until it ends. From `running` to `delivering`, `ready` or `failed`."""
        earliest_s = polling.earliest_end_s(
            await self._store.recent_durations_s(job.drawing.quality, most=RECENT_TASKS)
        )
        self._announcer.show(job)
        with self._wakes.expect(job.id) as wake:
            while (elapsed_s := self._elapsed_s(job)) < self._patience.deadline.total_seconds():
                wait_s = polling.next_look_s(
                    elapsed_s,
                    earliest_s=earliest_s,
                    callbacks=self._callback_base is not None,
                    jitter=self._jitter(),
                )
                await wake.wait(wait_s)
                task = await self._look(job)
                if task is None:
                    continue
                if task.status.is_final:
                    return await self._take_home(job, task)
                job = replace(job, progress=task.progress)
                self._announcer.show(job)
        return await self.fail(job, Failure(kind=FailureKind.TIMED_OUT))

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
            return await self.fail(ended, failures.of_result(error))
        return await self._store.move(
            ended,
            Status.DELIVERING,
            result=result,
            result_url=task.result_urls[0],
            result_url_until=now + RESULT_LINK_LIFE,
        )

    async def _fetch(self, job: Job, url: str) -> ResultFile:
        """Download with patience: what passes is waited out, what looks spoilt is asked for again a few times."""
        tries = 0
        while True:
            tries += 1
            try:
                return await self._results.fetch(job.id, url)
            except (DownloadFailed, NotAPicture) as error:
                if tries >= self._tries_worth(error):
                    raise
                log.warning("result not fetched", extra={"job": job.id, "error": repr(error), "tries": tries})
            await self._clock.sleep(min(60.0, 2.0**tries))

    def _tries_worth(self, error: DownloadFailed | NotAPicture) -> int:
        if isinstance(error, DownloadFailed) and error.passing:
            return self._patience.download_tries
        return self._patience.spoilt_tries if error.reason in {"gone", "cut_off"} else 1

    async def deliver(self, job: Job) -> Job | None:
        """Put the result before the person. From `delivering` to `delivered`, or `ready` where no way is open."""
        delivery = await self._announcer.deliver(job)
        if delivery.route is not None:
            await self._store.set_reply(job.id, delivery.route)
        to = Status.DELIVERED if delivery.delivered else Status.READY
        moved = await self._store.move(job, to, delivery_note=delivery.note, told_at=self._clock.now())
        await self._store.erase_links(job.id)
        log.info("job ended", extra={"job": job.id, "status": to.value})
        return moved

    async def tell(self, job: Job) -> None:
        """Show how a job ended, where no delivery has shown it, and note that it was told."""
        await self._announcer.close(job)
        await self._store.set_told(job.id, now=self._clock.now())
        await self._store.erase_links(job.id)

    async def fail(self, job: Job, failure: Failure) -> Job | None:
        """End a job without a picture."""
        log.info("job failed", extra={"job": job.id, "kind": failure.kind.value, "code": failure.code})
        return await self._store.move(
            job, Status.FAILED, failure=failure, finished_at=job.finished_at or self._clock.now()
        )
