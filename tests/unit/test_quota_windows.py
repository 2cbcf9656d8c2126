"""A window begins and ends where a person in the server's time zone expects it, whatever became of the clocks there."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quota.model import Period, Rule, Scope, Subject, Unit, Usage, Whose, Window
from bot.quota.windows import Event, fits, latest_reset, resets_at, window_of

SUBJECT = Subject(whose=Whose.TOTAL)
TICK = timedelta(microseconds=1)
HOUR, DAY, WEEK, MONTH = Period.HOUR, Period.DAY, Period.WEEK, Period.MONTH
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def instant(written: str) -> datetime:
    """Read `2026-03-29 22:00`, in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def window(period: Period, now: datetime, zone: str = "UTC", *, rolling: bool = False) -> Window:
    rule = Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=period, limit=1, rolling=rolling)
    return window_of(rule, SUBJECT, now=now, zone=ZoneInfo(zone))


CALENDAR = [
    # days of 24, 23 and 25 hours, on both halves of the globe
    (DAY, "UTC", "2026-11-22 00:00", "2026-11-23 00:00"),
    (DAY, "Europe/Berlin", "2026-03-27 23:00", "2026-03-28 23:00"),
    (DAY, "Europe/Berlin", "2026-03-28 23:00", "2026-03-29 22:00"),
    (DAY, "Europe/Berlin", "2026-10-24 22:00", "2026-10-25 23:00"),
    (DAY, "America/New_York", "2026-03-08 05:00", "2026-03-09 04:00"),
    (DAY, "America/New_York", "2026-11-01 04:00", "2026-11-02 05:00"),
    (DAY, "Australia/Sydney", "2026-04-04 13:00", "2026-04-05 14:00"),
    (DAY, "Australia/Sydney", "2026-10-03 14:00", "2026-10-04 13:00"),
    # half an hour more or less
    (DAY, "Australia/Lord_Howe", "2026-04-04 13:00", "2026-04-05 13:30"),
    (DAY, "Australia/Lord_Howe", "2026-10-03 13:30", "2026-10-04 13:00"),
    # a midnight that is left out: the day begins at one o'clock
    (DAY, "America/Santiago", "2026-09-05 04:00", "2026-09-06 04:00"),
    (DAY, "America/Santiago", "2026-09-06 04:00", "2026-09-07 03:00"),
    (DAY, "Asia/Beirut", "2026-03-28 22:00", "2026-03-29 21:00"),
    # a clock that was put back from midnight to eleven: midnight comes once, after 25 hours
    (DAY, "America/Santiago", "2026-04-04 03:00", "2026-04-05 04:00"),
    (DAY, "Asia/Beirut", "2026-10-23 21:00", "2026-10-24 22:00"),
    # a midnight that comes twice: the day begins at the first one
    (DAY, "America/Havana", "2026-10-31 04:00", "2026-11-01 04:00"),
    (DAY, "America/Havana", "2026-11-01 04:00", "2026-11-02 05:00"),
    # a clock that was put back at a minute past midnight to a minute past eleven: the day goes on
    (DAY, "America/St_Johns", "2006-10-28 02:30", "2006-10-29 02:30"),
    (DAY, "America/St_Johns", "2006-10-29 02:30", "2006-10-30 03:30"),
    # a gap that begins before midnight and ends after it
    (DAY, "America/Toronto", "1919-03-30 05:00", "1919-03-31 04:30"),
    (DAY, "America/Toronto", "1919-03-31 04:30", "1919-04-01 04:00"),
    # half an hour that is left out before midnight
    (DAY, "Asia/Pyongyang", "2018-05-03 15:30", "2018-05-04 15:00"),
    (DAY, "Asia/Pyongyang", "2018-05-04 15:00", "2018-05-05 15:00"),
    # both sides of the date line, and the day that Samoa left out
    (DAY, "Pacific/Kiritimati", "2026-06-14 10:00", "2026-06-15 10:00"),
    (DAY, "Etc/GMT+12", "2026-06-14 12:00", "2026-06-15 12:00"),
    (DAY, "Pacific/Apia", "2011-12-29 10:00", "2011-12-30 10:00"),
    (DAY, "Pacific/Apia", "2011-12-30 10:00", "2011-12-31 10:00"),
    (WEEK, "Pacific/Apia", "2011-12-26 10:00", "2012-01-01 10:00"),
    (MONTH, "Pacific/Apia", "2011-12-01 10:00", "2011-12-31 10:00"),
    # weeks begin on Monday, whatever the year
    (WEEK, "UTC", "2026-11-16 00:00", "2026-11-23 00:00"),
    (WEEK, "UTC", "2025-12-29 00:00", "2026-01-05 00:00"),
    (WEEK, "UTC", "2026-12-28 00:00", "2027-01-04 00:00"),
    (WEEK, "Europe/Berlin", "2026-03-22 23:00", "2026-03-29 22:00"),
    (WEEK, "Europe/Berlin", "2026-10-18 22:00", "2026-10-25 23:00"),
    (WEEK, "Pacific/Kiritimati", "2026-06-14 10:00", "2026-06-21 10:00"),
    # months of 28 to 31 days, leap years and the years that look like one
    (MONTH, "UTC", "2026-01-01 00:00", "2026-02-01 00:00"),
    (MONTH, "UTC", "2026-02-01 00:00", "2026-03-01 00:00"),
    (MONTH, "UTC", "2028-02-01 00:00", "2028-03-01 00:00"),
    (MONTH, "UTC", "2100-02-01 00:00", "2100-03-01 00:00"),
    (MONTH, "UTC", "2026-04-01 00:00", "2026-05-01 00:00"),
    (MONTH, "UTC", "2026-12-01 00:00", "2027-01-01 00:00"),
    (MONTH, "America/New_York", "2026-03-01 05:00", "2026-04-01 04:00"),
    (MONTH, "America/New_York", "2026-11-01 04:00", "2026-12-01 05:00"),
    (MONTH, "Pacific/Kiritimati", "2025-12-31 10:00", "2026-01-31 10:00"),
    (MONTH, "Etc/GMT+12", "2026-01-01 12:00", "2026-02-01 12:00"),
    (DAY, "UTC", "2028-02-29 00:00", "2028-03-01 00:00"),
    (DAY, "UTC", "2100-02-28 00:00", "2100-03-01 00:00"),
    # hours begin at the local full hour
    (HOUR, "UTC", "2026-11-22 09:00", "2026-11-22 10:00"),
    (HOUR, "Asia/Kolkata", "2026-11-22 08:30", "2026-11-22 09:30"),
    (HOUR, "Asia/Kathmandu", "2026-11-22 08:15", "2026-11-22 09:15"),
    (HOUR, "America/St_Johns", "2026-11-22 08:30", "2026-11-22 09:30"),
    (HOUR, "Pacific/Chatham", "2026-04-04 13:15", "2026-04-04 14:15"),
    # an hour that comes twice is two, and one that is left out is none
    (HOUR, "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 01:00"),
    (HOUR, "Europe/Berlin", "2026-10-25 01:00", "2026-10-25 02:00"),
    (HOUR, "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:00"),
    (HOUR, "Europe/Berlin", "2026-03-29 01:00", "2026-03-29 02:00"),
    # a clock that is moved by half an hour begins a new hour, and one of the two is shorter
    (HOUR, "Australia/Lord_Howe", "2026-04-04 14:00", "2026-04-04 15:00"),
    (HOUR, "Australia/Lord_Howe", "2026-04-04 15:00", "2026-04-04 15:30"),
    (HOUR, "Australia/Lord_Howe", "2026-04-04 15:30", "2026-04-04 16:30"),
    (HOUR, "Australia/Lord_Howe", "2026-10-03 14:30", "2026-10-03 15:30"),
    (HOUR, "Australia/Lord_Howe", "2026-10-03 15:30", "2026-10-03 16:00"),
    (HOUR, "America/Caracas", "2016-05-01 06:30", "2016-05-01 07:00"),
    (HOUR, "America/Caracas", "2016-05-01 07:00", "2016-05-01 08:00"),
    # a clock that is moved in mid-hour, by an hour: the hours go on
    (HOUR, "America/St_Johns", "2006-10-29 02:30", "2006-10-29 03:30"),
]


