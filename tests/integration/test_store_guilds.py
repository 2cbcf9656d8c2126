"""What servers have set, in the database: read leniently, changed whole, and erased with all that hangs on it."""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BadSetting
from bot.guilds.model import GuildSettings
from bot.jobs.model import Quality, Size
from bot.quota.model import Period, Rule, Scope, Unit
from bot.settings import ReplyToPicture
from bot.store import guilds
from bot.store.admin_log import AdminLogStore
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.rules import RuleStore
from tests.support.clock import START

GUILD, OTHER, THIRD = 2**63 - 1, 1001, 1002
ADMIN, MEMBER = 7, 8
DAY = timedelta(days=1)
RULE = Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=5)

CHANGES: dict[str, tuple[Any, str, str]] = {
    "time_zone": ("Europe/Berlin", '"UTC"', '"Europe/Berlin"'),
    "allowed_channels": ((2**63 - 1, 3), "[]", "[9223372036854775807, 3]"),
    "denied_channels": ((4,), "[]", "[4]"),
    "highest_quality": (Quality.ONE_K, '"4K"', '"1K"'),
    "role_qualities": ({2**63 - 1: Quality.HALF_K}, "{}", '{"9223372036854775807": "0.5K"}'),
    "default_size": (Size.WIDESCREEN, '"auto"', '"16:9"'),
    "default_quality": (Quality.FOUR_K, '"2K"', '"4K"'),
    "private_allowed": (False, "true", "false"),
    "search_allowed": (False, "true", "false"),
    "jobs_per_member": (2, "null", "2"),
    "jobs_per_guild": (1000, "null", "1000"),
    "reply_to_picture": (ReplyToPicture.MENTION, "null", '"mention"'),
    "log_channel_id": (5, "null", "5"),
    "words": (("Straße", '"; DROP TABLE'), "[]", '["Straße", "\\"; DROP TABLE"]'),
}
"""A value of every setting that is not the usual one, and how the log tells it before and after."""

PIECES = [
    f"INSERT INTO rules VALUES ({OTHER}, 'default', 0, 'images', 'day', 5, 0, 7, 1)",
    f"INSERT INTO guild_blocks VALUES ({OTHER}, 8, 7, 1)",
    f"INSERT INTO admin_log VALUES (1, {OTHER}, 1, 7, 'unblocked', 'user:8', '', '')",
]
"""Each all that is kept of a server."""


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


@pytest.fixture(name="store")
def _store(database: Database) -> GuildStore:
    return GuildStore(database)


async def change(store: GuildStore, guild_id: int = GUILD, **values: Any) -> tuple[GuildSettings, GuildSettings]:
    return await store.put(guild_id, lambda settings: replace(settings, **values), by_id=ADMIN, at=START)


async def logged(database: Database, guild_id: int = GUILD) -> list[tuple[str, str]]:
    return [(each.action, each.subject) for each in await AdminLogStore(database).page(guild_id, None, 100)]


async def make_known(database: Database, guild_id: int) -> None:
    """Let a server have a bit of everything."""
    store = GuildStore(database)
    await change(store, guild_id, private_allowed=False)
    await store.block(guild_id, MEMBER, by_id=ADMIN, at=START)
    await RuleStore(database).put(guild_id, RULE, by_id=ADMIN, at=START)
    await database.write("INSERT INTO budget_warnings VALUES (?, 'images', 'day', 0, 1, 80, 1, 1)", (guild_id,))


async def traces(database: Database, guild_id: int) -> list[str]:
    """List the tables that hold something of a server; what the ledger adds up to stays with the ledger."""
    tables = await database.read(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%guild_id%'"
        " AND name NOT IN ('usage_hours', 'usage_days', 'usage_of_people')"
    )
    names = [row["name"] for row in tables]
    return [
        name for name in names if await database.read(f"SELECT 1 FROM {name} WHERE guild_id = ? LIMIT 1", (guild_id,))
    ]


async def test_a_server_that_has_set_nothing_is_as_the_program_has_it(store: GuildStore) -> None:
    """And nobody is blocked there."""
    assert await store.get(GUILD) == GuildSettings()
    assert await store.list_blocked(GUILD) == []


def test_the_table_of_changes_knows_every_setting() -> None:
    """A new one has to be stored, too."""
    assert list(CHANGES) == [each.name for each in fields(GuildSettings)]


@pytest.mark.parametrize("name", CHANGES)
async def test_a_setting_is_kept_as_it_was_set(name: str, database: Database, tmp_path: Path) -> None:
    """For another process as well; the log tells who changed it, when, from what and to what."""
    value, old, new = CHANGES[name]
    before, after = await change(GuildStore(database), **{name: value})
    assert (before, after) == (GuildSettings(), replace(GuildSettings(), **{name: value}))
    async with opened(tmp_path) as elsewhere:
        assert await GuildStore(elsewhere).get(GUILD) == after
    [entry] = await AdminLogStore(database).page(GUILD, None, 10)
    assert (entry.action, entry.subject, entry.before, entry.after) == ("setting", name, old, new)
    assert (entry.by_id, entry.at) == (ADMIN, START)


