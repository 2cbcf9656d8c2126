"""Rules and the administrators' log in a real database: one of a kind for each subject, and no change goes unseen."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import BadSetting
from bot.guilds.model import LogEntry
from bot.quota.model import MAX_CREDITS, MAX_RULES_OF_GUILD, Period, Rule, Scope, Unit
from bot.store import admin_log, rules
from bot.store.admin_log import AdminLogStore
from bot.store.database import Database
from bot.store.rules import RuleStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GUILD, OTHER_GUILD, ADMIN = 1, 2, 99
TEN_A_DAY = Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=10)
RULES = [
    TEN_A_DAY,
    Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.HOUR, limit=0, rolling=True),
    Rule(scope=Scope.DEFAULT, unit=Unit.CREDITS, period=Period.DAY, limit=MAX_CREDITS),
    Rule(scope=Scope.ROLE, subject_id=7, unit=Unit.IMAGES, period=Period.WEEK, limit=None),
    Rule(scope=Scope.USER, subject_id=2**63 - 1, unit=Unit.IMAGES, period=Period.MONTH, limit=5, rolling=True),
    Rule(scope=Scope.CHANNEL, subject_id=3, unit=Unit.IMAGES, period=Period.DAY, limit=100),
    Rule(scope=Scope.GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=500_000_000),
]


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Database, None]:
    database = await Database.open(folder / "imagebot.sqlite3")
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(name="database")
async def _database(tmp_path: Path) -> AsyncGenerator[Database, None]:
    async with opened(tmp_path) as database:
        yield database


async def log_of(database: Database, guild_id: int = GUILD) -> list[LogEntry]:
    """Return what a server's log says, oldest first."""
    return list(reversed(await AdminLogStore(database).page(guild_id, None, 1000)))


async def set_all(store: RuleStore, guild_id: int = GUILD) -> None:
    for rule in RULES:
        assert await store.put(guild_id, rule, by_id=ADMIN, at=NOW) is None


async def test_rules_come_out_as_they_went_in(database: Database) -> None:
    """Every scope, the highest limit, none at all, and zero; to the store and within a transaction."""
    store = RuleStore(database)
    await set_all(store)
    listed = await store.list(GUILD)
    assert sorted(listed, key=RULES.index) == RULES
    assert await database.transact(lambda open_one: rules.read_rules(open_one, GUILD)) == tuple(listed)
    assert await store.list(OTHER_GUILD) == []


async def test_a_subject_has_one_rule_of_a_unit_and_a_period(database: Database) -> None:
    """The later one stands in its place, and what was there before is told."""
    store = RuleStore(database)
    await store.put(GUILD, TEN_A_DAY, by_id=ADMIN, at=NOW)
    rolling = dataclasses.replace(TEN_A_DAY, limit=None, rolling=True)
    assert await store.put(GUILD, rolling, by_id=ADMIN + 1, at=NOW + timedelta(minutes=1)) == TEN_A_DAY
    assert await store.list(GUILD) == [rolling]
    assert [dataclasses.replace(entry, id=None) for entry in await log_of(database)] == [
        LogEntry(
            at=NOW,
            by_id=ADMIN,
            action="rule_set",
            subject="default",
            after='{"unit":"images","period":"day","limit":10,"rolling":false}',
        ),
        LogEntry(
            at=NOW + timedelta(minutes=1),
            by_id=ADMIN + 1,
            action="rule_set",
            subject="default",
            before='{"unit":"images","period":"day","limit":10,"rolling":false}',
            after='{"unit":"images","period":"day","limit":null,"rolling":true}',
        ),
    ]


async def test_a_rule_that_is_there_already_is_no_change(database: Database) -> None:
    """It is returned, and nothing is told."""
    store = RuleStore(database)
    await store.put(GUILD, TEN_A_DAY, by_id=ADMIN, at=NOW)
    assert await store.put(GUILD, TEN_A_DAY, by_id=ADMIN, at=NOW) == TEN_A_DAY
    assert len(await log_of(database)) == 1


async def test_a_server_has_no_more_rules_than_it_may(database: Database) -> None:
    """The one too many changes nothing; one that stands there may still be changed; other servers have their own."""
    store = RuleStore(database)
    await set_all(store)
    extra = Rule(scope=Scope.USER, subject_id=5, unit=Unit.IMAGES, period=Period.DAY, limit=1)
    with pytest.raises(BadSetting) as refused:
        await store.put(GUILD, extra, by_id=ADMIN, at=NOW, most=len(RULES))
    assert (refused.value.what, refused.value.given) == ("too_many_rules", str(len(RULES)))
    assert len(await store.list(GUILD)) == len(await log_of(database)) == len(RULES)
    changed = dataclasses.replace(TEN_A_DAY, limit=11)
    assert await store.put(GUILD, changed, by_id=ADMIN, at=NOW, most=len(RULES)) == TEN_A_DAY
    assert await store.put(OTHER_GUILD, extra, by_id=ADMIN, at=NOW, most=1) is None
    assert len(RULES) < MAX_RULES_OF_GUILD


