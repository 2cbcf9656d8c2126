"""Waiting for the next look at a task, or for a wake-up that comes first."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from bot.clock import Clock


class Wake:
    """One job's wait, which a callback may cut short."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._called = asyncio.Event()

    def call(self) -> None:
        """End the wait under way, or the next one."""
        self._called.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a call, at most `seconds`."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        called = asyncio.ensure_future(self._called.wait())
        try:
            await asyncio.wait({sleeping, called}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            called.cancel()
        self._called.clear()


class Wakes:
    """Who waits, by job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_job: dict[str, Wake] = {}

    @contextmanager
    def expect(self, job_id: str) -> Generator[Wake, None, None]:
        """Be callable under the job's id for the block."""
        wake = self._by_job[job_id] = Wake(self._clock)
        try:
            yield wake
        finally:
            del self._by_job[job_id]

    def call(self, job_id: str) -> None:
        """Wake the job; harmless for any id."""
        wake = self._by_job.get(job_id)
        if wake is not None:
            wake.call()
