"""Work that goes on beside all else for a block: it has a name, goes on after a fault, and never ends unseen."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable

from bot.errors import ImagebotError

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def repeating(
    name: str, turn: Callable[[], Awaitable[object]], *, pause: Callable[[], Awaitable[object]]
) -> AsyncGenerator[None, None]:
    """Take a turn at once, and one more after each pause, in a task of that name for the block.

    A fault ends one turn, whatever it is. It is told in the log, once for each kind until a turn works again.
    """
    task = asyncio.create_task(_repeat(name, turn, pause), name=name)
    task.add_done_callback(_tell_end)
    try:
        yield
    finally:
        task.remove_done_callback(_tell_end)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _repeat(name: str, turn: Callable[[], Awaitable[object]], pause: Callable[[], Awaitable[object]]) -> None:
    told: set[type[Exception]] = set()
    while True:
        try:
            await turn()
        except Exception as error:
            if type(error) not in told:
                foreseen = isinstance(error, ImagebotError | OSError)
                extra = {"work": name, "error": repr(error)}
                log.warning("background work failed", extra=extra, exc_info=None if foreseen else error)
            told.add(type(error))
        else:
            if told:
                log.info("background work succeeds again", extra={"work": name})
            told.clear()
        await pause()


def _tell_end(task: asyncio.Task[None]) -> None:
    """Tell that it ended before its block: nobody asked for it, and until the next start nobody does its work."""
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    log.critical("background work ended", extra={"work": task.get_name(), "error": repr(error)}, exc_info=error)
