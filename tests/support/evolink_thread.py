"""The loopback EvoLink on a thread of its own, for programs that bring their own event loop or process."""

import asyncio
import contextlib
import threading
from collections.abc import Generator

from bot.clock import SystemClock
from bot.sandbox.evolink import EvoLinkSandbox, Knobs

KEY = "sk-test-0123456789"


class HurriedClock(SystemClock):
    """The machine's time, but short waits between two looks take none; deadlines stay what they are."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.002 if seconds < 15 else seconds)


@contextlib.contextmanager
def evolink_running(knobs: Knobs | None = None) -> Generator[EvoLinkSandbox, None, None]:
    """Run a stand-in whose tasks end at once unless the knobs say otherwise."""
    evolink = EvoLinkSandbox(clock=SystemClock(), api_key=KEY, knobs=knobs or Knobs(duration_s=0.01))
    open_, close = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with evolink:
            open_.set()
            await close.wait()

    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=lambda: loop).run(serve()), name="evolink")
    thread.start()
    try:
        assert open_.wait(20)
        yield evolink
    finally:
        loop.call_soon_threadsafe(close.set)
        thread.join(20)
        loop.close()
