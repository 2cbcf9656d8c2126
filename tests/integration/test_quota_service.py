"""Quotas as they are administered and told, on a real database."""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import errors
from bot.jobs.model import Quality, Status
from bot.quota.budget import BudgetWatch
from bot.quota.model import (
    MAX_CREDITS,
    MAX_IMAGES,
    MILLIONTHS,
    Asking,
    ByHand,
    Period,
    Rule,
    Scope,
    Subject,
    Unit,
    Whose,
)
from bot.quota.service import QuotaService
from bot.quota.standing import Decision, Standing
from bot.settings import DEFAULT_PRICES
from bot.store import ledger
from bot.store.admin_log import AdminLogStore
from bot.store.budget import BudgetStore
from bot.store.database import Database
from bot.store.ledger import LedgerStore
from bot.store.rules import RuleStore
from tests.support.clock import START, ManualClock

GUILD, CHANNEL, ALICE, BOB, BOSS, ROLE = 30, 40, 20, 21, 9, 7
MEMBER = Subject(whose=Whose.MEMBER, guild_id=GUILD, id=ALICE)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
PRICE = DEFAULT_PRICES["2K"]


def rule(limit: int | None, *, scope: Scope = Scope.DEFAULT, unit: Unit = Unit.IMAGES, **changes: Any) -> Rule:
    facts = {"scope": scope, "unit": unit, "period": Period.DAY, "limit": limit, **changes}
    return Rule(**facts)


def asking(**changes: Any) -> Asking:
    facts = {"user_id": ALICE, "guild_id": GUILD, "channel_id": CHANNEL, "credits": PRICE, **changes}
    return Asking(**facts)


def by_hand(**changes: Any) -> ByHand:
    return ByHand(guild_id=GUILD, user_id=ALICE, by_id=BOSS, **changes)


class Bench:
    """The service on a database that a test can put usage into."""

    def __init__(self, database: Database, *, operator: tuple[Rule, ...] = ()) -> None:
        self.database = database
        self.clock = ManualClock()
        rules, ledger_ = RuleStore(database), LedgerStore(database)
        watch = BudgetWatch(
            rules=rules,
            ledger=ledger_,
            store=BudgetStore(database),
            clock=self.clock,
            cheapest=DEFAULT_PRICES["0.5K"],
        )
        self.quotas = QuotaService(
            rules=rules,
            ledger=ledger_,
            budget=watch,
            clock=self.clock,
            operator=operator,
            default_images_per_day=10,
            prices=DEFAULT_PRICES,
        )
        self.n_jobs = 0

    async def use(self, n_jobs: int = 1, **changes: Any) -> list[str]:
        """Reserve for as many jobs, and return their ids."""
        ids: list[str] = []
        for _ in range(n_jobs):
            self.n_jobs += 1
            ids.append(f"{self.n_jobs:016x}")

            def reserve(connection: Any, job_id: str = ids[-1]) -> None:
                ledger.reserve(connection, job_id=job_id, asking=asking(**changes), at=self.clock.now())

            await self.database.transact(reserve)
        return ids

    async def release(self, job_id: str) -> None:
        def follow(connection: Any) -> None:
            ledger.follow(connection, job_id=job_id, status=Status.FAILED, credits_used=None, at=self.clock.now())

        await self.database.transact(follow)

    async def set(self, limit: int | None, **changes: Any) -> None:
        await self.quotas.set_rule(GUILD, rule(limit, **changes), by_id=BOSS)

    async def decide(self, **changes: Any) -> Decision:
        return (await self.quotas.overview(asking(**changes), zone=UTC)).decision

    async def explained(self, *, quality: Quality | None = None, **changes: Any) -> errors.Refusal:
        return await self.quotas.explain(await self.decide(**changes), asking(**changes), quality=quality)

    async def warned(self) -> list[tuple[int, int]]:
        """Return the levels and the usage of the warnings that are due now."""
        return [(each.percent, each.used) for each in await self.quotas.warnings_due(GUILD, zone=UTC)]


@contextlib.asynccontextmanager
async def open_bench(folder: Path, **options: Any) -> AsyncGenerator[Bench, None]:
    database = await Database.open(folder / "imagebot.sqlite3")
    try:
        yield Bench(database, **options)
    finally:
        await database.close()


