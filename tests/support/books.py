"""A ledger in a real database, and what tests do with it."""

import contextlib
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.jobs.model import Status
from bot.quota.model import Asking, EntryKind, Subject, Usage, Whose, Window
from bot.store import ledger
from bot.store.database import Database
from bot.store.ledger import LedgerStore

NOW = datetime(2026, 11, 22, 9, 41, 7, 123_456, tzinfo=UTC)
TICK = timedelta.resolution
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALICE, BOB, ADMIN = 11, 12, 99
GUILD, OTHER_GUILD, CHANNEL, OTHER_CHANNEL = 1, 2, 101, 102
PRICE = 6_386_700

OF_ALICE = Subject(whose=Whose.MEMBER, guild_id=GUILD, id=ALICE)
OF_BOB = Subject(whose=Whose.MEMBER, guild_id=GUILD, id=BOB)
ALICE_ANYWHERE = Subject(whose=Whose.USER, id=ALICE)
ALICE_IN_DIRECT = Subject(whose=Whose.MEMBER, id=ALICE)
OF_CHANNEL = Subject(whose=Whose.CHANNEL, guild_id=GUILD, id=CHANNEL)
OF_GUILD = Subject(whose=Whose.GUILD, guild_id=GUILD)
OF_GUILD_FOR_OPERATOR = Subject(whose=Whose.OPERATOR_GUILD, guild_id=GUILD)
OF_ALL = Subject(whose=Whose.TOTAL)
LONG_AFTER = NOW + 100 * DAY
"""No reset lies ahead of it."""
EVERYBODY = [OF_ALICE, OF_BOB, ALICE_ANYWHERE, ALICE_IN_DIRECT, OF_CHANNEL, OF_GUILD, OF_ALL]


@dataclass(kw_only=True)
class Books:
    """A ledger, written and looked at in one line each."""

    database: Database
    store: LedgerStore = field(init=False)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.store = LedgerStore(self.database)

    async def reserve(
        self,
        at: datetime = NOW,
        *,
        job_id: str | None = None,
        user_id: int = ALICE,
        guild_id: int | None = GUILD,
        channel_id: int = CHANNEL,
    ) -> str:
        """Hold one picture for a job and return the job's id."""
        named = job_id or f"job-{next(self.numbers)}"
        asking = Asking(user_id=user_id, guild_id=guild_id, channel_id=channel_id, credits=PRICE)
        await self.database.transact(lambda open_one: ledger.reserve(open_one, job_id=named, asking=asking, at=at))
        return named

    async def follow(self, job_id: str, status: Status, *, cost: float | None = None, at: datetime = NOW) -> None:
        """Tell the ledger of a job's new status."""
        await self.database.transact(
            lambda open_one: ledger.follow(open_one, job_id=job_id, status=status, credits_used=cost, at=at)
        )

    async def usage(
        self, subject: Subject = OF_ALICE, *, since: datetime = NOW - DAY, now: datetime = LONG_AFTER
    ) -> Usage:
        """Sum one window that has not ended."""
        [usage] = (await self.store.sums([since_then(subject, since)], now=now)).values()
        return usage

    async def images(
        self, subject: Subject = OF_ALICE, *, since: datetime = NOW - DAY, now: datetime = LONG_AFTER
    ) -> int:
        return (await self.usage(subject, since=since, now=now)).images

    async def kinds(self, job_id: str) -> list[EntryKind]:
        return [entry.kind for entry in await self.store.entries_of_job(job_id)]


def since_then(subject: Subject, begins_at: datetime) -> Window:
    """Return a window that has not ended."""
    return Window(subject=subject, begins_at=begins_at, ends_at=None, length=None)


@contextlib.asynccontextmanager
async def open_books(folder: Path) -> AsyncGenerator[Books, None]:
    """Open the ledger of a DATA_DIR."""
    database = await Database.open(folder / "imagebot.sqlite3")
    try:
        yield Books(database=database)
    finally:
        await database.close()
