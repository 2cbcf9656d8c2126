"""One shard's connection to the gateway: opened, listened to, and opened again.

The loops of discord.py around its sockets are not used (read in 2.7.1): the first connect is repeated every 5 s without
end, by recursion; a later one waits up to 1024 s, in real time; after one failure to resume the session is thrown away;
a gateway that answers heartbeats but never READY is waited for without end; and any of it may end in a `close()` after
which the client cannot be used again, because REST has gone with it. A client is never closed here, so deliveries go on
while the gateway is away. `from_client` and `poll_event` of its socket are all that is used, as `Client.connect` does.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.clock import Clock
from bot.connection import pauses, words
from bot.connection.identifies import Identifies
from bot.connection.outage import Outage
from bot.errors import CannotConnect

log = logging.getLogger(__name__)

READY_WITHIN_S = 300.0
"""The watchdog: a connection that is not ready by then is dropped and opened anew."""
STEADY_S = 60.0
"""What stood so long was no failure: it is opened again at once."""
RESUMES_TRIED = 3
INVALID_PAUSE_S = (1.0, 4.0)
"""After an invalid session Discord wants 1 s and up to 4 s more."""
CLOSE_WITHIN_S = 3.0
REFUSED_INTENT = 4014


class Socket(DiscordWebSocket):
    """The library's, which leaves neither its connection nor the thread of its heartbeat behind, whatever ends it."""

    async def poll_event(self) -> None:
        async with self._left_clean():
            await super().poll_event()

    async def identify(self) -> None:
        async with self._left_clean():
            await super().identify()

    async def resume(self) -> None:
        async with self._left_clean():
            await super().resume()

    @contextlib.asynccontextmanager
    async def _left_clean(self) -> AsyncGenerator[None, None]:
        try:
            yield
        except BaseException as error:
            # 1000 ends the session at Discord, 4000 leaves it to be resumed.
            code = 1000 if isinstance(error, asyncio.CancelledError) else 4000
            with contextlib.suppress(OSError, aiohttp.ClientError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self.close(code=code)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the gateway must be told to go on where a connection ended."""

    id: str
    sequence: int | None
    address: yarl.URL


class Line:
    """One shard.

    `address` returns where a session is begun. `go_without_content` drops the intent that was refused, and tells
    whether the bot can go on without it.
    """

    def __init__(
        self,
        client: discord.AutoShardedClient,
        *,
        shard_id: int,
        identifies: Identifies,
        address: Callable[[], Awaitable[yarl.URL]],
        go_without_content: Callable[[], bool],
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._shard_id = shard_id
        self._identifies = identifies
        self._address = address
        self._go_without_content = go_without_content
        self._clock = clock
        self._jitter = jitter
        self._outage = Outage(f"gateway, shard {shard_id}", clock=clock)
        self._session: Session | None = None
        self._resumes_failed = 0
        self._ready_at: float | None = None

    @property
    def ready(self) -> bool:
        """Whether Discord tells this shard what happens."""
        return self._ready_at is not None

    def note_ready(self) -> None:
        """Note READY or RESUMED."""
        self._ready_at = self._clock.monotonic()
        self._resumes_failed = 0
        self._outage.over()

    async def run(self) -> None:
        """Keep the shard connected until cancelled; raises CannotConnect where Discord says no for good."""
        while True:
            pause_s = 0.0
            try:
                await self._live()
            except ReconnectWebSocket as asked:
                self._ended(words.reason(asked))
                if not asked.resume:
                    self._session = None
                    least_s, more_s = INVALID_PAUSE_S
                    pause_s = least_s + more_s * self._jitter()
            except pauses.TROUBLE as error:
                self._take(error)
                pause_s = pauses.asked_pause_s(error)
            await self._clock.sleep(max(pause_s, pauses.pause_s(self._outage.failures, jitter=self._jitter())))

    def _take(self, error: Exception) -> None:
        refused_intent = isinstance(error, discord.ConnectionClosed) and error.code == REFUSED_INTENT
        if refused_intent and self._go_without_content():
            self._session = self._ready_at = None
            return
        line = words.line(error)
        if not pauses.passes(error):
            raise CannotConnect(line) from error
        self._ended(line)

    def _ended(self, reason: str) -> None:
        if self._ready_at is not None and self._clock.monotonic() - self._ready_at >= STEADY_S:
            self._outage.forget()
        else:
            self._outage.failed(reason)
        self._ready_at = None

    async def _live(self) -> None:
        """Open a connection and listen until it ends; whatever ends it is raised."""
        async with contextlib.AsyncExitStack() as turn:
            if self._resumes_failed == RESUMES_TRIED:
                self._session = None
            address = None
            if self._session is None:
                await turn.enter_async_context(self._identifies.turn())
                address = await self._address()
            async with self._watched():
                socket = await self._open(address)
                await turn.aclose()
                await self._listen(socket)

    async def _open(self, address: yarl.URL | None) -> Socket:
        session = self._session
        if session is None:
            return await Socket.from_client(self._client, gateway=address, shard_id=self._shard_id)
        self._resumes_failed += 1
        return await Socket.from_client(
            self._client,
            gateway=session.address,
            shard_id=self._shard_id,
            session=session.id,
            sequence=session.sequence,
            resume=True,
        )

    async def _listen(self, socket: Socket) -> None:
        try:
            while True:
                await socket.poll_event()
        except Exception:
            if socket.session_id is not None:
                self._session = Session(id=socket.session_id, sequence=socket.sequence, address=socket.gateway)
            raise

    @contextlib.asynccontextmanager
    async def _watched(self) -> AsyncGenerator[None, None]:
        """Raise TimeoutError out of the block where the shard is not ready in time.

        Only for that: a connection that falls silent later is ended by the library after a minute (`poll_event`).
        """
        async with asyncio.timeout(None) as scope:
            watchdog = asyncio.create_task(self._watch(scope), name=f"watchdog of shard {self._shard_id}")
            try:
                yield
            finally:
                watchdog.cancel()

    async def _watch(self, scope: asyncio.Timeout) -> None:
        await self._clock.sleep(READY_WITHIN_S)
        if not self.ready:
            self._session = None
            scope.reschedule(asyncio.get_running_loop().time())