@pytest.mark.parametrize(("period", "zone", "begins", "ends"), CALENDAR)
def test_a_calendar_window_holds_its_first_instant_and_ends_before_its_last(
    period: Period, zone: str, begins: str, ends: str
) -> None:
    """The same window at its beginning, just after, in the middle and just before its end; others around it."""
    begins_at, ends_at = instant(begins), instant(ends)
    expected = Window(subject=SUBJECT, begins_at=begins_at, ends_at=ends_at, length=None)
    for now in (begins_at, begins_at + TICK, begins_at + (ends_at - begins_at) / 2, ends_at - TICK):
        assert window(period, now, zone) == expected
    assert window(period, begins_at - TICK, zone).ends_at == begins_at
    assert window(period, ends_at, zone).begins_at == ends_at


def test_what_a_clock_shows_again_still_belongs_to_the_day_that_had_begun() -> None:
    """St John's, put back from 00:01 to 23:01: what is counted then is the new day's, though the clock says the old."""
    again = instant("2006-10-29 02:45")
    assert again.astimezone(ZoneInfo("America/St_Johns")).day == 28
    assert window(DAY, again, "America/St_Johns").begins_at == instant("2006-10-29 02:30")


def test_instants_of_windows_are_utc_whatever_now_is_written_in() -> None:
    """A moment in another zone is the same moment, and windows of it are equal: they are keys."""
    elsewhere = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    for rolling in (True, False):
        shown = window(DAY, elsewhere, "Europe/Berlin", rolling=rolling)
        assert shown == window(DAY, NOW, "Europe/Berlin", rolling=rolling)
        assert shown.begins_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("period", "length"),
    [
        (HOUR, timedelta(minutes=60)),
        (DAY, timedelta(hours=24)),
        (WEEK, timedelta(days=7)),
        (MONTH, timedelta(days=30)),
    ],
)
def test_a_rolling_window_has_lost_what_is_exactly_as_old_as_it_is_long(period: Period, length: timedelta) -> None:
    """Half-open, and of real time: no zone and no moved clock changes it."""
    rolling = window(period, NOW, "Australia/Lord_Howe", rolling=True)
    assert rolling == Window(subject=SUBJECT, begins_at=NOW - length + TICK, ends_at=None, length=length)


