"""Listening with a limit: so many connections at once, each for so long without a request, and none for ever. Whoever
wants to keep the bot busy takes no socket away that Discord or the provider needs, and fills no log.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

MAX_CONNECTIONS = 100
"""Beyond it a connection is closed at once."""
IDLE_S = 10.0
"""How long a connection may take to bring the head of a request."""
LIFE_S = 300.0
"""After it a connection is cut, at the latest after twice as long: a picture is read long before, and whoever sends
requests without reading the answers would keep its place for ever."""

_BACKLOG = 32  # as many are accepted at one go, before they are counted
_LINGERING_S = 2.0  # for the rest of a body that nobody reads
_SHUTDOWN_S = 2.0


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell a fault of ours from a request that is none: strangers could write a traceback with each packet."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


_log = logging.getLogger(__name__)
_log.addFilter(_is_ours)


@asynccontextmanager
async def running(app: web.Application, *, idle_s: float) -> AsyncGenerator[web.AppRunner, None]:
    """Have the application ready to take connections for the block."""
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_log,
        auto_decompress=False,  # nobody sends us compressed bodies, but whoever wants to see us unpack them
        handle_signals=False,
        shutdown_timeout=_SHUTDOWN_S,
        keepalive_timeout=idle_s,
        lingering_time=_LINGERING_S,
    )
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening(
    runner: web.AppRunner, *, host: str, port: int, max_connections: int, life_s: float
) -> AsyncGenerator[asyncio.Server, None]:
    """Listen for the block, and hand connections to the runner while there is room; OSError where the port is taken."""
    handlers = runner.server
    assert handlers is not None  # noqa: S101 - a runner that is set up has it

    def accept() -> asyncio.BaseProtocol:
        return handlers() if len(handlers.connections) < max_connections else _Closed()

    listener = await asyncio.get_running_loop().create_server(accept, host, port, backlog=_BACKLOG)
    stop_cutting = _cut_the_old(handlers, life_s)
    try:
        yield listener
    finally:
        stop_cutting()
        listener.close()


def _cut_the_old(handlers: web.Server, life_s: float) -> Callable[[], None]:
    """Cut every `life_s` what was there the last time already; return what ends that."""
    loop = asyncio.get_running_loop()
    known: set[web.RequestHandler] = set()

    def cut() -> None:
        nonlocal known, timer
        present = set(handlers.connections)
        for handler in known & present:
            if handler.transport is not None:
                handler.transport.abort()
        known = present
        timer = loop.call_later(life_s, cut)

    timer = loop.call_later(life_s, cut)

    def stop() -> None:
        timer.cancel()

    return stop


class _Closed(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
