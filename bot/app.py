"""The composition root: the only module that knows all the parts, and the order in which they start and stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot import background
from bot.app_parts.ground import Ground, lay_ground
from bot.app_parts.limits import make_guilds, make_quotas, teller_of_spending
from bot.app_parts.people import join_people, make_announcer, make_client
from bot.app_parts.pictures import make_pictures
from bot.app_parts.web_side import serve_web
from bot.app_parts.work import Outside, Work, make_work
from bot.client import ImageBot, point_library_at
from bot.clock import Clock, SystemClock
from bot.command_sync import sync_commands
from bot.connection.outage import patiently
from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.server_log import ServerLog
from bot.errors import StoreError
from bot.guilds.service import GuildService
from bot.provider.api import EvoLink
from bot.quota.spending import SpendingStop
from bot.settings import Settings
from bot.store.meta import MetaStore

log = logging.getLogger(__name__)

SIGN_OF_LIFE_EVERY_S = 20.0
LOOK_FOR_LIFE_EVERY_S = 0.5
HEAD_START_S = 5.0
"""How long the work of earlier processes waits for a login that takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A bot whose parts are joined, not yet logged in."""

    ground: Ground
    client: ImageBot
    work: Work
    announcer: DiscordAnnouncer
    server_log: ServerLog
    guilds: GuildService
    spending: SpendingStop

    async def run(self) -> None:
        """Log in, take up what was left, and serve until the client is closed; raises CannotConnect.

        While Discord is away the login is tried again, and what was left goes on as far as it can without it.
        """
        login = asyncio.create_task(self._log_in(), name="login")
        try:
            await self._give_head_start(login)
            async with self._going_on():
                await login
                self.work.runner.hurry()
                await self._sync_commands()
                await self.client.gateway.run()
        finally:
            login.cancel()
            await asyncio.gather(login, return_exceptions=True)

    async def stop(self) -> None:
        """Take no new work, let what is under way finish, disconnect."""
        log.info("stopping")
        async with asyncio.TaskGroup() as beside:
            beside.create_task(self.announcer.stop(), name="last edits")
            await self.work.runner.stop()  # begins at once: from here on every request is refused
        await self.client.settle()
        await self.server_log.stop()
        await self.client.close()
        await self.announcer.cut()

    @asynccontextmanager
    async def _going_on(self) -> AsyncGenerator[None, None]:
        """Do for the block what goes on beside all else."""
        async with (
            background.repeating("signs of life", self._give_sign_of_life, pause=self._rest),
            self.work.going_on(),
            self.guilds.running(),
            self.spending.running(),
        ):
            yield

    async def _log_in(self) -> None:
        token = self.ground.settings.discord_token.get_secret_value()
        await patiently("login", lambda: self.client.login(token), clock=self.ground.clock)
        log.info("logged in", extra={"application": self.client.application_id})

    async def _give_head_start(self, login: "asyncio.Task[None]") -> None:
        """Wait for the login a little: a bot that Discord refuses spends nothing, and posts find their way at once."""
        enough = asyncio.create_task(self.ground.clock.sleep(HEAD_START_S), name="head start of the login")
        try:
            await asyncio.wait({login, enough}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            enough.cancel()
        if login.done():
            login.result()

    async def _sync_commands(self) -> None:
        async def sync() -> None:
            meta = MetaStore(self.ground.database)
            await sync_commands(self.client, meta=meta, dev_guild_id=self.ground.settings.dev_guild_id)

        try:
            await patiently("commands", sync, clock=self.ground.clock)
        except StoreError as error:  # people are told of the database's fault by their commands, so they must be heard
            log.warning("commands are looked at again at the next start", extra={"error": str(error)})

    async def _give_sign_of_life(self) -> None:
        self.work.runner.remind()
        if self.client.connected:
            self.ground.folder.alive.touch()

    async def _rest(self) -> None:
        await self.ground.clock.sleep(SIGN_OF_LIFE_EVERY_S if self.client.connected else LOOK_FOR_LIFE_EVERY_S)


@asynccontextmanager
async def build(settings: Settings, *, clock: Clock) -> AsyncGenerator[App, None]:
    """Join all parts for the block, and take them apart in the opposite order.

    Raises StoreError, FolderInUse or OSError where DATA_DIR or the web port cannot be used.
    """
    async with AsyncExitStack() as stack:
        point_library_at(api_base=settings.discord_api_base, gateway_url=settings.discord_gateway_url)
        ground = await lay_ground(stack, settings, clock=clock)
        client = make_client(ground, on_ready=lambda: work.runner.hurry())  # noqa: PLW0108 - it is made below
        stack.push_async_callback(client.close)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        pictures = await make_pictures(stack, ground, session=session)
        provider = EvoLink(
            session=session,
            api_base=settings.evolink_api_base,
            api_key=settings.evolink_api_key,
            model=settings.evolink_model,
            clock=clock,
        )
        announcer = make_announcer(ground, client, pictures.workers)
        guilds = make_guilds(settings, database=ground.database, clock=clock)
        server_log = ServerLog(client=client, guilds=guilds.get, clock=clock)
        quotas = make_quotas(
            settings,
            database=ground.database,
            path=ground.folder.database,
            store=ground.store,
            guilds=guilds,
            provider=provider,
            chronicle=server_log,
            announce=teller_of_spending(client, server_log),
            clock=clock,
        )
        outside = Outside(
            provider=provider, pictures=pictures, quotas=quotas, announcer=announcer, server_log=server_log
        )
        work = make_work(stack, ground, outside)
        join_people(client, ground, work=work, quotas=quotas, guilds=guilds, pictures=pictures, announcer=announcer)
        await serve_web(stack, ground, jobs=work.jobs, client=client, hosted=pictures.hosted)
        yield App(
            ground=ground,
            client=client,
            work=work,
            announcer=announcer,
            server_log=server_log,
            guilds=guilds,
            spending=quotas.spending,
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