PLACES_AND_TIMES = st.tuples(
    st.sampled_from(sorted(available_timezones())),
    st.timedeltas(timedelta(), timedelta(days=73_000)).map(lambda passed: instant("1900-01-01") + passed),
) | st.tuples(
    st.sampled_from([(zone, instant(begins)) for _, zone, begins, _ in CALENDAR]),
    st.timedeltas(timedelta(days=-3), timedelta(days=3)),
).map(lambda drawn: (drawn[0][0], drawn[0][1] + drawn[1]))
"""Any zone at any moment of two centuries, or one of the table near where its clock is moved."""


@given(st.sampled_from(Period), PLACES_AND_TIMES)
def test_calendar_windows_divide_all_of_time(period: Period, there: tuple[str, datetime]) -> None:
    """Each holds the moment it is asked for, and the ones before and after touch it, in every zone there is."""
    zone, now = there
    shown = window(period, now, zone)
    assert shown.ends_at is not None
    assert shown.begins_at <= now < shown.ends_at
    assert window(period, shown.begins_at, zone) == window(period, shown.ends_at - TICK, zone) == shown
    assert window(period, shown.begins_at - TICK, zone).ends_at == shown.begins_at
    assert window(period, shown.ends_at, zone).begins_at == shown.ends_at


@given(st.sampled_from([DAY, WEEK, MONTH]), PLACES_AND_TIMES)
def test_a_day_begins_when_the_clock_first_shows_its_date(period: Period, there: tuple[str, datetime]) -> None:
    """No clock showed that date before, in steps of a quarter of an hour back to two days."""
    zone, now = there
    begins_at = window(period, now, zone).begins_at
    first = begins_at.astimezone(ZoneInfo(zone)).date()
    before = [begins_at - TICK, *(begins_at - quarters * timedelta(minutes=15) for quarters in range(1, 200))]
    assert all(at.astimezone(ZoneInfo(zone)).date() < first for at in before)


