"""Who drives a job: each process has a token, and a file of that name in DATA_DIR which it keeps locked while it lives.

The operating system drops the lock when the process dies, however it dies, so there is no lease to wait out. A process
that only stands still keeps its lock and its jobs; where somebody takes them from it all the same, it notices when it
goes on: every move of a job is guarded by its owner, and ownership is read immediately before each call to the provider
that costs money and each post to Discord.

What remains is a process that is stopped after that look and before its call leaves, and whose jobs are taken in
between. Then at most
- a task is created after all: the new owner found the job in `submitting` and never sends a second POST, and the task's
  id is stored by whoever learns it;
- a card is shown that is older than the new owner's, or the same end is shown twice in one message;
- a new message stands there twice, once the nonce is too old to protect.
"""

import contextlib
import logging
import os
import secrets
import shutil
from pathlib import Path

from bot.errors import FolderInUse
from bot.files import DataFolder, ProcessLock

log = logging.getLogger(__name__)

TAKE_TRIES = 20
_EACH_ALONE = "each keeps to MAX_CONCURRENT_TASKS for itself"


class Owners:
    """This process's sign of life, and a look at those of the others. Every call is a few short system calls."""

    def __init__(self, folder: DataFolder) -> None:
        self.token = secrets.token_hex(8)
        """The name of this process, never used before or after."""
        self._folder = folder
        self._lock = ProcessLock(self._path(self.token))
        self._known: set[str] = set()

    @property
    def scratch(self) -> Path:
        """This process's own folder for copies on their way; it goes with the process."""
        return self._folder.scratch / self.token

    def take(self) -> None:
        """Give the sign of life, from now until the process ends; raises OSError. Before it there are no jobs.

        DATA_DIR itself is not made anew: where it is gone, another disk may belong there.
        """
        self._folder.owners.mkdir(mode=0o700, exist_ok=True)
        for _ in range(TAKE_TRIES):
            with contextlib.suppress(FolderInUse):  # somebody looks, in this very moment, whether it is locked
                self._lock.take()
                if self._lock.is_seen():  # and did not take the file for one of the dead before
                    self._make_scratch()
                    return
                self._lock.release()
        raise FolderInUse(str(self._folder.root))

    def release(self) -> None:
        """Let the other processes have what is left. Only after the last word of this one."""
        self._lock.release()
        self._bury(self.token)

    def renew(self) -> None:
        """Give the sign of life anew where it was removed; until then the others take this process for dead.

        The folder for copies on their way is made anew, too. Raises OSError, also where DATA_DIR is gone: the sign is
        kept, for the folder may be put back with it.
        """
        if not self._lock.is_seen():
            self._folder.root.stat()
            log.warning("sign of life was removed, given anew", extra={"owner": self.token})
            self._lock.release()
            self.take()
        with contextlib.suppress(OSError):  # who needs it waits for it, and the storage says what is wrong
            self._make_scratch()

    def is_alive(self, token: str) -> bool:
        """Tell whether the process of that name lives."""
        return token == self.token or ProcessLock.is_held(self._path(token))

    def others(self) -> list[str]:
        """List the other processes that live, or died a moment ago."""
        with contextlib.suppress(OSError):
            return [name for name in os.listdir(self._folder.owners) if name != self.token]  # noqa: PTH208 - often asked
        return []

    def look_at_others(self) -> None:
        """Say once of each other process that it lives, and remove the signs of life and the copies of the dead."""
        for token in self.others():
            if not self.is_alive(token):
                log.info("another process has ended", extra={"owner": token})
                self._bury(token)
                self._known.discard(token)
            elif token not in self._known:
                log.warning("another imagebot runs on this DATA_DIR, too", extra={"owner": token, "note": _EACH_ALONE})
                self._known.add(token)

    def _make_scratch(self) -> None:
        for folder in (self._folder.scratch, self.scratch):  # parents made on the way would be open to all
            folder.mkdir(mode=0o700, exist_ok=True)

    def _bury(self, token: str) -> None:
        shutil.rmtree(self._folder.scratch / token, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._path(token).unlink(missing_ok=True)

    def _path(self, token: str) -> Path:
        return self._folder.owners / token
