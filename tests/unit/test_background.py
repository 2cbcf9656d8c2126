"""What goes on beside everything else: no fault ends it, and no end of it goes unseen."""

import asyncio
import logging

import pytest

from bot import background
from bot.errors import StoreError
from tests.support.clock import ManualClock

EVERY_S = 10.0


class Work:
    """Turns that fail as they are told."""

    def __init__(self, *faults: BaseException | None) -> None:
        self.faults = list(faults)
        self.turns = 0

    async def turn(self) -> None:
        self.turns += 1
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, bool]]:
    """Return the events, and whether each has a traceback."""
    assert {vars(record)["work"] for record in caplog.records} <= {"errands"}
    return [(f"{record.levelname} {record.message}", bool(record.exc_info)) for record in caplog.records]


async def run(work: Work, *, turns: int) -> None:
    clock = ManualClock()
    async with background.repeating("errands", work.turn, pause=lambda: clock.sleep(EVERY_S)):
        await clock.run_until(lambda: work.turns == turns, step_s=EVERY_S)


async def test_it_works_at_once_and_after_each_pause_until_the_block_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Its end is then no news."""
    work, clock = Work(), ManualClock()
    async with background.repeating("errands", work.turn, pause=lambda: clock.sleep(EVERY_S)):
        await asyncio.sleep(0)
        assert work.turns == 1
        assert "errands" in {task.get_name() for task in asyncio.all_tasks()}
        await clock.advance(EVERY_S - 1)
        assert work.turns == 1
        await clock.advance(1)
        assert work.turns == 2
    assert clock.sleepers == 0
    assert caplog.records == []


@pytest.mark.parametrize(
    ("fault", "traceback"), [(StoreError("away"), False), (OSError("full"), False), (RuntimeError("ours"), True)]
)
async def test_no_fault_ends_it_and_each_is_told_once(
    fault: Exception, traceback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """And once more when it works again; what nobody foresaw comes with its traceback."""
    caplog.set_level(logging.INFO)
    await run(Work(fault, fault, fault, None), turns=5)
    assert told(caplog) == [
        ("WARNING background work failed", traceback),
        ("INFO background work succeeds again", False),
    ]


async def test_another_fault_in_between_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    """A database that is away hides no mistake of ours."""
    await run(Work(StoreError("away"), RuntimeError("ours"), StoreError("away")), turns=4)
    assert [has_traceback for _, has_traceback in told(caplog)] == [False, True]


async def test_a_fault_that_comes_back_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    """For it was gone in between."""
    await run(Work(StoreError("away"), None, StoreError("away")), turns=4)
    assert [event for event, _ in told(caplog)] == ["WARNING background work failed"] * 2


async def test_an_end_that_nobody_asked_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """By a cancel from elsewhere, say."""
    await run(Work(asyncio.CancelledError()), turns=1)
    assert told(caplog) == [("CRITICAL background work ended", True)]


async def test_a_pause_that_fails_does_not_end_it_unseen(caplog: pytest.LogCaptureFixture) -> None:
    """Without a pause nothing can go on, so it ends and says so."""

    async def pause() -> None:
        raise RuntimeError("no pause")

    work = Work()
    async with background.repeating("errands", work.turn, pause=pause):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert work.turns == 1
    assert told(caplog) == [("CRITICAL background work ended", True)]