@given(PLACES_AND_TIMES)
def test_an_hour_begins_at_a_full_hour_or_where_the_clock_was_moved(there: tuple[str, datetime]) -> None:
    """And it is never longer than an hour."""
    zone, now = there
    shown = window(HOUR, now, zone)
    assert shown.ends_at is not None
    local = shown.begins_at.astimezone(ZoneInfo(zone))
    moved = (shown.begins_at - TICK).astimezone(ZoneInfo(zone)).utcoffset() != local.utcoffset()
    assert (local.minute, local.second, local.microsecond) == (0, 0, 0) or moved
    assert shown.ends_at - shown.begins_at <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("limit", "used", "needed", "expected"),
    [
        (None, 10**15, 1, True),
        (5, 4, 1, True),
        (5, 5, 1, False),
        (5, 5, 0, True),
        (5, 6, 0, False),
        (5, -1, 6, True),
        (0, 0, 0, False),
        (0, -3, 1, False),
        (-1, -3, 1, False),
    ],
)
def test_a_limit_has_room_up_to_itself_and_nought_has_none(
    limit: int | None, used: int, needed: int, expected: bool
) -> None:
    """Nothing goes past a limit, and 0 blocks even what is free or was put right by a correction below nothing."""
    assert fits(limit, used=used, needed=needed) is expected


def ago(minutes: float, *, images: int = 0, granted: int = 0) -> Event:
    return Event(counted_at=NOW - timedelta(minutes=minutes), images=images, granted_images=granted)


def usage_of(events: list[Event]) -> Usage:
    return Usage(
        images=sum(event.images for event in events),
        credits=sum(event.credits for event in events),
        granted_images=sum(event.granted_images for event in events),
        granted_credits=sum(event.granted_credits for event in events),
    )


def room_at(events: list[Event], *, limit: int, needed: int = 1, grants: bool = True) -> float | None:
    """Return in how many minutes an hour that rolls has room."""
    rolling = window(HOUR, NOW, rolling=True)
    resets = resets_at(rolling, usage_of(events), events, unit=Unit.IMAGES, limit=limit, needed=needed, grants=grants)
    return None if resets is None else (resets - NOW) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("events", "limit", "needed", "minutes"),
    [
        ([ago(50, images=1)], 1, 1, 10),
        ([ago(50, images=1), ago(20, images=1)], 2, 1, 10),
        ([ago(50, images=1), ago(20, images=1)], 2, 2, 40),
        ([ago(50, images=1), ago(20, images=1)], 1, 1, 40),
        ([ago(50, images=3), ago(20, images=1)], 2, 1, 10),
        # two at one instant leave together; a reservation and its release are nothing
        ([ago(50, images=1), ago(50, images=1), ago(5, images=1)], 2, 1, 10),
        ([ago(50, images=1), ago(50, images=-1), ago(5, images=1)], 1, 1, 55),
        # a grant that leaves lowers the limit; one that stays keeps it up
        ([ago(50, granted=2), ago(40, images=3), ago(30, images=1)], 1, 1, 30),
        ([ago(50, images=3), ago(30, granted=2)], 1, 1, 10),
        ([ago(50, images=1), ago(40, images=1), ago(30, granted=2)], 0, 1, 10),
        ([ago(50, granted=2), ago(40, images=2)], 0, 1, None),
        ([ago(50, granted=1), ago(50, images=2)], 1, 1, 10),
        # a correction below nothing leaves as well
        ([ago(50, images=-1), ago(40, images=2)], 1, 1, 20),
        # no waiting makes a limit larger
        ([], 0, 1, None),
        ([ago(50, images=1)], 2, 3, None),
        # what was counted by a clock that was ahead leaves later
        ([ago(-30, images=1)], 1, 1, 90),
    ],
)
def test_a_rolling_window_has_room_when_enough_has_left_it(
    events: list[Event], limit: int, needed: int, minutes: float | None
) -> None:
    """The first instant at which the same request fits, if nothing else is asked for; None if it never will."""
    assert room_at(events, limit=limit, needed=needed) == minutes


def test_a_grant_that_does_not_count_does_not_count_while_waiting_either() -> None:
    """A ceiling has room when usage has left it, whatever was granted to whom."""
    events = [ago(50, images=1), ago(40, images=1), ago(30, granted=5)]
    assert room_at(events, limit=1, grants=True) == 10
    assert room_at(events, limit=1, grants=False) == 20


