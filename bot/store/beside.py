"""The database opened beside a bot that may be running: for reports, and for the command line.

What is opened here is neither created nor migrated: that is the bot's own business.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import StoreError
from bot.store import faults
from bot.store.database import BUSY_TIMEOUT_S, Database
from bot.store.schema import migrations


@contextmanager
def reading(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """Open it for one look: whatever is read in the block is of the same moment. Raises StoreError. Blocks."""
    if not path.exists():
        raise StoreError(faults.no_folder(path) or f"there is none at {path}; {faults.COMES_LATER}")
    try:
        # not mode=ro, which leaves a log behind that belongs to whoever looked and shuts the bot out
        address = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            _check_schema(connection)
            yield connection
    except sqlite3.Error as error:
        kind, advice = faults.cause(path, error)
        raise kind(f"it cannot be read ({error}); {advice}") from None


async def open_for_changes(path: Path) -> Database:
    """Open it to write as the bot itself would. Raises StoreError."""
    _check(path)
    return await Database.open(path)


async def open_to_read(path: Path) -> Database:
    """Open it so that nothing can be written. Raises StoreError."""
    _check(path)
    return await Database.open(path, only_to_read=True)


def _check(path: Path) -> None:
    """Raise StoreError where there is none, or none of this version."""
    with reading(path):
        pass


def _check_schema(connection: sqlite3.Connection) -> None:
    [version] = connection.execute("PRAGMA user_version").fetchone()
    newest = migrations()[-1][0]
    if version > newest:
        raise StoreError(f"it has schema {version}, and this imagebot knows up to {newest}; use the newer imagebot")
    if version == 0:
        raise StoreError(f"it {faults.EMPTY}")
    if version < newest:
        raise StoreError(
            f"it has schema {version} of an older imagebot; start the bot once, which brings it up to {newest}"
        )
