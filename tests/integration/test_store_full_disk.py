"""A database whose disk takes nothing more, for real: the process may not make any file longer than it is."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

FILLED = """
import asyncio, json, resource, sys
from pathlib import Path
from bot.errors import StoreError
from bot.store import backup
from bot.store.database import Database

WRITE = "INSERT INTO meta VALUES (?, ?)"
path, limit = Path(sys.argv[1]), int(sys.argv[2])

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
    allow(resource.RLIM_INFINITY)
    await database.write(WRITE, ("afterwards", "x"))
    kept = [row[0] for row in await database.read("SELECT key FROM meta ORDER BY key")]
    [verdict] = await database.read("PRAGMA integrity_check")
    await database.close()
    print(json.dumps({"taken": taken, "refused": refused, "readable": readable, "copied": copied, "kept": kept,
                      "verdict": verdict[0], "files": sorted(each.name for each in path.parent.iterdir())}))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize("limit_bytes", [1_000, 290_000, 700_000])
async def test_what_a_full_disk_refuses_is_told_and_undone_and_the_rest_is_kept(
    limit_bytes: int, tmp_path: Path
) -> None:
    """What was taken is there, nothing of what was refused; it goes on by itself once there is room."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FILLED, str(tmp_path / "a.sqlite3"), str(limit_bytes)), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(said)
    firsts = [key.replace("second", "first") for key in found["taken"] if key.startswith("second")]
    assert found["kept"] == sorted([*found["taken"], *firsts, "afterwards"])
    assert found["refused"]
    assert found["readable"] == len(found["kept"]) - 1
    assert found["copied"].startswith("no backup could be made at")
    assert (found["verdict"], found["files"]) == ("ok", ["a.sqlite3"])
