"""A clock that tests move."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BREATH_S = 0.004
LONGEST_BREATH_S = 0.1


class ManualClock:
    """A `bot.clock.Clock` that stands still until a test moves it.

    `advance` moves time at once and wakes every sleeper that is due. `run_until` moves time in small steps, giving
    real sockets and threads a moment between two steps, until a condition holds.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self.on_advance: list[Callable[[float], Awaitable[None]]] = []
        """Told how far time is moved, before it moves here: other processes that share this time."""

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), waiter))
        await waiter

    def jump(self, seconds: float) -> None:
        """Set the wall clock, forward or back; for who only waits no time passes."""
        self._start += timedelta(seconds=seconds)

    @property
    def sleepers(self) -> int:
        """Count who still waits for time to pass."""
        return sum(1 for _, _, waiter in self._sleepers if not waiter.done())

    async def advance(self, seconds: float) -> None:
        """Move time by `seconds`, waking the sleepers in order of their due time."""
        for tell in self.on_advance:
            await tell(seconds)
        target = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, waiter = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, due)
            if not waiter.done():
                waiter.set_result(None)
            await asyncio.sleep(0)
        self._elapsed = target
        await asyncio.sleep(0)

    async def run_until(self, condition: Callable[[], bool], *, step_s: float = 0.5, limit_s: float = 3600) -> None:
        """Move time step by step until `condition` holds; AssertionError after `limit_s` of moved time."""
        end = self._elapsed + limit_s
        while not condition():
            assert self._elapsed < end, f"not reached within {limit_s} s of moved time"
            await breathe()
            await self.advance(step_s)


async def breathe() -> None:
    """Give sockets, threads and other processes a moment; no timer of ours is waited for.

    The moment is longer where this process had to wait for a busy machine itself: then whatever is under way has to
    wait as well, and time must not run away from it.
    """
    began, worked = time.monotonic(), time.process_time()
    await asyncio.sleep(BREATH_S)
    waited_s = time.monotonic() - began - (time.process_time() - worked) - BREATH_S
    if waited_s > BREATH_S / 2:
        await asyncio.sleep(min(2 * waited_s, LONGEST_BREATH_S))
