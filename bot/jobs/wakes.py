"""Waiting for the next look at a task, or for a wake-up that comes first.

Whoever knows a callback's address can call as often as they like: calls are gathered, and never make a look come sooner
after the last one than the gateway bears.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from bot.clock import Clock
from bot.jobs.polling import CLOSEST_S

LOST = "lost"
"""Stands for all lost jobs, which wait together; it is no job's id."""


class Wake:
    """A wait that may be cut short, but to no less than `closest_s` after the last one ended."""

    def __init__(self, clock: Clock, *, closest_s: float = 0.0) -> None:
        self._clock = clock
        self._closest_s = closest_s
        self._called = asyncio.Event()
        self._ended_at: float | None = None

    def call(self) -> None:
        """End the wait under way, or the next one."""
        self._called.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a call, at most `seconds`."""
        until = self._clock.monotonic() + seconds
        await self._first_of_both(seconds)
        if self._ended_at is not None:
            soonest = min(until, self._ended_at + self._closest_s)
            if (left_s := soonest - self._clock.monotonic()) > 0:
                await self._clock.sleep(left_s)
        self._called.clear()
        self._ended_at = self._clock.monotonic()

    async def _first_of_both(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        called = asyncio.ensure_future(self._called.wait())
        try:
            await asyncio.wait({sleeping, called}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            called.cancel()


class Wakes:
    """Who waits, by job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_job: dict[str, Wake] = {}

    @contextmanager
    def expect(self, job_id: str) -> Generator[Wake, None, None]:
        """Be callable under the job's id for the block."""
        wake = self._by_job[job_id] = Wake(self._clock, closest_s=CLOSEST_S)
        try:
            yield wake
        finally:
            del self._by_job[job_id]

    def call(self, job_id: str) -> bool:
        """Wake the job; harmless for any id. False where nobody here waits for it."""
        wake = self._by_job.get(job_id)
        if wake is not None:
            wake.call()
        return wake is not None
