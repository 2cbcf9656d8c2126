"""Listening with a limit: so many connections at once, each for so long without a request. Whoever wants to keep the
bot busy takes no socket away that Discord or the provider needs.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

MAX_CONNECTIONS = 100
"""Beyond it a connection is closed at once."""
IDLE_S = 10.0
"""How long a connection may take to bring the head of a request."""

_BACKLOG = 32  # as many are accepted at one go, before they are counted
_LINGERING_S = 2.0  # for the rest of a body that nobody reads
_SHUTDOWN_S = 2.0


@asynccontextmanager
async def running(app: web.Application, *, idle_s: float) -> AsyncGenerator[web.AppRunner, None]:
    """Have the application ready to take connections for the block."""
    runner = web.AppRunner(
        app,
        access_log=None,
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


async def listen(runner: web.AppRunner, *, host: str, port: int, max_connections: int) -> asyncio.Server:
    """Listen, and hand connections to the runner as long as there is room; raises OSError where the port is taken."""
    handlers = runner.server
    assert handlers is not None  # noqa: S101 - a runner that is set up has it

    def accept() -> asyncio.BaseProtocol:
        return handlers() if len(handlers.connections) < max_connections else _Closed()

    return await asyncio.get_running_loop().create_server(accept, host, port, backlog=_BACKLOG)


class _Closed(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
