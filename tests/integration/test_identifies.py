"""How often sessions were begun is remembered for all processes that use one database."""

import asyncio
from pathlib import Path

from bot.connection.identifies import KEY, LIMITS, Identifies, wait_s
from bot.store.database import Database
from bot.store.meta import MetaStore
from tests.support.clock import ManualClock


async def test_of_two_processes_that_begin_sessions_together_every_one_counts(tmp_path: Path) -> None:
    """Neither forgets what the other noted between its own look and its own write."""
    clock = ManualClock()
    first, second = [await Database.open(tmp_path / "a.sqlite3") for _ in range(2)]
    try:
        both = [Identifies(meta=MetaStore(each), clock=clock) for each in (first, second)]
        await asyncio.gather(*(each.note() for each in both for _ in range(15)))
        kept = await MetaStore(first).find(KEY)
    finally:
        await first.close()
        await second.close()
    assert kept is not None
    assert kept.count("T") == 30


def test_beyond_the_limit_of_an_hour_one_waits_for_the_oldest_to_leave_it() -> None:
    """The hundredth is taken at once, the next one when the first is an hour old."""
    now, (span, most) = ManualClock().now(), LIMITS[0]
    begun = [now - span / 2] * most
    assert wait_s(begun[1:], now=now) == 0
    assert wait_s(begun, now=now) == (span / 2).total_seconds()