async def test_all_settings_can_be_set_together_and_taken_back(database: Database) -> None:
    """Each is a line in the log, both ways."""
    store = GuildStore(database)
    _, everything = await change(store, **{name: value for name, (value, _, _) in CHANGES.items()})
    assert await store.get(GUILD) == everything
    await store.put(GUILD, lambda _: GuildSettings(), by_id=ADMIN, at=START)
    assert await store.get(GUILD) == GuildSettings()
    assert len(await logged(database)) == 2 * len(CHANGES)


async def test_what_is_set_to_what_it_was_is_no_change(database: Database) -> None:
    """Nothing is stored and nothing is logged."""
    store = GuildStore(database)
    before, after = await change(store, time_zone="UTC", words=())
    assert before == after
    assert await logged(database) == []
    assert await traces(database, GUILD) == []


async def test_a_change_that_is_refused_changes_nothing(database: Database) -> None:
    """Whoever computes it may raise; the transaction is taken back."""

    def refused(_: GuildSettings) -> GuildSettings:
        raise BadSetting("bad_number", "-1")

    store = GuildStore(database)
    await change(store, jobs_per_guild=3)
    with pytest.raises(BadSetting):
        await store.put(GUILD, refused, by_id=ADMIN, at=START)
    assert (await store.get(GUILD)).jobs_per_guild == 3
    assert len(await logged(database)) == 1


async def test_changes_of_two_processes_do_not_undo_each_other(store: GuildStore, tmp_path: Path) -> None:
    """Each changes what is stored at that moment."""
    async with opened(tmp_path) as elsewhere:
        for number in range(5):
            await change(store, jobs_per_member=number + 1)
            await change(GuildStore(elsewhere), log_channel_id=number + 1)
    settings = await store.get(GUILD)
    assert (settings.jobs_per_member, settings.log_channel_id) == (5, 5)


