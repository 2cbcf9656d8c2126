"""Reports are the ledger's own numbers, whatever the calendar; and the database beside a bot that runs."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import StoreError
from bot.jobs.model import Status
from bot.quota.days import days_until
from bot.quota.model import Asking, ByHand, Subject, Whose
from bot.quota.report import MOST_NAMED, RefusalCount, UsageReport
from bot.quota.reports import Reports
from bot.store import beside, ledger
from bot.store.database import Database
from bot.store.ledger import LedgerStore
from bot.store.meta import MetaStore
from bot.store.schema import migrations
from bot.store.usage import UsageStore, read_report
from tests.support.clock import START, ManualClock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GUILD, OTHER_GUILD, CHANNEL = 5, 6, 77


@dataclass(frozen=True, kw_only=True)
class Books:
    """A ledger with its reports."""

    path: Path
    database: Database
    usage: UsageStore
    ledger: LedgerStore

    async def use(
        self, at: datetime, *, user_id: int = 1, guild_id: int | None = GUILD, credits: int = 10, images: int = 1
    ) -> str:
        """Reserve a job at an instant and return its id."""
        [[n]] = await self.database.read("SELECT count(*) FROM ledger")
        asking = Asking(user_id=user_id, guild_id=guild_id, channel_id=CHANNEL, images=images, credits=credits)
        await self.database.transact(lambda connection: ledger.reserve(connection, job_id=f"{n}", asking=asking, at=at))
        return f"{n}"

    async def end(self, job_id: str, status: Status, *, at: datetime, credits_used: float | None = None) -> None:
        """End it."""
        await self.database.transact(
            lambda connection: ledger.follow(connection, job_id=job_id, status=status, credits_used=credits_used, at=at)
        )

    async def report(self, guild_id: int | None = GUILD, *, days: int = 3, zone: str = "UTC") -> UsageReport:
        """Report on the days up to START."""
        spans = days_until(START, days=days, zone=ZoneInfo(zone))
        return await self.usage.report(guild_id, spans, title="Lighthouse", zone=zone)


@pytest.fixture(name="books")
async def _books(tmp_path: Path) -> AsyncGenerator[Books, None]:
    path = tmp_path / "imagebot.sqlite3"
    database = await Database.open(path)
    try:
        usage, ledger_store = UsageStore(database, path=path), LedgerStore(database)
        yield Books(path=path, database=database, usage=usage, ledger=ledger_store)
    finally:
        await database.close()


async def test_nothing_used_is_a_report_of_empty_days(books: Books) -> None:
    """Each day stands in it, with nothing."""
    report = await books.report()
    assert [(each.day.isoformat(), each.images, each.credits) for each in report.days] == [
        ("2026-11-20", 0, 0),
        ("2026-11-21", 0, 0),
        ("2026-11-22", 0, 0),
    ]
    assert (report.top, report.members, report.refusals, report.servers) == ((), 0, (), ())
    assert (report.title, report.zone) == ("Lighthouse", "UTC")


async def test_what_was_given_back_settled_or_corrected_is_in_the_numbers(books: Books) -> None:
    """A released job counts nothing, a settled one its true cost, on the day it was reserved."""
    delivered = await books.use(START - DAY, credits=6_000_000)
    await books.end(delivered, Status.DELIVERED, at=START, credits_used=4.5)
    failed = await books.use(START - DAY, user_id=2)
    await books.end(failed, Status.FAILED, at=START)
    await books.use(START, user_id=3, credits=7)
    await books.ledger.adjust(ByHand(guild_id=GUILD, user_id=3, images=4, credits=1, by_id=0), at=START)
    await books.ledger.grant(ByHand(guild_id=GUILD, user_id=3, images=100, by_id=0), at=START)
    await books.ledger.reset(Subject(whose=Whose.GUILD, guild_id=GUILD), by_id=0, at=START + HOUR)
    report = await books.report()
    assert [(each.images, each.credits) for each in report.days] == [(0, 0), (1, 4_500_000), (5, 8)]
    assert [(each.user_id, each.images, each.credits) for each in report.top] == [(3, 5, 8), (1, 1, 4_500_000)]
    assert (report.members, report.images, report.credits) == (2, 6, 4_500_008)


async def test_a_server_sees_its_own_and_the_operator_all(books: Books) -> None:
    """Direct messages are of no server, and stand apart among the servers."""
    await books.use(START, user_id=1, images=2)
    await books.use(START, user_id=1, guild_id=OTHER_GUILD, images=3)
    await books.use(START, user_id=2, guild_id=None, images=4)
    own, everything = await books.report(), await books.report(None)
    assert (own.images, [each.images for each in own.top], own.servers) == (2, [2], ())
    assert (everything.images, [(each.user_id, each.images) for each in everything.top]) == (9, [(1, 5), (2, 4)])
    assert [(each.guild_id, each.images) for each in everything.servers] == [(None, 4), (OTHER_GUILD, 3), (GUILD, 2)]


async def test_those_who_used_most_are_named_and_all_are_counted(books: Books) -> None:
    """More people than a report names."""
    for user_id in range(1, MOST_NAMED + 4):
        await books.use(START, user_id=user_id, images=user_id)
    report = await books.report()
    assert [each.user_id for each in report.top] == list(range(MOST_NAMED + 3, 3, -1))
    assert report.members == MOST_NAMED + 3


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"])
@pytest.mark.parametrize("guild_id", [GUILD, None])
async def test_each_day_holds_what_was_counted_from_its_first_instant_until_the_next_day(
    zone: str, guild_id: int | None, books: Books
) -> None:
    """To the microsecond, also where days begin at half past the hour, or a quarter before it."""
    days = days_until(START, days=3, zone=ZoneInfo(zone))
    tick = timedelta.resolution
    await books.use(days[0].begins_at - tick, images=1000)
    for place, day in enumerate(days):
        await books.use(day.begins_at, images=10**place)
        await books.use(day.begins_at + 5 * HOUR, user_id=2, images=10**place)
        await books.use(day.ends_at - tick, user_id=3, images=10**place)
    await books.use(days[-1].ends_at, images=1000)
    report = await books.report(guild_id, zone=zone)
    assert [each.images for each in report.days] == [3, 30, 300]
    assert [(each.user_id, each.images) for each in report.top] == [(1, 111), (2, 111), (3, 111)]


async def test_a_report_is_read_by_index_whatever_else_is_there(books: Books) -> None:
    """No part of it goes through all rows of the ledger."""
    plans: list[str] = []
    spans = days_until(START, days=2, zone=ZoneInfo("Asia/Kathmandu"))
    with beside.reading(books.path) as connection:
        said: list[str] = []
        connection.set_trace_callback(said.append)
        for guild_id in (GUILD, None):
            read_report(connection, guild_id, spans, title="", zone="")
        connection.set_trace_callback(None)
        for sql in said:
            plans += [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert any("ledger_by_guild" in plan for plan in plans)
    assert any("ledger_by_time" in plan for plan in plans)
    assert any("usage_of_members (guild_id=? AND hour>? AND hour<?)" in plan for plan in plans)
    assert [plan for plan in scans if "ledger" in plan or "refusals" in plan] == []


async def test_refusals_are_counted_by_reason(books: Books) -> None:
    """Most first, of a server or of all; those of another time are left out."""
    for reason, count in (("limit_of_member", 3), ("blocked", 1)):
        for _ in range(count):
            await books.usage.note_refusal(GUILD, reason, START)
    await books.usage.note_refusal(None, "blocked", START)
    await books.usage.note_refusal(OTHER_GUILD, "blocked", START - DAY)
    await books.usage.note_refusal(OTHER_GUILD, "blocked", START - 2 * DAY)
    await books.usage.note_refusal(GUILD, "blocked", START - 9 * DAY)
    assert (await books.report()).refusals == (
        RefusalCount(reason="limit_of_member", count=3),
        RefusalCount(reason="blocked", count=1),
    )
    everything = await books.report(None)
    assert everything.refusals == (
        RefusalCount(reason="blocked", count=4),
        RefusalCount(reason="limit_of_member", count=3),
    )
    assert everything.refused == 7


async def test_an_export_holds_the_rows_of_a_server(books: Books, tmp_path: Path) -> None:
    """Of the days asked for, and of no other server."""
    await books.use(START)
    await books.use(START, guild_id=OTHER_GUILD)
    await books.use(START - 9 * DAY)
    clock = ManualClock()
    reports = Reports(usage=books.usage, ledger=books.ledger, clock=clock)
    path = tmp_path / "ledger.csv"
    assert await reports.export(GUILD, days=2, zone=UTC, path=path) == 1
    assert path.read_text("utf-8-sig").splitlines()[1].startswith('"reserve","0","1","5","77",1,0.000010,')
    assert (await reports.report(GUILD, days=2, zone=UTC, title="")).images == 1


async def test_the_ledger_of_all_servers_comes_row_by_row(books: Books) -> None:
    """More rows than are read at once, each once."""
    asking = Asking(user_id=1, guild_id=None, channel_id=CHANNEL, credits=1)

    def fill(connection: sqlite3.Connection) -> None:
        for number in range(2300):
            ledger.reserve(connection, job_id=f"{number}", asking=asking, at=START)

    await books.database.transact(fill)
    await books.use(START + DAY)
    entries = [entry.job_id async for entry in books.ledger.entries_of_all(START, START + DAY)]
    assert entries == [f"{number}" for number in range(2300)]


async def test_the_ledger_of_a_stretch_begins_with_whatever_was_written_first_in_it(books: Books) -> None:
    """What was done by hand as well; what came before is not read, and a stretch without rows is empty."""
    await books.use(START - DAY)
    await books.ledger.reset(Subject(whose=Whose.GUILD, guild_id=GUILD), by_id=0, at=START)
    await books.ledger.grant(ByHand(guild_id=GUILD, user_id=1, images=1, by_id=0), at=START + HOUR)
    job = await books.use(START + 2 * HOUR)
    await books.end(job, Status.FAILED, at=START + 3 * HOUR)
    entries = [entry.kind.value async for entry in books.ledger.entries_of_all(START, START + DAY)]
    assert entries == ["reset", "grant", "reserve", "release"]
    assert [entry async for entry in books.ledger.entries_of_all(START + DAY, START + 2 * DAY)] == []


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Looking is no beginning."""
    with pytest.raises(StoreError, match="there is none at"), beside.reading(tmp_path / "none.sqlite3"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("change", "words"), [(-1, "start the bot once"), (1, "use the newer imagebot")])
async def test_another_versions_database_is_left_alone(change: int, words: str, tmp_path: Path) -> None:
    """Neither read nor migrated: an older bot may be at work on it."""
    path = tmp_path / "imagebot.sqlite3"
    version = migrations()[-1][0] + change
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreError, match=words):
        await beside.open_for_changes(path)
    with pytest.raises(StoreError, match=words):
        await beside.open_to_read(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    """With the driver's words, and ours around them."""
    path = tmp_path / "imagebot.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="it cannot be read"), beside.reading(path):
        pass


async def test_who_only_looks_cannot_change_anything(books: Books) -> None:
    """Not even by mistake."""
    with (
        pytest.raises(StoreError, match="readonly"),
        beside.reading(books.path) as connection,
    ):
        connection.execute("DELETE FROM refusals")
    database = await beside.open_to_read(books.path)
    try:
        assert await database.read("SELECT * FROM refusals") == []
        with pytest.raises(StoreError, match="readonly"):
            await MetaStore(database).put("key", "value")
    finally:
        await database.close()
