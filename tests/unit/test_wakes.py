"""Waiting that a callback may cut short."""

import asyncio

import pytest

from bot.jobs.wakes import Wake, Wakes
from tests.support.clock import ManualClock


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_wait_ends_when_its_time_has_come() -> None:
    """And not a second before."""
    clock = ManualClock()
    waiting = asyncio.create_task(Wake(clock).wait(10))
    await settle()
    await clock.advance(9.9)
    await settle()
    assert not waiting.done()
    await clock.advance(0.1)
    await waiting


async def test_a_call_ends_the_wait_under_way() -> None:
    """Nobody has to move time for it, and the next wait is a whole one again."""
    clock = ManualClock()
    wake = Wake(clock)
    waiting = asyncio.create_task(wake.wait(10))
    await settle()
    wake.call()
    await waiting
    again = asyncio.create_task(wake.wait(10))
    await settle()
    assert not again.done()
    await clock.advance(10)
    await again


async def test_a_call_before_the_wait_is_not_lost() -> None:
    """A callback may come while the task is being read; two of them count once."""
    clock = ManualClock()
    wake = Wake(clock)
    wake.call()
    wake.call()
    await wake.wait(10)
    again = asyncio.create_task(wake.wait(10))
    await settle()
    assert not again.done()
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)


async def test_a_wait_that_is_given_up_leaves_nobody_waiting() -> None:
    """Cancelling ends the sleep beneath as well."""
    clock = ManualClock()
    waiting = asyncio.create_task(Wake(clock).wait(10))
    await settle()
    assert clock.sleepers == 1
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await settle()
    assert clock.sleepers == 0


async def test_a_job_is_woken_by_its_id_while_it_is_expected() -> None:
    """Others are left alone; before and after, a call does nothing."""
    clock = ManualClock()
    wakes = Wakes(clock)
    wakes.call("one")
    with wakes.expect("one") as one, wakes.expect("two") as two:
        waits = [asyncio.create_task(one.wait(10)), asyncio.create_task(two.wait(10))]
        await settle()
        wakes.call("one")
        await settle()
        assert [wait.done() for wait in waits] == [True, False]
        wakes.call("two")
        await asyncio.gather(*waits)
    wakes.call("one")
    with wakes.expect("one") as anew:
        wait = asyncio.create_task(anew.wait(10))
        await settle()
        assert not wait.done()
        await clock.advance(10)
        await wait
