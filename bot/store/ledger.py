"""The ledger: what every job held, used and gave back, and what was done to it by hand. Rows are only added.

All rows of a job carry the instant of its reservation, `counted_at`. The functions work on the connection of a
transaction that is open already, so that a job's status and its rows are written together.

The order of a reset and of what is counted at the very same instant, or a little later by a clock that was set back, is
that in which they are written: each is moved behind the other by no more than `LEEWAY`.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from bot.guilds.model import LogEntry
from bot.jobs.model import Status
from bot.quota.model import (
    Asking,
    ByHand,
    Entry,
    EntryKind,
    Running,
    Subject,
    Usage,
    Whose,
    Window,
    in_millionths,
)
from bot.store import admin_log, budget, ledger_rows, ledger_sums
from bot.store.database import Database
from bot.store.instants import to_stored
from bot.store.ledger_sums import Counted

_PUT = """
INSERT INTO ledger (kind, job_id, whose, user_id, guild_id, channel_id, images, credits, at, by_id, why, counted_at)
VALUES (:kind, :job_id, :whose, :user_id, :guild_id, :channel_id, :images, :credits, :at, :by_id, :why, max(:at, (
    SELECT ifnull(max(ledger.counted_at), 0) FROM (
        VALUES ('member', :guild_id, :user_id, NULL), ('user', NULL, :user_id, NULL),
               ('channel', :guild_id, NULL, :channel_id), ('guild', :guild_id, NULL, NULL), ('total', NULL, NULL, NULL)
    ) AS of
    CROSS JOIN ledger ON ledger.kind = 'reset' AND ledger.whose = of.column1
        AND ledger.guild_id IS of.column2 AND ledger.user_id IS of.column3 AND ledger.channel_id IS of.column4
        AND ledger.counted_at > :at AND ledger.counted_at < :leeway
)))
"""
"""Written behind every reset that it is counted by."""

_RESET = """
INSERT INTO ledger (kind, whose, user_id, guild_id, channel_id, at, by_id, why, counted_at)
VALUES ('reset', :whose, :user_0, :guild_0, :channel_0, :at, :by_id, :why, max(
    :at,
    ifnull((SELECT 1 + max(counted_at) FROM {used} AND counted_at >= :at AND counted_at < :leeway), 0),
    ifnull((SELECT 1 + max(counted_at) FROM {granted} AND counted_at >= :at AND counted_at < :leeway), 0)
))
"""
"""Written behind everything that it shall leave out."""

_FOLLOW = """
INSERT INTO ledger (kind, job_id, user_id, guild_id, channel_id, images, credits, counted_at, at)
SELECT '{kind}', job_id, user_id, guild_id, channel_id, {images}, {credits}, counted_at, :at
FROM ledger AS held
WHERE job_id = :job_id AND kind = 'reserve' AND {condition} (
    SELECT 1 FROM ledger AS ended
    WHERE ended.job_id = held.job_id AND ended.counted_at = held.counted_at AND ended.kind IN ({ends})
)
ON CONFLICT DO NOTHING
"""
_ENDS = "'commit', 'release'"
_COMMIT = _FOLLOW.format(kind="commit", images="0", credits="0", condition="NOT EXISTS", ends=_ENDS)
_RELEASE = _FOLLOW.format(kind="release", images="-images", credits="-credits", condition="NOT EXISTS", ends=_ENDS)
_SETTLE = _FOLLOW.format(kind="settle", images="0", credits=":cost - credits", condition="EXISTS", ends="'commit'")

_RUNNING = f"""
SELECT count(*) FILTER (WHERE user_id = ?), count(*) FROM jobs WHERE guild_id = ? AND {ledger_sums.GOING_ON}
"""  # noqa: S608 - ours

_FIRST_HELD = """
SELECT user_id, guild_id, channel_id, images, credits FROM ledger
WHERE job_id = ? AND kind = 'reserve' ORDER BY id LIMIT 1
"""
_OF_JOB = "SELECT * FROM ledger WHERE job_id = ? ORDER BY id"
_OF_GUILD = """
SELECT * FROM ledger
WHERE guild_id = :guild_id AND counted_at >= :since AND counted_at < :until AND (counted_at, id) > (:since, :after)
ORDER BY counted_at, id LIMIT :most
"""
_OF_ALL = """
SELECT * FROM ledger WHERE counted_at >= :since AND counted_at < :until AND id > :after ORDER BY id LIMIT :most
"""
# By the index of each kind, and never along the ids; what follows a reservation is written after it.
_FIRST_OF_ALL = f"""
SELECT min(id) AS id FROM (
    SELECT min(+id) AS id FROM ledger WHERE {ledger_sums.USAGE_KINDS} AND counted_at >= :since
    UNION ALL SELECT min(+id) FROM ledger WHERE kind = 'grant' AND counted_at >= :since
    UNION ALL SELECT min(+id) FROM ledger WHERE kind = 'reset' AND counted_at >= :since
)
"""  # noqa: S608 - ours
_BATCH = 1000


def reserve(connection: sqlite3.Connection, *, job_id: str, asking: Asking, at: datetime) -> None:
    """Hold what a job asks for."""
    connection.execute(
        _PUT,
        ledger_rows.columns(
            EntryKind.RESERVE,
            at=at,
            job_id=job_id,
            user_id=asking.user_id,
            guild_id=asking.guild_id,
            channel_id=asking.channel_id,
            images=asking.images,
            credits=asking.credits,
        ),
    )


def follow(
    connection: sqlite3.Connection, *, job_id: str, status: Status, credits_used: float | None, at: datetime
) -> None:
    """Write what a job's new status means for what it holds; a second time, or where it holds nothing, nothing.

    What was delivered is committed, and settled where `credits_used` is known; what ended otherwise is released. A
    picture that waits to be collected is held on to.
    """
    columns = {"job_id": job_id, "at": to_stored(at)}
    if status is Status.DELIVERED:
        connection.execute(_COMMIT, columns)
        if credits_used is not None:
            connection.execute(_SETTLE, {**columns, "cost": in_millionths(credits_used)})
    elif status in {Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.LOST}:
        connection.execute(_RELEASE, columns)


def find_asked(connection: sqlite3.Connection, *, job_id: str, role_ids: frozenset[int]) -> Asking | None:
    """Return what a job was first let in for, as a request of whoever has these roles; None where it held nothing."""
    for row in connection.execute(_FIRST_HELD, (job_id,)).fetchall():
        user_id, guild_id, channel_id, images, credits = row
        return Asking(
            user_id=user_id,
            guild_id=guild_id,
            channel_id=channel_id,
            role_ids=role_ids,
            images=images,
            credits=credits,
        )
    return None


def sums(connection: sqlite3.Connection, windows: Sequence[Window], *, now: datetime) -> dict[Window, Usage]:
    """Sum what the ledger holds of each window, from its beginning or its subject's latest reset on."""
    if not windows:
        return {}
    rows = connection.execute(*ledger_sums.sums_of(windows, now=now)).fetchall()
    return ledger_sums.read_sums(windows, list(rows))