@pytest.mark.parametrize(
    ("stored", "wrong"),
    [
        ('{"time_zone": "Atlantis/Capital"}', ["time_zone"]),
        ('{"time_zone": "../../etc/passwd"}', ["time_zone"]),
        ('{"time_zone": "Europe"}', ["time_zone"]),
        ('{"time_zone": 5}', ["time_zone"]),
        ('{"highest_quality": "16K", "default_quality": "9K"}', ["highest_quality", "default_quality"]),
        ('{"role_qualities": {"1": "16K"}}', ["role_qualities"]),
        ('{"jobs_per_member": 0, "jobs_per_guild": -1}', ["jobs_per_member", "jobs_per_guild"]),
        ('{"words": "word"}', ["words"]),
        ('{"allowed_channels": [[]]}', ["allowed_channels"]),
        ('{"colour": "red"}', []),
        ("{}", []),
    ],
)
async def test_what_cannot_be_used_is_as_nobody_has_set_it(
    stored: str, wrong: list[str], database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything else holds, and the operator can read which it was; what another version wrote is passed over."""
    stored = stored.removesuffix("}") + (", " if len(stored) > 2 else "") + '"private_allowed": false}'
    await database.write("INSERT INTO guilds (guild_id, settings) VALUES (?, ?)", (GUILD, stored))
    assert await GuildStore(database).get(GUILD) == GuildSettings(private_allowed=False)
    assert [vars(record)["setting"] for record in caplog.records] == wrong


@pytest.mark.parametrize("stored", ["", "no JSON", "5", "null", "[1]"])
async def test_settings_that_are_broken_altogether_do_not_stop_a_server(
    stored: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """They can be set anew."""
    store = GuildStore(database)
    await database.write("INSERT INTO guilds (guild_id, settings) VALUES (?, ?)", (GUILD, stored))
    assert await store.get(GUILD) == GuildSettings()
    assert caplog.records
    await change(store, words=("a",))
    assert await store.get(GUILD) == GuildSettings(words=("a",))


async def test_what_another_version_wrote_survives_a_change(database: Database) -> None:
    """It is this program's business only what it knows."""
    await database.write("INSERT INTO guilds VALUES (?, ?, NULL)", (GUILD, '{"colour": "red"}'))
    await change(GuildStore(database), private_allowed=False)
    [row] = await database.read("SELECT settings FROM guilds")
    assert row["settings"] == '{"colour": "red", "private_allowed": false}'


async def test_a_person_is_blocked_once_in_one_server(database: Database) -> None:
    """Whether something changed is told and logged."""
    store = GuildStore(database)
    assert await store.block(GUILD, MEMBER, by_id=ADMIN, at=START)
    assert not await store.block(GUILD, MEMBER, by_id=ADMIN + 1, at=START + DAY)
    [block] = await store.list_blocked(GUILD)
    assert (block.user_id, block.by_id, block.at) == (MEMBER, ADMIN, START)
    assert await store.list_blocked(OTHER) == []
    assert await store.unblock(GUILD, MEMBER, by_id=ADMIN, at=START)
    assert not await store.unblock(GUILD, MEMBER, by_id=ADMIN, at=START)
    assert await store.list_blocked(GUILD) == []
    assert await logged(database) == [("unblocked", f"user:{MEMBER}"), ("blocked", f"user:{MEMBER}")]


async def test_the_latest_blocked_is_listed_first(store: GuildStore) -> None:
    """So that a slip is seen at once."""
    for number in range(3):
        await store.block(GUILD, number, by_id=ADMIN, at=START + number * DAY)
    assert [each.user_id for each in await store.list_blocked(GUILD)] == [2, 1, 0]


async def test_a_transaction_reads_what_it_needs(database: Database) -> None:
    """A request is decided on what holds at that very moment."""
    await change(GuildStore(database), jobs_per_member=2)
    await GuildStore(database).block(GUILD, MEMBER, by_id=ADMIN, at=START)

    def look(connection: sqlite3.Connection) -> list[tuple[GuildSettings, bool]]:
        asked = [(GUILD, MEMBER), (GUILD, ADMIN), (OTHER, MEMBER)]
        return [guilds.read_facts(connection, guild_id, user_id=user_id) for guild_id, user_id in asked]

    two_at_once = GuildSettings(jobs_per_member=2)
    assert await database.transact(look) == [(two_at_once, True), (two_at_once, False), (GuildSettings(), False)]


async def test_a_removed_server_is_erased_with_all_that_is_kept_of_it(database: Database) -> None:
    """When its time is over, exactly then; what was used stays in the ledger, and other servers as they are."""
    store = GuildStore(database)
    await make_known(database, GUILD)
    await make_known(database, OTHER)
    await database.write(
        "INSERT INTO ledger (kind, job_id, user_id, guild_id, images, credits, counted_at, at)"
        " VALUES ('reserve', 'job', ?, ?, 1, 1, 1, 1)",
        (MEMBER, GUILD),
    )
    kept = await traces(database, OTHER)
    assert sorted(kept) == ["admin_log", "budget_warnings", "guild_blocks", "guilds", "rules"]
    await store.note_removed(GUILD, at=START)
    assert await store.erase_removed(before=START - timedelta(microseconds=1)) == []
    assert (await store.get(GUILD)).private_allowed is False
    assert await store.erase_removed(before=START) == [GUILD]
    assert await traces(database, GUILD) == ["ledger"]
    assert await traces(database, OTHER) == kept
    assert await store.get(GUILD) == GuildSettings()
    assert await store.erase_removed(before=START) == []


async def test_a_server_that_comes_back_in_time_finds_everything(store: GuildStore) -> None:
    """And its time begins anew when it removes the bot again; only the first word of a removal counts."""
    await change(store, private_allowed=False)
    await store.note_removed(GUILD, at=START)
    await store.note_back(GUILD)
    assert await store.erase_removed(before=START + DAY) == []
    await store.note_removed(GUILD, at=START + DAY)
    await store.note_removed(GUILD, at=START + 2 * DAY)
    assert (await store.get(GUILD)).private_allowed is False
    assert await store.erase_removed(before=START + DAY) == [GUILD]


async def test_what_happened_while_the_bot_was_away_is_seen_at_the_start(database: Database) -> None:
    """Servers that have left meanwhile begin their time now, those that had left before go on with it."""
    store = GuildStore(database)
    for guild_id in (GUILD, OTHER, THIRD):
        await make_known(database, guild_id)
    await store.note_removed(OTHER, at=START)
    await store.note_removed(THIRD, at=START)
    await store.note_present([THIRD, 4711], at=START + DAY)
    assert await store.erase_removed(before=START) == [OTHER]
    assert await store.erase_removed(before=START + DAY) == [GUILD]
    assert await traces(database, 4711) == []
    assert await store.erase_removed(before=START + 9 * DAY) == []


@pytest.mark.parametrize("statement", PIECES)
async def test_a_server_without_settings_is_found_by_whatever_is_kept_of_it(statement: str, database: Database) -> None:
    """Its rules, its blocks, or what was changed there once."""
    store = GuildStore(database)
    await database.write(statement)
    await store.note_present([], at=START)
    assert await store.erase_removed(before=START) == [OTHER]
    assert await traces(database, OTHER) == []
