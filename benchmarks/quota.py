"""How long a quota takes where the ledger holds a million rows, all of them in the operator's month.

`python -m benchmarks.quota [--folder FOLDER]` fills a database, which takes half a minute, and measures through the
bot's own store and entrance, in real time. The folder has to be on a disk, not in memory; without one it is the
system's temporary folder. The floors are in the same run: a bare SELECT of one row by its key through the same driver,
and a transaction that writes one row of a small table, synchronised as fully.
"""

import argparse
import asyncio
import calendar
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.app_parts.limits import make_guilds, make_quotas
from bot.clock import SystemClock
from bot.guilds.model import GuildSettings
from bot.jobs.admission import Admission
from bot.jobs.model import Asker, Drawing, Job, ReplyRoute, Request, Status
from bot.provider.api import EvoLink
from bot.quota.model import Asking, BudgetWarning, Period, Rule, Scope, Subject, Unit, Whose, Window
from bot.settings import FixedSettings
from bot.store import ledger, rules
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.instants import to_stored
from bot.store.jobs import JobStore
from bot.store.ledger import LedgerStore
from bot.store.meta import MetaStore
from bot.store.rules import RuleStore

ROWS = 1_000_000
TRIES = 3000
WARM_UP = 100
YOUNG = 300
"""So many reservations after a start the log on disk still grows, for which the file system takes its time, too."""
TARGET_MS = 2.0
BUSY_GUILD = 1
"""Half of all rows are of this server."""
GUILDS, CHANNELS, PEOPLE = 500, 20, 20_000
PRICE = 6_386_700

