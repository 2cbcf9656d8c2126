"""The days of a calendar as they lie in time, for reports. Pure."""

from datetime import datetime, timedelta, tzinfo

from bot.quota import windows
from bot.quota.model import Period, Rule, Scope, Subject, Unit, Whose
from bot.quota.report import Span

_DAY = Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=None)
_NOBODY = Subject(whose=Whose.TOTAL)


def days_until(now: datetime, *, days: int, zone: tzinfo) -> tuple[Span, ...]:
    """Return so many days, 1 to `report.MAX_DAYS`, of which the last one is today. Each ends where the next begins."""
    spans: list[Span] = []
    at = now
    for _ in range(days):
        today = windows.window_of(_DAY, _NOBODY, now=at, zone=zone)
        assert today.ends_at is not None  # noqa: S101 - it is one of the calendar
        # By its beginning: later a clock that is put back past midnight may show the day before once more.
        day = today.begins_at.astimezone(zone).date()
        spans.append(Span(day=day, begins_at=today.begins_at, ends_at=today.ends_at))
        at = today.begins_at - timedelta.resolution
    return tuple(reversed(spans))
