"""Waiting for the next try, and being tried sooner because Discord is back."""

import asyncio

import pytest

from bot.jobs.pauses import HURRIED_A_SECOND, Pauses, pause_s
from tests.support.clock import ManualClock


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("n_pauses", "seconds"), [(0, 2), (1, 4), (6, 128), (7, 256), (8, 300), (10_000, 300)])
def test_each_pause_is_twice_the_last_up_to_five_minutes(n_pauses: int, seconds: float) -> None:
    """However many there were."""
    assert pause_s(n_pauses) == seconds


@pytest.mark.parametrize("for_discord", [False, True])
async def test_a_pause_ends_when_its_time_has_come(*, for_discord: bool) -> None:
    """And not a second before."""
    clock = ManualClock()
    waiting = asyncio.create_task(Pauses(clock).wait("a", 10, for_discord=for_discord))
    await settle()
    await clock.advance(9.9)
    await settle()
    assert not waiting.done()
    await clock.advance(0.1)
    await waiting


async def test_only_who_waits_for_discord_is_hurried() -> None:
    """A database that is held is no nearer because Discord is back."""
    clock = ManualClock()
    pauses = Pauses(clock)
    for_discord = asyncio.create_task(pauses.wait("a", 300, for_discord=True))
    for_another = asyncio.create_task(pauses.wait("b", 300, for_discord=False))
    await settle()
    pauses.hurry()
    await settle()
    assert (for_discord.done(), for_another.done()) == (True, False)
    await clock.advance(300)
    await for_another


async def test_many_are_hurried_in_the_order_in_which_they_began_to_wait_and_so_many_a_second() -> None:
    """Discord takes a bot's requests at a pace; being called again in between changes nothing."""
    clock = ManualClock()
    pauses = Pauses(clock)
    went: list[tuple[int, float]] = []

    async def wait(number: int) -> None:
        await pauses.wait(f"{number}", 300, for_discord=True)
        went.append((number, clock.monotonic()))

    waiting = [asyncio.create_task(wait(number)) for number in range(3 * HURRIED_A_SECOND)]
    await settle()
    pauses.hurry()
    for _ in range(30):
        await settle()
        pauses.hurry()
        await clock.advance(0.1)
    await asyncio.gather(*waiting)
    assert [number for number, _ in went] == list(range(3 * HURRIED_A_SECOND))
    assert [at for _, at in went] == pytest.approx([number / HURRIED_A_SECOND for number, _ in went])


async def test_whose_time_comes_before_their_turn_waits_no_longer_for_being_hurried() -> None:
    """The second of two would have a tenth of a second to wait, and has half of that left."""
    clock = ManualClock()
    pauses = Pauses(clock)
    waiting = [asyncio.create_task(pauses.wait(f"{seconds}", seconds, for_discord=True)) for seconds in (300, 10)]
    await settle()
    await clock.advance(9.95)
    pauses.hurry()
    await settle()
    assert [each.done() for each in waiting] == [True, False]
    await clock.advance(0.05)
    await asyncio.gather(*waiting)


async def test_who_is_given_up_while_waiting_is_forgotten() -> None:
    """Nothing is called that nobody waits for, and the same job may wait anew."""
    clock = ManualClock()
    pauses = Pauses(clock)
    waiting = asyncio.create_task(pauses.wait("a", 10, for_discord=True))
    await settle()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    pauses.hurry()
    again = asyncio.create_task(pauses.wait("a", 10, for_discord=True))
    await settle()
    assert not again.done()
    await clock.advance(10)
    await again
