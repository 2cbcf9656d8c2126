"""DATA_DIR: what lies where, the process lock, and the sign of life that a health check reads."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot import posix
from bot.errors import FolderInUse

ALIVE_MAX_AGE_S = 90
"""A sign of life older than this means that the bot hangs or has lost Discord."""


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut. Blocks."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
        """Copies made for one delivery; emptied at start."""
        return self.root / "scratch"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def alive(self) -> Path:
        """Touched while the bot is connected to Discord."""
        return self.root / "alive"

    def make(self) -> None:
        """Create the folders, for the owner's eyes only; raises OSError."""
        for folder in (self.root, self.results, self.sources, self.thumbnails, self.scratch):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove what a process that was killed left half done. Only for the holder of the lock."""
        half_fetched = [path for path in self.results.glob("*.part") if path.name.startswith(".")]
        half_written = (*self.sources.glob("*.part"), *self.thumbnails.glob("*.part"))
        for left_over in (*self.scratch.iterdir(), *half_fetched, *half_written):
            if not left_over.is_dir():  # not ours: a volume's lost+found, say
                left_over.unlink(missing_ok=True)
        self.alive.unlink(missing_ok=True)


class ProcessLock:
    """Held by the one process that works on a folder; the operating system drops it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock; raises FolderInUse if another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not posix.try_lock(descriptor):
            os.close(descriptor)
            raise FolderInUse(str(self._path.parent))
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; harmless if it was never taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

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
