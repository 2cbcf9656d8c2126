"""Copies of a real database: beside one that is written, before its schema changes, and where none can be made."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.jobs.model import Status
from bot.store import backup
from bot.store.database import Database
from bot.store.schema import migrations
from tests.support.patience import PATIENCE_S
from tests.support.stored_jobs import brought_to, open_store

NEWEST = migrations()[-1][0]
WRITE = "INSERT INTO meta (key, value) VALUES (?, 'x')"


def asked(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def make_old(path: Path, *, version: int, key: str = "kept") -> None:
    """Make a database as an older program left it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for number, script in migrations():
            if number <= version:
                connection.executescript(script)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(WRITE, (key,))


async def test_a_copy_beside_a_writer_holds_what_was_committed_and_stands_alone(tmp_path: Path) -> None:
    """One file for its owner's eyes, whole, without the half of a transaction; the writer goes on."""
    half_way, go_on = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(WRITE, ("half",))
        half_way.set()
        go_on.wait(PATIENCE_S)

    to = tmp_path / "copies" / "a.sqlite3"
    to.parent.mkdir()
    database = await Database.open(tmp_path / "a.sqlite3")
    await database.write(WRITE, ("committed",))
    writing = asyncio.create_task(database.transact(work))
    await asyncio.to_thread(half_way.wait, PATIENCE_S)
    copied = await asyncio.to_thread(backup.copy, tmp_path / "a.sqlite3", to)
    go_on.set()
    await writing
    await database.close()

    assert list(to.parent.iterdir()) == [to]
    assert (copied.version, copied.n_bytes) == (NEWEST, to.stat().st_size)
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert asked(to, "SELECT key FROM meta") == [("committed",)]
    assert asked(to, "PRAGMA integrity_check") == [("ok",)]
    assert asked(to, "PRAGMA journal_mode") == [("delete",)]


async def test_what_was_not_sent_stands_in_a_copy_as_sent_with_unknown_outcome(tmp_path: Path) -> None:
    """When the copy is put back it may have been sent, and paid for; everything else is as it was."""
    async with open_store(tmp_path) as store:
        for status in (Status.PREPARING, Status.QUEUED, Status.RUNNING, Status.READY, Status.DELIVERED):
            await brought_to(store, status, folder=tmp_path)
        await asyncio.to_thread(backup.copy, tmp_path / "imagebot.sqlite3", tmp_path / "copy.sqlite3")
    statuses = asked(tmp_path / "copy.sqlite3", "SELECT status, submitted_at IS NULL FROM jobs ORDER BY rowid")
    assert statuses == [("submitting", 1), ("submitting", 1), ("running", 0), ("ready", 0), ("delivered", 0)]
    assert asked(tmp_path / "imagebot.sqlite3", "SELECT count(*) FROM jobs WHERE status = 'submitting'") == [(0,)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("there already", "no backup is ever overwritten"),
        ("a link to nothing", "no backup is ever overwritten"),
        ("no folder", "no file can be made in"),
        ("no database", "comes into being when the bot is first started"),
        ("held alone", "database is locked"),
        ("damaged", "put the last backup in its place"),
    ],
)
def test_where_no_copy_can_be_made_nothing_of_it_is_left(kind: str, words: str, tmp_path: Path) -> None:
    """One sentence that says why; what was there stays as it was."""
    path, to = tmp_path / "a.sqlite3", tmp_path / "copy.sqlite3"
    if kind != "no database":
        make_old(path, version=NEWEST, key="x" * 50_000)
    holder: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    match kind:
        case "there already":
            to.write_bytes(b"dear to somebody")
        case "a link to nothing":
            to.symlink_to(tmp_path / "nothing")
        case "no folder":
            to = tmp_path / "missing" / "copy.sqlite3"
        case "held alone":
            holder = contextlib.closing(connection := sqlite3.connect(path, isolation_level=None))
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        case "damaged":
            with path.open("r+b") as file:
                file.seek(4096)
                file.write(b"\xa5" * (path.stat().st_size - 4096))
        case _:
            pass
    with holder:
        before = {name: name.lstat().st_mtime_ns for name in sorted(tmp_path.iterdir())}
        with pytest.raises(StoreError, match=words):
            backup.copy(path, to, lock_wait_s=0.01)
        assert {name: name.lstat().st_mtime_ns for name in sorted(tmp_path.iterdir())} == before


async def test_before_its_schema_changes_a_database_is_copied(tmp_path: Path) -> None:
    """As the older program knows it; the newest three of such copies are kept, and a new database needs none."""
    path, folder = tmp_path / "imagebot.sqlite3", tmp_path / "backups"
    await (await Database.open(path)).close()
    assert not folder.exists()
    path.unlink()
    folder.mkdir()
    for age, name in enumerate(("before-0001", "before-0002", "before-0003"), start=1):
        (folder / f"imagebot.sqlite3.{name}").touch()
        os.utime(folder / f"imagebot.sqlite3.{name}", (age, age))
    (folder / ".imagebot.sqlite3.before-0004.killed.part").touch()
    make_old(path, version=10)
    await (await Database.open(path)).close()
    copy = folder / f"imagebot.sqlite3.before-{NEWEST:04}"
    assert asked(copy, "SELECT key FROM meta") == [("kept",)]
    assert asked(copy, "PRAGMA user_version") == [(10,)]
    assert asked(path, "PRAGMA user_version") == [(NEWEST,)]
    assert sorted(each.name for each in folder.iterdir()) == [
        "imagebot.sqlite3.before-0002",
        "imagebot.sqlite3.before-0003",
        copy.name,
    ]


async def test_without_a_copy_no_schema_changes(tmp_path: Path) -> None:
    """What stands in the way is said, and the older program can go on."""
    path = tmp_path / "imagebot.sqlite3"
    make_old(path, version=10)
    (tmp_path / "backups").touch()
    with pytest.raises(StoreError, match="no backup can be made at"):
        await Database.open(path)
    assert asked(path, "PRAGMA user_version") == [(10,)]


async def test_migrations_that_fail_in_the_middle_leave_the_database_to_the_older_program(tmp_path: Path) -> None:
    """All of them are one transaction: those that worked are undone, too."""
    path = tmp_path / "imagebot.sqlite3"
    make_old(path, version=5)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE claims (somebody_elses)")
    with pytest.raises(StoreError, match=r"migration \d+ failed .*; the database is as it was"):
        await Database.open(path)
    assert asked(path, "PRAGMA user_version") == [(5,)]
    assert asked(path, "SELECT count(*) FROM sqlite_master WHERE name = 'ledger'") == [(0,)]
