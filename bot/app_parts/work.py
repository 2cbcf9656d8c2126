"""What drives jobs from the request to their end, and what goes on beside them."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.app_parts.ground import Ground
from bot.app_parts.limits import Quotas
from bot.app_parts.pictures import Pictures, make_retention
from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.server_log import ServerLog
from bot.jobs.claims import Claims
from bot.jobs.lost import LateArrivals
from bot.jobs.moves import Moves
from bot.jobs.polling import Patience
from bot.jobs.retention import Retention
from bot.jobs.runner import JobRunner
from bot.jobs.search import TaskSearch
from bot.jobs.service import JobService
from bot.jobs.steps import Steps
from bot.jobs.storage import Storage
from bot.jobs.submission import Submission
from bot.jobs.tending import Tending
from bot.jobs.wakes import Wakes
from bot.provider.api import EvoLink
from bot.store.claims import ClaimStore
from bot.store.lost import LostStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Whom jobs need: the provider, the pictures, the limits, and those who tell people."""

    provider: EvoLink
    pictures: Pictures
    quotas: Quotas
    announcer: DiscordAnnouncer
    server_log: ServerLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What drives jobs."""

    runner: JobRunner
    jobs: JobService
    claims: Claims
    tending: Tending
    late_arrivals: LateArrivals
    retention: Retention
    storage: Storage

    @asynccontextmanager
    async def going_on(self) -> AsyncGenerator[None, None]:
        """Do for the block what goes on beside the jobs."""
        async with (
            self.tending.running(),
            self.late_arrivals.running(),
            self.retention.running(),
            self.storage.running(),
        ):
            yield


def make_work(stack: AsyncExitStack, ground: Ground, outside: Outside) -> Work:
    """Join what drives jobs; they are let go of when the stack is unwound."""
    clock, settings = ground.clock, ground.settings
    wakes = Wakes(clock)
    lost = LostStore(ground.database, folder=ground.folder.root, owner=ground.owners.token)
    search = TaskSearch(store=lost, provider=outside.provider)
    runner = _make_runner(ground, outside, search=search, wakes=wakes)
    stack.push_async_callback(runner.stop)
    claims = Claims(
        owners=ground.owners, store=ClaimStore(ground.database), clock=clock, stopping=lambda: runner.stopping
    )
    retention = make_retention(ground, runner=runner)
    storage = Storage(
        folder=ground.folder,
        database=ground.database,
        min_free_bytes=settings.min_free_disk_mb * 1_000_000,
        clock=clock,
    )
    return Work(
        runner=runner,
        jobs=JobService(
            store=ground.store,
            lost=lost,
            runner=runner,
            admission=outside.quotas.admission,
            retention=retention,
            storage=storage,
            wakes=wakes,
            clock=clock,
            max_waiting=settings.max_waiting_jobs,
        ),
        claims=claims,
        tending=Tending(
            runner=runner, owners=ground.owners, store=ground.store, claims=claims, wakes=wakes, clock=clock
        ),
        late_arrivals=LateArrivals(
            store=lost,
            jobs=ground.store,
            provider=outside.provider,
            search=search,
            results=outside.pictures.results,
            admission=outside.quotas.admission,
            runner=runner,
            wakes=wakes,
            clock=clock,
        ),
        retention=retention,
        storage=storage,
    )


def _make_runner(ground: Ground, outside: Outside, *, search: TaskSearch, wakes: Wakes) -> JobRunner:
    clock, settings = ground.clock, ground.settings
    moves = Moves(store=ground.store, clock=clock)
    patience = Patience(deadline=timedelta(minutes=settings.job_deadline_minutes))
    submission = Submission(
        store=ground.store,
        moves=moves,
        provider=outside.provider,
        sources=outside.pictures.sources,
        search=search,
        results=outside.pictures.results,
        announcer=outside.announcer,
        spending=outside.quotas.spending,
        wakes=wakes,
        clock=clock,
        patience=patience,
        callback_base=settings.callback_base,
        honours_key=settings.provider_honours_idempotency_key,
    )
    steps = Steps(
        store=ground.store,
        moves=moves,
        provider=outside.provider,
        results=outside.pictures.results,
        announcer=outside.announcer,
        wakes=wakes,
        clock=clock,
        patience=patience,
        callbacks=settings.callback_base is not None,
    )
    return JobRunner(
        submission=submission,
        steps=steps,
        moves=moves,
        store=ground.store,
        owners=ground.owners,
        announcer=outside.announcer,
        chronicle=outside.server_log,
        clock=clock,
        max_tasks=settings.max_concurrent_tasks,
    )
