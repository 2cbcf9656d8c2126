"""How often a session is begun at the gateway: counted and remembered over restarts.

Discord gives 1000 a day and resets the token of a bot that wants more (discord.md 6), so a supervisor that restarts a
failing bot every few seconds must find it waiting, not asking.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.errors import StoreError
from bot.store.meta import MetaStore

log = logging.getLogger(__name__)

KEY = "identifies"
LIMITS = ((timedelta(hours=1), 100), (timedelta(days=1), 700))
"""So many within each span. A quarter of the day's is left to whoever mends what burnt the rest."""
GAP_S = 5.0
"""Between two shards of this process (discord.md 9)."""


def wait_s(begun: Sequence[datetime], *, now: datetime) -> float:
    """Return how long until one more session may be begun, after those in `begun` (sorted)."""
    longest = 0.0
    for span, most in LIMITS:
        within = [at for at in begun if now - span < at <= now]
        if len(within) >= most:
            longest = max(longest, (within[-most] + span - now).total_seconds())
    return longest


class Identifies:
    """The turns of all shards; one at a time, seconds apart."""

    def __init__(self, *, meta: MetaStore, clock: Clock) -> None:
        self._meta = meta
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._keeping = asyncio.Lock()
        self._last: float | None = None
        self._unkept: list[datetime] = []

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """Have the turn for the block, once the limits let it."""
        async with self._one_at_a_time:
            begun = await self._begun()
            if (held_s := wait_s(begun, now=self._clock.now())) > 0:
                extra = {"wait_s": round(held_s), "last_day": len(begun)}
                log.warning("sessions at the gateway were begun too often; waiting", extra=extra)
                await self._clock.sleep(held_s)
            if self._last is not None:
                await self._clock.sleep(self._last + GAP_S - self._clock.monotonic())
            yield

    async def note(self) -> None:
        """Remember that a session is begun now: to be called before Discord is asked."""
        self._last = self._clock.monotonic()
        now = self._clock.now()
        async with self._keeping:  # what is unkept is handed over by one, or it would be counted once for each
            self._unkept = [*self._unkept, now]
            try:
                while not await self._kept(now):
                    pass  # another process has noted one meanwhile
            except StoreError as error:
                log.warning("a begun session cannot be remembered", extra={"error": repr(error)})
            else:
                self._unkept = []

    async def _kept(self, now: datetime) -> bool:
        """Keep what was begun; False where that was changed between the look and the write."""
        known = await self._meta.find(KEY)
        begun = [at for at in self._with_unkept(known) if now - LIMITS[-1][0] < at <= now]
        text = json.dumps([at.isoformat() for at in begun])
        return await (self._meta.put_new(KEY, text) if known is None else self._meta.swap(KEY, known, text))

    async def _begun(self) -> list[datetime]:
        try:
            return self._with_unkept(await self._meta.find(KEY))
        except StoreError:
            return sorted(self._unkept)

    def _with_unkept(self, kept: str | None) -> list[datetime]:
        return sorted([*map(datetime.fromisoformat, json.loads(kept or "[]")), *self._unkept])
