"""When a task is looked at again (provider.md 8.3)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.polling import earliest_end_s, next_late_look_at, next_look_s
from tests.support.ui_jobs import NOW


@pytest.mark.parametrize(
    ("durations_s", "expected"),
    [
        ([], None),
        ([30.0] * 4, None),
        ([30.0] * 4 + [-86_370.0, 0.0], None),
        ([-86_370.0, 20.0, 30.0, 40.0, 50.0, 60.0], 20.0),
        ([50.0, 20.0, 30.0, 40.0, 60.0], 20.0),
        ([float(second) for second in range(50, 0, -1)], 6.0),
    ],
)
def test_the_earliest_end_is_guessed_from_enough_known_ones(durations_s: list[float], expected: float | None) -> None:
    """Below five samples nothing is guessed; of many, one in ten may end earlier."""
    assert earliest_end_s(durations_s) == expected


@pytest.mark.parametrize(
    ("elapsed_s", "earliest_s", "expected_s"),
    [
        (0, None, 3),
        (119.9, None, 3),
        (120, None, 10),
        (899, None, 10),
        (900, None, 30),
        (0, 40, 20),
        (20, 40, 10),
        (30, 40, 5),
        (31, 40, 4.5),
        (32, 40, 8),
        (38, 40, 3),
        (40, 40, 3),
        (50, 40, 3),
        (0, 1000, 30),
        (-86_400, None, 3),
        (-86_400, 40, 20),
        (86_400, None, 30),
    ],
)
def test_looks_are_few_before_a_task_can_end_and_close_after(
    elapsed_s: float, earliest_s: float | None, expected_s: float
) -> None:
    """Half the way to the earliest end, then exactly to it, then every three seconds until patience is worth more."""
    assert next_look_s(elapsed_s, earliest_s=earliest_s, callbacks=False, jitter=0.0) == expected_s


def test_looking_is_only_the_net_where_callbacks_come() -> None:
    """Four times as long between two looks."""
    assert next_look_s(0, earliest_s=None, callbacks=True, jitter=0.5) == pytest.approx(4 * 3.2)


@given(
    elapsed_s=st.floats(-100_000, 100_000),
    earliest_s=st.none() | st.floats(0, 100_000),
    callbacks=st.booleans(),
    jitter=st.floats(0, 1),
)
def test_no_look_comes_sooner_than_the_gateway_bears(
    elapsed_s: float, earliest_s: float | None, callbacks: bool, jitter: float
) -> None:
    """Never under three seconds nor over half a minute, whatever is known and whatever became of the clock."""
    wait_s = next_look_s(elapsed_s, earliest_s=earliest_s, callbacks=callbacks, jitter=jitter)
    assert 3.0 <= wait_s <= (30.0 + 0.4) * (4 if callbacks else 1)


@given(st.floats(5, 120), st.lists(st.floats(0, 1), min_size=50, max_size=50))
def test_the_earliest_end_is_reached_by_few_looks(earliest_s: float, jitters: list[float]) -> None:
    """Halving: at most eight looks come before it even where it is two minutes away."""
    elapsed_s, looks = 0.0, 0
    for jitter in jitters:
        elapsed_s += next_look_s(elapsed_s, earliest_s=earliest_s, callbacks=False, jitter=jitter)
        if elapsed_s >= earliest_s:
            break
        looks += 1
    assert elapsed_s >= earliest_s
    assert looks <= 8


LATE = [(0, 5), (4.9, 5), (5, 15), (14, 15), (15, 60), (59, 60), (60, 120), (119, 120), (1439, 1440), (1440, None)]


@pytest.mark.parametrize(("ago_min", "next_min"), LATE)
def test_what_was_given_up_is_looked_for_soon_then_hourly_for_a_day(ago_min: float, next_min: float | None) -> None:
    """After 5, 15 and 60 minutes, then each hour, while a link to the result may live."""
    minute = timedelta(minutes=1)
    expected = None if next_min is None else NOW + next_min * minute
    assert next_late_look_at(NOW, now=NOW + ago_min * minute) == expected


def test_a_clock_that_was_set_back_makes_nobody_wait_for_it() -> None:
    """Whatever the wall clock says, the next look is at hand."""
    now = NOW - timedelta(days=3)
    assert next_late_look_at(NOW, now=now) == now + timedelta(minutes=5)
