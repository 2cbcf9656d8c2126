"""The operator's brake: begun by an empty account or a reached total, outliving the process, ending by itself."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import errors
from bot.quota.model import MILLIONTHS
from bot.quota.spending import BELIEVED_FOR_S, LOOK_EVERY_S, Cause, News, SpendingStop
from bot.quota.stops import READ_CREDITS_EVERY
from bot.store.database import Database
from bot.store.meta import MetaStore
from tests.support.clock import START, ManualClock

ENOUGH = 10 * MILLIONTHS
READ_CREDITS_EVERY_S = READ_CREDITS_EVERY.total_seconds()
TOMORROW = START + timedelta(hours=15)


class Account:
    """The provider's account, as it can be read."""

    def __init__(self) -> None:
        self.credits: float | None = 0.0
        self.is_away = False
        self.n_reads = 0

    async def read(self) -> float | None:
        self.n_reads += 1
        if self.is_away:
            raise errors.ImagebotError("the provider is away")
        return self.credits


class Process:
    """One process of the bot: its brake, and what it announced."""

    def __init__(self, database: Database, world: "World", *, account: str) -> None:
        self.news: list[News] = []
        self.stop = SpendingStop(
            meta=MetaStore(database),
            clock=world.clock,
            announce=self.news.append,
            read_credits=world.account.read,
            enough=ENOUGH,
            account=account,
            total_used_up_until=world.total_used_up_until,
        )

    async def refused_until(self) -> datetime | None:
        """Return when the stop says that it ends; AssertionError where none holds."""
        with pytest.raises(errors.SpendingStopped) as caught:
            await self.stop.refuse_if_stopped()
        return caught.value.until


