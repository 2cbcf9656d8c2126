"""Sums of the ledger: exact wherever a window begins, for everybody, over any history, and equal to the rows."""

import contextlib
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.model import Status
from bot.quota.model import Asking, ByHand, EntryKind, Subject, Usage, Whose, Window
from bot.store import ledger, ledger_sums
from bot.store.instants import to_stored
from bot.store.schema import migrations
from tests.support.books import (
    ADMIN,
    ALICE,
    ALICE_ANYWHERE,
    BOB,
    CHANNEL,
    DAY,
    EVERYBODY,
    GUILD,
    HOUR,
    LONG_AFTER,
    MINUTE,
    NOW,
    OF_ALICE,
    OF_ALL,
    OF_CHANNEL,
    OF_GUILD,
    OF_GUILD_FOR_OPERATOR,
    OTHER_CHANNEL,
    OTHER_GUILD,
    TICK,
    Books,
    open_books,
    since_then,
)

USAGE = {EntryKind.RESERVE, EntryKind.RELEASE, EntryKind.SETTLE, EntryKind.ADJUST}


@pytest.fixture(name="books")
async def _books(tmp_path: Path) -> AsyncGenerator[Books, None]:
    async with open_books(tmp_path) as books:
        yield books


@pytest.mark.parametrize("since", [NOW, NOW.replace(minute=0, second=0, microsecond=0), NOW - DAY], ids=str)
async def test_usage_counts_for_everybody_it_concerns(since: datetime, books: Books) -> None:
    """A person in a server and everywhere, the channel, the server, the whole; direct messages have no server."""
    for guild_id in (GUILD, GUILD, OTHER_GUILD, None):
        await books.reserve(guild_id=guild_id)
    await books.reserve(user_id=BOB)
    await books.reserve(user_id=BOB, channel_id=OTHER_CHANNEL)
    assert [await books.images(subject, since=since) for subject in EVERYBODY] == [2, 2, 4, 1, 3, 4, 6]


async def test_no_windows_ask_nothing(books: Books) -> None:
    """Where no rule binds there is nothing to sum."""
    assert await books.store.sums([], now=NOW) == {}
    assert await books.database.transact(lambda open_one: ledger.sums(open_one, [], now=NOW)) == {}


async def test_many_windows_are_summed_at_once(books: Books) -> None:
    """Each for itself, whatever stands beside it."""
    for hours in range(50):
        await books.reserve(NOW - hours * HOUR)
    windows = [since_then(subject, NOW - hours * HOUR) for subject in EVERYBODY for hours in (0, 1, 24, 49)]
    sums = await books.store.sums(windows, now=NOW)
    assert list(sums) == windows
    in_server, elsewhere = [1, 2, 25, 50], [0, 0, 0, 0]
    expected = [*in_server, *elsewhere, *in_server, *elsewhere, *in_server, *in_server, *in_server]
    assert [usage.images for usage in sums.values()] == expected


