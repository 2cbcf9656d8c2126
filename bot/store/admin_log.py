"""The table of what was changed by hand: written in the same transaction as the change, so that none goes unseen.

What may stand in it is told by `guilds.model.LogEntry`.
"""

import json
import sqlite3
from typing import Any

from bot.guilds.model import LogEntry
from bot.store import job_rows
from bot.store.database import Database, Row
from bot.store.instants import from_stored, to_stored

_RECORD = """
INSERT INTO admin_log (guild_id, at, by_id, action, subject, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_PAGE = "SELECT * FROM admin_log WHERE guild_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
_NEWEST = 2**63 - 1


def as_text(facts: dict[str, Any]) -> str:
    """Write facts as they stand in `before` and `after`."""
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False)


def record(connection: sqlite3.Connection, guild_id: int, entry: LogEntry) -> None:
    """Write down a change, within the transaction that makes it."""
    texts = (job_rows.whole(text) for text in (entry.action, entry.subject, entry.before, entry.after))
    connection.execute(_RECORD, (guild_id, to_stored(entry.at), entry.by_id, *texts))


def erase(connection: sqlite3.Connection, guild_id: int) -> None:
    """Erase the log of a server."""
    connection.execute("DELETE FROM admin_log WHERE guild_id = ?", (guild_id,))


class AdminLogStore:
    """The changes by hand, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, guild_id: int, before_id: int | None, most: int) -> list[LogEntry]:
        """List a server's changes, newest first, from the one before `before_id` on."""
        rows = await self._database.read(_PAGE, (guild_id, _NEWEST if before_id is None else before_id, most))
        return [_entry(row) for row in rows]


def _entry(row: Row) -> LogEntry:
    return LogEntry(
        id=row["id"],
        at=from_stored(row["at"]),
        by_id=row["by_id"],
        action=row["action"],
        subject=row["subject"],
        before=row["before"],
        after=row["after"],
    )