_FILL = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :jobs),
jobs AS (
    SELECT n, printf('%016x', n * 7919) AS job_id, 1 + n * 48271 % :people AS user_id,
           CASE n % 2 WHEN 0 THEN :busy_guild ELSE 1 + n * 16807 % :guilds END AS guild_id,
           1 + n * 69621 % :channels AS channel_id,
           :since + CAST((:until - :since) * (n / (:jobs + 1.0)) AS INTEGER) AS at
    FROM numbers
)
INSERT INTO ledger (kind, job_id, user_id, guild_id, channel_id, images, credits, counted_at, at)
SELECT kind, job_id, user_id, guild_id, guild_id * 100 + channel_id, images, credits, at, at FROM jobs CROSS JOIN (
    SELECT 'reserve' AS kind, 1 AS images, :price AS credits
    UNION ALL SELECT 'commit', 0, 0 UNION ALL SELECT 'settle', 0, -1234
)
"""


def month(now: datetime) -> tuple[datetime, datetime]:
    """Return where the month of `now` begins and ends, in UTC."""
    begins_at = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begins_at, begins_at + timedelta(days=calendar.monthrange(now.year, now.month)[1])


def fill(path: Path, *, since: datetime, until: datetime) -> int:
    """Write a month of jobs, evenly spread, and return how many rows the ledger holds."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        values = {
            "jobs": ROWS // 3 + 1,
            "people": PEOPLE,
            "busy_guild": BUSY_GUILD,
            "guilds": GUILDS,
            "channels": CHANNELS,
            "since": to_stored(since),
            "until": to_stored(until),
            "price": PRICE,
        }
        connection.execute(_FILL, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(connection.execute("SELECT count(*) FROM ledger").fetchone()[0])


def windows_of(asking: Asking, *, now: datetime) -> list[Window]:
    """List what a server with many rules and a careful operator looks up, in UTC and in a zone half an hour off."""
    begins_at, ends_at = month(now)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    half = timedelta(minutes=30)  # a day of India's calendar begins in the middle of an hour of UTC
    member = Subject(whose=Whose.MEMBER, guild_id=asking.guild_id, id=asking.user_id)
    guild = Subject(whose=Whose.GUILD, guild_id=asking.guild_id)
    channel = Subject(whose=Whose.CHANNEL, guild_id=asking.guild_id, id=asking.channel_id)
    user, total = Subject(whose=Whose.USER, id=asking.user_id), Subject(whose=Whose.TOTAL)
    starts = [
        *((member, day - half), (member, begins_at - half), (guild, begins_at - half), (channel, day - half)),
        *((user, day), (guild, begins_at), (total, day), (total, begins_at)),
    ]
    calendar_ones = [
        Window(subject=subject, begins_at=start, ends_at=ends_at, length=None) for subject, start in starts
    ]
    rolling = timedelta(days=30)
    return [
        *calendar_ones,
        Window(subject=guild, begins_at=max(begins_at, now - rolling), ends_at=None, length=rolling),
    ]


async def measured(
    name: str,
    work: Callable[[int], Awaitable[object]],
    *,
    target: bool = True,
    tries: int = TRIES,
    after: Callable[[int], Awaitable[object]] | None = None,
) -> None:
    """Time one piece of work many times, one after the other, and print how long it took; `after` is not timed."""
    took_ms: list[float] = []
    for number in range(WARM_UP + tries):
        began = time.perf_counter()
        await work(number)
        took_ms.append((time.perf_counter() - began) * 1000)
        if after is not None:
            await after(number)
    took_ms = sorted(took_ms[WARM_UP:])
    p50, p99, worst = took_ms[tries // 2], took_ms[tries * 99 // 100], took_ms[-1]
    verdict = "" if not target else "   within 2 ms" if p99 <= TARGET_MS else "   OVER 2 ms"
    print(f"{name:70} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   worst {worst:7.2f} ms{verdict}")


class Nobody:
    """Hears what administrators are told."""

    def job_ended(self, job: Job) -> None:
        """Hear it."""

    def budget_warning(self, guild_id: int, warning: BudgetWarning) -> None:
        """Hear it."""


async def set_up_server(database: Database, *, now: datetime) -> None:
    """Let the busy server set something of everything, for members, channels and itself."""
    rule_store = RuleStore(database)
    limits = [
        *(Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=period, limit=10_000) for period in Period),
        *(
            Rule(scope=Scope.CHANNEL, subject_id=channel, unit=Unit.IMAGES, period=Period.DAY, limit=10**6)
            for channel in range(101, 101 + CHANNELS)
        ),
        Rule(scope=Scope.GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=10**15),
        Rule(scope=Scope.GUILD, unit=Unit.IMAGES, period=Period.WEEK, limit=10**9, rolling=True),
    ]
    for rule in limits:
        await rule_store.put(BUSY_GUILD, rule, by_id=0, at=now)
    mine = GuildSettings(time_zone="Asia/Kolkata", jobs_per_member=5, jobs_per_guild=1000, words=("forbidden", "words"))
    await GuildStore(database).put(BUSY_GUILD, lambda _: mine, by_id=0, at=now)


def entrance(database: Database, path: Path, session: aiohttp.ClientSession) -> Admission:
    """Join the entrance as the bot does, for an operator who has set every limit."""
    settings = FixedSettings.of(
        discord_token="token",
        evolink_api_key="sk-key",
        user_images_per_day=10**6,
        server_credits_per_month="900000000",
        total_credits_per_day="900000000",
        total_credits_per_month="900000000",
    )
    clock = SystemClock()
    provider = EvoLink(
        session=session,
        api_base=settings.evolink_api_base,
        api_key=settings.evolink_api_key,
        model=settings.evolink_model,
        clock=clock,
    )
    return make_quotas(
        settings,
        database=database,
        path=path,
        store=JobStore(database, folder=path.parent, clock=clock),
        guilds=make_guilds(settings, database=database, clock=clock),
        provider=provider,
        chronicle=Nobody(),
        announce=lambda _: None,
        clock=clock,
    ).admission


def request_of(asking: Asking, number: int, *, at: datetime) -> tuple[Job, Request]:
    """Return what a member's /imagine becomes."""
    route = ReplyRoute(
        application_id=1,
        channel_id=asking.channel_id,
        message_id=None,
        token=secrets.token_urlsafe(100),
        token_expires_at=at + timedelta(minutes=15),
        ephemeral=False,
        channel_reachable=True,
        upload_limit_bytes=10_000_000,
    )
    drawing = Drawing(prompt="a paper lighthouse on a paper sea, folded, seen from above")
    request = Request(
        origin_id=10**18 + number,
        user_id=asking.user_id,
        guild_id=asking.guild_id,
        asker=Asker(user_id=asking.user_id, guild_id=asking.guild_id, channel_id=asking.channel_id),
        drawing=drawing,
        route=route,
    )
    job = Job(
        id=secrets.token_hex(8),
        status=Status.QUEUED,
        origin_id=request.origin_id,
        user_id=request.user_id,
        guild_id=request.guild_id,
        drawing=drawing,
        route=route,
        created_at=at,
    )
    return job, request


async def measure(database: Database, admission: Admission, *, since: datetime, until: datetime) -> None:
    """Measure the floors, the sums, the reservation alone, and the entrance with all of it."""
    now = since + (until - since) * 0.999 + timedelta(minutes=17)
    store, meta = LedgerStore(database), MetaStore(database)
    await set_up_server(database, now=now)
    await meta.put("floor", "0")

    def asking(number: int) -> Asking:
        return Asking(
            user_id=1 + number * 37 % PEOPLE, guild_id=BUSY_GUILD, channel_id=101 + number % CHANNELS, credits=PRICE
        )

    async def reservation(number: int, *, of: str = "bench") -> None:
        at, asked = now + timedelta(milliseconds=number), asking(number)

        def work(connection: sqlite3.Connection) -> None:
            rules.read_rules(connection, BUSY_GUILD)
            ledger.sums(connection, windows_of(asked, now=at), now=at)
            ledger.running(connection, user_id=asked.user_id, guild_id=BUSY_GUILD)
            ledger.reserve(connection, job_id=f"{of}-{number}", asking=asked, at=at)

        await database.transact(work)

    async def one_row(number: int) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'floor'", (str(number),))

        await database.transact(work)

    await measured(
        f"reservation, of the first {YOUNG + WARM_UP} after a start",
        lambda number: reservation(number, of="young"),
        tries=YOUNG,
    )
    await measured(
        "floor: SELECT of one row by its key",
        lambda number: database.read("SELECT * FROM ledger WHERE id = ?", (1 + number * 331 % ROWS,)),
        target=False,
    )
    await measured("floor: one row written, full synchronisation", one_row, target=False)
    await measured(
        "decision: 9 windows summed", lambda number: store.sums(windows_of(asking(number), now=now), now=now)
    )
    await measured("reservation: rules, 9 windows, hold, full synchronisation", reservation)
    requests = [
        request_of(asking(number), number, at=now + timedelta(seconds=10, milliseconds=number))
        for number in range(WARM_UP + TRIES)
    ]
    await measured(
        "entrance: settings, 26 rules, 11 windows, hold, job, full synchronisation",
        lambda number: admission.insert(*requests[number], max_waiting=1000),
        after=lambda number: database.write(
            "UPDATE jobs SET status = 'delivered', told_at = created_at WHERE id = ?", (requests[number][0].id,)
        ),
    )


async def print_promises(database: Database) -> None:
    """Print how the store is set up, by what it says itself."""
    [journal], [synchronous], [pages] = [
        (await database.write(f"PRAGMA {name}"))[0] for name in ("journal_mode", "synchronous", "wal_autocheckpoint")
    ]
    print(
        f"journal_mode {journal}, synchronous {('OFF', 'NORMAL', 'FULL', 'EXTRA')[synchronous]}, "
        f"one commit in every {pages} pages also makes the checkpoint\n"
        "written so: the job's row in the ledger with its indexes, what it adds up to by hours and days, and the job"
    )


async def main(place: Path | None) -> None:
    since, until = month(datetime.now(UTC))
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(dir=place) as folder:
        path = Path(folder) / "imagebot.sqlite3"
        await (await Database.open(path)).close()
        began = time.perf_counter()
        rows = await asyncio.to_thread(fill, path, since=since, until=until)
        n_bytes = path.stat().st_size
        print(f"{rows:,} rows in {since:%B %Y}, {n_bytes / 1e6:.0f} MB, filled in {time.perf_counter() - began:.0f} s")
        database = await Database.open(path)
        try:
            await print_promises(database)
            async with aiohttp.ClientSession() as session:
                await measure(database, entrance(database, path, session), since=since, until=until)
        finally:
            await database.close()
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure what a quota takes where the ledger holds a million rows.")
    parser.add_argument("--folder", type=Path, help="where the database is made; the system's temporary folder")
    asyncio.run(main(parser.parse_args().folder))
