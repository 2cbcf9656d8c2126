"""An end to a wait, by our clock: what `asyncio.timeout` is for the loop's own time."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from bot.clock import Clock


@contextlib.asynccontextmanager
async def deadline(clock: Clock, seconds: float) -> AsyncGenerator[None, None]:
    """Raise TimeoutError out of the block once `seconds` have passed on `clock`."""
    async with asyncio.timeout(None) as scope:
        watch = asyncio.create_task(_expire(clock, seconds, scope), name="deadline")
        try:
            yield
        finally:
            watch.cancel()


async def _expire(clock: Clock, seconds: float, scope: asyncio.Timeout) -> None:
    await clock.sleep(seconds)
    scope.reschedule(asyncio.get_running_loop().time())