class World:
    """A database with processes on it, each with a connection of its own."""

    def __init__(self, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self.clock = ManualClock()
        self.account = Account()
        self.used_up_until: datetime | None = None
        """Of the operator's totals, what the ledger says."""
        self._folder = folder
        self._stack = stack

    async def process(self, *, account: str = "an account") -> Process:
        database = await Database.open(self._folder / "imagebot.sqlite3")
        self._stack.push_async_callback(database.close)
        return Process(database, self, account=account)

    async def total_used_up_until(self) -> datetime | None:
        """Return it as it is now: a total begins anew by the clock."""
        is_over = self.used_up_until is not None and self.used_up_until <= self.clock.now()
        return None if is_over else self.used_up_until

    async def use_up(self, process: Process, until: datetime) -> None:
        """Let a total be used up, and a request be refused by it."""
        self.used_up_until = until
        await process.stop.note_total_refused()

    async def pass_time(self, seconds: float) -> None:
        """Move time as far as said, and let the watches come to the end of each look."""
        end = self.clock.monotonic() + seconds
        while True:
            n_watches = sum(task.get_name() == "spending stop" for task in asyncio.all_tasks())
            await self.clock.run_until(lambda n=n_watches: self.clock.sleepers >= n, step_s=0)
            if self.clock.monotonic() >= end:
                return
            await self.clock.advance(min(LOOK_EVERY_S, end - self.clock.monotonic()))


@pytest.fixture(name="world")
async def _world(tmp_path: Path) -> AsyncGenerator[World, None]:
    async with contextlib.AsyncExitStack() as stack:
        yield World(tmp_path, stack)


async def test_money_may_be_spent_where_nothing_says_otherwise(world: World) -> None:
    """The usual case."""
    process = await world.process()
    await process.stop.refuse_if_stopped()


async def test_an_empty_account_stops_new_jobs(world: World) -> None:
    """Nobody knows for how long; it is announced once, however many jobs meet it."""
    process = await world.process()
    for _ in range(3):
        await process.stop.note_payment_required()
    assert await process.refused_until() is None
    assert process.news == [News(holds=True, cause=Cause.ACCOUNT, until=None)]


async def test_a_total_that_is_reached_stops_new_jobs_until_the_next_day(world: World) -> None:
    """By the clock, whether or not anybody looks after it."""
    process = await world.process()
    await world.use_up(process, TOMORROW)
    await world.use_up(process, TOMORROW)
    assert await process.refused_until() == TOMORROW
    assert process.news == [News(holds=True, cause=Cause.TOTAL, until=TOMORROW)]
    await world.clock.advance((TOMORROW - START).total_seconds())
    await process.stop.refuse_if_stopped()


async def test_a_total_of_the_month_prolongs_that_of_the_day(world: World) -> None:
    """By a request that is refused, or by the look, and shortens it again; without another announcement."""
    process = await world.process()
    next_month = TOMORROW + timedelta(days=8)
    await world.use_up(process, TOMORROW)
    await world.use_up(process, next_month)
    assert await process.refused_until() == next_month
    async with process.stop.running():
        world.used_up_until = TOMORROW
        await world.pass_time(2 * LOOK_EVERY_S)
    assert await process.refused_until() == TOMORROW
    assert len(process.news) == 1


async def test_a_total_that_only_refuses_what_is_dear_stops_nothing(world: World) -> None:
    """Or whose room is held by jobs that go on, and may be given back: whoever is refused is told of that limit."""
    process = await world.process()
    await process.stop.note_total_refused()
    await process.stop.refuse_if_stopped()
    assert process.news == []


async def test_a_total_that_has_room_again_is_announced_at_once(world: World) -> None:
    """Something was given back, corrected or settled for less, or the operator has raised the total."""
    process = await world.process()
    await world.use_up(process, TOMORROW)
    async with process.stop.running():
        await world.pass_time(3 * LOOK_EVERY_S)
        assert len(process.news) == 1
        world.used_up_until = None
        await world.pass_time(LOOK_EVERY_S)
    await process.stop.refuse_if_stopped()
    assert process.news[1] == News(holds=False, cause=Cause.TOTAL, until=None)


async def test_a_stop_outlives_the_process(world: World) -> None:
    """And is announced by the one that began it alone."""
    await (await world.process()).stop.note_payment_required()
    next_one = await world.process()
    assert await next_one.refused_until() is None
    assert next_one.news == []


async def test_another_process_sees_a_stop_within_a_second(world: World) -> None:
    """Though it looked a moment before."""
    first, second = await world.process(), await world.process()
    await second.stop.refuse_if_stopped()
    await first.stop.note_payment_required()
    await world.clock.advance(BELIEVED_FOR_S)
    assert await second.refused_until() is None


async def let_in(process: Process) -> bool:
    try:
        await process.stop.refuse_if_stopped()
    except errors.SpendingStopped:
        return False
    return True


async def minutes_until_let_in(world: World, process: Process) -> int:
    """Return after how many minutes jobs are let in to see what the provider says."""
    begun = world.clock.monotonic()
    while not await let_in(process):
        await world.pass_time(LOOK_EVERY_S)
    return round((world.clock.monotonic() - begun) / 60)


async def test_of_two_processes_that_meet_it_one_announces_it(world: World) -> None:
    """The beginning, and the end; whichever of them sees that the provider takes jobs again."""
    first, second = await world.process(), await world.process()
    await first.stop.note_payment_required()
    await second.stop.note_payment_required()
    assert len(first.news + second.news) == 1
    world.account.credits = 500.0
    async with first.stop.running(), second.stop.running():
        await minutes_until_let_in(world, second)
        await world.pass_time(3 * LOOK_EVERY_S)
    assert world.account.n_reads == 1
    for process in (second, first):
        await process.stop.note_taken()
    assert sorted(news.holds for news in first.news + second.news) == [False, True]


async def test_jobs_are_let_in_when_the_credits_suffice_for_any_picture(world: World) -> None:
    """They are read every ten minutes, and not before: the account was empty a moment ago."""
    process = await world.process()
    await process.stop.note_payment_required()
    world.account.credits = 9.999999
    async with process.stop.running():
        await world.pass_time(READ_CREDITS_EVERY_S - LOOK_EVERY_S)
        assert world.account.n_reads == 0
        await world.pass_time(2 * LOOK_EVERY_S)
        assert world.account.n_reads == 1
        assert await process.refused_until() is None
        world.account.credits = 10.0
        assert 8 <= await minutes_until_let_in(world, process) <= 10
        assert world.account.n_reads == 2


async def test_it_ends_when_the_provider_takes_a_job_again(world: World) -> None:
    """Not before: credits that suffice are a promise only. Whatever is taken while it holds, or later, says nothing."""
    process = await world.process()
    await process.stop.note_taken()
    await process.stop.note_payment_required()
    await process.stop.note_taken()
    assert not await let_in(process)
    world.account.credits = 500.0
    async with process.stop.running():
        await minutes_until_let_in(world, process)
    assert [news.holds for news in process.news] == [True]
    for _ in range(2):
        await process.stop.note_taken()
    assert process.news[1:] == [News(holds=False, cause=Cause.ACCOUNT, until=None)]
    await process.stop.note_payment_required()
    assert [news.holds for news in process.news] == [True, False, True]


async def test_an_account_that_says_no_though_there_are_credits_is_tried_less_and_less(world: World) -> None:
    """A key may have a quota, or a cap for the day (`stops`); nothing of it is announced again."""
    process = await world.process()
    world.account.credits = 500.0
    await process.stop.note_payment_required()
    waits: list[int] = []
    async with process.stop.running():
        for _ in range(4):
            waits.append(await minutes_until_let_in(world, process))
            for _ in range(3):  # as many were let in
                await process.stop.note_payment_required()
    assert waits[0] <= 11
    assert waits[1:] == [pytest.approx(wait, abs=2) for wait in (20, 40, 80)]
    assert len(process.news) == 1
    assert world.account.n_reads == 4


async def test_a_restart_forgets_nothing_of_it(world: World) -> None:
    """Neither how long it was to wait nor what was announced; one that has not read the credits yet does so at once."""
    process = await world.process()
    world.account.credits = 500.0
    await process.stop.note_payment_required()
    for least in (0, 18, 38):
        process = await world.process()
        async with process.stop.running():
            assert least <= await minutes_until_let_in(world, process) <= least + 4
        await process.stop.note_payment_required()
        assert process.news == []


async def test_another_account_is_tried_at_once(world: World) -> None:
    """An operator who has put in another key waits for nothing; it is announced when the provider takes a job."""
    await (await world.process(account="the old one")).stop.note_payment_required()
    process = await world.process(account="a new one")
    assert await let_in(process)
    await process.stop.note_payment_required()
    assert not await let_in(process)
    process = await world.process(account="a third one")
    assert await let_in(process)
    await process.stop.note_taken()
    assert [news.holds for news in process.news] == [False]


async def test_a_clock_that_was_set_back_prolongs_nothing(world: World) -> None:
    """The credits are read when the time has passed, whatever the clock said when it was begun."""
    process = await world.process()
    world.clock.jump(30 * 24 * 3600)
    await process.stop.note_payment_required()
    world.clock.jump(-30 * 24 * 3600)
    world.account.credits = 500.0
    async with process.stop.running():
        assert await minutes_until_let_in(world, process) <= 11


async def test_a_new_process_reads_the_credits_at_once(world: World) -> None:
    """Whoever has paid and starts the bot again waits for nothing."""
    await (await world.process()).stop.note_payment_required()
    world.account.credits = 500.0
    process = await world.process()
    async with process.stop.running():
        assert await minutes_until_let_in(world, process) <= 1


async def test_credits_that_cannot_be_read_change_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nor do those that the provider does not tell."""
    process = await world.process()
    await process.stop.note_payment_required()
    world.account.is_away = True
    async with process.stop.running():
        await world.clock.run_until(lambda: "background work failed" in caplog.text, step_s=LOOK_EVERY_S)
        world.account.is_away, world.account.credits = False, None
        await world.pass_time(2 * READ_CREDITS_EVERY_S)
        assert not await let_in(process)
        world.account.credits = 500.0
        await minutes_until_let_in(world, process)


async def test_nobody_reads_credits_while_they_do_not_matter(world: World) -> None:
    """Without a stop, and while a total is reached."""
    process = await world.process()
    async with process.stop.running():
        await world.use_up(process, TOMORROW)
        await world.pass_time(3 * READ_CREDITS_EVERY_S)
    assert world.account.n_reads == 0


async def test_the_new_day_is_announced(world: World) -> None:
    """By the look after it, once."""
    process = await world.process()
    await world.use_up(process, TOMORROW)
    async with process.stop.running():
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S * 10, limit_s=24 * 3600)
        await world.pass_time(3 * LOOK_EVERY_S)
    assert process.news[1:] == [News(holds=False, cause=Cause.TOTAL, until=None)]


async def test_a_total_that_is_reached_again_is_announced_again(world: World) -> None:
    """Though nobody has looked after the first one."""
    process = await world.process()
    await world.use_up(process, TOMORROW)
    await world.clock.advance((TOMORROW - START).total_seconds())
    day_after = TOMORROW + timedelta(days=1)
    await world.use_up(process, day_after)
    assert await process.refused_until() == day_after
    assert [news.until for news in process.news] == [TOMORROW, day_after]


async def test_with_two_causes_there_is_one_beginning_and_one_end(world: World) -> None:
    """And as long as one of them has no known end, neither has the whole."""
    process = await world.process()
    await world.use_up(process, TOMORROW)
    await process.stop.note_payment_required()
    assert await process.refused_until() is None
    async with process.stop.running():
        world.account.credits = 500.0
        await world.pass_time(2 * READ_CREDITS_EVERY_S)
        await process.stop.note_taken()
        assert await process.refused_until() == TOMORROW
        assert [news.holds for news in process.news] == [True]
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S * 10, limit_s=24 * 3600)
    await process.stop.refuse_if_stopped()
    assert [news.holds for news in process.news] == [True, False]


async def test_a_database_that_is_away_ends_no_watch(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The next look finds it again."""
    process = await world.process()
    await world.use_up(process, TOMORROW)
    other = await Database.open(world._folder / "imagebot.sqlite3")
    await other.write("ALTER TABLE meta RENAME TO away")
    async with process.stop.running():
        await world.clock.run_until(lambda: "background work failed" in caplog.text, step_s=LOOK_EVERY_S)
        await other.write("ALTER TABLE away RENAME TO meta")
        await other.close()
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S * 10, limit_s=24 * 3600)
