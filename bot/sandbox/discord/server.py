"""The whole stand-in on one port of the loopback: REST, gateway and content network."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.clock import Clock
from bot.sandbox.discord.accounts import DEFAULT_UPLOAD_LIMIT_BYTES, Person
from bot.sandbox.discord.application import Application
from bot.sandbox.discord.bell import PATIENCE_S
from bot.sandbox.discord.cdn import Cdn
from bot.sandbox.discord.desk import Desk
from bot.sandbox.discord.faults import Faults
from bot.sandbox.discord.gateway import Gateway
from bot.sandbox.discord.guilds import Guild
from bot.sandbox.discord.journal import Journal, RequestRecord, Violation
from bot.sandbox.discord.limits import RateLimits
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.rest import channels, commands, guilds, interactions, webhooks
from bot.sandbox.discord.rest.bodies import MAX_REQUEST_BYTES
from bot.sandbox.discord.rest.discovery import DiscoveryRoutes
from bot.sandbox.discord.rest.entrance import PREFIX, Entrance
from bot.sandbox.discord.world import World


class DiscordSandbox:
    """A strict Discord on the loopback; see the package's docstring for how to use it."""

    def __init__(self, *, clock: Clock, token: str | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.journal = Journal()
        self.limits = RateLimits(clock)
        self.faults = Faults()
        self.gateway = Gateway(clock, complain=self._complain)
        self.world = World(clock=clock, token=token, publish=self.gateway.publish)
        self.gateway.world = self.world
        self.world.cdn = Cdn(clock)
        self.world.desk = Desk(self.world, spawn=self._spawn)
        self._clock = clock
        self._host = host
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    # Life --------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        entrance = Entrance(world=self.world, journal=self.journal, limits=self.limits, faults=self.faults)
        app = web.Application(client_max_size=MAX_REQUEST_BYTES * 2)
        discovery = DiscoveryRoutes(gateway_url=lambda: self.gateway_url, begins_left=lambda: self.gateway.begins_left)
        families = (discovery, channels, interactions, webhooks, commands, guilds)
        entrance.mount(app, [route for family in families for route in family.routes()])
        app.router.add_get("/", self.gateway.serve)
        for kind in ("attachments", "ephemeral-attachments"):
            app.router.add_get(f"/{kind}/{{channel_id:\\d+}}/{{file_id:\\d+}}/{{filename}}", self.world.cdn.serve)
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.gateway.url = self.gateway_url
        self.world.cdn.base = f"http://{self._host}:{self._port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.gateway.close_all(1001, "Going away")
        if self._runner is not None:
            await self._runner.cleanup()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="sandbox discord")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _complain(self, where: str, what: str) -> None:
        self.journal.violations.append(Violation(at=self._clock.now(), where=where, what=what))

    # What a client needs -----------------------------------------------------------------------------------------

    @property
    def api_base(self) -> str:
        """Return the base of all REST routes."""
        return f"http://{self._host}:{self._port}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        """Return the address of the gateway."""
        return f"ws://{self._host}:{self._port}/"

    @property
    def token(self) -> str:
        """Return the bot's token."""
        return self.world.application.token

    async def wait_for_bot(self, *, timeout: float = PATIENCE_S) -> None:
        """Wait until a bot is connected and has registered a command, here or in an earlier life."""
        await self.gateway.wait_for_connections(timeout=timeout)
        await self.journal.bell.wait_until(
            lambda: any(self.application.commands.values()), what="a registered command", timeout=timeout
        )

    # What a test or the demo needs -------------------------------------------------------------------------------

    @property
    def application(self) -> Application:
        """Return the application, whose granted intents can be switched."""
        return self.world.application

    @property
    def requests(self) -> list[RequestRecord]:
        """List every REST call in the order they came."""
        return self.journal.requests

    @property
    def violations(self) -> list[Violation]:
        """List what no faithful caller does."""
        return self.journal.violations

    def add_guild(self, name: str, *, premium_tier: int = 0, locale: str = "en-US", with_bot: bool = True) -> Guild:
        """Add a server; the gateway tells the bot at once where it is a member."""
        return self.world.add_guild(name, premium_tier=premium_tier, locale=locale, has_bot=with_bot)

    def add_private_channel(self, *people: Person) -> Channel:
        """Open direct messages between people, where only a user-installed application can be used."""
        return self.world.private_channel(*people)

    def add_person(self, name: str, *, locale: str = "en-US", upload_limit: int = DEFAULT_UPLOAD_LIMIT_BYTES) -> Person:
        """Add a person who is in no server; `Guild.admit` lets them join one."""
        return self.world.add_person(name, locale=locale, upload_limit_bytes=upload_limit)
