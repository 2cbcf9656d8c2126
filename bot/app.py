"""The composition root: the only module that knows all the parts, and the order in which they start and stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import yarl

from bot import app_parts, background
from bot.client import ImageBot, point_library_at
from bot.clock import Clock, SystemClock
from bot.command_sync import sync_commands
from bot.connection.gateway import Gateway
from bot.connection.identifies import Identifies
from bot.connection.outage import patiently
from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.fitting import Fitter
from bot.delivery.ladder import Ladder
from bot.delivery.server_log import ServerLog
from bot.delivery.ways import Ways
from bot.files import DataFolder
from bot.guilds.service import GuildService
from bot.hosting.own import HostedFolder
from bot.images.worker import ImageWorkers
from bot.intake import AdminRights, History, Intake, Presence, QualityOffers, QuotaCard, ResultPresses, SettingsPanel
from bot.jobs.admission import Terms
from bot.jobs.claims import Claims
from bot.jobs.insisting import until_stored
from bot.jobs.library import Library
from bot.jobs.lost import LateArrivals
from bot.jobs.moves import Moves
from bot.jobs.owners import Owners
from bot.jobs.polling import Patience
from bot.jobs.retention import Retention
from bot.jobs.runner import JobRunner
from bot.jobs.search import TaskSearch
from bot.jobs.service import JobService
from bot.jobs.steps import Steps
from bot.jobs.storage import Storage
from bot.jobs.submission import Submission
from bot.jobs.tending import Tending
from bot.jobs.tray import Tray
from bot.jobs.wakes import Wakes
from bot.provider.api import EvoLink
from bot.quota.spending import SpendingStop
from bot.settings import Settings
from bot.store.assets import AssetStore
from bot.store.claims import ClaimStore
from bot.store.history import HistoryStore
from bot.store.jobs import JobStore
from bot.store.lost import LostStore
from bot.store.meta import MetaStore
from bot.store.retention import RetentionStore
from bot.store.tray import TrayStore

log = logging.getLogger(__name__)

SIGN_OF_LIFE_EVERY_S = 20.0
LOOK_FOR_LIFE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A bot whose parts are joined, not yet logged in."""

    settings: Settings
    client: ImageBot
    runner: JobRunner
    announcer: DiscordAnnouncer
    server_log: ServerLog
    store: JobStore
    owners: Owners
    tending: Tending
    meta: MetaStore
    late_arrivals: LateArrivals
    retention: Retention
    storage: Storage
    guilds: GuildService
    spending: SpendingStop
    folder: DataFolder
    clock: Clock

    async def run(self) -> None:
        """Log in, take up what was left, and serve until the client is closed; raises CannotConnect.

        While Discord is away this is tried again. What was left is taken up once the login stands: it needs only REST.
        """
        token = self.settings.discord_token.get_secret_value()
        await patiently("login", lambda: self.client.login(token), clock=self.clock)
        recovered = await until_stored(self.runner.recover, clock=self.clock, what="jobs taken up")
        log.info("logged in", extra={"application": self.client.application_id, "jobs_recovered": recovered})
        async with (
            background.repeating("signs of life", self._give_sign_of_life, pause=self._rest),
            self.tending.running(),
            self.late_arrivals.running(),
            self.retention.running(),
            self.storage.running(),
            self.guilds.running(),
            self.spending.running(),
        ):
            await patiently("commands", self._sync_commands, clock=self.clock)
            await self.client.gateway.run()

    async def stop(self) -> None:
        """Take no new work, let what is under way finish, disconnect."""
        log.info("stopping")
        await self.runner.stop()
        await self.client.settle()
        await self.announcer.stop()
        await self.server_log.stop()
        await self.client.close()

    async def _sync_commands(self) -> None:
        await sync_commands(self.client, meta=self.meta, dev_guild_id=self.settings.dev_guild_id)

    async def _give_sign_of_life(self) -> None:
        self.runner.remind()
        if self.client.connected:
            self.folder.alive.touch()

    async def _rest(self) -> None:
        await self.clock.sleep(SIGN_OF_LIFE_EVERY_S if self.client.connected else LOOK_FOR_LIFE_EVERY_S)


