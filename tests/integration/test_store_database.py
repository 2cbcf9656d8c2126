"""One SQLite file, for real: opening what is there, transactions that nobody can tear, and what is refused."""

import asyncio
import contextlib
import gc
import signal
import sqlite3
import sys
import threading
import time
import warnings
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError, StoreLocked
from bot.store.database import Database
from bot.store.meta import MetaStore
from bot.store.schema import inspect, migrations
from tests.support.patience import PATIENCE_S

NEWEST = migrations()[-1][0]
WRITE = "INSERT INTO meta (key, value) VALUES (?, ?)"


@contextlib.asynccontextmanager
async def opened(path: Path, **options: Any) -> AsyncGenerator[Database, None]:
    database = await Database.open(path, **options)
    try:
        yield database
    finally:
        await database.close()


async def keys(database: Database) -> list[str]:
    return [row["key"] for row in await database.read("SELECT key FROM meta ORDER BY key")]


def make(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def spoil(path: Path) -> None:
    """Overwrite the inside of a sound database; its first page, which is read on opening, stays."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


async def threads_end(threads: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while threading.active_count() > threads:  # noqa: ASYNC110 - a thread tells nobody that it has ended
            await asyncio.sleep(0.001)


def test_migrations_are_numbered_without_a_gap() -> None:
    """The number is the version that the script leads to."""
    assert [version for version, _ in migrations()] == list(range(1, NEWEST + 1))


async def test_a_new_file_is_made_ready_for_both_connections(tmp_path: Path) -> None:
    """Whole schema, write-ahead log, full synchronisation, foreign keys."""
    async with opened(tmp_path / "new.sqlite3") as database:
        for ask in (database.read, database.write):
            assert [tuple(row) for row in await ask("PRAGMA user_version")] == [(NEWEST,)]
            assert [tuple(row) for row in await ask("PRAGMA journal_mode")] == [("wal",)]
            assert [tuple(row) for row in await ask("PRAGMA synchronous")] == [(2,)]
            assert [tuple(row) for row in await ask("PRAGMA foreign_keys")] == [(1,)]


async def test_few_commits_carry_the_log_over(tmp_path: Path) -> None:
    """One that does is slow, so the log grows to 33 MB before, and no further."""
    path = tmp_path / "busy.sqlite3"
    log = path.with_name("busy.sqlite3-wal")
    async with opened(path) as database:
        sizes: list[int] = []
        for letter in "abcdefghijklmn":
            await MetaStore(database).put("large", letter * 3_000_000)
            sizes.append(log.stat().st_size)
    assert sizes[8] > 8 * 3_000_000
    assert sizes[13] < 13 * 3_000_000


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    """And migrations are not applied twice."""
    async with opened(tmp_path / "kept.sqlite3") as database:
        await MetaStore(database).put("name", "first")
        await MetaStore(database).put("name", "second")
    async with opened(tmp_path / "kept.sqlite3") as database:
        assert await MetaStore(database).find("name") == "second"
        assert await MetaStore(database).find("other") is None


async def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    """A start that was killed before the first page was written leaves one."""
    (tmp_path / "empty.sqlite3").touch()
    async with opened(tmp_path / "empty.sqlite3") as database:
        assert await keys(database) == []


@pytest.mark.parametrize("kind", ["newer", "not_a_database", "folder", "no_folder", "foreign", "locked"])
async def test_what_cannot_be_used_is_refused_and_left_as_it_is(kind: str, tmp_path: Path) -> None:
    """A StoreError, no thread left running that would keep the process alive, not a byte changed."""
    path = tmp_path / "given.sqlite3"
    lock: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    match kind:
        case "newer":
            make(path, "PRAGMA journal_mode = WAL", f"PRAGMA user_version = {NEWEST + 1}")
        case "not_a_database":
            path.write_bytes(b"This is a letter to my aunt, and no database at all. " * 200)
        case "folder":
            path.mkdir()
        case "no_folder":
            path = tmp_path / "missing" / "given.sqlite3"
        case "foreign":
            make(path, "PRAGMA journal_mode = WAL", "CREATE TABLE jobs (mine)")
        case _:
            make(path, "CREATE TABLE theirs (x)")
            lock = contextlib.closing(sqlite3.connect(path, isolation_level=None))
    before = path.read_bytes() if path.is_file() else b""
    threads = threading.active_count()
    with lock as other:
        if kind == "locked":
            other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError):
            await Database.open(path, busy_timeout_s=0.01)
    await threads_end(threads)
    assert (path.read_bytes() if path.is_file() else b"") == before


async def test_a_failed_migration_leaves_nothing_of_itself(tmp_path: Path) -> None:
    """The script and its version are one transaction: what stood before it stands after it."""
    path = tmp_path / "half.sqlite3"
    make(path, "CREATE TABLE jobs (mine)", "INSERT INTO jobs VALUES (7)")
    with pytest.raises(StoreError, match="migration 1 failed"):
        await Database.open(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("jobs",)]
        assert connection.execute("SELECT mine FROM jobs").fetchone() == (7,)


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")  # aiosqlite drops one that opened too late
async def test_an_opening_that_is_cancelled_leaves_no_thread(tmp_path: Path) -> None:
    """Wherever it is cut, the process can end: a connection's thread is no daemon."""
    threads = threading.active_count()
    for steps in range(0, 24, 2):
        opening = asyncio.create_task(Database.open(tmp_path / f"{steps}.sqlite3"))
        for _ in range(steps):
            await asyncio.sleep(0.0003)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await opening).close()
    await threads_end(threads)
    with warnings.catch_warnings():  # the driver drops such a connection without closing it, which Python 3.13 tells
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def test_a_write_goes_on_when_its_caller_is_cancelled(tmp_path: Path) -> None:
    """A person who leaves, a stop: what was begun is finished, and nothing of it is lost."""
    async with opened(tmp_path / "a.sqlite3") as database:
        for number in range(30):
            writing = asyncio.create_task(database.write(WRITE, (f"{number:02}", "x")))
            for _ in range(number % 5 + 1):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        await database.write(WRITE, ("last", "x"))
        assert await keys(database) == [*(f"{number:02}" for number in range(30)), "last"]


