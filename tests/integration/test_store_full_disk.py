"""A database whose disk takes nothing more, for real: the process may not make any file longer than it is."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.files import DataFolder
from bot.store.database import Database

FILLED = """
import asyncio, contextlib, json, logging, resource, sys
from pathlib import Path
from bot.errors import StoreError
from bot.store import backup
from bot.store.database import Database

WRITE = "INSERT INTO meta VALUES (?, ?)"
path, limit, lines = Path(sys.argv[1]), int(sys.argv[2]), []

class Told(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())

def allow(n_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))

async def main():
    database = await Database.open(path)
    taken, refused = [], []
    def two(connection):
        connection.execute(WRITE, (f"first of {number}", "x" * 9_000))
        connection.execute(WRITE, (f"second of {number}", "x" * 90_000))
    allow(limit)
    for number in range(30):
        for key in (f"alone {number}", f"second of {number}"):
            try:
                await (database.write(WRITE, (key, "x" * 9_000)) if "alone" in key else database.transact(two))
                taken.append(key)
            except StoreError as error:
                refused.append(str(error))
    readable = len(await database.read("SELECT key FROM meta"))
    allow(1_000)
    try:
        backup.copy(path, path.with_suffix(".copy"))
        copied = None
    except StoreError as error:
        copied = str(error)
    for _ in range(2):
        with contextlib.suppress(StoreError):
            await database.write(WRITE, ("no room", "x" * 9_000))
        await database.write("UPDATE meta SET value = 'x' WHERE key = 'nobody'")
    told_meanwhile = lines[-1]
    allow(resource.RLIM_INFINITY)
    await database.write(WRITE, ("afterwards", "x"))
    kept = [row[0] for row in await database.read("SELECT key FROM meta ORDER BY key")]
    [verdict] = await database.read("PRAGMA integrity_check")
    await database.close()
    print(json.dumps({"taken": taken, "refused": refused, "readable": readable, "copied": copied, "kept": kept,
                      "verdict": verdict[0], "told": [told_meanwhile, lines[-1]],
                      "files": sorted(each.name for each in path.parent.iterdir())}))

logging.getLogger("bot.store.condition").addHandler(Told())
logging.getLogger("bot.store.condition").setLevel(logging.INFO)
asyncio.run(main())
"""

STARTED = """
import asyncio, json, logging, resource, sys
from contextlib import AsyncExitStack
from pathlib import Path
from bot.app_parts.ground import enter_folder
from bot.errors import StoreError
from bot.files import DataFolder
from bot.store import faults, schema
from bot.store.database import Database
from tests.support.clock import ManualClock

folder, limit, lines = DataFolder(Path(sys.argv[1])), int(sys.argv[2]), []
look = faults.try_to_write

class Told(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())

def allow(n_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))

def look_too_late(*arguments, **more):
    allow(resource.RLIM_INFINITY)
    look(*arguments, **more)

async def main():
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        allow(limit)
        try:
            found = f"schema {schema.inspect(folder.database)}"
        except StoreError as error:
            found = str(error)
        if "too late" in sys.argv:
            faults.try_to_write = look_too_late
        starting = asyncio.create_task(enter_folder(stack, folder, clock=clock))
        until_s = clock.monotonic() + 300
        await clock.run_until(lambda: clock.monotonic() > until_s or starting.done(), step_s=5)
        waited = not starting.done()
        allow(resource.RLIM_INFINITY)
        await clock.run_until(starting.done, step_s=5)
        database, _ = await starting
        await database.write("INSERT INTO meta VALUES ('afterwards', 'x')")
    print(json.dumps({"found": found, "waited": waited, "lines": lines}))

logging.getLogger("bot.app_parts.ground").addHandler(Told())
logging.getLogger("bot.app_parts.ground").setLevel(logging.INFO)
asyncio.run(main())
"""


async def said_by(program: str, *arguments: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *arguments), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(said)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize(("is_new", "limit_bytes"), [(False, 1_000), (True, 1_000), (True, 60_000)])
async def test_a_start_on_a_full_disk_waits_for_room(is_new: bool, limit_bytes: int, tmp_path: Path) -> None:
    """Without end: nobody may be there to start it again. Said once, and once when it goes on."""
    folder = DataFolder(tmp_path)
    folder.make()
    if not is_new:
        await (await Database.open(folder.database)).close()
    found = await said_by(STARTED, str(tmp_path), str(limit_bytes))
    assert found["waited"]
    assert found["lines"] == [
        "the disk of DATA_DIR is full: the start waits for room",
        "there is room on the disk of DATA_DIR",
    ]
    if not is_new:
        assert found["found"].endswith("its disk is full; make room")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
async def test_room_that_comes_before_its_lack_is_seen_is_no_reason_to_end(tmp_path: Path) -> None:
    """The driver names no cause, and when the folder is looked at, there is none any more."""
    DataFolder(tmp_path).make()
    found = await said_by(STARTED, str(tmp_path), "1000", "too late")
    assert (found["waited"], found["lines"]) == (False, [])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize("limit_bytes", [1_000, 290_000, 700_000])
async def test_what_a_full_disk_refuses_is_told_and_undone_and_the_rest_is_kept(
    limit_bytes: int, tmp_path: Path
) -> None:
    """What was taken is there, nothing of what was refused; it goes on by itself once there is room."""
    found = await said_by(FILLED, str(tmp_path / "a.sqlite3"), str(limit_bytes))
    firsts = [key.replace("second", "first") for key in found["taken"] if key.startswith("second")]
    assert found["kept"] == sorted([*found["taken"], *firsts, "afterwards"])
    assert found["refused"]
    assert found["readable"] == len(found["kept"]) - 1
    assert found["copied"].startswith("no backup could be made at")
    assert (found["verdict"], found["files"]) == ("ok", ["a.sqlite3"])
    assert found["told"] == ["database cannot be used", "database works again"]
