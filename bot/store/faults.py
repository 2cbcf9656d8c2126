"""What the driver's errors mean: nobody outside this folder knows which driver it is.

Most say how things stand (a full disk, a lock, damage) and pass with their cause. Some say that a statement will never
be taken, and others that one of ours is wrong.
"""

import sqlite3
from pathlib import Path

from bot.errors import StoreConflict, StoreDamaged, StoreError, StoreLocked

PUT_BACK = "put the last backup in its place"

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
    return StoreLocked(what) if code in _LOCKED else StoreError(what)


def of_opening(path: Path, error: sqlite3.Error) -> StoreError:
    """Return our error for a database that cannot be opened, with what to do about it."""
    code = _code(error)
    if code in _LOCKED:
        return StoreLocked(f"cannot use {path}: {error}; another program uses it and has to let go of it")
    if code in _DAMAGED:
        return StoreDamaged(f"cannot use {path}: {error}; {PUT_BACK}")
    return StoreError(f"cannot use {path}: {error}; look at its owner and rights, and at the room on its disk")


def is_condition(error: Exception) -> bool:
    """Tell whether a driver's error says how things stand, and not what was wrong with one statement."""
    return _code(error) in _CONDITIONS


def _code(error: Exception) -> int | None:
    extended = getattr(error, "sqlite_errorcode", None)  # an error that the driver raises by itself has none
    return None if extended is None else extended & 0xFF
