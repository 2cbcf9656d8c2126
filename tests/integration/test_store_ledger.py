"""The ledger in a real database: what every job holds and gives back, what is done by hand, and who may look at it."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreConflict
from bot.jobs.model import Status
from bot.quota.model import MILLIONTHS, Asking, ByHand, EntryKind, Running, Subject, Usage
from bot.store import ledger
from bot.store.admin_log import AdminLogStore
from bot.store.ledger_sums import Counted
from tests.support.books import (
    ADMIN,
    ALICE,
    ALICE_ANYWHERE,
    ALICE_IN_DIRECT,
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
    OF_BOB,
    OF_CHANNEL,
    OF_GUILD,
    OF_GUILD_FOR_OPERATOR,
    OTHER_GUILD,
    PRICE,
    TICK,
    Books,
    open_books,
    since_then,
)
from tests.support.stored_jobs import brought_to, open_store


@pytest.fixture(name="books")
async def _books(tmp_path: Path) -> AsyncGenerator[Books, None]:
    async with open_books(tmp_path) as books:
        yield books


@pytest.mark.parametrize("status", list(Status))
async def test_what_a_status_means_for_what_a_job_holds(status: Status, books: Books) -> None:
    """Delivered: committed and settled. Ended without a picture: given back. Everything else holds on to it."""
    job_id = await books.reserve()
    await books.follow(job_id, status, cost=7.5, at=NOW + MINUTE)
    reserve, *later = await books.kinds(job_id)
    assert reserve is EntryKind.RESERVE
    if status is Status.DELIVERED:
        assert later == [EntryKind.COMMIT, EntryKind.SETTLE]
        assert await books.usage() == Usage(images=1, credits=7_500_000)
    elif status in {Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.LOST}:
        assert later == [EntryKind.RELEASE]
        assert await books.usage() == Usage()
    else:
        assert later == []
        assert await books.usage() == Usage(images=1, credits=PRICE)


async def test_every_row_of_a_job_says_whose_it_is_and_when_it_was_reserved(books: Books) -> None:
    """However much later it was written: windows sum by that instant."""
    job_id = await books.reserve()
    await books.follow(job_id, Status.DELIVERED, cost=6.0, at=NOW + 2 * DAY)
    rows = await books.store.entries_of_job(job_id)
    assert [row.at for row in rows] == [NOW, NOW + 2 * DAY, NOW + 2 * DAY]
    assert {(row.job_id, row.user_id, row.guild_id, row.channel_id, row.counted_at) for row in rows} == {
        (job_id, ALICE, GUILD, CHANNEL, NOW)
    }
    assert [(row.images, row.credits) for row in rows] == [(1, PRICE), (0, 0), (0, 6_000_000 - PRICE)]


@pytest.mark.parametrize("first", [Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED])
@pytest.mark.parametrize("second", [Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED])
async def test_a_job_ends_once(first: Status, second: Status, books: Books) -> None:
    """Whatever is written afterwards, and as often as it is: the first end stands."""
    job_id = await books.reserve()
    await books.follow(job_id, first, cost=6.0)
    rows = await books.store.entries_of_job(job_id)
    for _ in range(2):
        await books.follow(job_id, second, cost=9.0)
    assert await books.store.entries_of_job(job_id) == rows


async def test_a_cost_that_is_known_late_settles_then(books: Books) -> None:
    """Until then the estimate stands; it is settled once."""
    job_id = await books.reserve()
    await books.follow(job_id, Status.DELIVERED)
    assert await books.usage() == Usage(images=1, credits=PRICE)
    for cost in (2.8398, 5.0):
        await books.follow(job_id, Status.DELIVERED, cost=cost)
    assert await books.usage() == Usage(images=1, credits=2_839_800)


@pytest.mark.parametrize(
    ("cost", "millionths"), [(0.0, 0), (2.8398, 2_839_800), (6.3867, 6_386_700), (1e-7, 0), (4.35, 4_350_000)]
)
async def test_a_true_cost_is_whole_millionths(cost: float, millionths: int, books: Books) -> None:
    """Rounded from the decimal that the provider wrote, not cut off from what a float makes of it."""
    await books.follow(await books.reserve(), Status.DELIVERED, cost=cost)
    assert (await books.usage()).credits == millionths


async def test_a_job_from_before_the_ledger_holds_nothing(books: Books) -> None:
    """It may end as it likes."""
    for status in Status:
        await books.follow("an old one", status, cost=5.0)
    assert await books.store.entries_of_job("an old one") == []


async def test_a_released_job_can_be_reserved_once_more(books: Books) -> None:
    """Its picture came after all: it holds again, from a later instant on, and ends once more."""
    job_id = await books.reserve()
    await books.follow(job_id, Status.FAILED)
    again = NOW + HOUR
    await books.reserve(again, job_id=job_id)
    assert await books.images() == 1
    await books.follow(job_id, Status.DELIVERED, cost=6.0, at=again)
    assert await books.usage(since=again) == Usage(images=1, credits=6_000_000)
    assert await books.usage(since=NOW) == Usage(images=1, credits=6_000_000)


async def test_the_same_reservation_cannot_be_written_twice(books: Books) -> None:
    """The database itself refuses it."""
    job_id = await books.reserve()
    with pytest.raises(StoreConflict):
        await books.reserve(job_id=job_id)
    assert await books.images() == 1


@pytest.mark.parametrize("sql", ["UPDATE ledger SET images = 0", "DELETE FROM ledger WHERE user_id = 11"])
async def test_a_row_is_never_changed_and_never_removed(sql: str, books: Books) -> None:
    """Not even by a statement that somebody writes by hand."""
    await books.reserve()
    with pytest.raises(StoreConflict, match="never"):
        await books.database.write(sql)
    assert await books.images() == 1


async def test_what_is_rolled_back_was_never_counted(books: Books) -> None:
    """The row and what it adds up to are one write."""

    def torn(open_one: sqlite3.Connection) -> None:
        asking = Asking(user_id=ALICE, guild_id=GUILD, channel_id=CHANNEL, credits=PRICE)
        ledger.reserve(open_one, job_id="torn", asking=asking, at=NOW)
        assert (ledger.sums(open_one, [since_then(OF_ALICE, NOW)], now=NOW)) == {
            since_then(OF_ALICE, NOW): Usage(images=1, credits=PRICE)
        }
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await books.database.transact(torn)
    assert await books.images() == 0
    for table in ("usage_of_people", "usage_hours", "usage_days"):
        assert await books.database.read(f"SELECT 1 FROM {table}") == []


@pytest.mark.parametrize("subject", EVERYBODY, ids=lambda who: f"{who.whose}-{who.guild_id}-{who.id}")
async def test_a_reset_concerns_one_subject(subject: Subject, books: Books) -> None:
    """Its windows begin there; those of everybody else do not."""
    for guild_id, user_id in ((GUILD, ALICE), (GUILD, BOB), (None, ALICE)):
        await books.reserve(guild_id=guild_id, user_id=user_id)
    before = {other: await books.images(other) for other in EVERYBODY}
    assert before[subject] > 0
    await books.store.reset(subject, by_id=ADMIN, at=NOW + MINUTE)
    assert {other: await books.images(other) for other in EVERYBODY} == {**before, subject: 0}


async def test_a_reset_and_what_is_asked_for_at_the_same_instant_keep_their_order(books: Books) -> None:
    """What was there before it is left out, what comes after it counts; also where the clock went back a little."""
    for at in (NOW, NOW, NOW - MINUTE / 2):
        for _ in range(3):
            await books.reserve(at)
        await books.store.reset(OF_ALICE, by_id=ADMIN, at=at)
        assert await books.images(since=NOW - DAY) == 0
        await books.reserve(at)
        await books.store.grant(ByHand(guild_id=GUILD, user_id=ALICE, images=2, by_id=ADMIN), at=at)
        assert await books.usage(since=NOW - DAY) == Usage(images=1, credits=PRICE, granted_images=2)


async def test_a_reset_leaves_the_end_of_older_jobs_out(books: Books) -> None:
    """They count where they were reserved: nothing is given back that does not count any more."""
    job_ids = [await books.reserve() for _ in range(2)]
    await books.store.reset(OF_ALICE, by_id=ADMIN, at=NOW + MINUTE)
    await books.follow(job_ids[0], Status.FAILED, at=NOW + 2 * MINUTE)
    await books.follow(job_ids[1], Status.DELIVERED, cost=99.0, at=NOW + 2 * MINUTE)
    assert await books.usage() == Usage()


@pytest.mark.parametrize("subject", [OF_ALICE, OF_CHANNEL, OF_GUILD], ids=lambda who: who.whose)
async def test_a_reset_that_a_wrong_clock_wrote_opens_no_gap(subject: Subject, books: Books) -> None:
    """Set right again, it is as if nobody had reset anything, until that instant comes: everything counts meanwhile."""
    await books.reserve()
    wrong = NOW + 2 * HOUR
    await books.store.reset(subject, by_id=ADMIN, at=wrong)
    await books.reserve(NOW + TICK)
    ahead = since_then(subject, NOW - DAY)
    assert await books.images(subject, now=NOW + MINUTE) == 2
    assert len(await books.store.list_events(ahead, now=NOW + MINUTE)) == 2
    assert await books.images(subject, now=wrong - MINUTE) == 2
    assert await books.images(subject, now=wrong - MINUTE + TICK) == 0
    assert await books.store.list_events(ahead, now=wrong) == []


async def test_no_reset_moves_the_operators_ceiling_of_a_server(books: Books) -> None:
    """It looks at what all in the server have used, whatever its administrators let be forgotten."""
    await books.reserve()
    await books.reserve(user_id=BOB)
    await books.reserve(guild_id=OTHER_GUILD)
    for subject in (OF_ALICE, OF_CHANNEL, OF_GUILD):
        await books.store.reset(subject, by_id=ADMIN, at=NOW + MINUTE)
    assert await books.images(OF_GUILD) == 0
    assert await books.usage(OF_GUILD_FOR_OPERATOR) == Usage(images=2, credits=2 * PRICE)
    assert len(await books.store.list_events(since_then(OF_GUILD_FOR_OPERATOR, NOW - DAY), now=LONG_AFTER)) == 1
    with pytest.raises(ValueError, match="settings"):
        await books.store.reset(OF_GUILD_FOR_OPERATOR, by_id=ADMIN, at=NOW)


async def test_a_window_that_begins_after_a_reset_is_as_it_is(books: Books) -> None:
    """A reset only ever moves a beginning forward."""
    await books.store.reset(OF_ALICE, by_id=ADMIN, at=NOW - HOUR)
    await books.reserve(NOW - MINUTE)
    assert await books.images(since=NOW - DAY) == 1
    assert await books.images(since=NOW) == 0


async def test_a_grant_raises_the_limits_of_one_member(books: Books) -> None:
    """In the windows that hold its instant; it is no usage, and no ceiling sees it."""
    await books.store.grant(
        ByHand(guild_id=GUILD, user_id=ALICE, images=2, credits=3 * MILLIONTHS, by_id=ADMIN), at=NOW
    )
    await books.store.grant(ByHand(guild_id=None, user_id=ALICE, images=1, by_id=0), at=NOW)
    granted = Usage(granted_images=2, granted_credits=3 * MILLIONTHS)
    assert await books.usage(since=NOW) == granted
    assert await books.usage(since=NOW + TICK) == Usage()
    assert await books.usage(ALICE_IN_DIRECT) == Usage(granted_images=1)
    for subject in (OF_BOB, ALICE_ANYWHERE, OF_CHANNEL, OF_GUILD, OF_ALL):
        assert await books.usage(subject) == Usage()


async def test_a_reset_takes_earlier_grants_along(books: Books) -> None:
    """No window of that member begins before it."""
    await books.store.grant(ByHand(guild_id=GUILD, user_id=ALICE, images=2, by_id=ADMIN), at=NOW)
    await books.store.reset(OF_ALICE, by_id=ADMIN, at=NOW)
    assert await books.usage() == Usage()


async def test_a_correction_is_usage_of_everybody_it_concerns(books: Books) -> None:
    """Up or down; a channel only where one is named."""
    await books.store.adjust(
        ByHand(guild_id=GUILD, user_id=ALICE, images=3, credits=-5, by_id=ADMIN, why="lost"), at=NOW
    )
    await books.store.adjust(ByHand(guild_id=GUILD, user_id=ALICE, channel_id=CHANNEL, images=-1, by_id=ADMIN), at=NOW)
    assert [await books.images(subject) for subject in EVERYBODY] == [2, 0, 2, 0, -1, 2, 2]
    assert (await books.usage()).credits == -5


async def test_what_is_done_by_hand_stands_in_the_servers_log(books: Books) -> None:
    """With who, when and why; what concerns no server stands in the ledger alone."""
    await books.store.grant(
        ByHand(guild_id=GUILD, user_id=ALICE, images=2, by_id=ADMIN, why="half \ud83d of it"), at=NOW
    )
    await books.store.adjust(ByHand(guild_id=GUILD, user_id=BOB, credits=-7, by_id=ADMIN), at=NOW + MINUTE)
    await books.store.reset(OF_CHANNEL, by_id=0, at=NOW + HOUR, why="new week")
    await books.store.reset(OF_GUILD, by_id=0, at=NOW + HOUR)
    await books.store.reset(ALICE_ANYWHERE, by_id=0, at=NOW + HOUR)
    log = await AdminLogStore(books.database).page(GUILD, None, 10)
    assert [(entry.action, entry.subject, entry.by_id, entry.at, entry.after) for entry in reversed(log)] == [
        ("granted", "user:11", ADMIN, NOW, '{"images":2,"credits":0,"why":"half ? of it"}'),
        ("adjusted", "user:12", ADMIN, NOW + MINUTE, '{"images":0,"credits":-7,"why":""}'),
        ("reset", "channel:101", 0, NOW + HOUR, '{"why":"new week"}'),
        ("reset", "guild", 0, NOW + HOUR, '{"why":""}'),
    ]
    rows = [entry async for entry in books.store.entries_of_guild(GUILD, NOW, NOW + 2 * HOUR)]
    assert [(row.kind, row.by_id, row.why) for row in rows] == [
        (EntryKind.GRANT, ADMIN, "half ? of it"),
        (EntryKind.ADJUST, ADMIN, ""),
        (EntryKind.RESET, 0, "new week"),
        (EntryKind.RESET, 0, ""),
    ]


async def test_events_are_what_still_counts_oldest_first(books: Books) -> None:
    """One for each instant; what was given back, and what a reset leaves out, is none."""
    await books.reserve(NOW - 2 * DAY)
    given_back, settled = await books.reserve(NOW - HOUR), await books.reserve(NOW - 2 * HOUR)
    await books.follow(given_back, Status.FAILED)
    await books.follow(settled, Status.DELIVERED, cost=7.0)
    for user_id in (ALICE, ALICE, BOB):
        await books.reserve(NOW - MINUTE, user_id=user_id)
    await books.store.grant(ByHand(guild_id=GUILD, user_id=ALICE, images=2, by_id=ADMIN), at=NOW)
    window = since_then(OF_ALICE, NOW - DAY)
    events = [
        Counted(NOW - 2 * HOUR, 1, 7 * MILLIONTHS, 0, 0),
        Counted(NOW - MINUTE, 2, 2 * PRICE, 0, 0),
        Counted(NOW, 0, 0, 2, 0),
    ]
    assert await books.store.list_events(window, now=NOW) == events
    assert await books.store.list_events(window, now=NOW, most=2) == events[:2]
    guild_wide = [events[0], Counted(NOW - MINUTE, 3, 3 * PRICE, 0, 0)]
    assert await books.store.list_events(since_then(OF_GUILD, NOW - DAY), now=NOW) == guild_wide
    await books.store.reset(OF_ALICE, by_id=ADMIN, at=NOW - HOUR)
    assert await books.store.list_events(window, now=NOW) == events[1:]


async def test_the_rows_of_a_server_are_listed_by_the_instant_they_count_at(books: Books) -> None:
    """Up to the end, not with it; more than one batch, with many at one instant; no other server's."""

    def many(open_one: sqlite3.Connection) -> None:
        for number in range(2500):
            asking = Asking(user_id=number, guild_id=GUILD, channel_id=CHANNEL, credits=number)
            ledger.reserve(open_one, job_id=f"many-{number}", asking=asking, at=NOW + number // 700 * TICK)

    await books.database.transact(many)
    await books.reserve(guild_id=OTHER_GUILD)
    for at in (NOW - TICK, NOW + HOUR):
        await books.reserve(at)
    rows = [row async for row in books.store.entries_of_guild(GUILD, NOW, NOW + HOUR)]
    assert [row.job_id for row in rows] == [f"many-{number}" for number in range(2500)]
    assert [row async for row in books.store.entries_of_guild(GUILD, NOW, NOW)] == []


async def test_who_goes_on_is_counted_in_a_server(tmp_path: Path) -> None:
    """Of the person and of all; what has ended, waits to be collected or is elsewhere is not."""
    async with open_store(tmp_path) as jobs, open_books(tmp_path) as books:
        for status in Status:
            await brought_to(jobs, status, folder=tmp_path, user_id=ALICE, guild_id=GUILD)
        await brought_to(jobs, Status.RUNNING, folder=tmp_path, user_id=BOB, guild_id=GUILD)
        await brought_to(jobs, Status.RUNNING, folder=tmp_path, user_id=ALICE, guild_id=OTHER_GUILD)
        await brought_to(jobs, Status.RUNNING, folder=tmp_path, user_id=ALICE, guild_id=None)
        expected = {(ALICE, GUILD): (5, 6), (BOB, GUILD): (1, 6), (BOB, OTHER_GUILD): (0, 1), (ALICE, None): (0, 0)}
        for (user_id, guild_id), (of_member, in_guild) in expected.items():
            counted = Running(of_member=of_member, in_guild=in_guild)
            assert await books.store.running(user_id=user_id, guild_id=guild_id) == counted
            assert await books.database.transact(running_of(user_id, guild_id)) == counted


def running_of(user_id: int, guild_id: int | None) -> Callable[[sqlite3.Connection], Any]:
    return lambda open_one: ledger.running(open_one, user_id=user_id, guild_id=guild_id)


async def test_two_processes_on_one_file_never_admit_one_too_many(tmp_path: Path) -> None:
    """Sums and reservation stand in one transaction: of forty at once exactly five see room."""
    async with open_books(tmp_path) as one, open_books(tmp_path) as other:

        async def admit(books: Books, number: int) -> bool:
            asking = Asking(user_id=ALICE, guild_id=GUILD, channel_id=CHANNEL, credits=PRICE)
            window = since_then(OF_ALICE, NOW - DAY)

            def work(open_one: sqlite3.Connection) -> bool:
                if (ledger.sums(open_one, [window], now=NOW))[window].images >= 5:
                    return False
                ledger.reserve(open_one, job_id=f"crowd-{number}", asking=asking, at=NOW)
                return True

            return await books.database.transact(work)

        admitted = await asyncio.gather(*(admit((one, other)[number % 2], number) for number in range(40)))
        assert sum(admitted) == 5
        assert await one.usage() == await other.usage() == Usage(images=5, credits=5 * PRICE)