@asynccontextmanager
async def build(settings: Settings, *, clock: Clock) -> AsyncGenerator[App, None]:
    """Join all parts for the block, and take them apart in the opposite order.

    Raises StoreError, FolderInUse or OSError where DATA_DIR or the web port cannot be used.
    """
    folder = DataFolder(settings.data_dir)
    folder.make()
    async with AsyncExitStack() as stack:
        point_library_at(api_base=settings.discord_api_base, gateway_url=settings.discord_gateway_url)
        database, owners = await app_parts.enter_folder(stack, folder, clock=clock)
        client = ImageBot(
            message_content=settings.message_content_intent,
            direct_use=settings.direct_images_per_day > 0,
        )
        meta = MetaStore(database)
        client.gateway = Gateway(
            client,
            identifies=Identifies(meta=meta, clock=clock),
            address=yarl.URL(settings.discord_gateway_url) if settings.discord_gateway_url else None,
            go_without_content=client.go_without_message_content,
            on_ready=lambda: runner.hurry(),  # noqa: PLW0108 - it is joined further down
            clock=clock,
        )
        stack.push_async_callback(client.close)
        store = JobStore(database, folder=folder.root, clock=clock, owner=owners.token)
        wakes = Wakes(clock)
        workers = await stack.enter_async_context(ImageWorkers(clock=clock))
        announcer = DiscordAnnouncer(
            client=client,
            ladder=Ladder(ways=Ways(client), clock=clock),
            fitter=Fitter(workers=workers, scratch=owners.scratch),
            still_mine=store.is_owned,
            shows_progress=store.shows_progress,
            clock=clock,
        )
        hosted = HostedFolder(folder.hosted, assets=AssetStore(database), clock=clock)
        api_session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        hosting = await app_parts.make_hosting(
            stack, settings=settings, session=api_session, database=database, store=store, folder=hosted, clock=clock
        )
        sources = await app_parts.make_sources(
            stack, settings=settings, folder=folder, workers=workers, hosting=hosting, store=store, clock=clock
        )
        provider = EvoLink(
            session=api_session,
            api_base=settings.evolink_api_base,
            api_key=settings.evolink_api_key,
            model=settings.evolink_model,
            clock=clock,
        )
        guilds = app_parts.make_guilds(settings, database=database, clock=clock)
        server_log = ServerLog(client=client, guilds=guilds.get, clock=clock)
        quotas = app_parts.make_quotas(
            settings,
            database=database,
            path=folder.database,
            store=store,
            guilds=guilds,
            provider=provider,
            chronicle=server_log,
            announce=app_parts.teller_of_spending(client, server_log),
            clock=clock,
        )
        lost = LostStore(database, folder=folder.root)
        search = TaskSearch(store=lost, provider=provider)
        results = await app_parts.make_results(stack, settings, clock, folder)
        moves = Moves(store=store, clock=clock)
        patience = Patience(deadline=timedelta(minutes=settings.job_deadline_minutes))
        submission = Submission(
            store=store,
            moves=moves,
            provider=provider,
            sources=sources,
            search=search,
            announcer=announcer,
            spending=quotas.spending,
            wakes=wakes,
            clock=clock,
            patience=patience,
            callback_base=settings.callback_base,
            honours_key=settings.provider_honours_idempotency_key,
        )
        steps = Steps(
            store=store,
            moves=moves,
            provider=provider,
            results=results,
            announcer=announcer,
            wakes=wakes,
            clock=clock,
            patience=patience,
            callbacks=settings.callback_base is not None,
        )
        runner = JobRunner(
            submission=submission,
            steps=steps,
            moves=moves,
            store=store,
            owners=owners,
            announcer=announcer,
            chronicle=server_log,
            clock=clock,
            max_tasks=settings.max_concurrent_tasks,
        )
        stack.push_async_callback(runner.stop)
        client.claims = Claims(owners=owners, store=ClaimStore(database), clock=clock, stopping=lambda: runner.stopping)
        retention = app_parts.make_retention(
            settings, database=database, store=store, runner=runner, folder=folder, clock=clock
        )
        storage = Storage(
            folder=folder, database=database, min_free_bytes=settings.min_free_disk_mb * 1_000_000, clock=clock
        )
        late_arrivals = LateArrivals(
            store=lost,
            jobs=store,
            provider=provider,
            search=search,
            results=results,
            admission=quotas.admission,
            runner=runner,
            wakes=wakes,
            clock=clock,
        )
        jobs = JobService(
            store=store,
            lost=lost,
            runner=runner,
            admission=quotas.admission,
            retention=retention,
            storage=storage,
            wakes=wakes,
            clock=clock,
            max_waiting=settings.max_waiting_jobs,
        )
        tray = Tray(store=TrayStore(database, folder=folder.root), sources=sources, clock=clock)
        client.intake = Intake(jobs=jobs, tray=tray, guilds=guilds, announcer=announcer, clock=clock)
        client.presence = Presence(guilds=guilds)
        client.offers = QualityOffers(guilds=guilds, prices=settings.price_table, clock=clock)
        client.quota_card = QuotaCard(
            quotas=quotas.quota, guilds=guilds, spending=quotas.spending, terms=Terms.of(settings)
        )
        rights = AdminRights(clock)
        client.administration = app_parts.make_administration(
            quotas=quotas, guilds=guilds, database=database, scratch=owners.scratch, rights=rights, clock=clock
        )
        client.settings_panel = SettingsPanel(
            guilds=guilds, rights=rights, clock=clock, usual_replies=settings.reply_to_picture
        )
        client.result_presses = ResultPresses(
            intake=client.intake, jobs=jobs, offers=client.offers, clock=clock, model=settings.evolink_model
        )
        app_parts.join_messages(
            client, settings=settings, database=database, jobs=jobs, tray=tray, guilds=guilds, clock=clock
        )
        client.history = History(
            library=Library(
                clock=clock,
                history=HistoryStore(database, folder=folder.root),
                sizes=RetentionStore(database, folder=folder.root),
                jobs=store,
                retention=retention,
                workers=workers,
                folders=app_parts.picture_folders(folder),
            ),
            announcer=announcer,
            presses=client.result_presses,
            clock=clock,
        )
        await app_parts.serve_web(
            stack, settings=settings, jobs=jobs, client=client, hosted=hosted, owners=owners, clock=clock
        )
        yield App(
            settings=settings,
            client=client,
            runner=runner,
            announcer=announcer,
            server_log=server_log,
            store=store,
            owners=owners,
            tending=Tending(runner=runner, owners=owners, store=store, claims=client.claims, wakes=wakes, clock=clock),
            meta=meta,
            late_arrivals=late_arrivals,
            retention=retention,
            storage=storage,
            guilds=guilds,
            spending=quotas.spending,
            folder=folder,
            clock=clock,
        )


async def run_until_signalled(settings: Settings, *, clock: Clock | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT; a second signal ends the process at once."""
    async with build(settings, clock=clock or SystemClock()) as app:
        loop = asyncio.get_running_loop()
        running = asyncio.create_task(app.run(), name="bot")
        signalled = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _first_then_hard, loop, signalled)
        waiting = asyncio.create_task(signalled.wait(), name="signals")
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not signalled.is_set():
            await running  # it ended by itself, and says why
            return
        await app.stop()
        # The library ends by itself only where it was connected; what it says of its closed connection was the wish.
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _first_then_hard(loop: asyncio.AbstractEventLoop, signalled: asyncio.Event) -> None:
    """Ask for a stop the first time; the next signal ends the process where it stands, as a kill would."""
    signalled.set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)  # Python's own for SIGINT would let everything clean up first
