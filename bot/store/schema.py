"""The schema and its version: the numbered scripts that lead to it, and a look at a database from outside."""

import asyncio
import logging
import sqlite3
from importlib import resources
from pathlib import Path

import aiosqlite

from bot.errors import FolderInUse, StoreDamaged, StoreError
from bot.store import backup, faults

log = logging.getLogger(__name__)

LOCK_WAIT_S = 5.0


def migrations() -> list[tuple[int, str]]:
    """List the numbered scripts of this program, lowest first, as (version, SQL)."""
    folder = resources.files("bot.store") / "migrations"
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name.split("_", 1)[0]), entry.read_text(encoding="utf-8")) for entry in scripts)


async def upgrade(connection: aiosqlite.Connection, path: Path, *, alone: bool, may_be_empty: bool) -> None:
    """Bring a database up to this program, in one transaction: where that fails, the older program can go on with it.

    What is there already is copied first. Raises StoreError, also where it holds nothing and may not (`may_be_empty`),
    and FolderInUse where others use it, too (not `alone`).
    """
    [row] = await connection.execute_fetchall("PRAGMA user_version")
    at = int(row[0])
    known = migrations()
    newest = known[-1][0]
    if at > newest:
        raise StoreError(f"the database has schema {at}, this program knows up to {newest}; use the newer program")
    if at == newest:
        return
    if not at and not may_be_empty:
        raise StoreError(f"cannot use {path}: it {faults.EMPTY}")
    if not alone:
        raise FolderInUse(str(path.parent))
    if at:
        copied = await asyncio.to_thread(backup.copy_before_upgrade, path, to_version=newest)
        log.info("database copied before its schema changes", extra={"schema": at, "copy": str(copied)})
    await _apply(connection, path, [(version, script) for version, script in known if version > at])
    log.info("database migrated", extra={"version": newest})


async def _apply(connection: aiosqlite.Connection, path: Path, missing: list[tuple[int, str]]) -> None:
    steps = [f"{script}\nPRAGMA user_version = {version};" for version, script in missing]
    try:
        await connection.executescript("\n".join(["BEGIN IMMEDIATE;", *steps, "COMMIT;"]))
    except sqlite3.Error as error:
        [row] = await connection.execute_fetchall("PRAGMA user_version")
        await connection.rollback()
        reached = [version for version, _ in missing if version > int(row[0])]
        kind, _ = faults.cause(path, error)
        raise kind(
            f"migration {reached[0] if reached else 'as a whole'} failed ({error}); the database is as it was"
        ) from None


def inspect(path: Path) -> int:
    """Look a database over without changing what it holds, and return its schema version.

    Raises StoreError where it is corrupt, cannot be read, or was made by a newer program. Blocks.
    """
    try:
        # not mode=ro, which leaves a log behind that belongs to whoever ran the check and shuts the bot out
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=LOCK_WAIT_S)
        try:
            [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
            [version] = connection.execute("PRAGMA user_version").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        kind, advice = faults.cause(path, error)
        raise kind(f"cannot be opened ({error}); {advice}") from None
    except sqlite3.Error as error:
        raise StoreDamaged(f"cannot be used ({error}); {faults.PUT_BACK}") from None
    if verdict != "ok":
        raise StoreDamaged(f"is damaged ({verdict}); {faults.PUT_BACK}")
    newest = migrations()[-1][0]
    if version > newest:
        raise StoreError(f"has schema {version}, and this imagebot knows up to {newest}; use the newer imagebot")
    return int(version)
