"""`imagebot check --quick`: what a container's health check asks."""

import os
import sqlite3
from pathlib import Path

import pytest

from bot.check import Finding, findings
from bot.clock import SystemClock
from bot.files import DataFolder, ProcessLock
from bot.settings import FixedSettings
from bot.store.database import Database
from bot.store.schema import migrations


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    return folder


async def found_in(root: Path) -> dict[str, Finding]:
    settings = FixedSettings.of(discord_token="a-token", evolink_api_key="a-key", data_dir=root)
    return {finding.subject: finding async for finding in findings(settings, quick=True)}


def live(folder: DataFolder, *, age_s: float) -> None:
    folder.alive.touch()
    at = SystemClock().now().timestamp() - age_s
    os.utime(folder.alive, (at, at))


async def test_a_bot_that_hears_from_discord_is_healthy(folder: DataFolder) -> None:
    """It holds the lock, and was alive a moment ago."""
    database = await Database.open(folder.database)
    lock = ProcessLock(folder.lock)
    lock.take()
    live(folder, age_s=5)
    try:
        found = await found_in(folder.root)
    finally:
        lock.release()
        await database.close()
    assert [str(finding) for finding in found.values()] == [
        "ok    settings: complete and well-formed",
        "ok    DATA_DIR: can be written",
        f"ok    database: whole, schema {migrations()[-1][0]}",
        "ok    running bot: connected to Discord",
    ]


@pytest.mark.parametrize(
    ("held", "age_s", "sentence"),
    [
        (False, None, "none on this DATA_DIR; start it with: imagebot run"),
        (False, 5, "none on this DATA_DIR; start it with: imagebot run"),
        (True, None, "started, and not yet connected to Discord"),
        (True, 500, "has not heard from Discord for 500 s; see its log"),
    ],
)
async def test_what_keeps_a_bot_from_being_healthy_is_told(
    folder: DataFolder, *, held: bool, age_s: float | None, sentence: str
) -> None:
    """None at all, one that is still starting, one that has lost Discord."""
    lock = ProcessLock(folder.lock)
    if held:
        lock.take()
    if age_s is not None:
        live(folder, age_s=age_s)
    try:
        found = await found_in(folder.root)
    finally:
        lock.release()
    assert found["database"] == Finding(subject="database", ok=True, sentence="none yet; it is made at the first start")
    assert str(found["running bot"]) == f"FAULT running bot: {sentence}"


async def test_a_database_that_cannot_be_used_is_told(folder: DataFolder) -> None:
    """Newer or spoilt, with what to do."""
    connection = sqlite3.connect(folder.database)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    assert "use the newer imagebot" in (await found_in(folder.root))["database"].sentence
    folder.database.write_bytes(b"Dear aunt, " * 1000)
    assert "put the last backup in its place" in (await found_in(folder.root))["database"].sentence


@pytest.mark.parametrize("root", ["{there}/data", "{there}/deep/er/data", "relative/data"])
async def test_a_folder_that_does_not_exist_is_not_made(
    root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it can be made is said, and nothing is left of the trial."""
    monkeypatch.chdir(tmp_path)
    found = await found_in(Path(root.format(there=tmp_path)))
    assert str(found["DATA_DIR"]) == "ok    DATA_DIR: does not exist yet; it will be made at the first start"
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_of_pictures_that_cannot_be_written_is_a_fault(folder: DataFolder) -> None:
    """By its name; a file in its place is what not even root can write into."""
    folder.results.rmdir()
    folder.results.touch()
    found = await found_in(folder.root)
    assert found["DATA_DIR"].sentence.startswith("cannot be written (results: Not a directory)")


@pytest.mark.parametrize(
    ("root", "words"),
    [
        ("/proc/imagebot", "does not exist and cannot be made (No such file or directory)"),
        ("/proc", "cannot be written (No such file or directory); give it to the bot's user"),
        ("{file}", "{file} is a file, not a folder; move it away"),
        ("{file}/data", "{file} is a file, not a folder; move it away"),
        ("{file}" + "x" * 300, "does not exist and cannot be made (File name too long)"),
    ],
)
async def test_a_folder_that_cannot_be_used_is_a_fault_and_no_traceback(root: str, words: str, tmp_path: Path) -> None:
    """With what is in the way; the further lines are told all the same."""
    file = tmp_path / "a-file"
    file.touch()
    found = await found_in(Path(root.format(file=file)))
    assert not found["DATA_DIR"].ok
    assert found["DATA_DIR"].sentence.startswith(words.format(file=file))
    assert "set DATA_DIR to a folder that can be written" in found["DATA_DIR"].sentence
    assert not found["running bot"].ok