async def test_a_transaction_goes_on_when_its_caller_is_cancelled(tmp_path: Path) -> None:
    """Half of it is never seen: neither by a reader meanwhile nor afterwards."""
    half_way, go_on = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(WRITE, ("first", "x"))
        half_way.set()
        go_on.wait(PATIENCE_S)
        connection.execute(WRITE, ("second", "x"))

    async with opened(tmp_path / "a.sqlite3") as database:
        caller = asyncio.create_task(database.transact(work))
        await asyncio.to_thread(half_way.wait, PATIENCE_S)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        assert await keys(database) == []
        behind = asyncio.create_task(database.write(WRITE, ("third", "x")))
        go_on.set()
        await behind
        assert await keys(database) == ["first", "second", "third"]


async def test_closing_waits_for_what_is_under_way(tmp_path: Path) -> None:
    """A write whose caller is gone is finished before the file is closed."""
    go_on = threading.Event()

    def work(connection: sqlite3.Connection) -> None:
        go_on.wait(PATIENCE_S)
        connection.execute(WRITE, ("late", "x"))

    database = await Database.open(tmp_path / "a.sqlite3")
    caller = asyncio.create_task(database.transact(work))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0.005)
    assert not closing.done()
    go_on.set()
    await closing
    async with opened(tmp_path / "a.sqlite3") as again:
        assert await keys(again) == ["late"]


async def test_a_transaction_that_fails_is_undone_and_the_next_one_works(tmp_path: Path) -> None:
    """Our own error comes out as it is, the database's as a StoreError."""

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute(WRITE, ("gone", "x"))
        raise ZeroDivisionError

    def repeats(connection: sqlite3.Connection) -> str:
        connection.execute(WRITE, ("twice", "x"))
        connection.execute(WRITE, ("twice", "x"))
        return "never"

    def works(connection: sqlite3.Connection) -> str:
        connection.execute(WRITE, ("kept", "x"))
        return "done"

    async with opened(tmp_path / "a.sqlite3") as database:
        with pytest.raises(ZeroDivisionError):
            await database.transact(breaks)
        with pytest.raises(StoreError):
            await database.transact(repeats)
        assert await database.transact(works) == "done"
        assert await keys(database) == ["kept"]


async def test_writes_do_not_slip_into_somebody_elses_transaction(tmp_path: Path) -> None:
    """On one shared connection they would be rolled back with it."""
    half_way, go_on = threading.Event(), threading.Event()

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute(WRITE, ("gone", "x"))
        half_way.set()
        go_on.wait(PATIENCE_S)
        raise ZeroDivisionError

    async with opened(tmp_path / "a.sqlite3") as database:
        breaking = asyncio.create_task(database.transact(breaks))
        await asyncio.to_thread(half_way.wait, PATIENCE_S)
        writing = asyncio.gather(*(database.write(WRITE, (str(number), "x")) for number in range(5)))
        await asyncio.sleep(0)
        go_on.set()
        await writing
        with pytest.raises(ZeroDivisionError):
            await breaking
        assert await keys(database) == list("01234")