def test_credits_are_looked_at_where_a_rule_counts_credits() -> None:
    """The images of the same events say nothing of them."""
    events = [
        Event(counted_at=NOW - timedelta(minutes=50), images=9, credits=2, granted_images=9, granted_credits=1),
        Event(counted_at=NOW - timedelta(minutes=40), images=9, credits=3),
    ]
    resets = resets_at(
        window(HOUR, NOW, rolling=True), usage_of(events), events, unit=Unit.CREDITS, limit=4, needed=3, grants=True
    )
    assert resets == NOW + timedelta(minutes=20)


@pytest.mark.parametrize(("n_read", "minutes"), [(3, 10), (1, 10), (0, 60)])
def test_too_few_events_are_answered_with_the_latest_it_can_be(n_read: int, minutes: float) -> None:
    """A long list may be cut off at its newer end, and where what is left does not suffice the answer is not early."""
    events = [ago(50, images=1), ago(40, images=1), ago(30, images=1)]
    resets = resets_at(
        window(HOUR, NOW, rolling=True),
        usage_of(events),
        events[:n_read],
        unit=Unit.IMAGES,
        limit=3,
        needed=1,
        grants=True,
    )
    assert resets == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("limit", "needed", "granted", "helps"),
    [(3, 1, 0, True), (3, 3, 0, True), (3, 4, 0, False), (3, 4, 5, False), (0, 1, 2, False), (0, 0, 0, False)],
)
def test_a_calendar_window_has_room_when_the_next_one_begins(
    limit: int, needed: int, granted: int, helps: bool
) -> None:
    """If the request fits into an empty one: what was granted stays behind."""
    shown = window(DAY, NOW, "Europe/Berlin")
    usage = Usage(images=limit + granted, granted_images=granted)
    resets = resets_at(shown, usage, (), unit=Unit.IMAGES, limit=limit, needed=needed, grants=True)
    assert resets == (instant("2026-11-22 23:00") if helps else None)


EVENTS = st.lists(
    st.builds(
        Event,
        counted_at=st.integers(-3599, 300).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        images=st.integers(-1, 3),
        granted_images=st.integers(0, 2) | st.just(0),
    ),
    max_size=12,
).map(lambda events: sorted(events, key=lambda event: event.counted_at))


@given(events=EVENTS, limit=st.integers(0, 6), needed=st.integers(0, 4), grants=st.booleans())
def test_waiting_until_then_helps_and_no_shorter_wait_does(
    events: list[Event], limit: int, needed: int, grants: bool
) -> None:
    """The same as asking anew at every instant at which something leaves the window."""
    length = timedelta(hours=1)

    def fits_at(now: datetime) -> bool:
        inside = usage_of([event for event in events if event.counted_at > now - length])
        return fits(limit + inside.granted_images * grants, used=inside.images, needed=needed)

    expected = next((at for at in (event.counted_at + length for event in events) if fits_at(at)), None)
    if not events:
        expected = NOW + length if fits(limit, used=0, needed=needed) else None
    minutes = room_at(events, limit=limit, needed=needed, grants=grants)
    assert (None if minutes is None else NOW + timedelta(minutes=minutes)) == expected


def test_everything_has_left_at_the_latest_when_a_whole_window_has_passed() -> None:
    """Of a rolling window its length from now on, of one by the calendar its end."""
    assert latest_reset(window(WEEK, NOW, rolling=True)) == NOW + timedelta(days=7)
    assert latest_reset(window(MONTH, NOW, "Etc/GMT+12")) == instant("2026-12-01 12:00")


def test_a_year_of_days_has_every_hour_once() -> None:
    """In Santiago in 2026: 365 days that touch, one of them an hour shorter and one an hour longer."""
    begins_at = [window(DAY, instant("2026-01-01 03:00"), "America/Santiago").begins_at]
    while begins_at[-1] < instant("2027-01-01 03:00"):
        ends_at = window(DAY, begins_at[-1], "America/Santiago").ends_at
        assert ends_at is not None
        begins_at.append(ends_at)
    hours = sorted((after - before) / timedelta(hours=1) for before, after in pairwise(begins_at))
    assert hours == [23, *[24] * 363, 25]
