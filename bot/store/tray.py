"""The table of people's trays: pictures they collected, prepared and on our disk, for a day."""

from datetime import datetime
from pathlib import Path

from bot.jobs.model import Source
from bot.store import job_rows
from bot.store.database import Database
from bot.store.instants import to_stored

_ADD = """
INSERT INTO tray (user_id, identity, kept_until, name, result_of, path, media_type, width, height, n_bytes, sha256,
                  changes)
SELECT :user_id, :identity, :kept_until, :name, :result_of, :path, :media_type, :width, :height, :n_bytes,
       :sha256, :changes
WHERE (SELECT count(*) FROM tray WHERE user_id = :user_id) < :most
ON CONFLICT (user_id, identity) DO UPDATE SET kept_until = excluded.kept_until
RETURNING id
"""

_LIST = """
SELECT *, row_number() OVER (ORDER BY id) AS position, NULL AS url, NULL AS hosted_url, NULL AS hosted_until
FROM tray WHERE user_id = ? AND kept_until > ? ORDER BY id
"""

_HOLDS = "SELECT 1 FROM tray WHERE user_id = ? AND identity = ? AND kept_until > ?"


class TrayStore:
    """Trays in the database. `folder` is DATA_DIR: pictures are stored by their path within it."""

    def __init__(self, database: Database, *, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def add(self, user_id: int, source: Source, *, kept_until: datetime, most: int) -> bool:
        """Put a picture into a tray, or keep it longer if it lies there; False where there is no room."""
        columns = {
            **job_rows.source_columns("", source, folder=self._folder),
            "user_id": user_id,
            "identity": _identity(source),
            "kept_until": to_stored(kept_until),
            "most": most,
        }
        return bool(await self._database.write(_ADD, columns))

    async def holds(self, user_id: int, source: Source, *, now: datetime) -> bool:
        """Tell whether a prepared picture lies in the tray already."""
        return bool(await self._database.read(_HOLDS, (user_id, _identity(source), to_stored(now))))

    async def list(self, user_id: int, *, now: datetime) -> list[Source]:
        """List what lies in a tray, in the order it was put there, numbered from 1."""
        rows = await self._database.read(_LIST, (user_id, to_stored(now)))
        return [job_rows.read_source(row, folder=self._folder) for row in rows]

    async def clear(self, user_id: int) -> int:
        """Empty a tray and return how many pictures lay in it."""
        return len(await self._database.write("DELETE FROM tray WHERE user_id = ? RETURNING id", (user_id,)))

    async def remove_expired(self, *, now: datetime) -> None:
        """Remove what has lain in any tray for its time."""
        await self._database.write("DELETE FROM tray WHERE kept_until <= ?", (to_stored(now),))


def _identity(source: Source) -> str:
    identity = f"job {source.result_of}" if source.result_of else source.sha256
    assert identity is not None  # noqa: S101 - only what is prepared is put into a tray
    return identity
