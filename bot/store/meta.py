"""Small facts that outlive a process, by name: what was last synced, and the like."""

from bot.store.database import Database


class MetaStore:
    """Texts by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: str) -> str | None:
        """Return the text kept under `key`, or None."""
        rows = await self._database.read("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0]["value"]) if rows else None

    async def put(self, key: str, value: str) -> None:
        """Keep `value` under `key`, in place of what was there."""
        await self._database.write(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    async def put_new(self, key: str, value: str) -> bool:
        """Keep `value` under `key` if nothing is kept there; tell whether it was so. Of two that try, one wins."""
        return bool(
            await self._database.write(
                "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING key", (key, value)
            )
        )

    async def swap(self, key: str, known: str, value: str) -> bool:
        """Keep `value` under `key` in place of `known`; tell whether that was there. Of two that try, one wins."""
        return bool(
            await self._database.write(
                "UPDATE meta SET value = ? WHERE key = ? AND value = ? RETURNING key", (value, key, known)
            )
        )

    async def remove(self, key: str, value: str) -> bool:
        """Remove what is kept under `key` if it is `value`; tell whether it was. Of two that try, one wins."""
        return bool(
            await self._database.write("DELETE FROM meta WHERE key = ? AND value = ? RETURNING key", (key, value))
        )
