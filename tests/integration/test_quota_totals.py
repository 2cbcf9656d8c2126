"""The operator's total on a real database: when nothing fits into it any more, and when something does again."""

import contextlib
import dataclasses
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import errors
from bot.app_parts.limits import Quotas
from bot.jobs.model import Asker, Drawing, Job, Quality, Request, Status
from bot.quota.model import MILLIONTHS, ByHand, Period, Rule, Scope, Subject, Unit, Usage, Whose
from bot.quota.totals import Totals
from bot.settings import DEFAULT_PRICES
from bot.store.jobs import JobStore
from bot.store.ledger import LedgerStore
from tests.support.admissions import join_quotas
from tests.support.books import since_then
from tests.support.clock import START, ManualClock
from tests.support.stored_jobs import PLENTY, new_job, open_store, result_in

USER, GUILD, CHANNEL = 20, 30, 40
TOTAL = Subject(whose=Whose.TOTAL)
TOMORROW, NEXT_MONTH = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
HALF_K = DEFAULT_PRICES["0.5K"]


class Spender:
    """Somebody who asks for pictures, and what becomes of them."""

    def __init__(self, store: JobStore, folder: Path, **settings: Any) -> None:
        self.store = store
        self.clock = ManualClock()
        self.quotas: Quotas = join_quotas(store, self.clock, **settings)
        self.ledger = LedgerStore(store._database)
        self._folder = folder

    async def ask(self, quality: Quality = Quality.HALF_K) -> Job:
        """Ask for a picture; raises what refuses it."""
        job = new_job(user_id=USER, guild_id=GUILD)
        job = dataclasses.replace(job, created_at=self.clock.now(), drawing=Drawing(prompt="x", quality=quality))
        asker = Asker(user_id=USER, guild_id=GUILD, channel_id=CHANNEL)
        request = Request(
            origin_id=job.origin_id,
            user_id=USER,
            guild_id=GUILD,
            asker=asker,
            drawing=job.drawing,
            route=job.route,
        )
        await self.quotas.admission.insert(job, request, max_waiting=PLENTY)
        return job

    async def refused(self, quality: Quality = Quality.HALF_K) -> type[Exception]:
        with pytest.raises(errors.Refusal) as caught:
            await self.ask(quality)
        return caught.type

    async def deliver(self, job: Job, credits_used: float) -> None:
        for step in (Status.SUBMITTING, Status.RUNNING, Status.DELIVERING, Status.DELIVERED):
            learnt: dict[str, Any] = {}
            if step is Status.DELIVERING:
                learnt = {"result": result_in(self._folder, job.id), "credits_used": credits_used}
            moved = await self.store.move(job, step, **learnt)
            assert moved is not None
            job = moved

    async def fail(self, job: Job) -> None:
        moved = await self.store.move(job, Status.SUBMITTING)
        assert moved is not None
        await self.store.move(moved, Status.FAILED)

    async def look(self) -> None:
        """Let the watch look once, as it does every minute."""
        async with self.quotas.spending.running():
            await self.clock.run_until(lambda: self.clock.sleepers > 0, step_s=0)

    @property
    def news(self) -> list[bool]:
        """Return whether a stop was told to hold, each time something was told."""
        announced: Any = self.quotas.spending._announce
        return [each.holds for each in announced.__self__]


@contextlib.asynccontextmanager
async def open_spender(folder: Path, **settings: Any) -> AsyncGenerator[Spender, None]:
    async with open_store(folder) as store:
        yield Spender(store, folder, **settings)


async def test_what_is_only_held_begins_no_stop(tmp_path: Path) -> None:
    """Two that go on fill the total: the third is refused by it, and has room when one of them comes to nothing."""
    async with open_spender(tmp_path, total_credits_per_day="6") as spender:
        held = [await spender.ask(), await spender.ask()]
        for _ in range(2):
            assert await spender.refused() is errors.LimitReached
        assert spender.news == []
        await spender.fail(held[0])
        await spender.ask()


