"""Takes jobs on in the store, however long that refuses, and ends those that have no picture: what all steps share."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.clock import Clock
from bot.jobs import polling
from bot.jobs.announcer import Dispossessed
from bot.jobs.insisting import until_stored
from bot.jobs.model import Failure, Job, Status
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Age:
    """How old a submission was when this process first asked."""

    submitted_at: datetime
    elapsed_s: float
    seen_s: float
    """By the clock that nobody sets."""


class Moves:
    """The moves of all jobs of this process."""

    def __init__(self, *, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._ages: dict[str, _Age] = {}

    def elapsed_s(self, job: Job) -> float:
        """Return how long ago a job was submitted.

        The wall clock says so once; from then on counts the time that passes for this process, for it may be set.
        """
        since, now_s = job.submitted_at or job.created_at, self._clock.monotonic()
        age = self._ages.get(job.id)
        if age is None or age.submitted_at != since:
            elapsed_s = max(0.0, (self._clock.now() - since).total_seconds())
            age = self._ages[job.id] = _Age(submitted_at=since, elapsed_s=elapsed_s, seen_s=now_s)
        return age.elapsed_s + now_s - age.seen_s

    def forget(self, job_id: str) -> None:
        """Drop what is known of a job's age: it is driven no more."""
        self._ages.pop(job_id, None)

    async def require_ours(self, job: Job) -> None:
        """Raise Dispossessed where another process drives the job; waits while the database does not say."""
        if not await self.insist(job, "owner", lambda: self._store.is_owned(job.id)):
            raise Dispossessed(job.id)

    async def keep(self, job: Job, to: Status, **changes: Any) -> Job | None:
        """Store what has happened, however long the database refuses: forgotten, it would be lost or paid twice."""
        return await self.insist(job, to.value, lambda: self._store.move(job, to, **changes))

    async def insist(self, job: Job, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the database for a job's sake until it answers; `what` is for the log."""
        return await until_stored(ask, clock=self._clock, what=what, job=job.id)

    async def fail(self, job: Job, failure: Failure) -> Job | None:
        """End a job without a picture."""
        log.info("job failed", extra={"job": job.id, "kind": failure.kind.value, "code": failure.code})
        ended_at = job.finished_at or self._clock.now()
        return await self.keep(job, Status.FAILED, failure=failure, finished_at=ended_at)

    async def lose(self, job: Job, failure: Failure) -> Job | None:
        """Release a job whose task may still come, and let it be looked for later."""
        log.warning("job lost", extra={"job": job.id, "kind": failure.kind.value, "task": job.provider_task_id})
        now = self._clock.now()
        look_at = polling.next_late_look_at(now, now=now)
        return await self.keep(job, Status.LOST, failure=failure, finished_at=now, lost_at=now, look_at=look_at)