@pytest.fixture(name="bench")
async def _bench(tmp_path: Path) -> AsyncGenerator[Bench, None]:
    async with open_bench(tmp_path) as bench:
        yield bench


def numbers(standings: tuple[Standing, ...]) -> list[tuple[int, int | None, int | None]]:
    return [(standing.used, standing.limit, standing.left) for standing in standings]


async def test_a_rule_is_set_changed_and_removed(bench: Bench) -> None:
    """Each time with what was before."""
    first = await bench.quotas.set_rule(GUILD, rule(10), by_id=BOSS)
    second = await bench.quotas.set_rule(GUILD, rule(20, rolling=True), by_id=BOSS)
    await bench.quotas.set_rule(GUILD, rule(None, unit=Unit.CREDITS), by_id=BOSS)
    assert (first.before, first.after) == (None, rule(10))
    assert (second.before, second.after) == (rule(10), rule(20, rolling=True))
    assert await bench.quotas.remove_rules(GUILD, Scope.DEFAULT, unit=Unit.IMAGES, by_id=BOSS) == [
        rule(20, rolling=True)
    ]
    assert await bench.quotas.list_rules(GUILD) == [rule(None, unit=Unit.CREDITS)]
    assert await bench.quotas.remove_rules(GUILD, Scope.USER, ALICE, by_id=BOSS) == []


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (rule(-1), "limit_negative"),
        (rule(MAX_IMAGES + 1), "limit_too_high"),
        (rule(MAX_CREDITS + 1, unit=Unit.CREDITS), "limit_too_high"),
    ],
)
async def test_a_limit_that_cannot_be_is_not_set(bad: Rule, what: str, bench: Bench) -> None:
    """Wherever it comes from; nothing is changed and nothing is in the log."""
    with pytest.raises(errors.BadSetting) as caught:
        await bench.quotas.set_rule(GUILD, bad, by_id=BOSS)
    assert caught.value.what == what
    assert await bench.quotas.list_rules(GUILD) == []
    assert await AdminLogStore(bench.database).page(GUILD, None, 10) == []


async def test_no_administrator_sets_a_rule_of_the_operator(bench: Bench) -> None:
    """That would be a fault of ours."""
    with pytest.raises(ValueError, match="settings"):
        await bench.quotas.set_rule(GUILD, rule(1, scope=Scope.OPERATOR_TOTAL), by_id=BOSS)


async def test_a_grant_is_told_by_what_was_left_and_is_left(bench: Bench) -> None:
    """Of the member's own limits; ceilings stand beside them unchanged."""
    await bench.set(3)
    await bench.set(5, scope=Scope.GUILD)
    await bench.use(3)
    change = await bench.quotas.grant(by_hand(images=2), zone=UTC)
    assert numbers(change.before) == [(3, 3, 0), (3, 5, 2)]
    assert numbers(change.after) == [(3, 5, 2), (3, 5, 2)]
    assert (await bench.decide()).admitted


async def test_a_grant_follows_the_roles_a_member_has(bench: Bench) -> None:
    """As the caller knows them."""
    await bench.set(4, scope=Scope.ROLE, subject_id=ROLE)
    change = await bench.quotas.grant(by_hand(images=1), zone=UTC, role_ids=frozenset({ROLE}))
    assert [(each.rule.scope, each.left) for each in change.after] == [(Scope.ROLE, 5)]


async def test_usage_is_corrected_by_the_difference(bench: Bench) -> None:
    """In pictures, credits, or both."""
    await bench.use(2)
    change = await bench.quotas.adjust(by_hand(images=-1, credits=-PRICE, why="a gift"), zone=UTC)
    assert (numbers(change.before), numbers(change.after)) == ([(2, 10, 8)], [(1, 10, 9)])