async def test_of_two_processes_none_sets_one_rule_too_many(tmp_path: Path) -> None:
    """They are counted in the transaction that writes."""
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        extras = [
            Rule(scope=Scope.USER, subject_id=1 + number, unit=Unit.IMAGES, period=Period.DAY, limit=1)
            for number in range(12)
        ]
        puts = [
            RuleStore((one, other)[number % 2]).put(GUILD, rule, by_id=ADMIN, at=NOW, most=5)
            for number, rule in enumerate(extras)
        ]
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes].count(BadSetting) == 7
        assert len(await RuleStore(one).list(GUILD)) == len(await log_of(other)) == 5


@pytest.mark.parametrize(
    ("unit", "period", "gone"),
    [
        (None, None, RULES[:3]),
        (Unit.IMAGES, None, RULES[:2]),
        (None, Period.DAY, [RULES[0], RULES[2]]),
        (Unit.IMAGES, Period.DAY, RULES[:1]),
        (Unit.CREDITS, Period.WEEK, []),
    ],
)
async def test_what_is_removed_is_what_was_named(
    unit: Unit | None, period: Period | None, gone: list[Rule], database: Database
) -> None:
    """All rules of a subject, or those of a unit, of a period, of both; each is told."""
    store = RuleStore(database)
    await set_all(store)
    await set_all(store, OTHER_GUILD)
    removed = await store.remove(GUILD, Scope.DEFAULT, None, unit, period, by_id=ADMIN, at=NOW)
    assert sorted(removed, key=RULES.index) == gone
    assert sorted(await store.list(GUILD), key=RULES.index) == [rule for rule in RULES if rule not in gone]
    assert len(await store.list(OTHER_GUILD)) == len(RULES)
    told = (await log_of(database))[len(RULES) :]
    assert [(entry.action, entry.subject, entry.after) for entry in told] == [("rule_removed", "default", "")] * len(
        gone
    )
    assert [bool(entry.before) for entry in told] == [True] * len(gone)


async def test_rules_of_one_role_are_removed_without_those_of_another(database: Database) -> None:
    """And the log says whose they were."""
    store = RuleStore(database)
    await set_all(store)
    assert await store.remove(GUILD, Scope.ROLE, 8, None, None, by_id=ADMIN, at=NOW) == []
    assert await store.remove(GUILD, Scope.ROLE, 7, None, None, by_id=0, at=NOW) == [RULES[3]]
    entry = (await log_of(database))[-1]
    assert (entry.subject, entry.by_id) == ("role:7", 0)
    assert entry.before == '{"unit":"images","period":"week","limit":null,"rolling":false}'


async def test_a_server_that_is_forgotten_leaves_nothing(database: Database) -> None:
    """Neither rules nor log; those of other servers stay."""
    store = RuleStore(database)
    for guild_id in (GUILD, OTHER_GUILD):
        await set_all(store, guild_id)
    await database.transact(lambda open_one: rules.erase(open_one, GUILD))
    await database.transact(lambda open_one: admin_log.erase(open_one, GUILD))
    assert (await store.list(GUILD), await log_of(database)) == ([], [])
    assert len(await store.list(OTHER_GUILD)) == len(await log_of(database, OTHER_GUILD)) == len(RULES)


async def test_a_log_is_read_page_by_page_newest_first(database: Database) -> None:
    """Every change once, though new ones come in between; half a character keeps none out."""
    for number in range(5):
        entry = LogEntry(at=NOW, by_id=ADMIN, action="setting", subject=f"s{number}", before="\ud83d", after='"b"')
        await database.transact(lambda open_one, entry=entry: admin_log.record(open_one, GUILD, entry))
    store = AdminLogStore(database)
    first = await store.page(GUILD, None, 2)
    newer = LogEntry(at=NOW, by_id=ADMIN, action="blocked", subject="user:5")
    await database.transact(lambda open_one: admin_log.record(open_one, GUILD, newer))
    rest = await store.page(GUILD, first[-1].id, 9)
    assert [entry.subject for entry in first + rest] == ["s4", "s3", "s2", "s1", "s0"]
    assert {(entry.before, entry.after) for entry in first + rest} == {("?", '"b"')}
    assert (await store.page(GUILD, None, 1))[0] == dataclasses.replace(newer, id=6)
    assert await store.page(OTHER_GUILD, None, 9) == []