async def test_a_statement_that_fails_is_told_as_a_store_error(tmp_path: Path) -> None:
    """Reading or writing: nobody outside has to know which driver it is."""
    async with opened(tmp_path / "a.sqlite3") as database:
        await database.write(WRITE, ("once", "x"))
        with pytest.raises(StoreError):
            await database.write(WRITE, ("once", "x"))
        with pytest.raises(StoreError):
            await database.read("SELECT nothing FROM nowhere")
        assert await keys(database) == ["once"]


async def test_a_read_that_is_cancelled_harms_no_other(tmp_path: Path) -> None:
    """People come and go; the reader goes on."""
    async with opened(tmp_path / "a.sqlite3") as database:
        await database.write(WRITE, ("here", "x"))
        for turns in range(10):
            reading = asyncio.create_task(keys(database))
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert await keys(database) == ["here"]


async def test_another_process_that_writes_is_waited_for(tmp_path: Path) -> None:
    """Two of them overlap while the bot is updated; a lock that stays is a StoreError, and nothing hangs."""
    path = tmp_path / "a.sqlite3"
    async with opened(path, busy_timeout_s=0.02) as database:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked"):
                await database.write(WRITE, ("mine", "x"))
            assert await keys(database) == []
            other.execute("ROLLBACK")
        await database.write(WRITE, ("mine", "x"))
        assert await keys(database) == ["mine"]


async def test_many_that_wait_for_a_held_database_are_refused_together(tmp_path: Path) -> None:
    """Each with a patience of its own, the last of them would be answered after minutes. Once it is free, all work."""
    path = tmp_path / "a.sqlite3"
    async with opened(path, busy_timeout_s=0.1) as database:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun_s = time.monotonic()
            ended = await asyncio.gather(
                *(database.write(WRITE, (str(number), "x")) for number in range(50)), return_exceptions=True
            )
            assert time.monotonic() - begun_s < 50 * 0.1 / 2
            assert {type(each) for each in ended} == {StoreLocked}
            other.execute("ROLLBACK")
        await asyncio.gather(*(database.write(WRITE, (str(number), "x")) for number in range(5)))
        assert await keys(database) == list("01234")


KILLED = """
import asyncio, sys, threading
from pathlib import Path
from bot.store.database import Database

async def main():
    database = await Database.open(Path(sys.argv[1]))
    await database.write("INSERT INTO meta VALUES ('committed', 'x')")
    def work(connection):
        connection.execute("INSERT INTO meta VALUES ('half', 'x')")
        print("half way", flush=True)
        threading.Event().wait()
    await database.transact(work)

asyncio.run(main())
"""


async def test_a_killed_process_leaves_what_it_committed_and_no_half(tmp_path: Path) -> None:
    """SIGKILL in the middle of a transaction."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(tmp_path / "a.sqlite3"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await process.stdout.readline() == b"half way\n"
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    async with opened(tmp_path / "a.sqlite3") as database:
        assert await keys(database) == ["committed"]


async def test_a_sound_database_is_looked_over_without_changing_it(tmp_path: Path) -> None:
    """The check of a running system: version told, nothing touched, also beside a writer."""
    path = tmp_path / "sound ?#%.sqlite3"
    async with opened(path) as database:
        await database.write(WRITE, ("a", "x"))
        assert inspect(path) == NEWEST
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    assert inspect(path) == NEWEST
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("newer", f"knows up to {NEWEST}; use the newer imagebot"),
        ("letter", "put the last backup in its place"),
        ("spoilt", "put the last backup in its place"),
        ("cut", "put the last backup in its place"),
        ("folder", "look at its owner and rights"),
        ("missing", "look at its owner and rights"),
    ],
)
async def test_what_is_wrong_with_a_database_is_told_with_advice(kind: str, words: str, tmp_path: Path) -> None:
    """Corrupt, cut off, newer, not to be opened: each with what to do."""
    path = tmp_path / "given.sqlite3"
    match kind:
        case "newer":
            make(path, f"PRAGMA user_version = {NEWEST + 1}")
        case "letter":
            path.write_bytes(b"Dear aunt, " * 500)
        case "folder":
            path.mkdir()
        case "spoilt" | "cut":
            async with opened(path) as database:
                await database.write(WRITE, ("long", "x" * 50_000))
            if kind == "spoilt":
                spoil(path)
            else:
                path.write_bytes(path.read_bytes()[: 4096 * 3])
        case _:
            pass
    with pytest.raises(StoreError) as caught:
        inspect(path)
    assert words in str(caught.value)
    assert (kind == "missing") is (not path.exists())
