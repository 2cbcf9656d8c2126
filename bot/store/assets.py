"""The table of hosted copies: which content lies where, under which URL, until when. It decides nothing about hosts."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.store.database import Database, Row
from bot.store.instants import from_stored, to_stored

_BEGIN = """
INSERT INTO assets (name, sha256, media_type, host, account, remote_id, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_FIND_LIVE = """
SELECT * FROM assets
WHERE sha256 = ? AND host = ? AND account = ? AND url IS NOT NULL AND expires_at >= ?
ORDER BY expires_at DESC, rowid DESC LIMIT 1
"""

_LIST_REMOVABLE = """
SELECT * FROM assets
WHERE host = ? AND account = ? AND url IS NOT NULL AND remote_id IS NOT NULL AND expires_at > ?
ORDER BY created_at, rowid LIMIT ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAsset:
    """One copy at one host. `url` is None until its bytes were seen there, and again once it has expired."""

    name: str = field(repr=False)
    """128 random bits and the extension; at our own server whoever knows it can read the picture."""
    sha256: str
    media_type: str
    host: str
    account: str
    remote_id: str | None = field(repr=False)
    url: str | None = field(repr=False, default=None)
    created_at: datetime
    expires_at: datetime


class AssetStore:
    """Hosted copies in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, asset: StoredAsset) -> None:
        """Note that a copy is about to be made; its URL comes with `publish`."""
        await self._database.write(
            _BEGIN,
            (
                *(asset.name, asset.sha256, asset.media_type, asset.host, asset.account, asset.remote_id),
                *(to_stored(asset.created_at), to_stored(asset.expires_at)),
            ),
        )

    async def place(self, name: str, *, remote_id: str | None, expires_at: datetime) -> None:
        """Note what the host calls the copy and how long it keeps it."""
        await self._database.write(
            "UPDATE assets SET remote_id = ?, expires_at = ? WHERE name = ?", (remote_id, to_stored(expires_at), name)
        )

    async def publish(self, name: str, *, url: str) -> None:
        """Note that the copy was seen whole at its URL, which may be handed out from now on."""
        await self._database.write("UPDATE assets SET url = ? WHERE name = ?", (url, name))

    async def find_live(self, sha256: str, *, host: str, account: str, until: datetime) -> StoredAsset | None:
        """Return the published copy of a content that lives longest, if it lives until then."""
        rows = await self._database.read(_FIND_LIVE, (sha256, host, account, to_stored(until)))
        return _asset(rows[0]) if rows else None

    async def find_named(self, name: str, *, host: str, now: datetime) -> StoredAsset | None:
        """Return the copy of this name that has not expired, published or not."""
        rows = await self._database.read(
            "SELECT * FROM assets WHERE name = ? AND host = ? AND expires_at > ?", (name, host, to_stored(now))
        )
        return _asset(rows[0]) if rows else None

    async def list_removable(self, *, host: str, account: str, now: datetime, limit: int) -> list[StoredAsset]:
        """List the live copies that the host could remove, oldest first."""
        rows = await self._database.read(_LIST_REMOVABLE, (host, account, to_stored(now), limit))
        return [_asset(row) for row in rows]

    async def list_expired(self, *, now: datetime) -> list[StoredAsset]:
        """Erase the URLs that have expired, and list the copies they led to."""
        rows = await self._database.write(
            "UPDATE assets SET url = NULL WHERE expires_at <= ? RETURNING *", (to_stored(now),)
        )
        return [_asset(row) for row in rows]

    async def list_names(self, *, host: str) -> set[str]:
        """List the names of all copies at a host."""
        return {row["name"] for row in await self._database.read("SELECT name FROM assets WHERE host = ?", (host,))}

    async def forget(self, name: str) -> None:
        """Erase a copy that is gone."""
        await self._database.write("DELETE FROM assets WHERE name = ?", (name,))


def _asset(row: Row) -> StoredAsset:
    return StoredAsset(
        name=row["name"],
        sha256=row["sha256"],
        media_type=row["media_type"],
        host=row["host"],
        account=row["account"],
        remote_id=row["remote_id"],
        url=row["url"],
        created_at=from_stored(row["created_at"]),
        expires_at=from_stored(row["expires_at"]),
    )
