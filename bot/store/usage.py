"""What was used, day by day, by whom and where, and why requests were refused: read from the ledger's sums.

A report is one look: all of its numbers are of the same moment. It is taken through a connection of its own, in a
thread, so that nobody's request waits behind it; the command line takes the same look beside a bot that runs.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.quota.report import MOST_NAMED, DayUsage, GuildUsage, MemberUsage, RefusalCount, Span, UsageReport
from bot.store import beside, ledger_sums
from bot.store.database import Database
from bot.store.instants import to_stored

_HOUR = 3_600_000_000

# A stretch of time is summed by the full hours in it, and row by row before the first and after the last of them.
_IN_HOURS = "hour >= :first_hour AND hour < :end_hour"
_BEFORE_HOURS = "counted_at >= :begins AND counted_at < :hours_begin"
_AFTER_HOURS = "counted_at >= :hours_end AND counted_at < :ends"

_USED = """
SELECT {key} AS key, images, credits FROM {hours} AND {in_hours}
UNION ALL SELECT {row_key}, images, credits FROM ledger WHERE {rows} AND {before_hours}
UNION ALL SELECT {row_key}, images, credits FROM ledger WHERE {rows} AND {after_hours}
"""
_SUM = "SELECT ifnull(sum(images), 0) AS images, ifnull(sum(credits), 0) AS credits FROM ({used})"
_RANKED = """
WITH totals AS (
    SELECT key, sum(images) AS images, sum(credits) AS credits FROM ({used}) GROUP BY key
    HAVING sum(images) <> 0 OR sum(credits) <> 0
)
SELECT key, images, credits, count(*) OVER () AS n FROM totals ORDER BY images DESC, credits DESC, key LIMIT :most
"""
_OF_ALL = ledger_sums.USAGE_KINDS
_OF_GUILD = f"{_OF_ALL} AND guild_id = :guild_id"


def _used(*, hours: str, rows: str, key: str = "0", row_key: str = "0") -> str:
    parts = {"in_hours": _IN_HOURS, "before_hours": _BEFORE_HOURS, "after_hours": _AFTER_HOURS}
    return _USED.format(hours=hours, rows=rows, key=key, row_key=row_key, **parts)


_SUM_OF_ALL = _SUM.format(
    used=_used(hours="usage_hours WHERE whose = 'total' AND guild_id = 0 AND id = 0", rows=_OF_ALL)
)
_SUM_OF_GUILD = _SUM.format(
    used=_used(hours="usage_hours WHERE whose = 'guild' AND guild_id = :guild_id AND id = 0", rows=_OF_GUILD)
)
_PEOPLE_OF_ALL = _RANKED.format(
    used=_used(hours="usage_of_people WHERE true", key="user_id", rows=_OF_ALL, row_key="user_id")
)
_PEOPLE_OF_GUILD = _RANKED.format(
    used=_used(hours="usage_of_people WHERE guild_id = :guild_id", key="user_id", rows=_OF_GUILD, row_key="user_id")
)
_HOURS_OF_GUILDS = """(
    SELECT guild_id, hour, images, credits FROM usage_hours WHERE whose = 'guild'
    UNION ALL SELECT NULL, hour, images, credits FROM usage_of_people WHERE guild_id = 0  -- outside of servers
) WHERE true"""
_GUILDS = _RANKED.format(used=_used(hours=_HOURS_OF_GUILDS, key="guild_id", rows=_OF_ALL, row_key="guild_id"))

_NOTE_REFUSAL = """
INSERT INTO refusals (guild_id, hour, reason, count) VALUES (?, ?, ?, 1)
ON CONFLICT (guild_id, hour, reason) DO UPDATE SET count = count + 1
"""
_REFUSALS = """
SELECT reason, sum(count) AS count FROM refusals
WHERE hour >= :first_hour AND hour < :last_hour {of_guild}
GROUP BY reason ORDER BY sum(count) DESC, reason
"""


class UsageStore:
    """Reports from the database, which stands at `path`, and the counts of refusals in it."""

    def __init__(self, database: Database, *, path: Path) -> None:
        self._database = database
        self._path = path

    async def report(self, guild_id: int | None, days: Sequence[Span], *, title: str, zone: str) -> UsageReport:
        """Report on a server, or on everything, for these days."""

        def look() -> UsageReport:
            with beside.reading(self._path) as connection:
                return read_report(connection, guild_id, days, title=title, zone=zone)

        return await asyncio.to_thread(look)

    async def note_refusal(self, guild_id: int | None, reason: str, at: datetime) -> None:
        """Count a refused request; `reason` is a word of `quota.report.reason_of`."""
        await self._database.write(_NOTE_REFUSAL, (guild_id or 0, to_stored(at) // _HOUR, reason))


def read_report(
    connection: sqlite3.Connection, guild_id: int | None, days: Sequence[Span], *, title: str, zone: str
) -> UsageReport:
    """Do it, through a connection of `beside.reading`; there is at least one day, and no gap between them. Blocks."""
    of_guild = {"guild_id": guild_id, "most": MOST_NAMED}
    sum_of_day = _SUM_OF_ALL if guild_id is None else _SUM_OF_GUILD
    sums = [
        connection.execute(sum_of_day, {**of_guild, **_stretch(day.begins_at, day.ends_at)}).fetchone() for day in days
    ]
    whole = {**of_guild, **_stretch(days[0].begins_at, days[-1].ends_at)}
    people = connection.execute(_PEOPLE_OF_ALL if guild_id is None else _PEOPLE_OF_GUILD, whole).fetchall()
    guilds = connection.execute(_GUILDS, whole).fetchall() if guild_id is None else []
    refusals = _REFUSALS.format(of_guild="" if guild_id is None else "AND guild_id = :guild_id")
    return UsageReport(
        title=title,
        zone=zone,
        days=tuple(DayUsage(day=day.day, **_amounts(row)) for day, row in zip(days, sums, strict=True)),
        top=tuple(MemberUsage(user_id=row["key"], **_amounts(row)) for row in people),
        members=people[0]["n"] if people else 0,
        refusals=tuple(
            RefusalCount(reason=reason, count=count) for reason, count in connection.execute(refusals, whole)
        ),
        servers=tuple(GuildUsage(guild_id=row["key"], **_amounts(row)) for row in guilds),
    )


def _amounts(row: sqlite3.Row) -> dict[str, Any]:
    return {"images": row["images"], "credits": row["credits"]}


def _stretch(begins_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Return the full hours in a stretch of time, and what is left of it before and after them."""
    begins, ends = to_stored(begins_at), to_stored(ends_at)
    first_hour = -(-begins // _HOUR)
    end_hour = max(first_hour, ends // _HOUR)
    hours_begin = min(first_hour * _HOUR, ends)
    return {
        "begins": begins,
        "ends": ends,
        "first_hour": first_hour,
        "end_hour": end_hour,
        "hours_begin": hours_begin,
        "hours_end": max(end_hour * _HOUR, hours_begin),
        "last_hour": -(
            -ends // _HOUR
        ),  # refusals are counted by the hour alone: a part of one belongs to its beginning
    }
