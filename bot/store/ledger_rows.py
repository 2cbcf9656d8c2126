"""How an entry of the ledger stands in its table. Pure: no connection, no time of its own."""

from datetime import datetime, timedelta

from bot.quota.model import Entry, EntryKind, Whose
from bot.store import job_rows
from bot.store.database import Row
from bot.store.instants import from_stored, to_stored

LEEWAY = timedelta(minutes=1)
"""How far an entry may be moved behind one that was written before it: clocks are set back, and two never agree."""


def columns(
    kind: EntryKind,
    *,
    at: datetime,
    job_id: str | None = None,
    whose: Whose | None = None,
    user_id: int | None = None,
    guild_id: int | None = None,
    channel_id: int | None = None,
    images: int = 0,
    credits: int = 0,
    by_id: int | None = None,
    why: str = "",
) -> dict[str, int | str | None]:
    """Return the parameters of the statements that add a row."""
    return {
        "kind": kind.value,
        "job_id": job_id,
        "whose": whose.value if whose else None,
        "user_id": user_id,
        "guild_id": guild_id,
        "channel_id": channel_id,
        "images": images,
        "credits": credits,
        "at": to_stored(at),
        "leeway": to_stored(at + LEEWAY),
        "by_id": by_id,
        "why": job_rows.whole(why),
    }


def read_entry(row: Row) -> Entry:
    """Read a row of the table."""
    return Entry(
        kind=EntryKind(row["kind"]),
        job_id=row["job_id"],
        user_id=row["user_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        images=row["images"],
        credits=row["credits"],
        counted_at=from_stored(row["counted_at"]),
        at=from_stored(row["at"]),
        by_id=row["by_id"],
        why=row["why"],
    )
