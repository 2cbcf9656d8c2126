"""One SQLite file: opened, migrated, written by one connection and read by another.

WAL with full synchronisation: what was committed survives a power cut. Every write is one statement, or one transaction
handed in whole, and runs to its end even if the caller is cancelled, so that no half of it is ever seen.
"""

import asyncio
import contextlib
import functools
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.errors import StoreError, StoreLocked
from bot.store import faults, schema
from bot.store.condition import Condition

Row = sqlite3.Row
Parameters = Sequence[Any] | Mapping[str, Any]
T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
_CACHED_STATEMENTS = 256
"""Parsed ones that are kept: more than there are, of which the long sums have several forms."""
_CHECKPOINT_PAGES = 8000
"""How long the log may become before a commit carries it over: such a one takes many times as long as the others, so it
shall be rare. Of pages of 4 KiB it is 33 MB.
"""
_CACHE_KIB = 16_000
"""How much of a large database a connection keeps at hand: its own 2 MB hold the indexes of a young one only."""
_WRITERS_CACHE_KIB = 64_000
"""The writer's, which touches a page of every index with each reservation: of a million rows they take as much."""
_SET_CHECKPOINT = f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}"
_SET_CACHE = f"PRAGMA cache_size = -{_CACHE_KIB}"
_SET_WRITERS_CACHE = f"PRAGMA cache_size = -{_WRITERS_CACHE_KIB}"


class _Connection(aiosqlite.Connection):
    """The driver's, which otherwise knows no more than one statement at a time."""

    async def visit(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the connection's own thread and return what it returns."""
        return await self._execute(work, self._conn)  # pyright: ignore[reportUnknownMemberType] - the driver leaves it untyped


class Database:
    """An open, migrated database. Raises StoreError on opening what cannot be used."""

    def __init__(self, path: Path, writer: _Connection, reader: _Connection) -> None:
        self._path = path
        self._identity = _identity(path)
        self._writer = writer
        self._reader = reader
        self._writing = Condition("writing")
        self._reading = Condition("reading")
        self._turn = asyncio.Lock()
        self._refused = 0
        self._writes: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        alone: bool = True,
        may_be_empty: bool = True,
        only_to_read: bool = False,
    ) -> "Database":
        """Open `path`, bring its schema up to this program's, and return it ready for use.

        Raises FolderInUse where the schema would have to change and other processes use it, too (not `alone`). A file
        that holds nothing is a new database, unless it may not be (`may_be_empty`). One that is only read is taken with
        the schema it has, and every write to it raises StoreError.
        """
        async with contextlib.AsyncExitStack() as stack:  # a connection left open would keep its thread for ever
            try:
                # what cannot be opened fails here, not in the driver's thread, which would then speak to a closed loop
                sqlite3.connect(path).close()
                writer = await _connect(stack, path, busy_timeout_s)
                if not only_to_read:
                    await schema.upgrade(writer, path, alone=alone, may_be_empty=may_be_empty)
                await writer.execute(_SET_CHECKPOINT)
                await writer.execute(_SET_WRITERS_CACHE)
                reader = await _connect(stack, path, busy_timeout_s)
                for connection in (writer, reader) if only_to_read else ():
                    await connection.execute("PRAGMA query_only = ON")
            except sqlite3.Error as error:
                raise faults.of_opening(path, error) from None
            stack.pop_all()
        return cls(path, writer, reader)

    async def close(self) -> None:
        """Finish the writes under way and close."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._writer.close)
            stack.push_async_callback(self._reader.close)
            if self._writes:
                await asyncio.wait(self._writes)

    async def verify(self) -> None:
        """Look whether what is written still lands in the file that the next start opens; raises StoreError.

        A moment's work, unless something was found damaged: then all of it is read to see whether it still is.
        """
        if await asyncio.to_thread(_identity, self._path) != self._identity:
            raise StoreError(
                f"{self._path} was removed or replaced while it is in use; put back the very same one, or stop the bot"
            )
        if self._writing.damage or self._reading.damage:
            await asyncio.to_thread(schema.inspect, self._path)
            self._writing.recovered()
            self._reading.recovered()

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query; sees committed data only."""
        with _failures_noted(self._reading):
            rows = list(await self._reader.execute_fetchall(sql, parameters))
        self._reading.worked()
        return rows

    async def write(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Execute one statement and return the rows of its RETURNING clause."""
        return await self._in_turn(lambda connection: connection.execute(sql, parameters).fetchall())

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` within one transaction, rolled back if it raises.

        The whole of it is one visit to the driver's thread, where each statement of its own would cost as much again as
        a short one takes. So `work` blocks, and touches nothing that belongs to the event loop.
        """

        def transaction(connection: sqlite3.Connection) -> T:
            if connection.in_transaction:  # the disk did not even let the last one be rolled back
                connection.rollback()
            connection.execute("BEGIN IMMEDIATE")
            try:
                outcome = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.rollback()
                raise
            return outcome

        return await self._in_turn(transaction)

    async def _in_turn(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One writer at a time, each in a task of its own that a cancelled caller cannot tear.

        While another program holds the database one of them finds that out for all that wait behind it: each with a
        patience of its own, they would keep people waiting for minutes.
        """
        refused = self._refused

        def look_and_work(connection: sqlite3.Connection) -> tuple[T, bool]:
            changes = connection.total_changes
            return work(connection), connection.total_changes != changes

        async def run() -> T:
            async with self._turn:
                if self._refused != refused:
                    raise StoreLocked("another program held the database while this waited for its turn")
                try:
                    with _failures_noted(self._writing):
                        outcome, has_written = await self._writer.visit(look_and_work)
                except StoreLocked:
                    self._refused += 1
                    raise
            if has_written:  # what found nothing to change works on a full disk, too
                self._writing.worked()
            return outcome

        task = asyncio.create_task(run(), name="database write")
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)


@contextlib.contextmanager
def _failures_noted(condition: Condition) -> Generator[None, None, None]:
    """Turn the driver's errors into ours, and note that the database failed."""
    try:
        yield
    except faults.DRIVER_ERRORS as error:
        fault = faults.told(error)
        condition.failed(fault, error)
        raise fault from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from every other one, whatever its name; None where there is none or it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _close(connection: _Connection, opening: asyncio.Future[Any]) -> None:
    """Close a connection once it is open, or else its driver's thread would answer a loop that is closed."""
    await asyncio.wait({opening})
    await connection.close()


async def _connect(stack: contextlib.AsyncExitStack, path: Path, busy_timeout_s: float) -> _Connection:
    connect = functools.partial(
        sqlite3.connect, path, isolation_level=None, timeout=busy_timeout_s, cached_statements=_CACHED_STATEMENTS
    )
    connection = _Connection(connect, iter_chunk_size=64)
    opening = asyncio.ensure_future(connection)
    stack.push_async_callback(_close, connection, opening)  # before any await, of which each may be cancelled
    await asyncio.shield(opening)
    connection.row_factory = sqlite3.Row
    await connection.execute("PRAGMA journal_mode = WAL")
    await connection.execute("PRAGMA synchronous = FULL")
    await connection.execute(_SET_CACHE)
    await connection.execute("PRAGMA foreign_keys = ON")
    return connection
