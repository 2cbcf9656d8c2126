"""What the Discord side asks of jobs: take a request, begin it, cancel it, hand out a result that waits."""

import contextlib
import enum
import hmac
import logging
import secrets
from dataclasses import replace

from bot import errors
from bot.clock import Clock
from bot.jobs.admission import Admission
from bot.jobs.insisting import until_stored
from bot.jobs.model import Job, ReplyRoute, Request, Source, Status
from bot.jobs.retention import Retention
from bot.jobs.runner import JobRunner
from bot.jobs.search import is_task_id
from bot.jobs.storage import Storage
from bot.jobs.transitions import ENDED
from bot.jobs.wakes import LOST, Wakes
from bot.store.jobs import JobStore
from bot.store.lost import LostStore

log = logging.getLogger(__name__)

COLLECTING_S = 20.0
"""So long a person waits for a picture they asked for before they are told that it takes longer."""


class Cancelled(enum.Enum):
    """What a wish to cancel came to."""

    BEFORE_SUBMISSION = enum.auto()
    """Nothing was spent."""
    AFTER_SUBMISSION = enum.auto()
    """The provider cannot be stopped: the picture is still made, counts, and waits to be collected."""
    TOO_LATE = enum.auto()
    """The job had ended already, or was cancelled before."""


class JobService:
    """The one door to jobs. Every refusal is raised as an `errors.Refusal`."""

    def __init__(
        self,
        *,
        store: JobStore,
        lost: LostStore,
        runner: JobRunner,
        admission: Admission,
        retention: Retention,
        storage: Storage,
        wakes: Wakes,
        clock: Clock,
        max_waiting: int,
    ) -> None:
        self._store = store
        self._lost = lost
        self._runner = runner
        self._admission = admission
        self._retention = retention
        self._storage = storage
        self._wakes = wakes
        self._clock = clock
        self._max_waiting = max_waiting

    async def submit(self, request: Request) -> Job:
        """Store a request as a job, before its person is answered; `begin` starts it.

        Raises a Refusal, and then nothing was stored and nothing is counted: ShuttingDown, QueueFull, TooManyWaiting,
        StorageFull, StorageUnusable, DoubleRequest, StoreUnavailable, or what the operator, the server or a quota does
        not allow.
        """
        if self._runner.stopping:
            raise errors.ShuttingDown
        job = Job(
            id=secrets.token_hex(8),
            status=Status.PREPARING if request.sources else Status.QUEUED,
            kind=request.kind,
            sources=request.sources,
            parent_id=request.parent_id,
            private=request.route.ephemeral,
            origin_id=request.origin_id,
            user_id=request.user_id,
            guild_id=request.guild_id,
            drawing=request.drawing,
            route=request.route,
            role_ids=request.asker.role_ids,
            created_at=self._clock.now(),
            callback_token=secrets.token_urlsafe(16),
        )
        try:
            await self._storage.admit()
            await self._retention.admit()
            await self._admission.insert(job, request, max_waiting=self._max_waiting)
        except errors.StoreError as error:
            log.warning("request not stored", extra={"origin": request.origin_id, "error": str(error)})
            raise errors.StoreUnavailable from error
        log.info("job stored", extra={"job": job.id, "user": job.user_id, "guild": job.guild_id})
        return job

    async def find_by_message(self, message_id: int) -> Job | None:
        """Return the newest job whose reply a message is, or None where it is none of ours."""
        return await self._store.find_by_message(message_id)

    async def begin(self, job: Job, route: ReplyRoute) -> None:
        """Drive a stored job whose first answer stands at `route`, unless it was ended meanwhile.

        Not before the place is stored: a restart could not find the answer, and would leave it as it is.
        """
        stored = await until_stored(
            lambda: self._store.set_reply(job.id, route), clock=self._clock, what="place of the reply", job=job.id
        )
        if stored is not None:
            self._runner.start(stored)
        await self._admission.warn_of_budget(job.guild_id)

    async def cancel(
        self, job_id: str, *, user_id: int, may_moderate: bool, guild_id: int | None
    ) -> tuple[Cancelled, Job]:
        """Cancel for the owner, wherever they are, or for a moderator of the job's own guild.

        `guild_id` is where the person may moderate. Raises UnknownJob or NotYours.
        """
        job = await self._owned(job_id, user_id=user_id, moderated_guild_id=guild_id if may_moderate else None)
        cancelled = await self._store.cancel(job_id, now=self._clock.now())
        if cancelled is None and job.cancel_requested_at is not None and job.status not in ENDED:
            return Cancelled.AFTER_SUBMISSION, job  # again: its card may not have been closed the first time
        if cancelled is None:
            return Cancelled.TOO_LATE, job
        log.info("job cancelled", extra={"job": job_id, "status": cancelled.status.value, "by": user_id})
        if cancelled.status is not Status.CANCELLED:
            return Cancelled.AFTER_SUBMISSION, cancelled
        return Cancelled.BEFORE_SUBMISSION, cancelled

    async def end_cancelled(self, job: Job) -> None:
        """Stop driving a job that was cancelled before its submission, and show that at the job's route."""
        await self._runner.drive_anew(job)

    async def is_open(self, job_id: str) -> bool:
        """Tell whether a job still goes on at the provider."""
        job = await self._store.find(job_id)
        return job is not None and job.status in {Status.SUBMITTING, Status.RUNNING}

    async def find_result(self, job_id: str, *, user_id: int) -> Job:
        """Return the owner's job, whatever its status, so that a waiting result can be shown; raises as `cancel`."""
        return await self._owned(job_id, user_id=user_id, moderated_guild_id=None)

    async def find(self, job_id: str) -> Job | None:
        """Return the job, or None if there is none of that id."""
        return await self._store.find(job_id)

    async def get(self, job_id: str) -> Job:
        """Return the job; raises UnknownJob."""
        job = await self._store.find(job_id)
        if job is None:
            raise errors.UnknownJob
        return job

    async def get_for(self, job_id: str, *, user_id: int, guild_id: int | None) -> Job:
        """Return a job that this person may see there; raises UnknownJob or NotYours.

        What was answered in private is its owner's only, and no server sees what was made in another, unless the owner
        has shown it there.
        """
        job = await self.get(job_id)
        if job.user_id == user_id or (not _is_of_one_person(job) and job.guild_id == guild_id):
            return job
        if guild_id is not None and await self._store.is_shown_in(job_id, guild_id):
            return job
        raise errors.NotYours

    async def get_result_for(self, job_id: str, *, user_id: int, guild_id: int | None) -> Job:
        """Return a job as `get_for` does, with its picture on disk; raises ResultGone as well."""
        job = await self.get_for(job_id, user_id=user_id, guild_id=guild_id)
        if job.result is None or not job.result.path.exists():
            raise errors.ResultGone
        return job

    async def sources_anew(self, job: Job) -> tuple[Source, ...]:
        """Return the sources of a job for another one, as they stand on our disk; raises SourceGone."""
        return tuple([await self._source_anew(source) for source in job.sources])

    async def _source_anew(self, source: Source) -> Source:
        if source.result_of is not None:
            made = await self._store.find(source.result_of)
            if made is None or made.result is None or not made.result.path.exists():
                raise errors.SourceGone(source.name)
            return Source(position=source.position, name=source.name, result_of=source.result_of)
        if source.path is None or not source.path.exists():
            raise errors.SourceGone(source.name)
        return replace(source, url=None, hosted_url=None, hosted_until=None)

    async def collect(self, job: Job, route: ReplyRoute) -> Job | None:
        """Have a result that waits put where its owner asked for it, and return how it stands after a while.

        It is delivered by the runner, which goes on after a crash, too. None where another press was quicker, or where
        how it stands cannot be read. Raises ShuttingDown or StoreUnavailable, and then nothing was done.
        """
        if self._runner.stopping:
            raise errors.ShuttingDown
        try:
            collected = await self._store.collect(job, route)
        except errors.StoreError as error:
            log.warning("result not collected", extra={"job": job.id, "error": str(error)})
            raise errors.StoreUnavailable from error
        if collected is None:
            return None
        log.info("result collected", extra={"job": job.id, "user": job.user_id})
        await self._runner.drive_anew(collected)
        await self._runner.wait_for(job.id, most_s=COLLECTING_S)
        with contextlib.suppress(errors.StoreError):
            return await self._store.find(job.id)
        return None

    async def find_called(self, job_id: str, token: str) -> Job | None:
        """Return the job that a callback is for; None where the token is not the job's."""
        job = await self._store.find(job_id)
        if job is None or not hmac.compare_digest(job.callback_token.encode(), token.encode()):
            return None
        return job

    async def call_back(self, job: Job, *, task_id: str | None) -> None:
        """Have a job's task looked at now; `task_id` is what the callback names as it, where it was asked."""
        if task_id is not None and is_task_id(task_id):
            await self._lost.hint(job.id, task_id)
        await self._wake(job)

    async def _wake(self, job: Job) -> None:
        """Have a job's task looked at now, by whichever process does that."""
        if job.status is Status.LOST:
            await self._lost.look_soon(job.id, now=self._clock.now())
            self._wakes.call(LOST)
        elif not self._wakes.call(job.id):
            await self._store.wake(job.id)

    async def _owned(self, job_id: str, *, user_id: int, moderated_guild_id: int | None) -> Job:
        job = await self._store.find(job_id)
        if job is None:
            raise errors.UnknownJob
        moderated = moderated_guild_id is not None and job.guild_id == moderated_guild_id
        if job.user_id != user_id and not moderated:
            raise errors.NotYours
        return job


def _is_of_one_person(job: Job) -> bool:
    """Tell whether only its owner was ever to see a job: asked for in private, forced to be, or in direct messages."""
    return job.private or job.route.ephemeral or job.guild_id is None
