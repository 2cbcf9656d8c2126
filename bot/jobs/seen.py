"""Pictures of a message that a menu showed, kept until its form comes back: by then the bot may not read them again.

Without the message-content intent a menu is the one moment at which a foreign message can be read (discord.md 5).
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.jobs.model import Source
from bot.store.seen import SeenStore

KEPT = timedelta(hours=20)
"""Less than the addresses live, of which Discord's examples say 24 h (discord.md 3)."""


class SeenPictures:
    """Remembers by the message's id."""

    def __init__(self, *, store: SeenStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._being_kept: dict[tuple[int, int], tuple[Source, ...]] = {}

    async def remember(self, channel_id: int, message_id: int, sources: Sequence[Source]) -> None:
        """Keep the pictures of a message; known at once, on disk when it returns."""
        now = self._clock.now()
        self._being_kept[channel_id, message_id] = tuple(sources)
        try:
            await self._store.put(channel_id, message_id, sources, now=now, kept_until=now + KEPT)
        finally:
            self._being_kept.pop((channel_id, message_id), None)

    async def recall(self, channel_id: int, message_id: int) -> list[Source]:
        """Return what is kept of a message; nothing where it was not shown, or too long ago."""
        if being_kept := self._being_kept.get((channel_id, message_id)):
            return list(being_kept)
        return await self._store.list(channel_id, message_id, now=self._clock.now())
