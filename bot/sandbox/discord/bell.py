"""Waiting for something to change without polling. Nothing of Discord lives here."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 120.0
"""Real seconds a test or the demo waits before it is told that nothing came: a fuse, not a timer,
so that only what hangs meets it, however busy the machine is."""


class Bell:
    """Wakes whoever waits each time it rings."""

    def __init__(self) -> None:
        self._waiters: list[asyncio.Future[None]] = []

    def ring(self) -> None:
        """Wake all who wait, so that they look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_until(self, holds: Callable[[], object], *, what: str, timeout: float = PATIENCE_S) -> None:
        """Wait until `holds()` is true, looking again at each ring; TimeoutError names `what` was awaited."""
        try:
            async with asyncio.timeout(timeout):
                while not holds():
                    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiters.append(waiter)
                    await waiter
        except TimeoutError:
            raise TimeoutError(f"{what}: not seen within {timeout:g} s") from None
