"""The table of budget warnings: which level of which ceiling was told to a server already."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.quota.model import Rule, Window
from bot.store.database import Database, Row
from bot.store.instants import to_stored

_OF_RULE = "guild_id = :guild_id AND unit = :unit AND period = :period AND rolling = :rolling"

_NOTED = f"SELECT begins_at, level, limit_, warned_at FROM budget_warnings WHERE {_OF_RULE}"  # noqa: S608 - ours

_FORGET_OTHER_WINDOWS = f"DELETE FROM budget_warnings WHERE {_OF_RULE} AND begins_at <> :begins_at"  # noqa: S608 - ours

_REARM = f"DELETE FROM budget_warnings WHERE {_OF_RULE} AND (level > :reached OR warned_at < :window_begins_at)"  # noqa: S608 - ours

_NOTE = """
INSERT INTO budget_warnings (guild_id, unit, period, rolling, begins_at, level, limit_, warned_at)
VALUES (:guild_id, :unit, :period, :rolling, :begins_at, :level, :limit, :now)
ON CONFLICT DO NOTHING RETURNING level
"""


class BudgetStore:
    """Budget warnings in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, rule: Rule, window: Window, *, levels: Sequence[int], now: datetime) -> list[int]:
        """Note that these levels of a server's ceiling are reached; return those that nobody had noted before.

        Once for each window by the calendar and each limit. A rolling window has no end, so there a level counts as
        new again where a look in between found the usage below it, and when all that was counted at the last warning
        has left the window. Nothing is written where everything is noted already, for that is asked with every job.
        """
        rolling = window.length is not None
        values = {
            "guild_id": window.subject.guild_id,
            "unit": rule.unit,
            "period": rule.period,
            "rolling": rolling,
            "begins_at": 0 if rolling else to_stored(window.begins_at),
            "window_begins_at": to_stored(window.begins_at),
            "limit": rule.limit,
            "reached": max(levels, default=0),
            "now": to_stored(now),
        }
        if _is_as_noted(await self._database.read(_NOTED, values), values, levels):
            return []

        def work(connection: sqlite3.Connection) -> list[int]:
            connection.execute(_REARM if rolling else _FORGET_OTHER_WINDOWS, values)
            noted: list[int] = []
            for level in levels:
                rows = connection.execute(_NOTE, {**values, "level": level}).fetchall()
                noted += [int(row["level"]) for row in rows]
            return noted

        return await self._database.transact(work)


def erase(connection: sqlite3.Connection, guild_id: int) -> None:
    """Erase what a server was warned of, within the transaction that resets its usage or erases the rest."""
    connection.execute("DELETE FROM budget_warnings WHERE guild_id = ?", (guild_id,))


def _is_as_noted(rows: Sequence[Row], values: Mapping[str, Any], levels: Sequence[int]) -> bool:
    """Tell whether a rule's rows are as `note` would leave them; those of windows gone by go with the next level."""
    if values["rolling"] and any(
        row["level"] > values["reached"] or row["warned_at"] < values["window_begins_at"] for row in rows
    ):
        return False
    here = (values["begins_at"], values["limit"])
    return set(levels) <= {row["level"] for row in rows if (row["begins_at"], row["limit_"]) == here}
