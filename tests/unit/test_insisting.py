"""What has happened is stored in the end, and said once to be late."""

import asyncio
import logging

import pytest

from bot.errors import StoreConflict, StoreError, StoreLocked
from bot.jobs.insisting import PAUSE_S, until_stored
from tests.support.clock import ManualClock


class Store:
    """Refuses as it is told, and then answers."""

    def __init__(self, *refusals: StoreError) -> None:
        self._refusals = list(refusals)
        self.asked = 0

    async def ask(self) -> str:
        self.asked += 1
        if self._refusals:
            raise self._refusals.pop(0)
        return "stored"


async def test_a_store_that_refuses_for_a_while_is_asked_until_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    """With a pause before each repetition, and one line for all of them."""
    caplog.set_level(logging.INFO)
    clock, store = ManualClock(), Store(*[StoreLocked("locked")] * 3)
    asking = asyncio.create_task(until_stored(store.ask, clock=clock, what="told", job="ab12"))
    await clock.run_until(asking.done, step_s=PAUSE_S)
    assert (await asking, store.asked) == ("stored", 4)
    assert clock.monotonic() == pytest.approx(3 * PAUSE_S)
    [line] = caplog.records
    assert (vars(line)["job"], vars(line)["what"]) == ("ab12", "told")


async def test_what_is_never_taken_is_not_repeated() -> None:
    """The same statement would fail for ever."""
    store = Store(StoreConflict("twice"))
    with pytest.raises(StoreConflict):
        await until_stored(store.ask, clock=ManualClock(), what="task", job="ab12")
    assert store.asked == 1