async def test_what_was_delivered_begins_a_stop(tmp_path: Path) -> None:
    """With the first refusal after it; the next one is told of nothing else."""
    async with open_spender(tmp_path, total_credits_per_day="6") as spender:
        for _ in range(2):
            await spender.deliver(await spender.ask(), 2.8398)
        assert await spender.refused() is errors.LimitReached
        assert await spender.refused() is errors.SpendingStopped
        assert spender.news == [True]


async def test_a_picture_that_is_too_dear_for_what_is_left_begins_no_stop(tmp_path: Path) -> None:
    """A cheaper one can be made."""
    async with open_spender(tmp_path, total_credits_per_day="6") as spender:
        await spender.deliver(await spender.ask(), 2.8398)
        assert await spender.refused(Quality.FOUR_K) is errors.LimitReached
        await spender.ask()
        assert spender.news == []


async def test_a_stop_ends_within_a_minute_where_the_total_has_room_again(tmp_path: Path) -> None:
    """By a correction, say; and it is told."""
    async with open_spender(tmp_path, total_credits_per_month="6") as spender:
        for _ in range(2):
            await spender.deliver(await spender.ask(), 2.8398)
        await spender.refused()
        assert await spender.refused() is errors.SpendingStopped
        await spender.look()
        assert await spender.refused() is errors.SpendingStopped
        correction = ByHand(guild_id=GUILD, user_id=USER, credits=-HALF_K, by_id=0)
        await spender.ledger.adjust(correction, at=spender.clock.now())
        await spender.look()
        await spender.ask()
        assert spender.news == [True, False]


async def test_a_total_that_was_raised_has_room_at_once(tmp_path: Path) -> None:
    """The look at the start knows the new settings."""
    async with open_spender(tmp_path, total_credits_per_day="6") as spender:
        for _ in range(2):
            await spender.deliver(await spender.ask(), 2.8398)
        await spender.refused()
    async with open_spender(tmp_path, total_credits_per_day="60") as spender:
        await spender.look()
        assert spender.news == [False]
        await spender.ask()


@pytest.mark.parametrize(
    ("limits", "until"),
    [
        ({}, None),
        ({Period.DAY: 8}, None),
        ({Period.DAY: 7}, TOMORROW),
        ({Period.DAY: 7, Period.MONTH: 8}, TOMORROW),
        ({Period.DAY: 7, Period.MONTH: 7}, NEXT_MONTH),
        ({Period.DAY: 8, Period.MONTH: 7}, NEXT_MONTH),
        ({Period.DAY: 0}, TOMORROW),
    ],
)
async def test_totals_are_used_up_until_the_last_of_them_begins_anew(
    limits: dict[Period, int], until: datetime | None, tmp_path: Path
) -> None:
    """Five credits are spent, and the cheapest picture costs nearly three."""
    async with open_spender(tmp_path) as spender:
        await spender.deliver(await spender.ask(), 5.0)
        rules = [
            Rule(scope=Scope.OPERATOR_TOTAL, unit=Unit.CREDITS, period=period, limit=limit * MILLIONTHS)
            for period, limit in limits.items()
        ]
        totals = Totals(operator=tuple(rules), ledger=spender.ledger, cheapest=HALF_K, clock=spender.clock)
        assert await totals.used_up_until() == until


def usage_of(n_pictures: int) -> Usage:
    return Usage(images=n_pictures, credits=n_pictures * HALF_K)


async def test_what_is_settled_is_all_but_what_jobs_hold_that_go_on(tmp_path: Path) -> None:
    """Of any status; a picture that waits to be collected was made and has cost what it cost."""
    async with open_spender(tmp_path) as spender:
        asked = [await spender.ask() for _ in Status]
        for job, status in zip(asked, Status, strict=True):
            await spender.store._database.write("UPDATE jobs SET status = ? WHERE id = ?", (status, job.id))
        window = since_then(TOTAL, START)
        assert (await spender.ledger.sums([window], now=START))[window] == usage_of(len(Status))
        assert (await spender.ledger.settled([window], now=START))[window] == usage_of(len(Status) - 5)
        later = since_then(TOTAL, TOMORROW)
        assert (await spender.ledger.settled([later], now=START))[later] == Usage()
        assert await spender.ledger.settled([], now=START) == {}