@pytest.mark.parametrize(
    ("subject", "scope", "subject_id"),
    [
        (MEMBER, Scope.USER, ALICE),
        (Subject(whose=Whose.CHANNEL, guild_id=GUILD, id=CHANNEL), Scope.CHANNEL, CHANNEL),
        (Subject(whose=Whose.GUILD, guild_id=GUILD), Scope.GUILD, None),
    ],
)
async def test_a_reset_sets_back_one_subject_alone(
    subject: Subject, scope: Scope, subject_id: int | None, bench: Bench
) -> None:
    """And tells of its own limits only."""
    for each, of in ((Scope.USER, ALICE), (Scope.CHANNEL, CHANNEL), (Scope.GUILD, None)):
        await bench.set(6, scope=each, subject_id=of)
    await bench.use(4)
    change = await bench.quotas.reset(subject, by_id=BOSS, zone=UTC)
    assert (numbers(change.before), numbers(change.after)) == ([(4, 6, 2)], [(0, 6, 6)])
    standings = (await bench.decide()).standings
    assert {each.rule.scope: each.used for each in standings} == {
        other: 0 if other is scope else 4 for other in (Scope.USER, Scope.CHANNEL, Scope.GUILD)
    }


async def test_a_reset_of_the_server_leaves_the_operators_ceiling_as_it_is(tmp_path: Path) -> None:
    """Nor is it told as changed; it stands beside the server's own where both are shown."""
    async with open_bench(tmp_path, operator=(rule(5, scope=Scope.OPERATOR_GUILD),)) as bench:
        await bench.set(4, scope=Scope.GUILD)
        await bench.use(3)
        server = Subject(whose=Whose.GUILD, guild_id=GUILD)
        change = await bench.quotas.reset(server, by_id=BOSS, zone=UTC)
        assert [each.rule.scope for each in (*change.before, *change.after)] == [Scope.GUILD, Scope.GUILD]
        shown = await bench.quotas.standings_of(server, zone=UTC)
        assert [(each.rule.scope, each.used) for each in shown] == [(Scope.GUILD, 0), (Scope.OPERATOR_GUILD, 3)]
        await bench.use(2)
        refusal = await bench.explained()
        assert isinstance(refusal, errors.LimitReached)
        assert (refusal.scope, refusal.used) == (Scope.OPERATOR_GUILD, 5)


async def test_a_subject_stands_with_its_own_limits(bench: Bench) -> None:
    """Whether or not it has used anything."""
    await bench.set(6, scope=Scope.CHANNEL, subject_id=CHANNEL)
    channel = Subject(whose=Whose.CHANNEL, guild_id=GUILD, id=CHANNEL)
    assert numbers(await bench.quotas.standings_of(channel, zone=UTC)) == [(0, 6, 6)]
    assert numbers(await bench.quotas.standings_of(MEMBER, zone=UTC)) == [(0, 10, 10)]


async def test_the_overview_says_when_each_rule_begins_anew(bench: Bench) -> None:
    """By the calendar with the window; a rolling one when the oldest leaves it; an unused one not at all."""
    await bench.set(5)
    await bench.set(5, period=Period.WEEK, rolling=True)
    await bench.set(5, scope=Scope.CHANNEL, subject_id=CHANNEL)
    await bench.use(channel_id=CHANNEL + 1)
    await bench.clock.advance(600)
    overview = await bench.quotas.overview(asking(), zone=UTC)
    assert overview.decision.admitted
    assert {(each.rule.scope, each.rule.period): at for each, at in overview.resets_at.items()} == {
        (Scope.DEFAULT, Period.DAY): MIDNIGHT,
        (Scope.DEFAULT, Period.WEEK): START + timedelta(days=7),
        (Scope.CHANNEL, Period.DAY): None,
    }


async def test_the_days_of_a_server_are_those_of_its_zone(bench: Bench) -> None:
    """Half past nine in the evening of Auckland, half an hour before the day ends there."""
    await bench.use()
    overview = await bench.quotas.overview(asking(), zone=ZoneInfo("Pacific/Auckland"))
    [at] = overview.resets_at.values()
    assert at == datetime(2026, 11, 22, 11, tzinfo=UTC)


async def test_outside_of_servers_the_operators_rules_hold_alone(tmp_path: Path) -> None:
    """No server is asked."""
    async with open_bench(tmp_path, operator=(rule(2, scope=Scope.OPERATOR_DIRECT),)) as bench:
        await bench.use(guild_id=None)
        decision = await bench.decide(guild_id=None)
        assert numbers(decision.standings) == [(1, 2, 1)]


