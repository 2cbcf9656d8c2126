"""What stands in a report: its days, its names, and the words under which refusals are counted."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import errors
from bot.quota.days import days_until
from bot.quota.model import Scope
from bot.quota.report import MAX_DAYS, DayUsage, MemberUsage, UsageReport, reason_of, with_names
from bot.ui.texts import reports

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def limit_of(scope: Scope) -> errors.LimitReached:
    return errors.LimitReached(
        scope=scope, unit="images", period="day", limit=10, used=10, needed=1, resets_at=None, rolling=False
    )


COUNTED = [
    (limit_of(Scope.USER), "limit_of_member"),
    (limit_of(Scope.ROLE), "limit_of_member"),
    (limit_of(Scope.DEFAULT), "limit_of_member"),
    (limit_of(Scope.CHANNEL), "limit_of_channel"),
    (limit_of(Scope.GUILD), "limit_of_server"),
    (limit_of(Scope.OPERATOR_USER), "limit_of_operator"),
    (limit_of(Scope.OPERATOR_GUILD), "limit_of_operator"),
    (limit_of(Scope.OPERATOR_TOTAL), "limit_of_operator"),
    (limit_of(Scope.OPERATOR_DIRECT), "limit_of_operator"),
    (errors.TooManyAtOnce(limit=2, of_server=False), "too_many_at_once"),
    (errors.QualityNotAllowed(asked="4K", highest="1K"), "quality_not_allowed"),
    (errors.NotAllowedHere("channel"), "not_allowed_channel"),
    (errors.NotAllowedHere("private"), "not_allowed_private"),
    (errors.NotAllowedHere("search"), "not_allowed_search"),
    (errors.NotAllowedHere("direct"), "not_allowed_direct"),
    (errors.NotAllowedHere("server"), "not_allowed_server"),
    (errors.Blocked(by_operator=True), "blocked"),
    (errors.WordNotAllowed("duck"), "word_not_allowed"),
    (errors.SpendingStopped(until=None), "spending_stopped"),
    (errors.QueueFull(waiting=3, limit=3), "queue_full"),
    (errors.TooManyWaiting(own=2), "too_many_waiting"),
    (errors.StorageFull(), "storage_full"),
    (errors.StoreUnavailable(), "store_unavailable"),
]


@pytest.mark.parametrize(("error", "word"), COUNTED)
def test_a_refusal_is_counted_under_a_word_that_stays(error: errors.Refusal, word: str) -> None:
    """It stands in the database: a class that gets another name must not change it."""
    assert reason_of(error) == word


def test_every_word_is_explained_and_nothing_else() -> None:
    """The table of explanations and the words are the same set."""
    assert set(reports.REASONS) == {word for _, word in COUNTED}
    assert reports.reason("of_a_later_version") == "of a later version"


def test_days_touch_and_the_last_one_is_today() -> None:
    """Each ends at the instant at which the next begins."""
    days = days_until(NOON, days=30, zone=UTC)
    assert [each.day for each in days] == [date(2026, 10, 24) + timedelta(days=n) for n in range(30)]
    assert all(one.ends_at == other.begins_at for one, other in itertools.pairwise(days))
    assert days[-1].begins_at <= NOON < days[-1].ends_at


@pytest.mark.parametrize(
    ("zone", "now", "n_hours"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 12, tzinfo=UTC), [24, 24, 23]),
        ("Europe/Berlin", datetime(2026, 10, 25, 12, tzinfo=UTC), [24, 24, 25]),
        ("America/Santiago", datetime(2026, 9, 6, 15, tzinfo=UTC), [24, 24, 23]),  # midnight is left out
        ("America/Havana", datetime(2026, 11, 1, 15, tzinfo=UTC), [24, 24, 25]),  # midnight comes twice
        ("Asia/Kathmandu", NOON, [24, 24, 24]),
        ("Pacific/Kiritimati", NOON, [24, 24, 24]),
    ],
)
def test_days_are_those_of_the_calendar(zone: str, now: datetime, n_hours: list[int]) -> None:
    """Daylight saving makes some shorter or longer, and none is named twice."""
    days = days_until(now, days=3, zone=ZoneInfo(zone))
    assert [(each.ends_at - each.begins_at) / timedelta(hours=1) for each in days] == n_hours
    today = now.astimezone(ZoneInfo(zone)).date()
    assert [each.day for each in days] == [today - timedelta(days=2), today - timedelta(days=1), today]


def test_a_date_that_was_left_out_is_no_day() -> None:
    """Samoa had no 30 December 2011."""
    days = days_until(datetime(2011, 12, 31, 12, tzinfo=UTC), days=3, zone=ZoneInfo("Pacific/Apia"))
    assert [each.day.day for each in days] == [29, 31, 1]


def test_the_longest_report_is_a_leap_year() -> None:
    """So many days, each once."""
    assert len({each.day for each in days_until(NOON, days=MAX_DAYS, zone=UTC)}) == 366


def test_people_get_the_names_that_are_known() -> None:
    """Whoever is not known keeps a blank; totals are the days' sums."""
    report = UsageReport(
        title="Lighthouse",
        zone="UTC",
        days=(DayUsage(day=date(2026, 1, 1), images=3, credits=7), DayUsage(day=date(2026, 1, 2), images=1, credits=2)),
        top=(MemberUsage(user_id=1, images=3, credits=7), MemberUsage(user_id=2, images=1, credits=2)),
        members=2,
        refusals=(),
    )
    assert [each.name for each in with_names(report, {1: "Ada", 9: "Nobody"}).top] == ["Ada", ""]
    assert (report.images, report.credits, report.refused) == (4, 9, 0)
