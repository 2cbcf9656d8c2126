"""DATA_DIR on a real disk: who may look, what a start clears away, and that one process works on it."""

import asyncio
import signal
import stat
import sys
from pathlib import Path

import pytest

from bot.errors import FolderInUse
from bot.files import DataFolder, ProcessLock
from tests.support.patience import PATIENCE_S

HOLDER = """
import sys
from pathlib import Path
from bot.files import ProcessLock

lock = ProcessLock(Path(sys.argv[1]))
lock.take()
print("held", flush=True)
sys.stdin.read()
"""


async def holder(path: Path) -> asyncio.subprocess.Process:
    """Start a process that takes the lock and keeps it until its input ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await process.stdout.readline() == b"held\n"
    return process


def test_the_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    """With what lies above them, and again without complaint."""
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.make()
    folder.make()
    for made in (folder.root, folder.results, folder.scratch):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


@pytest.mark.parametrize("root", ["/proc/imagebot", "{file}", "{file}/data"])
def test_a_folder_that_cannot_be_made_is_an_os_error(root: str, tmp_path: Path) -> None:
    """The command line makes a line of it."""
    file = tmp_path / "a-file"
    file.touch()
    with pytest.raises(OSError, match=r"."):
        DataFolder(Path(root.format(file=file))).make()


def test_what_a_killed_process_left_half_done_is_cleared_away(tmp_path: Path) -> None:
    """Copies, half downloads, the sign of life; never a result, named or not, the database, or what is not ours."""
    folder = DataFolder(tmp_path)
    folder.make()
    gone = [folder.scratch / "copy.webp", folder.results / ".ab12.part.x.part"]
    kept = [folder.results / "ab12.jpg", folder.results / "cd34.part", folder.database, folder.lock]
    for file in [*gone, *kept, folder.alive]:
        file.touch()
    (folder.scratch / "lost+found").mkdir()
    folder.clear()
    assert [file for file in [*gone, folder.alive] if file.exists()] == []
    assert [file for file in kept if not file.exists()] == []
    folder.clear()


def test_a_lock_is_held_by_one_alone_until_it_is_let_go(tmp_path: Path) -> None:
    """Letting go twice, or without having it, does no harm."""
    path = tmp_path / "lock"
    first, second = ProcessLock(path), ProcessLock(path)
    second.release()
    assert not ProcessLock.is_held(path)
    assert not path.exists()
    first.take()
    with pytest.raises(FolderInUse, match=str(tmp_path)):
        second.take()
    second.release()
    assert ProcessLock.is_held(path)
    first.release()
    first.release()
    assert not ProcessLock.is_held(path)
    second.take()
    second.release()


def test_looking_for_a_holder_does_not_leave_a_lock_behind(tmp_path: Path) -> None:
    """A health check may never keep the bot from starting."""
    path = tmp_path / "lock"
    path.touch()
    descriptors = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        assert not ProcessLock.is_held(path)
    assert len(list(Path("/dev/fd").iterdir())) == descriptors
    lock = ProcessLock(path)
    lock.take()
    lock.release()


async def test_a_lock_is_seen_across_processes_and_dies_with_its_holder(tmp_path: Path) -> None:
    """SIGKILL leaves no lock: the next start needs no cleaning up."""
    path = tmp_path / "lock"
    process = await holder(path)
    try:
        assert ProcessLock.is_held(path)
        with pytest.raises(FolderInUse):
            ProcessLock(path).take()
    finally:
        process.kill()
    assert await process.wait() == -signal.SIGKILL
    assert not ProcessLock.is_held(path)
    lock = ProcessLock(path)
    lock.take()
    lock.release()


async def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    """An image worker that outlives a killed bot would else keep the next one out."""
    path = tmp_path / "lock"
    lock = ProcessLock(path)
    lock.take()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "print('here', flush=True); input()"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        close_fds=False,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"here\n"  # by now it is the new program, with what that inherits
    lock.release()
    try:
        assert not ProcessLock.is_held(path)
    finally:
        child.kill()
        await child.communicate()
