"""One SQLite file: opened, migrated, written by one connection and read by another.

WAL with full synchronisation: what was committed survives a power cut. Every write is one statement, or one transaction
handed in whole, and runs to its end even if the caller is cancelled, so that no half of it is ever seen.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.errors import FolderInUse, StoreConflict, StoreError

log = logging.getLogger(__name__)

Row = sqlite3.Row
Parameters = Sequence[Any] | Mapping[str, Any]
T = TypeVar("T")

_NEVER_TAKEN = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    OverflowError,  # a number of more than 64 bits: the driver's own error, raised before the database is asked
    UnicodeEncodeError,  # half a character
)

BUSY_TIMEOUT_S = 5.0


def migrations() -> list[tuple[int, str]]:
    """List the numbered scripts of this program, lowest first, as (version, SQL)."""
    folder = resources.files("bot.store") / "migrations"
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name.split("_", 1)[0]), entry.read_text(encoding="utf-8")) for entry in scripts)


class Database:
    """An open, migrated database. Raises StoreError on opening what cannot be used."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()
        self._writes: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(cls, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, alone: bool = True) -> "Database":
        """Open `path`, bring its schema up to this program's, and return it ready for use.

        Raises FolderInUse where the schema would have to change and other processes use it, too (not `alone`).
        """
        async with contextlib.AsyncExitStack() as stack:  # a connection left open would keep its thread for ever
            try:
                # what cannot be opened fails here, not in the driver's thread, which would then speak to a closed loop
                sqlite3.connect(path).close()
                writer = await _connect(stack, path, busy_timeout_s)
                await _migrate(writer, path, alone=alone)
                reader = await _connect(stack, path, busy_timeout_s)
            except sqlite3.Error as error:
                raise StoreError(f"cannot use {path}: {error}") from None
            stack.pop_all()
        return cls(writer, reader)

    async def close(self) -> None:
        """Finish the writes under way and close."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._writer.close)
            stack.push_async_callback(self._reader.close)
            if self._writes:
                await asyncio.wait(self._writes)

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query; sees committed data only."""
        with _faults_told():
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def write(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Execute one statement and return the rows of its RETURNING clause."""

        async def one_statement(connection: aiosqlite.Connection) -> list[Row]:
            return list(await connection.execute_fetchall(sql, parameters))

        return await self._in_turn(one_statement)

    async def transact(self, work: Callable[[aiosqlite.Connection], Awaitable[T]]) -> T:
        """Run `work` within one transaction, rolled back if it raises."""

        async def transaction(connection: aiosqlite.Connection) -> T:
            await connection.execute("BEGIN IMMEDIATE")
            try:
                outcome = await work(connection)
                await connection.execute("COMMIT")
            except BaseException:
                await connection.rollback()
                raise
            return outcome

        return await self._in_turn(transaction)

    async def _in_turn(self, work: Callable[[aiosqlite.Connection], Awaitable[T]]) -> T:
        """One writer at a time, each in a task of its own that a cancelled caller cannot tear."""

        async def run() -> T:
            async with self._turn:
                with _faults_told():
                    return await work(self._writer)

        task = asyncio.create_task(run(), name="database write")
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)


@contextlib.contextmanager
def _faults_told() -> Generator[None, None, None]:
    """Turn the driver's errors into ours: nobody outside this folder knows which driver it is."""
    try:
        yield
    except _NEVER_TAKEN as error:
        raise StoreConflict(f"{type(error).__name__}: {error}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{type(error).__name__}: {error}") from error


async def _connect(stack: contextlib.AsyncExitStack, path: Path, busy_timeout_s: float) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, timeout=busy_timeout_s)
    stack.push_async_callback(connection.close)
    connection.row_factory = sqlite3.Row
    await connection.execute("PRAGMA journal_mode = WAL")
    await connection.execute("PRAGMA synchronous = FULL")
    await connection.execute("PRAGMA foreign_keys = ON")
    return connection


async def _migrate(connection: aiosqlite.Connection, path: Path, *, alone: bool) -> None:
    """Apply what is missing, each script in a transaction together with the version it leads to."""
    [row] = await connection.execute_fetchall("PRAGMA user_version")
    at = int(row[0])
    known = migrations()
    if at > known[-1][0]:
        raise StoreError(
            f"the database has schema {at}, this program knows up to {known[-1][0]}; use the newer program"
        )
    if at < known[-1][0] and not alone:
        raise FolderInUse(str(path.parent))
    for version, script in known:
        if version <= at:
            continue
        try:
            await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {version};\nCOMMIT;")
        except sqlite3.Error as error:
            await connection.rollback()
            raise StoreError(f"migration {version} failed: {error}") from None
        log.info("database migrated", extra={"version": version})


def inspect(path: Path) -> int:
    """Look a database over without changing what it holds, and return its schema version.

    Raises StoreError where it is corrupt, cannot be read, or was made by a newer program. Blocks.
    """
    try:
        # not mode=ro, which leaves a log behind that belongs to whoever ran the check and shuts the bot out
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)
        try:
            [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
            [version] = connection.execute("PRAGMA user_version").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise StoreError(f"cannot be opened ({error}); look at its owner and rights, and at who else uses it") from None
    except sqlite3.Error as error:
        raise StoreError(f"cannot be used ({error}); put the last backup in its place") from None
    if verdict != "ok":
        raise StoreError(f"is damaged ({verdict}); put the last backup in its place")
    newest = migrations()[-1][0]
    if version > newest:
        raise StoreError(f"has schema {version}, and this imagebot knows up to {newest}; use the newer imagebot")
    return int(version)
