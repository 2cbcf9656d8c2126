"""DATA_DIR: what lies where, the lock of its processes, and the sign of life that a health check reads."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot import posix
from bot.clock import Clock
from bot.errors import FolderInUse

ALIVE_MAX_AGE_S = 90
"""A sign of life older than this means that the bot hangs or has lost Discord."""
ENTER_TRIES = 50
ENTER_PAUSE_S = 0.2
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What an OSError says where a disk, a share of it, or a file may not grow any more."""


def open_privately(path: str, flags: int) -> int:
    """Open a file as `open` would; one that is made by it is for its owner's eyes only. An `opener`."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut. Blocks."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def try_to_write(folder: Path, *, n_bytes: int) -> None:
    """Write so much to a file that is gone afterwards; raises OSError. Blocks."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe.", suffix=".part") as probe:
        probe.write(bytes(n_bytes))
        probe.flush()
        os.fsync(probe.fileno())


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The one folder the bot writes to."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "imagebot.sqlite3"

    @property
    def results(self) -> Path:
        """Where each result stays, named by its job."""
        return self.root / "results"

    @property
    def sources(self) -> Path:
        """Where prepared pictures of people stay, named by their content."""
        return self.root / "sources"

    @property
    def hosted(self) -> Path:
        """What our own web server hands out for a time."""
        return self.root / "hosted"

    @property
    def thumbnails(self) -> Path:
        """Small pictures of results, for histories; drawn again where one is missing."""
        return self.root / "thumbnails"

    @property
    def scratch(self) -> Path:
        """Copies made for one delivery, in a folder of each process."""
        return self.root / "scratch"

    @property
    def owners(self) -> Path:
        """A locked file of each process that lives."""
        return self.root / "owners"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def alive(self) -> Path:
        """Touched while the bot is connected to Discord."""
        return self.root / "alive"

    @property
    def holds_pictures(self) -> bool:
        """Whether a picture of some job lies here; then there is, or was, a database that knows of it."""
        return any(any(folder.glob("[!.]*")) for folder in (self.results, self.sources))

    def make(self) -> list[Path]:
        """Create the folders, for the owner's eyes only, and return those that were not there; raises OSError."""
        folders = (self.root, self.results, self.sources, self.thumbnails, self.scratch, self.hosted)
        missing = [folder for folder in folders if not folder.is_dir()]
        for folder in missing:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return missing

    def clear(self) -> None:
        """Remove what processes that were killed left half done. Only for who holds the lock alone."""
        half_fetched = [path for path in self.results.glob("*.part") if path.name.startswith(".")]
        half_written = (*self.sources.glob("*.part"), *self.thumbnails.glob("*.part"))
        for left_over in (*self.scratch.iterdir(), *half_fetched, *half_written):
            if not left_over.is_dir():
                left_over.unlink(missing_ok=True)
            elif _NAME_OF_OWNER.fullmatch(left_over.name):  # and nothing else: a volume has its lost+found, say
                shutil.rmtree(left_over, ignore_errors=True)
        self.alive.unlink(missing_ok=True)


_NAME_OF_OWNER = re.compile("[0-9a-f]{16}")


class ProcessLock:
    """Held by one process alone, or by several together; the operating system drops it when its process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock alone; raises FolderInUse if another process holds it in any way."""
        self._take(shared=False)

    def share(self) -> None:
        """Take the lock together with others, or let them in; raises FolderInUse if another holds it alone."""
        self._take(shared=True)

    def _take(self, *, shared: bool) -> None:
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._descriptor = descriptor
        if not posix.try_lock(descriptor, shared=shared):
            self.release()
            raise FolderInUse(str(self._path.parent))

    def release(self) -> None:
        """Let go; harmless if it was never taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_seen(self) -> bool:
        """Tell whether others see that it is held: its file stands there still, and is no other of the same name."""
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False

    @staticmethod
    def is_held(path: Path) -> bool:
        """Tell whether some process holds the lock at `path`; raises OSError where that cannot be seen."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not posix.try_lock(descriptor)
        finally:
            os.close(descriptor)


async def enter(lock: ProcessLock, *, clock: Clock) -> bool:
    """Take the lock of a folder, alone where nobody else works there; tell whether it is so.

    Who is alone lets the others in with `share`. Raises FolderInUse where another process stays alone for long.
    """
    for _ in range(ENTER_TRIES):
        if _took(lock.take):
            return True
        if _took(lock.share):
            return False
        await clock.sleep(ENTER_PAUSE_S)
    lock.share()
    return False


async def let_others_in(lock: ProcessLock, *, clock: Clock) -> None:
    """Share a lock that was held alone; raises FolderInUse where somebody slipped in and stays alone for long."""
    while not _took(lock.share):
        await enter(lock, clock=clock)


def _took(take: Callable[[], None]) -> bool:
    try:
        take()
    except FolderInUse:
        return False
    return True
