"""What the driver's errors mean: nobody outside this folder knows which driver it is.

Most say how things stand (a full disk, a lock, damage) and pass with their cause. Some say that a statement will never
be taken, and others that one of ours is wrong.
"""

import errno
import os
import sqlite3
from pathlib import Path

from bot.errors import StoreConflict, StoreDamaged, StoreError, StoreFull, StoreLocked, StoreUnclear
from bot.files import NO_ROOM, try_to_write

PUT_BACK = "put the last backup in its place"
EMPTY = f"holds nothing: perhaps a copy that was cut short; {PUT_BACK}, or remove it to begin anew"
COMES_LATER = "it comes into being when the bot is first started"
_MAKE_ROOM = "its disk is full; make room"
_UNSEEN: dict[int | None, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (StoreFull, _MAKE_ROOM),
    sqlite3.SQLITE_IOERR: (StoreUnclear, "its disk failed, and nothing shows why; see the system's log"),
}
"""What is made of an error for which the folder shows no cause."""
_NEEDED_TO_READ_BYTES = 65_536
"""The file that connections share, and something for their log."""

_NEVER_TAKEN = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    OverflowError,  # a number of more than 64 bits: the driver's own error, raised before the database is asked
    UnicodeEncodeError,  # half a character
)
DRIVER_ERRORS = (sqlite3.Error, *_NEVER_TAKEN)

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CONDITIONS = {
    *_LOCKED,
    *_DAMAGED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOMEM,
}


def told(error: Exception) -> StoreError:
    """Return our error for one of DRIVER_ERRORS."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, _NEVER_TAKEN):
        return StoreConflict(what)
    code = _code(error)
    if code in _DAMAGED:
        return StoreDamaged(f"the database is damaged ({error}); {PUT_BACK}")
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(what)
    return StoreLocked(what) if code in _LOCKED else StoreError(what)


def of_opening(path: Path, error: sqlite3.Error) -> StoreError:
    """Return our error for a database that cannot be opened, with what to do about it. Blocks for a moment."""
    kind, advice = cause(path, error)
    return kind(f"cannot use {path}: {error}; {advice}")


def cause(path: Path, error: sqlite3.Error) -> tuple[type[StoreError], str]:
    """Return what kind of error it is that a database cannot be opened or read, and what to do about it. Blocks.

    The driver's own words often name no cause, so the folder, in which it has to write even to read, is looked at, too.
    """
    code = _code(error)
    if code in _LOCKED:
        return StoreLocked, "another program uses it and has to let go of it"
    if code in _DAMAGED:
        return StoreDamaged, PUT_BACK
    try:
        try_to_write(path.parent, n_bytes=_NEEDED_TO_READ_BYTES)
    except OSError as trouble:
        return of_folder(path.parent, trouble)
    return _UNSEEN.get(code, (StoreError, "look at its owner and rights"))


def of_folder(folder: Path, trouble: OSError) -> tuple[type[StoreError], str]:
    """Return what kind of error it is that a folder cannot be written, and what to do about it."""
    if trouble.errno in NO_ROOM:
        return StoreFull, _MAKE_ROOM
    remedy = "mount it writable" if trouble.errno == errno.EROFS else "see that the bot's user can"
    return StoreError, f"{folder} cannot be written ({trouble.strerror}); {remedy}"


def no_folder(path: Path) -> str | None:
    """Say why there can be no database at `path`, where what should be its folder is none."""
    existing = next((each for each in path.parents if os.path.lexists(each)), None)
    if existing is None or existing.is_dir():
        return None
    return f"{existing} is a file, not a folder; move it away, or set DATA_DIR to the bot's folder"


def is_condition(error: Exception) -> bool:
    """Tell whether a driver's error says how things stand, and not what was wrong with one statement."""
    return _code(error) in _CONDITIONS


def _code(error: Exception) -> int | None:
    extended = getattr(error, "sqlite_errorcode", None)  # an error that the driver raises by itself has none
    return None if extended is None else extended & 0xFF
