"""What stands between a request and a disk or a database that cannot be used: real files, real damage."""

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import errors
from bot.files import DataFolder
from bot.jobs.storage import EVERY_S, FRESH_S, Storage
from bot.store.database import Database
from tests.support.clock import ManualClock

MORE_THAN_ANY_DISK = 10**18


@dataclass(kw_only=True)
class Place:
    """A DATA_DIR in use."""

    folder: DataFolder
    database: Database
    clock: ManualClock
    storage: Storage


@contextlib.asynccontextmanager
async def place(root: Path, *, min_free_bytes: int = 0) -> AsyncGenerator[Place, None]:
    folder, clock = DataFolder(root), ManualClock()
    folder.make()
    database = await Database.open(folder.database, busy_timeout_s=0.01)
    storage = Storage(folder=folder, database=database, min_free_bytes=min_free_bytes, clock=clock)
    try:
        yield Place(folder=folder, database=database, clock=clock, storage=storage)
    finally:
        await database.close()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.message}" for record in caplog.records if record.name == "bot.jobs.storage"]


def spoil(path: Path) -> bytes:
    """Overwrite the inside of a sound database, and return what it was."""
    before = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (len(before) - 4096))
    return before


async def test_where_all_is_well_requests_come_in_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """Trial files are gone at once, and nothing is logged."""
    async with place(tmp_path) as here:
        await here.storage.admit()
        assert list(here.folder.results.iterdir()) == list(here.folder.sources.iterdir()) == []


async def test_a_disk_without_room_is_refused_before_it_is_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However many ask, the log has one line, with the numbers."""
    async with place(tmp_path, min_free_bytes=MORE_THAN_ANY_DISK) as here:
        for _ in range(3):
            with pytest.raises(errors.StorageUnusable) as caught:
                await here.storage.admit()
            assert caught.value.is_full
            await here.clock.advance(FRESH_S)
    assert told(caplog) == ["ERROR storage cannot be used, no new work is taken"]
    assert "MIN_FREE_DISK_MB" in vars(caplog.records[-1])["reason"]


async def test_a_folder_that_cannot_be_written_is_refused_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is seen by trying, and looked at again by itself; one line down, one line up."""
    caplog.set_level(logging.INFO)
    async with place(tmp_path) as here:
        here.folder.results.rmdir()
        here.folder.results.touch()  # what no user can write to, not even root
        async with here.storage.running():
            await here.clock.run_until(lambda: told(caplog) != [])
            with pytest.raises(errors.StorageUnusable) as caught:
                await here.storage.admit()
            assert not caught.value.is_full
            here.folder.results.unlink()
            await here.clock.run_until(lambda: len(told(caplog)) > 1, limit_s=EVERY_S)
            await here.storage.admit()
    assert told(caplog) == [
        "ERROR storage cannot be used, no new work is taken",
        "WARNING a folder was gone and is made anew, without what was in it",
        "INFO storage works again, new work is taken",
    ]


async def test_a_folder_that_vanished_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """That is said, and the request comes in."""
    async with place(tmp_path) as here:
        shutil.rmtree(here.folder.results)
        await here.storage.admit()
        assert here.folder.results.is_dir()
    assert [vars(record)["folder"] for record in caplog.records] == ["results"]


async def test_a_database_that_was_taken_away_takes_no_request_until_it_is_back(tmp_path: Path) -> None:
    """What is written to a file without a name is lost with the process; nothing is made in its place."""
    async with place(tmp_path / "data") as here:
        away = tmp_path / "away"
        here.folder.root.rename(away)
        with pytest.raises(errors.StoreUnavailable):
            await here.storage.admit()
        assert not here.folder.root.exists()
        away.rename(here.folder.root)
        await here.clock.advance(FRESH_S)
        await here.storage.admit()


async def test_damage_that_is_met_while_running_is_told_once_and_takes_no_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing crashes; statements that happen to work do not make it good, a look over all of it does."""
    caplog.set_level(logging.INFO)
    path = tmp_path / "imagebot.sqlite3"
    async with place(tmp_path) as here:
        await here.database.write("INSERT INTO meta VALUES ('long', ?)", ("x" * 200_000,))
    whole = path.read_bytes()
    async with place(tmp_path) as here:
        await here.storage.admit()
        spoil(path)
        for _ in range(2):
            with pytest.raises(errors.StoreDamaged, match="put the last backup in its place"):
                await here.database.read("SELECT sum(length(value)) FROM meta")
        await here.database.read("SELECT 1")
        await here.clock.advance(FRESH_S)
        with pytest.raises(errors.StoreUnavailable):
            await here.storage.admit()
        with path.open("r+b") as file:
            file.write(whole)
        await here.clock.advance(FRESH_S)
        await here.storage.admit()
    lines = [record.message for record in caplog.records if record.name == "bot.store.condition"]
    assert lines == ["database cannot be used", "database works again"]


async def test_a_database_that_is_held_is_told_once_and_once_when_it_is_free(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A statement that is wrong in itself says nothing of how the database fares."""
    caplog.set_level(logging.INFO)
    async with place(tmp_path) as here:
        with pytest.raises(errors.StoreError):
            await here.database.write("INSERT INTO nowhere VALUES (1)")
        with contextlib.closing(sqlite3.connect(here.folder.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(2):
                with pytest.raises(errors.StoreLocked):
                    await here.database.write("INSERT INTO meta VALUES ('a', 'x')")
            other.execute("ROLLBACK")
        for key in "ab":
            await here.database.write("INSERT INTO meta VALUES (?, 'x')", (key,))
    lines = [record.message for record in caplog.records if record.name == "bot.store.condition"]
    assert lines == ["database cannot be used", "database works again"]
