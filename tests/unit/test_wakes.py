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


async def test_many_calls_do_not_make_the_looks_come_closer_than_the_gateway_bears() -> None:
    """The first one ends its wait at once; however often the callback is repeated, then three seconds pass."""
    clock = ManualClock()
    wakes = Wakes(clock)
    ends: list[float] = []

    async def look_again_and_again() -> None:
        with wakes.expect("job") as wake:
            while True:
                await wake.wait(12)
                ends.append(clock.monotonic())

    looking = asyncio.create_task(look_again_and_again())
    await settle()
    for _ in range(100):
        wakes.call("job")
        await settle()
        await clock.advance(0.1)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert ends == pytest.approx([0.0, 3.0, 6.0, 9.0])
    assert clock.sleepers == 0


async def test_a_wait_shorter_than_that_is_not_made_longer_by_a_call() -> None:
    """What the caller asked for stays the most."""
    clock = ManualClock()
    wake = Wake(clock, closest_s=3)
    wake.call()
    await wake.wait(1)
    waiting = asyncio.create_task(wake.wait(1))
    await settle()
    wake.call()
    await settle()
    assert not waiting.done()
    await clock.advance(1)
    await waiting


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