def running(connection: sqlite3.Connection, *, user_id: int, guild_id: int | None) -> Running:
    """Count the jobs that go on in a server; outside of servers nobody counts them."""
    if guild_id is None:
        return Running()
    [row] = connection.execute(_RUNNING, (user_id, guild_id)).fetchall()
    return Running(of_member=row[0], in_guild=row[1])


class LedgerStore:
    """The ledger in the database. What is done by hand in a server is told in its log, in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(self, windows: Sequence[Window], *, now: datetime) -> dict[Window, Usage]:
        """Sum what the ledger holds of each window, as it was committed."""
        if not windows:
            return {}
        return ledger_sums.read_sums(windows, await self._database.read(*ledger_sums.sums_of(windows, now=now)))

    async def settled(self, windows: Sequence[Window], *, now: datetime) -> dict[Window, Usage]:
        """Sum as `sums` does, without what is held by jobs that go on: it may be given back."""
        if not windows:
            return {}
        query = ledger_sums.sums_of(windows, now=now, held=False)
        return ledger_sums.read_sums(windows, await self._database.read(*query))

    async def running(self, *, user_id: int, guild_id: int | None) -> Running:
        """Count the jobs that go on in a server."""
        if guild_id is None:
            return Running()
        [row] = await self._database.read(_RUNNING, (user_id, guild_id))
        return Running(of_member=row[0], in_guild=row[1])

    async def list_events(self, window: Window, *, now: datetime, most: int = 1000) -> list[Counted]:
        """List what was counted in a window, instant by instant, oldest first; what was given back is not in it."""
        rows = await self._database.read(*ledger_sums.events_of(window, now=now, most=most))
        return [ledger_sums.read_event(row) for row in rows]

    async def grant(self, given: ByHand, *, at: datetime) -> None:
        """Raise the limits of a member in the windows that contain this instant."""
        await self._by_hand(EntryKind.GRANT, "granted", given, at=at)

    async def adjust(self, difference: ByHand, *, at: datetime) -> None:
        """Correct what was used, by the difference."""
        await self._by_hand(EntryKind.ADJUST, "adjusted", difference, at=at)

    async def reset(self, subject: Subject, *, by_id: int, at: datetime, why: str = "") -> None:
        """Let no window of a subject begin before now: what it used, and what was granted to it, counts no more.

        Of a server that forgets, too, what share of its budget it was warned of.
        """
        if subject.whose not in _WORDS:
            raise ValueError("the operator's ceiling of a server knows no reset; its limit stands in the settings")
        sql = _RESET.format(
            used=ledger_sums.USED_BY[subject.whose].format(n=0), granted=ledger_sums.GRANTED_TO.format(n=0)
        )
        columns = {**ledger_rows.columns(EntryKind.RESET, at=at, by_id=by_id, why=why), "whose": subject.whose.value}
        named = f"{_WORDS[subject.whose]}:{subject.id}" if subject.id is not None else _WORDS[subject.whose]
        entry = LogEntry(at=at, by_id=by_id, action="reset", subject=named, after=admin_log.as_text({"why": why}))
        parameters = {**columns, **ledger_sums.subject_parameters(0, subject)}

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(sql, parameters)
            if subject.guild_id is not None:
                admin_log.record(connection, subject.guild_id, entry)
            if subject.whose is Whose.GUILD and subject.guild_id is not None:
                budget.erase(connection, subject.guild_id)

        await self._database.transact(work)

    async def entries_of_job(self, job_id: str) -> list[Entry]:
        """List the rows of a job in the order they were written."""
        return [ledger_rows.read_entry(row) for row in await self._database.read(_OF_JOB, (job_id,))]

    async def entries_of_guild(self, guild_id: int, since: datetime, until: datetime) -> AsyncIterator[Entry]:
        """Go through the rows of a server that are counted from `since` until before `until`, in that order."""
        place = {"since": to_stored(since), "after": 0}
        fixed = {"guild_id": guild_id, "until": to_stored(until), "most": _BATCH}
        while rows := await self._database.read(_OF_GUILD, {**fixed, **place}):
            for row in rows:
                yield ledger_rows.read_entry(row)
            place = {"since": rows[-1]["counted_at"], "after": rows[-1]["id"]}

    async def entries_of_all(self, since: datetime, until: datetime) -> AsyncIterator[Entry]:
        """Go through the rows of everything that are counted in a time, in the order they were written."""
        fixed = {"since": to_stored(since), "until": to_stored(until), "most": _BATCH}
        [first] = await self._database.read(_FIRST_OF_ALL, {"since": to_stored(since)})
        if first["id"] is None:
            return
        after = first["id"] - 1
        while rows := await self._database.read(_OF_ALL, {**fixed, "after": after}):
            for row in rows:
                yield ledger_rows.read_entry(row)
            after = rows[-1]["id"]

    async def _by_hand(self, kind: EntryKind, action: str, done: ByHand, *, at: datetime) -> None:
        columns = ledger_rows.columns(
            kind,
            at=at,
            whose=Whose.MEMBER if kind is EntryKind.GRANT else None,
            user_id=done.user_id,
            guild_id=done.guild_id,
            channel_id=done.channel_id,
            by_id=done.by_id,
            why=done.why,
            images=done.images,
            credits=done.credits,
        )
        after = admin_log.as_text({"images": done.images, "credits": done.credits, "why": done.why})
        entry = LogEntry(at=at, by_id=done.by_id, action=action, subject=f"user:{done.user_id}", after=after)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_PUT, columns)
            if done.guild_id is not None:
                admin_log.record(connection, done.guild_id, entry)

        await self._database.transact(work)


_WORDS = {
    Whose.MEMBER: "user",
    Whose.USER: "user",
    Whose.CHANNEL: "channel",
    Whose.GUILD: "guild",
    Whose.TOTAL: "total",
}
"""What a subject that can be reset is called in a server's log."""
