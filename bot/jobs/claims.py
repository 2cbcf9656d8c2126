"""Which process acts on what Discord tells all of them: whoever is first to claim it, while there is more than one.

While a process is alone nothing is written: another one is there before it hears of its first event, so every event
that two can hear of is claimed by both.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from bot.clock import Clock
from bot.errors import StoreError
from bot.jobs.owners import Owners
from bot.store.claims import ClaimStore

log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)
PRECEDENCE_S = 1.0
"""How long a process that is about to end leaves an event to the others; Discord waits 3 s for an answer."""


class Claims:
    """Claims events for this process. `stopping` tells whether it takes no new work."""

    def __init__(self, *, owners: Owners, store: ClaimStore, clock: Clock, stopping: Callable[[], bool]) -> None:
        self._owners = owners
        self._store = store
        self._clock = clock
        self._stopping = stopping

    @property
    def needed(self) -> bool:
        """Whether another process may hear of the same events."""
        return bool(self._owners.others())

    async def is_ours(self, event_id: int) -> bool:
        """Tell whether an event is this process's to act on, once for each event."""
        if not self.needed:
            return True
        if self._stopping():
            await self._clock.sleep(PRECEDENCE_S)
        try:
            return await self._store.put_new(event_id, at=self._clock.now())
        except StoreError as error:  # an answer twice is better than none: what it changes needs the database, too
            log.warning("event not claimed", extra={"event": event_id, "error": repr(error)})
            return True

    async def forget_old(self) -> None:
        """Forget the claims that nobody asks for any more; raises StoreError."""
        await self._store.forget(before=self._clock.now() - KEPT)