async def test_a_refusal_is_explained_with_its_numbers(bench: Bench) -> None:
    """The limit with what was granted to it."""
    await bench.set(2, scope=Scope.USER, subject_id=ALICE)
    await bench.quotas.grant(by_hand(images=1), zone=UTC)
    await bench.use(3)
    refusal = await bench.explained()
    assert isinstance(refusal, errors.LimitReached)
    assert (refusal.scope, refusal.subject_id, refusal.period) == (Scope.USER, ALICE, Period.DAY)
    assert (refusal.limit, refusal.granted, refusal.used, refusal.needed) == (3, 1, 3, 1)
    assert (refusal.resets_at, refusal.rolling, refusal.fits) == (MIDNIGHT, False, None)


async def test_a_rolling_limit_has_room_when_enough_has_left_it(bench: Bench) -> None:
    """What was given back is not waited for."""
    await bench.set(2, rolling=True)
    [given_back] = await bench.use()
    await bench.release(given_back)
    await bench.clock.advance(60)
    await bench.use()
    await bench.clock.advance(60)
    await bench.use()
    refusal = await bench.explained()
    assert isinstance(refusal, errors.LimitReached)
    assert refusal.rolling
    assert refusal.resets_at == START + timedelta(seconds=60, days=1)
    await bench.clock.advance(24 * 3600 - 61)
    assert not (await bench.decide()).admitted
    await bench.clock.advance(1)
    assert (await bench.decide()).admitted


async def test_a_request_beyond_the_whole_limit_has_no_time(bench: Bench) -> None:
    """Waiting would be in vain."""
    await bench.set(MILLIONTHS, unit=Unit.CREDITS)
    refusal = await bench.explained(quality=Quality.TWO_K)
    assert isinstance(refusal, errors.LimitReached)
    assert (refusal.resets_at, refusal.fits) == (None, None)


@pytest.mark.parametrize(
    ("left", "quality", "fits"),
    [
        (9_580_099, Quality.FOUR_K, Quality.TWO_K),
        (6_386_699, Quality.FOUR_K, Quality.ONE_K),
        (4_257_799, Quality.FOUR_K, Quality.HALF_K),
        (2_839_799, Quality.FOUR_K, None),
        (4_257_800, Quality.TWO_K, Quality.ONE_K),
        (2_839_799, Quality.HALF_K, None),
    ],
)
async def test_the_best_quality_that_fits_is_named(
    left: int, quality: Quality, fits: Quality | None, bench: Bench
) -> None:
    """By the price table, to the millionth."""
    await bench.set(left, unit=Unit.CREDITS)
    refusal = await bench.explained(quality=quality, credits=DEFAULT_PRICES[quality])
    assert isinstance(refusal, errors.LimitReached)
    assert refusal.fits == fits


async def test_no_quality_is_named_where_another_limit_refuses_it_too(bench: Bench) -> None:
    """It would only lead to the next refusal."""
    await bench.set(9 * MILLIONTHS, unit=Unit.CREDITS)
    await bench.set(0, unit=Unit.IMAGES, scope=Scope.GUILD)
    refusal = await bench.explained(quality=Quality.FOUR_K, credits=DEFAULT_PRICES["4K"])
    assert isinstance(refusal, errors.LimitReached)
    assert refusal.fits is None


async def test_what_is_admitted_needs_no_explanation(bench: Bench) -> None:
    """Asking for one is a fault of ours."""
    with pytest.raises(ValueError, match="admitted"):
        await bench.explained()


async def test_a_budget_is_warned_of_once_at_each_level(bench: Bench) -> None:
    """And in the next window again."""
    await bench.set(10, scope=Scope.GUILD)
    await bench.use(7)
    assert await bench.warned() == []
    await bench.use()
    assert await bench.warned() == [(80, 8)]
    await bench.use()
    assert await bench.warned() == []
    await bench.use()
    assert await bench.warned() == [(100, 10)]
    assert await bench.warned() == []
    await bench.clock.advance(24 * 3600)
    await bench.use(8)
    assert await bench.warned() == [(80, 8)]


async def test_a_budget_without_room_for_any_picture_is_used_up(bench: Bench) -> None:
    """No request passes a budget in credits, so that hardly one ends on its last credit."""
    await bench.set(3 * PRICE + DEFAULT_PRICES["0.5K"], scope=Scope.GUILD, unit=Unit.CREDITS)
    await bench.use(3)
    assert await bench.warned() == [(80, 3 * PRICE)]
    await bench.set(3 * PRICE + DEFAULT_PRICES["0.5K"] - 1, scope=Scope.GUILD, unit=Unit.CREDITS)
    assert await bench.warned() == [(100, 3 * PRICE)]


