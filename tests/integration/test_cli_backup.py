"""`imagebot backup` as an operator uses it, and the wait of a start for a database that is held."""

import asyncio
import contextlib
import errno
import logging
import os
import sqlite3
from pathlib import Path

import pytest

from bot import cli
from bot.errors import StoreError, StoreFull, StoreLocked
from bot.store import faults
from bot.store.database import Database
from bot.store.opening import PATIENCE_S, open_patiently
from bot.store.schema import inspect, migrations
from tests.support.clock import ManualClock

NEWEST = migrations()[-1][0]


def test_a_backup_is_made_told_and_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in it, and what is not; the second time nothing is touched, and the exit code is 1."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def make() -> None:
        await (await Database.open(tmp_path / "imagebot.sqlite3")).close()

    asyncio.run(make())
    assert cli.main(["backup", "copy.sqlite3"]) == 0
    said = capsys.readouterr().out
    assert f"schema {NEWEST}, read back and found whole" in said
    assert "The pictures are not in it" in said
    assert inspect(tmp_path / "copy.sqlite3") == NEWEST
    before = (tmp_path / "copy.sqlite3").stat().st_mtime_ns
    assert cli.main(["backup", "copy.sqlite3"]) == 1
    assert "no backup is ever overwritten" in capsys.readouterr().err
    assert (tmp_path / "copy.sqlite3").stat().st_mtime_ns == before


@pytest.mark.parametrize("command", [("backup", "copy.sqlite3"), ("usage",), ("quota", "list", "--server", "1")])
def test_a_database_that_cannot_be_read_is_told_with_advice(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By every command that works on it; and nothing is made of it."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "imagebot.sqlite3"
    path.touch()
    assert cli.main(command) == 1
    assert "put the last backup in its place, or remove it to begin anew" in capsys.readouterr().err
    path.unlink()
    path.mkdir()
    assert cli.main(command) == 1
    assert "look at its owner and rights" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("command", [("backup", "copy.sqlite3"), ("usage",), ("quota", "list", "--server", "1")])
@pytest.mark.parametrize("data_dir", ["afile", "afile/data"])
def test_a_file_in_the_place_of_the_folder_is_named(
    command: tuple[str, ...],
    data_dir: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No start of the bot would bring a database into being there."""
    monkeypatch.setenv("DATA_DIR", data_dir)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "afile").touch()
    assert cli.main(command) == 1
    said = capsys.readouterr().err
    assert "afile is a file, not a folder; move it away, or set DATA_DIR to the bot's folder" in said
    assert "comes into being" not in said


@pytest.mark.parametrize(
    "command",
    [("backup", ""), ("backup", " "), ("usage", "--csv", ""), ("usage", "--chart", ""), ("generate", "x", "--out", "")],
)
def test_a_file_without_a_name_is_refused_as_such(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """And not as a folder that is there already."""
    with pytest.raises(SystemExit) as left:
        cli.main(command)
    assert left.value.code == 2
    assert "the name of the file is missing" in capsys.readouterr().err


def test_a_folder_is_no_place_for_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said that a file in it has to be named."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["backup", "."]) == 1
    assert ". is a folder; name a file in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (errno.EROFS, StoreError, "mount it writable"),
        (errno.EACCES, StoreError, "see that the bot's user can"),
        (errno.ENOSPC, StoreFull, "make room"),
    ],
)
def test_what_helps_a_folder_is_said_of_each_cause(number: int, kind: type[StoreError], remedy: str) -> None:
    """No owner can write to what is mounted read-only."""
    told_kind, advice = faults.of_folder(Path("data"), OSError(number, os.strerror(number)))
    assert told_kind is kind
    assert advice.endswith(remedy)


def hold(path: Path) -> sqlite3.Connection:
    """Hold a new database as a program does that lets nobody in."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


async def test_a_start_waits_for_a_database_that_is_held(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line when it begins, one when it is over."""
    caplog.set_level(logging.INFO)
    path, clock = tmp_path / "a.sqlite3", ManualClock()
    with contextlib.closing(hold(path)) as other:
        opening = asyncio.create_task(open_patiently(path, alone=True, clock=clock, busy_timeout_s=0.001))
        await clock.run_until(lambda: clock.monotonic() >= PATIENCE_S / 2, step_s=1)
        assert not opening.done()
        other.execute("ROLLBACK")
    await clock.run_until(opening.done, step_s=1)
    await (await opening).close()
    lines = [record.message for record in caplog.records if record.name == "bot.store.opening"]
    assert lines == ["waiting for the database", "the database can be used"]


async def test_a_start_does_not_wait_for_ever(tmp_path: Path) -> None:
    """Whoever watches over the process sees it end, with the reason."""
    path, clock = tmp_path / "a.sqlite3", ManualClock()
    with contextlib.closing(hold(path)):
        opening = asyncio.create_task(open_patiently(path, alone=True, clock=clock, busy_timeout_s=0.001))
        await clock.run_until(opening.done, step_s=1, limit_s=PATIENCE_S + 30)
        with pytest.raises(StoreLocked, match="another program uses it and has to let go of it"):
            await opening
