"""`imagebot backup` as an operator uses it, and the wait of a start for a database that is held."""

import asyncio
import contextlib
import logging
import sqlite3
from pathlib import Path

import pytest

from bot import cli
from bot.errors import StoreLocked
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
