"""Serving at an address that another process may have for a moment longer: as soon as it is free, in the background."""

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncGenerator, Callable

from aiohttp import web

from bot.clock import Clock
from bot.errors import CannotListen
from bot.web.server import serve

log = logging.getLogger(__name__)

TRY_EVERY_S = 0.5


@contextlib.asynccontextmanager
async def serving(
    make_app: Callable[[], web.Application], *, host: str, port: int, may_wait: Callable[[], bool], clock: Clock
) -> AsyncGenerator[None, None]:
    """Serve for the block; where the address is taken and `may_wait` says so, from when it is free.

    Raises CannotListen where it cannot be had.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            base = await stack.enter_async_context(serve(make_app(), host=host, port=port))
        except CannotListen as error:
            if not _is_taken(error) or not may_wait():
                raise
            log.info("web server waits until the other process gives up its address", extra={"port": port})
            task = asyncio.create_task(_serve_once_free(make_app, host, port, clock), name="web server that waits")
            stack.push_async_callback(_ended, task)
        else:
            log.info("web server listens", extra={"address": base})
        yield


async def _serve_once_free(make_app: Callable[[], web.Application], host: str, port: int, clock: Clock) -> None:
    fault: str | None = None
    while True:
        await clock.sleep(TRY_EVERY_S)
        try:
            async with serve(make_app(), host=host, port=port) as base:
                log.info("web server listens", extra={"address": base})
                await asyncio.Event().wait()
        except CannotListen as error:
            if not _is_taken(error) and fault is None:
                fault = str(error)
                log.error(fault)  # noqa: TRY400 - the line says all


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _is_taken(error: CannotListen) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
