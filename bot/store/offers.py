"""The table of offers: when a person was last offered a button, in a channel, in place of an answer."""

from datetime import datetime

from bot.store.database import Database
from bot.store.instants import to_stored

_PUT = """
INSERT INTO offers (user_id, channel_id, offered_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING offered_at
"""


class OfferStore:
    """Offers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, *, user_id: int, channel_id: int, now: datetime, forget_before: datetime) -> bool:
        """Note an offer made now; False where one was made since `forget_before`. Of two that try, one wins."""
        await self._database.write("DELETE FROM offers WHERE offered_at <= ?", (to_stored(forget_before),))
        return bool(await self._database.write(_PUT, (user_id, channel_id, to_stored(now))))