async def test_sums_are_made_by_index(books: Books) -> None:
    """No statement goes through the whole ledger, or through all that was added up."""
    windows = [since_then(subject, NOW) for subject in [*EVERYBODY, OF_GUILD_FOR_OPERATOR]]
    events = [ledger_sums.events_of(window, now=NOW, most=9) for window in windows]
    queries = [*(ledger_sums.sums_of(windows, now=NOW, held=held) for held in (True, False)), *events]
    for sql, parameters in queries:
        plan = [str(row["detail"]) for row in await books.database.read(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert any("ledger" in step for step in plan)
        assert [step for step in plan if step.startswith(("SCAN ledger", "SCAN usage"))] == []


@pytest.mark.parametrize("subject", [OF_ALICE, ALICE_ANYWHERE], ids=lambda each: each.whose)
async def test_what_a_person_used_is_found_by_the_person(subject: Subject, books: Books) -> None:
    """And not by their server's hours, which hold everybody's."""
    sql, parameters = ledger_sums.sums_of([since_then(subject, NOW)], now=NOW)
    plan = [str(row["detail"]) for row in await books.database.read(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    [of_people] = [step for step in plan if "usage_of_people" in step]
    assert "PRIMARY KEY (user_id=? AND hour>?" in of_people


@pytest.mark.parametrize("subject", [OF_CHANNEL, OF_GUILD, OF_GUILD_FOR_OPERATOR, OF_ALL], ids=lambda each: each.whose)
async def test_the_first_of_many_events_are_read_without_the_rest(subject: Subject, books: Books) -> None:
    """The index gives their order: whose window holds a million rows is told when there is room as fast as others."""
    sql, parameters = ledger_sums.events_of(since_then(subject, NOW), now=NOW, most=9)
    plan = [str(row["detail"]) for row in await books.database.read(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    assert any("COVERING INDEX ledger_by" in step for step in plan)
    assert [step for step in plan if "TEMP B-TREE" in step] == []


KOLKATA = datetime(2026, 11, 22, tzinfo=ZoneInfo("Asia/Kolkata")).astimezone(UTC)
KATHMANDU = datetime(2026, 11, 1, tzinfo=ZoneInfo("Asia/Kathmandu")).astimezone(UTC)


@pytest.mark.parametrize(
    "begins_at",
    [
        *[datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 22, 9, tzinfo=UTC)],
        *[KOLKATA, KATHMANDU, NOW - HOUR, NOW - 30 * DAY + TICK],
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "subject",
    [OF_ALICE, ALICE_ANYWHERE, OF_CHANNEL, OF_GUILD, OF_GUILD_FOR_OPERATOR, OF_ALL],
    ids=lambda who: who.whose,
)
async def test_a_window_holds_its_first_instant_and_nothing_before(
    begins_at: datetime, subject: Subject, books: Books
) -> None:
    """On the hour, half past it as a day in India begins, a quarter to it, or anywhere."""
    for at in (begins_at - DAY, begins_at - HOUR, begins_at - TICK):
        await books.reserve(at)
    assert await books.images(subject, since=begins_at) == 0
    for at in (begins_at, begins_at + TICK, begins_at + MINUTE, begins_at + HOUR, begins_at + 25 * HOUR):
        await books.reserve(at)
    assert await books.images(subject, since=begins_at) == 5


async def test_a_clock_that_was_set_back_opens_no_gap(books: Books) -> None:
    """What was counted later than now counts."""
    await books.reserve(NOW + HOUR)
    assert await books.images(since=NOW) == 1


BOUNDARIES = [timedelta(), HOUR / 2, 45 * MINUTE, HOUR, 23 * HOUR, DAY, 25 * HOUR, 9 * DAY, -HOUR, -DAY, 31 * DAY]
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
instants = st.builds(
    lambda boundary, step: MIDNIGHT + boundary + step * TICK, st.sampled_from(BOUNDARIES), st.integers(-1, 1)
)
subjects = st.sampled_from(EVERYBODY)
places = st.sampled_from([(GUILD, CHANNEL), (GUILD, OTHER_CHANNEL), (OTHER_GUILD, 201), (None, 301)])
people = st.sampled_from([ALICE, BOB])
amounts = st.integers(-3, 3)
jobs = st.integers(0, 9)
ends = st.sampled_from([Status.DELIVERED, Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED])
costs = st.sampled_from([None, 0.0, 6.3867, 12.5])
deeds = st.one_of(
    st.tuples(st.just("reserve"), instants, people, places),
    st.tuples(st.just("end"), instants, jobs, ends, costs),
    st.tuples(st.sampled_from(["grant", "adjust"]), instants, people, places, amounts),
    st.tuples(st.just("reset"), instants, subjects),
)


async def do(books: Books, number: int, deed: tuple[Any, ...]) -> None:
    """Do what the history says; a job is named by the number of its deed."""
    match deed:
        case ("reserve", at, user_id, (guild_id, channel_id)):
            await books.reserve(at, job_id=f"job-{number}", user_id=user_id, guild_id=guild_id, channel_id=channel_id)
        case ("end", at, job, status, cost):
            await books.follow(f"job-{job}", status, cost=cost, at=at)
        case ("grant", at, user_id, (guild_id, _), amount):
            await books.store.grant(ByHand(guild_id=guild_id, user_id=user_id, images=amount, by_id=ADMIN), at=at)
        case ("adjust", at, user_id, (guild_id, channel_id), amount):
            await books.store.adjust(
                ByHand(guild_id=guild_id, user_id=user_id, channel_id=channel_id, images=amount, by_id=ADMIN), at=at
            )
        case ("reset", at, subject):
            await books.store.reset(subject, by_id=ADMIN, at=at)
        case _:
            raise AssertionError(deed)


def concerns(row: dict[str, Any], subject: Subject) -> bool:
    match subject.whose:
        case Whose.MEMBER:
            return (row["guild_id"], row["user_id"]) == (subject.guild_id, subject.id)
        case Whose.USER:
            return row["user_id"] == subject.id
        case Whose.CHANNEL:
            return row["guild_id"] is not None and (row["guild_id"], row["channel_id"]) == (
                subject.guild_id,
                subject.id,
            )
        case Whose.GUILD | Whose.OPERATOR_GUILD:
            return row["guild_id"] == subject.guild_id
        case Whose.TOTAL:
            return True


def looked_through(rows: list[dict[str, Any]], window: Window, *, now: datetime) -> Usage:
    """Sum a window the slow way: row by row, in Python."""
    subject = window.subject
    resets = [
        row["counted_at"]
        for row in rows
        if (row["kind"], row["whose"], row["guild_id"]) == ("reset", subject.whose, subject.guild_id)
        and subject.id in {row["user_id"], row["channel_id"]}
        and row["counted_at"] < to_stored(now + MINUTE)
    ]
    begins_at = max([to_stored(window.begins_at), *resets])
    inside = [row for row in rows if row["counted_at"] >= begins_at and concerns(row, subject)]
    used = [row for row in inside if row["kind"] in USAGE]
    granted = [row for row in inside if row["kind"] == EntryKind.GRANT and subject.whose is Whose.MEMBER]
    return Usage(
        images=sum(row["images"] for row in used),
        credits=sum(row["credits"] for row in used),
        granted_images=sum(row["images"] for row in granted),
        granted_credits=sum(row["credits"] for row in granted),
    )


def added_up(rows: list[dict[str, Any]], *, hours: int, of_people: bool) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Derive from the ledger alone what the database adds up with every row."""
    totals: dict[tuple[Any, ...], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in (row for row in rows if row["kind"] in USAGE):
        guild_id, channel_id, user_id = row["guild_id"], row["channel_id"], row["user_id"]
        shared = [("total", 0, 0)]
        shared += [("guild", guild_id, 0)] if guild_id else []
        shared += [("channel", guild_id, channel_id)] if guild_id and channel_id else []
        for key in [("member", guild_id or 0, user_id)] if of_people else shared:
            place = (*key, row["counted_at"] // (3_600_000_000 * hours))
            totals[place] = (totals[place][0] + row["images"], totals[place][1] + row["credits"])
    return dict(totals)


async def check(books: Books, begins: list[datetime]) -> None:
    rows = [dict(row) for row in await books.database.read("SELECT * FROM ledger ORDER BY id")]
    subjects = [*EVERYBODY, OF_GUILD_FOR_OPERATOR]
    windows = [since_then(subject, begins_at) for subject in subjects for begins_at in dict.fromkeys(begins)]
    for now in dict.fromkeys([*begins, LONG_AFTER]):
        looked = {window: looked_through(rows, window, now=now) for window in windows}
        assert await books.store.sums(windows, now=now) == looked
    for stored, hours, of_people in (
        ("whose, guild_id, id, hour, images, credits FROM usage_hours", 1, False),
        ("whose, guild_id, id, day, images, credits FROM usage_days", 24, False),
        ("'member', guild_id, user_id, hour, images, credits FROM usage_of_people", 1, True),
    ):
        kept = {tuple(row)[:4]: tuple(row)[4:] for row in await books.database.read(f"SELECT {stored}")}
        assert kept == added_up(rows, hours=hours, of_people=of_people)
    of_jobs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_jobs[row["job_id"] or f"row {row['id']}"].append(row)
    for job_id, its_rows in of_jobs.items():
        if job_id.startswith("job"):
            ended_without = any(row["kind"] == "release" for row in its_rows)
            assert sum(row["images"] for row in its_rows) == (0 if ended_without else 1)
            assert len({row["counted_at"] for row in its_rows}) == 1


async def test_what_an_older_program_added_up_is_taken_over(tmp_path: Path) -> None:
    """Migration 0016 adds up people otherwise; before and after it the sums are what the rows say."""
    path = tmp_path / "imagebot.sqlite3"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as older:
        for _, script in migrations()[:15]:
            older.executescript(script)
        older.execute("PRAGMA user_version = 15")
        for number, (user_id, guild_id) in enumerate(
            [(ALICE, GUILD), (ALICE, None), (BOB, GUILD), (ALICE, OTHER_GUILD)]
        ):
            for hours in (0, 1, 30):
                asking = Asking(user_id=user_id, guild_id=guild_id, channel_id=CHANNEL, credits=number + hours)
                ledger.reserve(older, job_id=f"job-{number}-{hours}", asking=asking, at=NOW - hours * HOUR)
        ledger.follow(older, job_id="job-0-1", status=Status.FAILED, credits_used=None, at=NOW)
    async with open_books(tmp_path) as books:
        await check(books, [NOW - 31 * HOUR, NOW - HOUR, NOW])
        await books.reserve(NOW)
        await check(books, [NOW - 31 * HOUR, NOW - HOUR, NOW])


@settings(max_examples=40)
@given(history=st.lists(deeds, max_size=30), begins=st.lists(instants, min_size=1, max_size=4))
async def test_what_is_added_up_equals_what_the_rows_say(history: list[Any], begins: list[datetime]) -> None:
    """Over any history, with a clock that jumps both ways, and after the database was closed and opened again."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_books(Path(folder)) as books:
            for number, deed in enumerate(history):
                await do(books, number, deed)
            await check(books, begins)
        async with open_books(Path(folder)) as books:
            await check(books, begins)
