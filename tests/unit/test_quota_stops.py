"""How long a stop of spending waits before jobs are let in again, and what stands in the database of it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.quota.stops import AccountStop, TotalStop

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def begun(now: datetime = NOON) -> AccountStop:
    return AccountStop.begun(account="mine", now=now)


def waits(stop: AccountStop, n_trials: int) -> list[int]:
    """Return how many minutes pass before each trial, where the provider says no to every one."""
    minutes: list[int] = []
    now = stop.look_at
    for _ in range(n_trials):
        stop = stop.looked(now).tried().failed(account="mine", now=now)
        minutes.append(round((stop.look_at - now) / MINUTE))
        now = stop.look_at
    return minutes


def test_each_trial_that_fails_doubles_the_wait_up_to_the_next_day_of_utc() -> None:
    """A cap for the day ends with it; later a trial a day is all."""
    assert waits(begun(), 9) == [20, 40, 80, 160, 320, 90, 1280, 160, 1440]


def test_a_trial_just_before_midnight_is_followed_by_one_at_midnight() -> None:
    """However short that is."""
    assert waits(begun(datetime(2026, 12, 31, 23, 45, tzinfo=UTC)), 2) == [5, 40]


def test_many_trials_are_no_more_than_a_day_apart() -> None:
    """And no number is too large to be reckoned with."""
    assert set(waits(begun(), 2000)[9:]) == {1440}


def test_credits_that_do_not_suffice_are_read_again_every_ten_minutes() -> None:
    """That is no trial, and what was learnt by trials is kept."""
    failed = begun().tried().failed(account="mine", now=NOON)
    looked = failed.looked(NOON + 20 * MINUTE)
    assert (looked.look_at, looked.n_failed, looked.lets_in("mine")) == (NOON + 30 * MINUTE, 1, False)


@pytest.mark.parametrize(
    ("minutes", "due"), [(-600, True), (-1, True), (0, False), (9, False), (10, True), (999, True)]
)
def test_it_is_due_when_its_time_has_come_or_the_clock_was_set_back(minutes: int, due: bool) -> None:
    """More is left of the wait than it was."""
    assert begun().is_due(NOON + minutes * MINUTE) == due


def test_it_lets_in_on_trial_and_whoever_pays_from_another_account() -> None:
    """And begins anew with that one."""
    stop = begun().tried().failed(account="mine", now=NOON)
    assert [stop.lets_in("mine"), stop.tried().lets_in("mine"), stop.lets_in("another")] == [False, True, True]
    assert stop.failed(account="another", now=NOON) == AccountStop.begun(account="another", now=NOON)


@pytest.mark.parametrize("stop", [begun(), begun().tried(), begun().tried().failed(account="mine", now=NOON)])
def test_a_stop_of_the_account_is_read_as_it_was_written(stop: AccountStop) -> None:
    """To the letter: by its text one of two processes wins."""
    assert AccountStop.read(stop.text) == stop
    assert AccountStop.read(stop.text).text == stop.text


def test_a_stop_of_the_total_holds_until_its_time() -> None:
    """And is read as it was written."""
    stop = TotalStop(until=NOON)
    assert TotalStop.read(stop.text) == stop
    assert (stop.holds(NOON - MINUTE), stop.holds(NOON)) == (True, False)
