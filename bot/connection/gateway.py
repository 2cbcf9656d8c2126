"""All shards of the bot: how many there are, where they connect, and that all are connected."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import discord
import yarl

from bot.clock import Clock
from bot.connection.identifies import Identifies
from bot.connection.line import Line
from bot.connection.outage import patiently

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What Discord says of its gateway to this bot."""

    shards: int
    address: yarl.URL
    begins_left: int
    reset_after_s: float


class Gateway:
    """The connection of a client that has logged in.

    `address` stands in for the one that Discord names. `on_ready` is called when a shard hears from Discord (again).
    """

    def __init__(
        self,
        client: discord.AutoShardedClient,
        *,
        identifies: Identifies,
        address: yarl.URL | None,
        go_without_content: Callable[[], bool],
        on_ready: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._client = client
        self._identifies = identifies
        self._address = address
        self._go_without_content = go_without_content
        self._on_ready = on_ready
        self._clock = clock
        self._lines: Sequence[Line] = ()
        self._entrance: Entrance | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether every shard hears from Discord."""
        return bool(self._lines) and all(line.ready for line in self._lines)

    async def run(self) -> None:
        """Keep all shards connected until `close`; raises CannotConnect where Discord says no for good."""
        self._running = asyncio.create_task(self._serve(), name="gateway")
        try:
            await asyncio.wait({self._running})
        finally:
            await self.close()
        if not self._running.cancelled():
            self._running.result()

    async def close(self) -> None:
        """Hang up; harmless where nothing is connected."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    def note_ready(self, shard_id: int) -> None:
        """Note that a shard was told READY or RESUMED."""
        self._lines[shard_id].note_ready()
        self._on_ready()

    async def note_identify(self) -> None:
        """Note that a session is about to be begun."""
        await self._identifies.note()

    async def _serve(self) -> None:
        self._entrance = await patiently("gateway", self._ask, clock=self._clock)
        shards = range(self._entrance.shards)
        self._tell_library(shards)
        self._lines = [self._line(shard_id) for shard_id in shards]
        try:
            async with asyncio.TaskGroup() as group:
                for shard_id, line in enumerate(self._lines):
                    group.create_task(line.run(), name=f"shard {shard_id}")
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    def _tell_library(self, shards: range) -> None:
        """Set what the library's own `launch_shards` sets; there is no public way."""
        state = self._client._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self._client.shard_count = state.shard_count = len(shards)
        state.shard_ids = shards  # pyright: ignore[reportAttributeAccessIssue] - it sets a range itself

    def _line(self, shard_id: int) -> Line:
        return Line(
            self._client,
            shard_id=shard_id,
            identifies=self._identifies,
            address=self._address_to_begin_at,
            go_without_content=self._go_without_content,
            clock=self._clock,
        )

    async def _address_to_begin_at(self) -> yarl.URL:
        """Return where a session may be begun now, once Discord lets this bot begin one."""
        entrance, self._entrance = self._entrance or await self._ask(), None
        if entrance.begins_left < 1:
            extra = {"wait_s": round(entrance.reset_after_s)}
            log.error("Discord lets this bot begin no more sessions today; waiting", extra=extra)
            await self._clock.sleep(entrance.reset_after_s)
        return self._address or entrance.address

    async def _ask(self) -> Entrance:
        try:
            shards, address, limits = await self._client.http.get_bot_gateway()
        except discord.GatewayNotFound as error:
            raise error.__cause__ or error from None
        return Entrance(
            shards=shards,
            address=yarl.URL(address),
            begins_left=limits["remaining"],
            reset_after_s=limits["reset_after"] / 1000,
        )
