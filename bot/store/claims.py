"""Which events of Discord were taken, so that of several processes that hear of one a single one acts on it."""

from datetime import datetime

from bot.store.database import Database
from bot.store.instants import to_stored


class ClaimStore:
    """Claims in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_new(self, event_id: int, *, at: datetime) -> bool:
        """Claim an event; False where it was claimed before. Of two that try, one wins."""
        claimed = await self._database.write(
            "INSERT INTO claims (event_id, claimed_at) VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING"
            " RETURNING event_id",
            (event_id, to_stored(at)),
        )
        return bool(claimed)

    async def forget(self, *, before: datetime) -> None:
        """Forget the claims made before then."""
        await self._database.write("DELETE FROM claims WHERE claimed_at < ?", (to_stored(before),))
