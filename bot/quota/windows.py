"""Where windows begin and end, and when a full one has room again. Pure; time zones are those of the IANA database.

By the calendar a day begins at the first instant at which a clock in the zone shows its date: where midnight is left
out that is later than midnight, where it comes twice it is the first of the two, and a date that is left out as a whole
is no day. Days of 23 and 25 hours follow from it; weeks and months begin with a day. Windows never overlap and leave
nothing out: what a clock shows again after it was put back past midnight still belongs to the day that had begun.

Hours are hours of real time from one full hour of the local clock to the next, so that an hour that comes twice is two
windows. Where a clock is moved by less than an hour (Lord Howe), the move begins a new, shorter one.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby
from operator import attrgetter

from bot.quota.model import Period, Rule, Subject, Unit, Usage, Window

LENGTHS = {
    Period.HOUR: timedelta(hours=1),
    Period.DAY: timedelta(days=1),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=30),
}
"""How far a rolling window looks back."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_TICK = timedelta.resolution
"""The least step between two instants, here and in the database."""
_AT_ONCE = 64
"""So many calendar windows are remembered: those of one request are asked for by several rules, and twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was counted, or granted, at one instant."""

    counted_at: datetime
    images: int = 0
    credits: int = 0
    granted_images: int = 0
    granted_credits: int = 0


def window_of(rule: Rule, subject: Subject, *, now: datetime, zone: tzinfo) -> Window:
    """Return the window of a rule at this moment.

    A window by the calendar holds `now` and what comes before `ends_at`; a rolling one holds what was counted later
    than its length ago: what is exactly that old has left it.
    """
    now = now.astimezone(UTC)
    if rule.rolling:
        length = LENGTHS[rule.period]
        return Window(subject=subject, begins_at=now - length + _TICK, ends_at=None, length=length)
    begins_at, ends_at = _hour(now, zone) if rule.period is Period.HOUR else _days(rule.period, now, zone)
    return Window(subject=subject, begins_at=begins_at, ends_at=ends_at, length=None)


def fits(limit: int | None, *, used: int, needed: int) -> bool:
    """Tell whether a limit has room. None is unlimited, and 0 blocks even what costs nothing."""
    return limit is None or (limit > 0 and used + needed <= limit)


def latest_reset(window: Window) -> datetime:
    """Return when everything that was counted until now is outside at the latest."""
    if window.ends_at is not None:
        return window.ends_at
    length = window.length or timedelta()
    return window.begins_at - _TICK + 2 * length


def resets_at(
    window: Window,
    usage: Usage,
    events: Sequence[Event],
    *,
    unit: Unit,
    limit: int,
    needed: int,
    grants: bool,
) -> datetime | None:
    """Return the first instant at which a refused request fits if nothing else is asked for, or None if it never does.

    `limit` is that of the rule alone; `grants` says whether grants raise it: they leave the window as well. `events`
    are those inside a rolling window, oldest first, and may be cut off at the newer end: where they do not suffice the
    answer is `latest_reset`. A window by the calendar needs none.
    """
    if window.length is None:
        return window.ends_at if fits(limit, used=0, needed=needed) else None
    used, granted = _counted(usage, unit)
    for counted_at, leaving in groupby(events, key=attrgetter("counted_at")):
        for event in leaving:
            gone, withdrawn = _counted(event, unit)
            used, granted = used - gone, granted - withdrawn
        if fits(limit + granted * grants, used=used, needed=needed):
            return counted_at + window.length
    return latest_reset(window) if fits(limit, used=0, needed=needed) else None


def _counted(what: Usage | Event, unit: Unit) -> tuple[int, int]:
    if unit is Unit.IMAGES:
        return what.images, what.granted_images
    return what.credits, what.granted_credits


@functools.lru_cache(maxsize=_AT_ONCE)
def _hour(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    local = now.astimezone(zone)
    begins_at = now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    ends_at = begins_at + _HOUR
    past_hour = _past_hour(now, zone)
    if _past_hour(begins_at, zone) != past_hour:
        begins_at = _first(begins_at, now, lambda at: _past_hour(at, zone) == past_hour)
    if _past_hour(ends_at - _TICK, zone) != past_hour:
        ends_at = _first(now, ends_at, lambda at: _past_hour(at, zone) != past_hour)
    return begins_at, ends_at


def _past_hour(at: datetime, zone: tzinfo) -> timedelta:
    """Return by how much the full hours of the local clock differ from those of UTC at this instant."""
    return (at.astimezone(zone).utcoffset() or timedelta()) % _HOUR


@functools.lru_cache(maxsize=_AT_ONCE)
def _days(period: Period, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    first = _first_date(period, now.astimezone(zone).date())
    following = _following(period, first)
    begins_at, ends_at = _beginning(first, zone), _beginning(following, zone)
    if now < ends_at:
        return begins_at, ends_at
    return ends_at, _beginning(_following(period, following), zone)  # the clock was put back past midnight


def _first_date(period: Period, day: date) -> date:
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period is Period.MONTH else day


def _following(period: Period, first: date) -> date:
    if period is Period.MONTH:
        return (first + timedelta(days=31)).replace(day=1)
    return first + LENGTHS[period]


def _beginning(day: date, zone: tzinfo) -> datetime:
    """Return the first instant at which a clock in the zone shows this date or a later one."""
    midnight = datetime.combine(day, time(), zone)
    at = midnight.astimezone(UTC)  # of two midnights the earlier one (PEP 495)
    if at.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return at
    return _first(at - _DAY, at, lambda instant: instant.astimezone(zone).date() >= day)


def _first(before: datetime, after: datetime, holds: Callable[[datetime], bool]) -> datetime:
    """Return the first instant at which something holds that does not hold `before`, does `after`, and changes once."""
    while after - before > _TICK:
        middle = before + (after - before) // 2
        if holds(middle):
            after = middle
        else:
            before = middle
    return after
