"""The tables of what servers have set and whom they have blocked; and what goes when a server has removed the bot.

The first function is for a transaction that somebody else has opened. Every change is noted in the
administrators' log by the same transaction.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.guilds.model import GuildSettings, LogEntry
from bot.store import admin_log, budget, guild_values, rules
from bot.store.database import Database
from bot.store.instants import from_stored, to_stored

_GET = "SELECT settings FROM guilds WHERE guild_id = ?"
_FACTS = """
SELECT (SELECT settings FROM guilds WHERE guild_id = :guild_id) AS settings,
       EXISTS (SELECT 1 FROM guild_blocks WHERE guild_id = :guild_id AND user_id = :user_id) AS is_blocked
"""
_IS_BLOCKED = "SELECT 1 FROM guild_blocks WHERE guild_id = ? AND user_id = ?"
_PUT = """
INSERT INTO guilds (guild_id, settings) VALUES (?, ?)
ON CONFLICT (guild_id) DO UPDATE SET settings = excluded.settings
"""
_BLOCK = """
INSERT INTO guild_blocks (guild_id, user_id, by_id, at) VALUES (?, ?, ?, ?)
ON CONFLICT (guild_id, user_id) DO NOTHING RETURNING user_id
"""
_UNBLOCK = "DELETE FROM guild_blocks WHERE guild_id = ? AND user_id = ? RETURNING user_id"
_KNOWN = """
SELECT guild_id FROM guilds
UNION SELECT guild_id FROM guild_blocks
UNION SELECT guild_id FROM rules
UNION SELECT guild_id FROM admin_log
"""
_REMOVED = """
INSERT INTO guilds (guild_id, removed_at) VALUES (?, ?)
ON CONFLICT (guild_id) DO UPDATE SET removed_at = excluded.removed_at WHERE removed_at IS NULL
"""
_BACK = "UPDATE guilds SET removed_at = NULL WHERE guild_id = ? AND removed_at IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Somebody who may not ask for pictures in a server."""

    user_id: int
    by_id: int
    """The administrator."""
    at: datetime


def read_facts(connection: sqlite3.Connection, guild_id: int, *, user_id: int) -> tuple[GuildSettings, bool]:
    """Return what a server has set, and whether its administrators have blocked a person."""
    [row] = connection.execute(_FACTS, {"guild_id": guild_id, "user_id": user_id}).fetchall()
    return guild_values.read(row["settings"] or "{}", guild_id=guild_id), bool(row["is_blocked"])


class GuildStore:
    """Servers, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, guild_id: int) -> GuildSettings:
        """Return what a server has set."""
        rows = await self._database.read(_GET, (guild_id,))
        return guild_values.read(rows[0]["settings"] if rows else "{}", guild_id=guild_id)

    async def put(
        self, guild_id: int, changed: Callable[[GuildSettings], GuildSettings], *, by_id: int, at: datetime
    ) -> tuple[GuildSettings, GuildSettings]:
        """Change what a server has set, and return it as it was and as it is now; whatever `changed` raises goes on."""

        def work(connection: sqlite3.Connection) -> tuple[GuildSettings, GuildSettings]:
            stored = _stored(connection, guild_id)
            before = guild_values.read(stored, guild_id=guild_id)
            after = changed(before)
            differences = guild_values.differences(before, after)
            if differences:
                connection.execute(_PUT, (guild_id, guild_values.merge(stored, differences, guild_id=guild_id)))
            for name, (old, new) in differences.items():
                entry = LogEntry(at=at, by_id=by_id, action="setting", subject=name, before=old, after=new)
                admin_log.record(connection, guild_id, entry)
            return before, after

        return await self._database.transact(work)

    async def block(self, guild_id: int, user_id: int, *, by_id: int, at: datetime) -> bool:
        """Block a person; False where they are blocked already."""
        return await self._note_block(
            _BLOCK, (guild_id, user_id, by_id, to_stored(at)), guild_id, _block_entry("blocked", user_id, by_id, at)
        )

    async def unblock(self, guild_id: int, user_id: int, *, by_id: int, at: datetime) -> bool:
        """Unblock a person; False where they are not blocked."""
        return await self._note_block(
            _UNBLOCK, (guild_id, user_id), guild_id, _block_entry("unblocked", user_id, by_id, at)
        )

    async def is_blocked(self, guild_id: int, user_id: int) -> bool:
        """Tell whether a server's administrators have blocked a person."""
        return bool(await self._database.read(_IS_BLOCKED, (guild_id, user_id)))

    async def list_blocked(self, guild_id: int) -> list[Block]:
        """List who is blocked, the latest first."""
        rows = await self._database.read(
            "SELECT * FROM guild_blocks WHERE guild_id = ? ORDER BY at DESC, user_id", (guild_id,)
        )
        return [Block(user_id=row["user_id"], by_id=row["by_id"], at=from_stored(row["at"])) for row in rows]

    async def note_present(self, guild_ids: Iterable[int], *, at: datetime) -> None:
        """Take these for all the servers that have the bot: the other known ones have removed it, by `at` at latest."""
        present = frozenset(guild_ids)

        def work(connection: sqlite3.Connection) -> None:
            known = {row[0] for row in connection.execute(_KNOWN).fetchall()}
            connection.executemany(_REMOVED, [(guild_id, to_stored(at)) for guild_id in known - present])
            connection.executemany(_BACK, [(guild_id,) for guild_id in known & present])

        await self._database.transact(work)

    async def note_removed(self, guild_id: int, *, at: datetime) -> None:
        """Note that a server has removed the bot; the first instant counts."""
        await self._database.write(_REMOVED, (guild_id, to_stored(at)))

    async def note_back(self, guild_id: int) -> None:
        """Note that a server has the bot (again): what it has set is as it was, if it was not erased."""
        await self._database.write(_BACK, (guild_id,))

    async def erase_removed(self, *, before: datetime) -> list[int]:
        """Erase all that is kept of the servers that removed the bot then or earlier, but for the ledger."""

        def work(connection: sqlite3.Connection) -> list[int]:
            rows = connection.execute(
                "DELETE FROM guilds WHERE removed_at <= ? RETURNING guild_id", (to_stored(before),)
            ).fetchall()
            erased = [int(row[0]) for row in rows]
            for guild_id in erased:
                connection.execute("DELETE FROM guild_blocks WHERE guild_id = ?", (guild_id,))
                admin_log.erase(connection, guild_id)
                rules.erase(connection, guild_id)
                budget.erase(connection, guild_id)
            return erased

        return await self._database.transact(work)

    async def _note_block(self, sql: str, parameters: tuple[int, ...], guild_id: int, entry: LogEntry) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            changed = bool(connection.execute(sql, parameters).fetchall())
            if changed:
                admin_log.record(connection, guild_id, entry)
            return changed

        return await self._database.transact(work)


def _stored(connection: sqlite3.Connection, guild_id: int) -> str:
    rows = connection.execute(_GET, (guild_id,)).fetchall()
    return str(rows[0][0]) if rows else "{}"


def _block_entry(action: str, user_id: int, by_id: int, at: datetime) -> LogEntry:
    return LogEntry(at=at, by_id=by_id, action=action, subject=f"user:{user_id}")
