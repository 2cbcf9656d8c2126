"""The table of rules that a server's administrators have set. It decides nothing about requests."""

import builtins
import functools
import sqlite3
from datetime import datetime

from bot.errors import BadSetting
from bot.guilds.model import LogEntry
from bot.quota.model import MAX_RULES_OF_GUILD, Period, Rule, Scope, Unit
from bot.store import admin_log
from bot.store.database import Database, Row
from bot.store.instants import to_stored

_COLUMNS = "scope, subject_id, unit, period, limit_, rolling"
_LIST = f"SELECT {_COLUMNS} FROM rules WHERE guild_id = ? ORDER BY scope, subject_id, unit, period"  # noqa: S608 - ours
_FIND = f"""
SELECT {_COLUMNS} FROM rules WHERE guild_id = ? AND scope = ? AND subject_id = ? AND unit = ? AND period = ?
"""  # noqa: S608 - ours
_COUNT = "SELECT count(*) FROM rules WHERE guild_id = ?"
_PUT = """
INSERT OR REPLACE INTO rules (guild_id, scope, subject_id, unit, period, limit_, rolling, set_by, set_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REMOVE = f"""
DELETE FROM rules
WHERE guild_id = ? AND scope = ? AND subject_id = ? AND unit = ifnull(?, unit) AND period = ifnull(?, period)
RETURNING {_COLUMNS}
"""  # noqa: S608 - ours


def read_rules(connection: sqlite3.Connection, guild_id: int) -> tuple[Rule, ...]:
    """Read the rules of a server within a transaction."""
    return tuple(_rule(row) for row in connection.execute(_LIST, (guild_id,)).fetchall())


def erase(connection: sqlite3.Connection, guild_id: int) -> None:
    """Erase the rules of a server."""
    connection.execute("DELETE FROM rules WHERE guild_id = ?", (guild_id,))


class RuleStore:
    """Rules in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, guild_id: int) -> list[Rule]:
        """List the rules of a server."""
        return [_rule(row) for row in await self._database.read(_LIST, (guild_id,))]

    async def put(
        self, guild_id: int, rule: Rule, *, by_id: int, at: datetime, most: int = MAX_RULES_OF_GUILD
    ) -> Rule | None:
        """Set a rule in place of the one with its subject, unit and period, and return that one.

        Raises BadSetting("too_many_rules") where the server has as many as it may have.
        """

        def work(connection: sqlite3.Connection) -> Rule | None:
            rows = list(connection.execute(_FIND, (guild_id, *_key(rule))).fetchall())
            before = _rule(rows[0]) if rows else None
            if before == rule:
                return before
            [count] = connection.execute(_COUNT, (guild_id,)).fetchall()
            if before is None and count[0] >= most:
                raise BadSetting("too_many_rules", str(most))
            values = (rule.limit, rule.rolling, by_id, to_stored(at))
            connection.execute(_PUT, (guild_id, *_key(rule), *values))
            told = LogEntry(
                at=at,
                by_id=by_id,
                action="rule_set",
                subject=_subject(rule),
                before=_text(before) if before else "",
                after=_text(rule),
            )
            admin_log.record(connection, guild_id, told)
            return before

        return await self._database.transact(work)

    async def remove(
        self,
        guild_id: int,
        scope: Scope,
        subject_id: int | None,
        unit: Unit | None,
        period: Period | None,
        *,
        by_id: int,
        at: datetime,
    ) -> builtins.list[Rule]:
        """Remove the rules of a subject, of one unit or all, of one period or all, and return them."""

        def work(connection: sqlite3.Connection) -> builtins.list[Rule]:
            rows = connection.execute(_REMOVE, (guild_id, scope, subject_id or 0, unit, period)).fetchall()
            removed = sorted(map(_rule, rows), key=lambda rule: (rule.unit, rule.period))
            for rule in removed:
                entry = LogEntry(at=at, by_id=by_id, action="rule_removed", subject=_subject(rule), before=_text(rule))
                admin_log.record(connection, guild_id, entry)
            return removed

        return await self._database.transact(work)


def _key(rule: Rule) -> tuple[str, int, str, str]:
    return rule.scope, rule.subject_id or 0, rule.unit, rule.period


def _subject(rule: Rule) -> str:
    return f"{rule.scope}:{rule.subject_id}" if rule.subject_id is not None else rule.scope


def _text(rule: Rule) -> str:
    return admin_log.as_text({"unit": rule.unit, "period": rule.period, "limit": rule.limit, "rolling": rule.rolling})


def _rule(row: Row) -> Rule:
    return _rule_of(tuple(row))


@functools.lru_cache(maxsize=1024)
def _rule_of(columns: tuple[str, int, str, str, int | None, int]) -> Rule:
    """Make a rule of its columns; a server's are read with each request, and hardly ever change."""
    scope, subject_id, unit, period, limit, rolling = columns
    return Rule(
        scope=Scope(scope),
        subject_id=subject_id or None,
        unit=Unit(unit),
        period=Period(period),
        limit=limit,
        rolling=bool(rolling),
    )
