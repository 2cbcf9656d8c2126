"""The operator's brake: begun by an empty account or a reached total, outliving the process, ending by itself."""

import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import errors
from bot.quota.model import MILLIONTHS
from bot.quota.spending import BELIEVED_FOR_S, LOOK_EVERY_S, READ_CREDITS_EVERY_S, Cause, News, SpendingStop
from bot.store.database import Database
from bot.store.meta import MetaStore
from tests.support.clock import START, ManualClock

ENOUGH = 10 * MILLIONTHS
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

    def __init__(self, database: Database, clock: ManualClock, account: Account, *, limits: str = "") -> None:
        self.news: list[News] = []
        self.stop = SpendingStop(
            meta=MetaStore(database),
            clock=clock,
            announce=self.news.append,
            read_credits=account.read,
            enough=ENOUGH,
            limits=limits,
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
        self._folder = folder
        self._stack = stack

    async def process(self, *, limits: str = "") -> Process:
        database = await Database.open(self._folder / "imagebot.sqlite3")
        self._stack.push_async_callback(database.close)
        return Process(database, self.clock, self.account, limits=limits)

    async def pass_time(self, seconds: float) -> None:
        """Move time as far as said, in steps that give the background tasks their turns."""
        end = self.clock.monotonic() + seconds
        await self.clock.run_until(lambda: self.clock.monotonic() >= end, step_s=LOOK_EVERY_S / 2, limit_s=10 * seconds)


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
    await process.stop.note_total_reached(TOMORROW)
    await process.stop.note_total_reached(TOMORROW)
    assert await process.refused_until() == TOMORROW
    assert process.news == [News(holds=True, cause=Cause.TOTAL, until=TOMORROW)]
    await world.clock.advance((TOMORROW - START).total_seconds())
    await process.stop.refuse_if_stopped()


async def test_a_total_of_the_month_prolongs_that_of_the_day(world: World) -> None:
    """Without another announcement; the shorter one takes nothing back."""
    process = await world.process()
    next_month = TOMORROW + timedelta(days=8)
    await process.stop.note_total_reached(TOMORROW)
    await process.stop.note_total_reached(next_month)
    await process.stop.note_total_reached(TOMORROW)
    assert await process.refused_until() == next_month
    assert len(process.news) == 1


async def test_a_total_whose_day_is_over_stops_nothing(world: World) -> None:
    """A decision may be a moment old when it is noted."""
    process = await world.process()
    await process.stop.note_total_reached(START)
    await process.stop.refuse_if_stopped()
    assert process.news == []


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


async def test_of_two_processes_that_meet_it_one_announces_it(world: World) -> None:
    """The beginning, and the end."""
    first, second = await world.process(), await world.process()
    await first.stop.note_payment_required()
    await second.stop.note_payment_required()
    assert len(first.news + second.news) == 1
    world.account.credits = 500.0
    async with first.stop.running(), second.stop.running():
        await world.clock.run_until(lambda: len(first.news + second.news) >= 2, step_s=LOOK_EVERY_S)
        await world.pass_time(3 * LOOK_EVERY_S)
    assert sorted(news.holds for news in first.news + second.news) == [False, True]


async def test_it_ends_when_the_credits_suffice_for_any_picture(world: World) -> None:
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
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S / 2)
        assert world.account.n_reads == 2
    await process.stop.refuse_if_stopped()
    assert process.news[-1] == News(holds=False, cause=Cause.ACCOUNT, until=None)


async def test_a_new_process_reads_the_credits_at_once(world: World) -> None:
    """Whoever has paid and starts the bot again waits for nothing."""
    await (await world.process()).stop.note_payment_required()
    world.account.credits = 500.0
    process = await world.process()
    async with process.stop.running():
        await world.clock.run_until(lambda: bool(process.news), step_s=0.1, limit_s=LOOK_EVERY_S)


async def test_credits_that_cannot_be_read_change_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nor do those that the provider does not tell."""
    process = await world.process()
    await process.stop.note_payment_required()
    world.account.is_away = True
    async with process.stop.running():
        await world.clock.run_until(lambda: "not looked after" in caplog.text, step_s=LOOK_EVERY_S)
        world.account.is_away, world.account.credits = False, None
        await world.pass_time(2 * READ_CREDITS_EVERY_S)
        assert await process.refused_until() is None
        world.account.credits = 500.0
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S)


async def test_nobody_reads_credits_while_they_do_not_matter(world: World) -> None:
    """Without a stop, and while a total is reached."""
    process = await world.process()
    async with process.stop.running():
        await process.stop.note_total_reached(TOMORROW)
        await world.pass_time(3 * READ_CREDITS_EVERY_S)
    assert world.account.n_reads == 0


async def test_the_new_day_is_announced(world: World) -> None:
    """By the look after it, once."""
    process = await world.process()
    await process.stop.note_total_reached(TOMORROW)
    async with process.stop.running():
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S * 10, limit_s=24 * 3600)
        await world.pass_time(3 * LOOK_EVERY_S)
    assert process.news[1:] == [News(holds=False, cause=Cause.TOTAL, until=None)]


async def test_a_total_that_is_reached_again_is_announced_again(world: World) -> None:
    """Though nobody has looked after the first one."""
    process = await world.process()
    await process.stop.note_total_reached(TOMORROW)
    await world.clock.advance((TOMORROW - START).total_seconds())
    day_after = TOMORROW + timedelta(days=1)
    await process.stop.note_total_reached(day_after)
    assert await process.refused_until() == day_after
    assert [news.until for news in process.news] == [TOMORROW, day_after]


async def test_with_two_causes_there_is_one_beginning_and_one_end(world: World) -> None:
    """And as long as one of them has no known end, neither has the whole."""
    process = await world.process()
    await process.stop.note_total_reached(TOMORROW)
    await process.stop.note_payment_required()
    assert await process.refused_until() is None
    async with process.stop.running():
        world.account.credits = 500.0
        await world.pass_time(2 * READ_CREDITS_EVERY_S)
        assert await process.refused_until() == TOMORROW
        assert [news.holds for news in process.news] == [True]
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S * 10, limit_s=24 * 3600)
    await process.stop.refuse_if_stopped()
    assert [news.holds for news in process.news] == [True, False]


async def test_a_total_of_other_settings_is_over(world: World) -> None:
    """An operator who raises it and starts the bot again waits for no new day."""
    await (await world.process(limits="day=10")).stop.note_total_reached(TOMORROW)
    process = await world.process(limits="day=20")
    await process.stop.refuse_if_stopped()
    async with process.stop.running():
        await world.clock.run_until(lambda: bool(process.news), step_s=0.1, limit_s=LOOK_EVERY_S)
    assert [news.holds for news in process.news] == [False]


async def test_a_database_that_is_away_ends_no_watch(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The next look finds it again."""
    process = await world.process()
    await process.stop.note_total_reached(TOMORROW)
    other = await Database.open(world._folder / "imagebot.sqlite3")
    await other.write("ALTER TABLE meta RENAME TO away")
    async with process.stop.running():
        await world.clock.run_until(lambda: "not looked after" in caplog.text, step_s=LOOK_EVERY_S)
        await other.write("ALTER TABLE away RENAME TO meta")
        await other.close()
        await world.clock.run_until(lambda: len(process.news) == 2, step_s=LOOK_EVERY_S * 10, limit_s=24 * 3600)
