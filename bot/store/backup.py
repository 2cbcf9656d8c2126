"""Copies of the database, of one moment, beside a bot that may be running; without the pictures.

What a copy says of requests that were not sent to the provider yet is not true any more when it is put back: they may
have been sent, and paid for, since. In the copy they stand as sent with an unknown outcome, so that none is sent twice.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StoreError, StoreFull
from bot.files import NO_ROOM, sync_folder
from bot.store import faults

KEPT_BEFORE_UPGRADES = 3
LOCK_WAIT_S = 5.0

_DOUBT = "UPDATE jobs SET status = 'submitting', submitted_at = NULL WHERE status IN ('preparing', 'queued')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds."""

    n_bytes: int
    version: int


def copy(path: Path, to: Path, *, lock_wait_s: float = LOCK_WAIT_S) -> Copied:
    """Copy the database at `path` to a new file, which appears whole, checked and synced, or not at all.

    Raises StoreError, also where `to` exists. Blocks.
    """
    if to.is_dir():
        raise StoreError(f"{to} is a folder; name a file in it that does not exist yet")
    if os.path.lexists(to):
        raise StoreError(f"{to} is there already, and no backup is ever overwritten; name another file")
    with _copied(path, to, lock_wait_s=lock_wait_s) as (part, copied):
        try:
            _name_new(part, to)
        except FileExistsError:
            raise StoreError(f"{to} has come into being meanwhile, and is not overwritten; name another file") from None
        sync_folder(to.parent)
    return copied


def copy_before_upgrade(path: Path, *, to_version: int) -> Path:
    """Copy a database beside itself before its schema is changed, and keep the newest few of such copies.

    Raises StoreError. Blocks.
    """
    folder = path.parent / "backups"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"no backup can be made at {folder} ({error.strerror})") from None
    for half_done in folder.glob(f".{path.name}.before-*.part"):  # of a start that was killed
        half_done.unlink(missing_ok=True)
    to = folder / f"{path.name}.before-{to_version:04}"
    with _copied(path, to, lock_wait_s=LOCK_WAIT_S) as (part, _):
        part.replace(to)
        sync_folder(folder)
    by_age = sorted(folder.glob(f"{path.name}.before-*"), key=lambda each: each.stat().st_mtime_ns)
    for old in by_age[:-KEPT_BEFORE_UPGRADES]:
        old.unlink(missing_ok=True)
    return to


def _name_new(part: Path, to: Path) -> None:
    """Give a file its name where nobody else was quicker; else FileExistsError."""
    try:
        os.link(part, to)  # unlike a rename, it fails where the name is taken
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        to.touch(exist_ok=False)
        part.replace(to)


@contextlib.contextmanager
def _copied(path: Path, to: Path, *, lock_wait_s: float) -> Generator[tuple[Path, Copied], None, None]:
    """Copy to a file beside `to`, which is gone after the block unless it got another name; raises StoreError."""
    if not path.exists():
        raise StoreError(faults.no_folder(path) or f"there is no database at {path}; {faults.COMES_LATER}")
    try:
        descriptor, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.", suffix=".part")
        os.close(descriptor)
    except OSError as error:
        raise StoreError(f"no file can be made in {to.parent} ({error.strerror})") from None
    part = Path(name)
    try:
        version = _fill(path, part, lock_wait_s=lock_wait_s)
        yield part, Copied(n_bytes=_synced(part), version=version)
    except sqlite3.Error as error:
        kind, advice = faults.cause(to, error)
        raise kind(f"no backup could be made at {to} ({error}); {advice}") from None
    except OSError as error:
        kind = StoreFull if error.errno in NO_ROOM else StoreError
        raise kind(f"no backup could be made at {to} ({error.strerror})") from None
    finally:
        part.unlink(missing_ok=True)
        Path(f"{part}-journal").unlink(missing_ok=True)


def _fill(path: Path, part: Path, *, lock_wait_s: float) -> int:
    """Copy, check the copy, and return its schema version."""
    with contextlib.ExitStack() as stack:
        source, version = _begin(stack, path, lock_wait_s=lock_wait_s)
        _require_room(source, part.parent)
        target = stack.enter_context(contextlib.closing(sqlite3.connect(part, isolation_level=None)))
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file that stands alone
        [verdict] = target.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"the database at {path} is damaged ({verdict}); {faults.PUT_BACK}")
        target.execute(_DOUBT)
    return version


def _begin(stack: contextlib.ExitStack, path: Path, *, lock_wait_s: float) -> tuple[sqlite3.Connection, int]:
    """Open a database, and return it with its schema version; what is read is of this moment, and the bot goes on."""
    # not mode=ro, which leaves a log behind that belongs to whoever looked and shuts the bot out
    address = f"{path.absolute().as_uri()}?mode=rw"
    try:
        source = sqlite3.connect(address, uri=True, timeout=lock_wait_s, isolation_level=None)
        stack.enter_context(contextlib.closing(source))
        source.execute("BEGIN")
        [version] = source.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        kind, advice = faults.cause(path, error)
        raise kind(f"the database at {path} cannot be read ({error}); {advice}") from None
    if version == 0:
        raise StoreError(f"the database at {path} {faults.EMPTY}")
    return source, int(version)


def _require_room(source: sqlite3.Connection, folder: Path) -> None:
    [pages] = source.execute("PRAGMA page_count").fetchone()
    [page_bytes] = source.execute("PRAGMA page_size").fetchone()
    needed, free = pages * page_bytes, shutil.disk_usage(folder).free
    if needed > free:
        raise StoreFull(
            f"a copy of the database takes {needed / 1e6:.1f} MB, and {folder} has {free / 1e6:.1f} MB free; make room"
        )


def _synced(part: Path) -> int:
    """Make a file survive a power cut, and return its size."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
