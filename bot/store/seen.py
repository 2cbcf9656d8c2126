"""The table of pictures that the bot saw in a message and may not be able to read again."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bot.jobs.model import Source
from bot.store import job_rows
from bot.store.database import Database, Row
from bot.store.instants import to_stored

_ERASE = "DELETE FROM seen_pictures WHERE message_id = ? OR kept_until <= ?"
_PUT = """
INSERT INTO seen_pictures (channel_id, message_id, position, name, url, result_of, n_bytes, kept_until)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_LIST = "SELECT * FROM seen_pictures WHERE channel_id = ? AND message_id = ? AND kept_until > ? ORDER BY position"


class SeenStore:
    """Pictures that were seen, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, channel_id: int, message_id: int, sources: Sequence[Source], *, now: datetime, kept_until: datetime
    ) -> None:
        """Keep the pictures of a message, instead of what was kept of it before; erase what has expired."""
        until = to_stored(kept_until)
        rows = [
            (channel_id, message_id, position, job_rows.whole(each.name), each.url, each.result_of, each.n_bytes, until)
            for position, each in enumerate(sources, start=1)
        ]

        def put_all(connection: sqlite3.Connection) -> None:
            connection.execute(_ERASE, (message_id, to_stored(now)))
            connection.executemany(_PUT, rows)

        await self._database.transact(put_all)

    async def list(self, channel_id: int, message_id: int, *, now: datetime) -> list[Source]:
        """List the pictures kept of a message, in their order."""
        return [_source(row) for row in await self._database.read(_LIST, (channel_id, message_id, to_stored(now)))]


def _source(row: Row) -> Source:
    return Source(
        position=row["position"],
        name=row["name"],
        url=row["url"],
        result_of=row["result_of"],
        n_bytes=row["n_bytes"],
    )
