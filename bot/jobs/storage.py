"""Whether a new picture could be kept: asked before a request is taken, so that nothing is spent on what would be lost.

A folder that has vanished is made anew; DATA_DIR itself is not, for another disk may belong there. What cannot be used
is told once in the log, looked at again every few seconds, and told once more when it works again.
"""

import asyncio
import enum
import logging
import shutil
from contextlib import AbstractAsyncContextManager

from bot import background, errors
from bot.clock import Clock
from bot.files import NO_ROOM, DataFolder, try_to_write
from bot.store.database import Database

log = logging.getLogger(__name__)

FRESH_S = 5.0
"""How long what was seen is believed."""
EVERY_S = 30.0

_PROBE_BYTES = 4096


class State(enum.Enum):
    """What was seen of the storage."""

    WELL = enum.auto()
    DATABASE_UNUSABLE = enum.auto()
    DISK_FULL = enum.auto()
    NOT_WRITABLE = enum.auto()


class Storage:
    """Looks when it is asked, and now and then while it runs."""

    def __init__(self, *, folder: DataFolder, database: Database, min_free_bytes: int, clock: Clock) -> None:
        self._folder = folder
        self._database = database
        self._min_free_bytes = min_free_bytes
        self._clock = clock
        self._turn = asyncio.Lock()
        self._state = State.WELL
        self._seen_at_s: float | None = None

    async def admit(self) -> None:
        """Raise StorageUnusable or StoreUnavailable where a new picture could not be kept."""
        match await self.look():
            case State.WELL:
                return
            case State.DATABASE_UNUSABLE:
                raise errors.StoreUnavailable
            case State.DISK_FULL:
                raise errors.StorageUnusable(is_full=True)
            case State.NOT_WRITABLE:
                raise errors.StorageUnusable(is_full=False)

    async def look(self) -> State:
        """Return what was seen a moment ago, or is seen now; of many that ask at once, one looks."""
        async with self._turn:
            now_s = self._clock.monotonic()
            if self._seen_at_s is None or now_s - self._seen_at_s >= FRESH_S:
                self._note(*await self._seen())
                self._seen_at_s = now_s
            return self._state

    def running(self) -> AbstractAsyncContextManager[None]:
        """Look now and then for the block, so that the log tells of a fault before people do."""
        return background.repeating("storage", self.look, pause=self._rest)

    async def _rest(self) -> None:
        await self._clock.sleep(EVERY_S if self._state is State.WELL else FRESH_S)

    async def _seen(self) -> tuple[State, str]:
        """Look, and say for the operator what is wrong."""
        try:
            await self._database.verify()
        except errors.StoreError as error:
            return State.DATABASE_UNUSABLE, str(error)
        try:
            return await asyncio.to_thread(_look_at_disk, self._folder, self._min_free_bytes)
        except OSError as error:
            state = State.DISK_FULL if error.errno in NO_ROOM else State.NOT_WRITABLE
            return state, f"{error.strerror} ({error.filename or self._folder.root})"

    def _note(self, state: State, reason: str) -> None:
        if state is self._state:
            return
        self._state = state
        if state is State.WELL:
            log.info("storage works again, new work is taken")
        else:
            log.error("storage cannot be used, no new work is taken", extra={"reason": reason})


def _look_at_disk(folder: DataFolder, min_free_bytes: int) -> tuple[State, str]:
    """Make what has vanished, and write where pictures are written; raises OSError. Blocks."""
    for gone in folder.make():
        log.warning("a folder was gone and is made anew, without what was in it", extra={"folder": gone.name})
    free_bytes = shutil.disk_usage(folder.root).free
    if free_bytes < min_free_bytes:
        needed = f"MIN_FREE_DISK_MB asks for {min_free_bytes / 1e6:.0f}"
        return State.DISK_FULL, f"{free_bytes / 1e6:.0f} MB are free, {needed}; make room on the disk of DATA_DIR"
    for each in (folder.results, folder.sources):
        try_to_write(each, n_bytes=_PROBE_BYTES)
    return State.WELL, ""
