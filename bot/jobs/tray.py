"""A person's tray: pictures collected from several messages, to be used by the next request that says so.

They are fetched and prepared when they are put there, so that no address can die in between and a file that cannot be
used is told at once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.jobs.model import MAX_SOURCES, Failure, Source
from bot.jobs.sources import SourceFault, SourceKeeper
from bot.store.tray import TrayStore

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of pictures that were to be put into a tray."""

    added: int
    known: int
    """Of those that lay there already."""
    without_room: int
    failures: tuple[Failure, ...]
    """Of those that cannot be used."""
    tray: tuple[Source, ...]
    """What lies there now."""


class Tray:
    """The trays of all people; at most as many pictures in one as a request may have."""

    def __init__(self, *, store: TrayStore, sources: SourceKeeper, clock: Clock) -> None:
        self._store = store
        self._sources = sources
        self._clock = clock

    async def put(self, user_id: int, pictures: Sequence[Source]) -> Put:
        """Fetch pictures and put them into a tray, in their order."""
        await self._store.remove_expired(now=self._clock.now())
        fetched = (self._sources.keep(each, user_id=user_id) for each in pictures)
        outcomes = await asyncio.gather(*fetched, return_exceptions=True)
        added = known = without_room = 0
        failures: list[Failure] = []
        for outcome in outcomes:
            if isinstance(outcome, SourceFault):
                failures.append(outcome.failure)
            elif isinstance(outcome, BaseException):
                raise outcome
            elif await self._store.holds(user_id, outcome, now=self._clock.now()):
                known += 1
            elif await self._add(user_id, outcome):
                added += 1
            else:
                without_room += 1
        tray = tuple(await self.list(user_id))
        return Put(added=added, known=known, without_room=without_room, failures=tuple(failures), tray=tray)

    async def list(self, user_id: int) -> list[Source]:
        """List what lies in a tray, in the order it was put there, numbered from 1."""
        return await self._store.list(user_id, now=self._clock.now())

    async def clear(self, user_id: int) -> int:
        """Empty a tray and return how many pictures lay in it."""
        return await self._store.clear(user_id)

    async def _add(self, user_id: int, source: Source) -> bool:
        return await self._store.add(user_id, source, kept_until=self._clock.now() + KEPT, most=MAX_SOURCES)