async def test_two_levels_at_once_are_one_warning(bench: Bench) -> None:
    """The lower one is not told afterwards."""
    await bench.set(2 * MILLIONTHS, scope=Scope.GUILD, unit=Unit.CREDITS)
    [job_id] = await bench.use()
    assert await bench.warned() == [(100, PRICE)]
    await bench.release(job_id)
    assert await bench.warned() == []


@pytest.mark.parametrize("limit", [0, None])
async def test_a_budget_that_nothing_can_use_up_is_not_warned_of(limit: int | None, bench: Bench) -> None:
    """Nor one of a channel."""
    await bench.set(limit, scope=Scope.GUILD)
    await bench.set(1, scope=Scope.CHANNEL, subject_id=CHANNEL)
    await bench.use()
    assert await bench.warned() == []


async def test_a_budget_that_was_raised_is_warned_of_anew(bench: Bench) -> None:
    """At its own levels."""
    await bench.set(10, scope=Scope.GUILD)
    await bench.use(10)
    assert await bench.warned() == [(100, 10)]
    await bench.set(20, scope=Scope.GUILD)
    assert await bench.warned() == []
    await bench.use(6)
    assert await bench.warned() == [(80, 16)]


async def test_a_budget_that_was_reset_is_warned_of_anew(bench: Bench) -> None:
    """Within the same window."""
    await bench.set(1, scope=Scope.GUILD)
    await bench.use()
    assert await bench.warned() == [(100, 1)]
    await bench.quotas.reset(Subject(whose=Whose.GUILD, guild_id=GUILD), by_id=BOSS, zone=UTC)
    await bench.clock.advance(1)
    await bench.use()
    assert await bench.warned() == [(100, 1)]


async def test_a_rolling_budget_is_warned_of_when_it_was_below_in_between(bench: Bench) -> None:
    """Seen so by a look."""
    await bench.set(5, scope=Scope.GUILD, rolling=True)
    await bench.use(2)
    await bench.clock.advance(3600)
    await bench.use(2)
    assert await bench.warned() == [(80, 4)]
    await bench.clock.advance(23 * 3600)
    assert await bench.warned() == []
    await bench.use(2)
    assert await bench.warned() == [(80, 4)]


async def test_a_rolling_budget_is_warned_of_when_all_of_it_is_new(bench: Bench) -> None:
    """Though nobody looked while it was below."""
    await bench.set(5, scope=Scope.GUILD, rolling=True)
    await bench.use(4)
    assert await bench.warned() == [(80, 4)]
    await bench.clock.advance(24 * 3600)
    await bench.use(4)
    assert await bench.warned() == [(80, 4)]


async def test_a_reset_and_what_was_warned_of_go_together(bench: Bench) -> None:
    """In one transaction: no end in between leaves a server that is not warned."""
    await bench.set(1, scope=Scope.GUILD)
    await bench.use()
    assert await bench.warned() == [(100, 1)]
    of_server = Subject(whose=Whose.GUILD, guild_id=GUILD)
    await LedgerStore(bench.database).reset(of_server, by_id=BOSS, at=bench.clock.now())
    assert await bench.database.read("SELECT * FROM budget_warnings") == []


@pytest.mark.parametrize("rolling", [False, True])
async def test_a_look_that_finds_nothing_new_writes_nothing(*, rolling: bool, bench: Bench, tmp_path: Path) -> None:
    """It comes with every job: another program that writes does not keep it waiting."""
    await bench.set(5, scope=Scope.GUILD, rolling=rolling)
    await bench.use(4)
    assert await bench.warned() == [(80, 4)]
    with contextlib.closing(sqlite3.connect(tmp_path / "imagebot.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await bench.warned() == []
        other.execute("ROLLBACK")


async def test_of_two_processes_one_warns(tmp_path: Path) -> None:
    """The database decides which."""
    async with open_bench(tmp_path) as first, open_bench(tmp_path) as second:
        await first.set(1, scope=Scope.GUILD)
        await first.use()
        assert await first.warned() + await second.warned() == [(100, 1)]
