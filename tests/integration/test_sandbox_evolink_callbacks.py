"""The stand-in's callbacks (provider.md 7, 12.6)."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.evolink import Cancelled, Failed, Knobs, Outcome, Task
from tests.support.evolink_caller import Caller, Elsewhere, calling, elsewhere


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling(Knobs(loopback_callbacks=True)) as opened:
        yield opened


@pytest.fixture
async def place() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as opened:
        yield opened


async def started(caller: Caller, place: Elsewhere) -> Task:
    """Create a task with a callback."""
    return caller.evolink.tasks[await caller.created(callback_url=place.base + "/hook")]


async def tried(caller: Caller, task: Task, n_tries: int, *, after_s: float) -> None:
    """Move time by exactly `after_s`, then stand still until so many tries have had their answer."""
    await caller.clock.advance(after_s)
    await caller.clock.run_until(lambda: len(task.callbacks) >= n_tries, step_s=0)


def seconds_of(task: Task) -> list[float]:
    """Return when each try began, in seconds after the task's end."""
    assert task.finished_at is not None
    return [(one.at - task.finished_at).total_seconds() for one in task.callbacks]


@pytest.mark.parametrize(
    ("outcome", "status"), [(None, "completed"), (Failed(code="service_error"), "failed"), (Cancelled(), "cancelled")]
)
async def test_a_callback_has_the_query_s_body(
    caller: Caller, place: Elsewhere, outcome: Outcome | None, status: str
) -> None:
    """Sent once at each kind of end, equal to what the query answers."""
    if outcome is not None:
        caller.knobs.task.append(outcome)
    task = await started(caller, place)
    await tried(caller, task, 1, after_s=6)
    await caller.clock.advance(60)
    assert place.received == [(await caller.query(task.id)).body]
    assert place.received[0]["status"] == status
    assert [one.status for one in task.callbacks] == [200]


@pytest.mark.parametrize("refusal", [404, 500, 302])
async def test_a_refused_callback_is_tried_again_three_times(caller: Caller, place: Elsewhere, refusal: int) -> None:
    """After 1, 2 and 4 s, for whatever is not 2xx; then no more."""
    place.statuses += [refusal] * 4
    task = await started(caller, place)
    for n_tries, after_s in enumerate((6, 1, 2, 4), start=1):
        await tried(caller, task, n_tries, after_s=after_s)
    await caller.clock.advance(300)
    assert [one.status for one in task.callbacks] == [refusal] * 4
    assert seconds_of(task) == [0, 1, 3, 7]
    assert len(place.received) == 4


async def test_a_silent_receiver_is_given_ten_seconds(caller: Caller, place: Elsewhere) -> None:
    """A try without an answer ends after 10 s; the next comes a second later."""
    place.statuses += [0, 200]
    task = await started(caller, place)
    await caller.clock.advance(6)
    await caller.clock.run_until(lambda: len(place.received) == 1, step_s=0)
    await caller.clock.advance(9.9)
    assert task.callbacks == []
    await tried(caller, task, 1, after_s=0.1)
    await tried(caller, task, 2, after_s=1)
    assert [one.status for one in task.callbacks] == [None, 200]
    assert seconds_of(task) == pytest.approx([0, 11])


async def test_a_try_that_is_taken_ends_the_trying(caller: Caller, place: Elsewhere) -> None:
    """503, then 204: two tries."""
    place.statuses += [503, 204]
    task = await started(caller, place)
    await tried(caller, task, 1, after_s=6)
    await tried(caller, task, 2, after_s=1)
    await caller.clock.advance(60)
    assert [one.status for one in task.callbacks] == [503, 204]


async def test_a_receiver_that_is_down_is_tried_four_times(caller: Caller) -> None:
    """No connection counts as a failed try."""
    task = caller.evolink.tasks[await caller.created(callback_url="http://127.0.0.1:1/hook")]
    await caller.clock.run_until(lambda: len(task.callbacks) == 4)
    assert [one.status for one in task.callbacks] == [None] * 4


async def test_a_callback_can_come_twice(caller: Caller, place: Elsewhere) -> None:
    """The same body two times."""
    caller.knobs.callback.times = 2
    await tried(caller, await started(caller, place), 2, after_s=6)
    assert len(place.received) == 2
    assert place.received[0] == place.received[1]


async def test_a_callback_can_be_late(caller: Caller, place: Elsewhere) -> None:
    """As many seconds after the end as the knob says."""
    caller.knobs.callback.late_s = 90
    task = await started(caller, place)
    await caller.clock.advance(6)
    await caller.evolink.finished(task.id)
    await caller.clock.advance(89)
    assert place.received == []
    await tried(caller, task, 1, after_s=1)
    assert seconds_of(task) == [90]


async def test_a_callback_can_never_come(caller: Caller, place: Elsewhere) -> None:
    """The task ends in silence."""
    caller.knobs.callback.times = 0
    task = await started(caller, place)
    await caller.clock.advance(6)
    await caller.evolink.finished(task.id)
    await caller.clock.advance(60)
    assert (task.callbacks, place.received) == ([], [])
