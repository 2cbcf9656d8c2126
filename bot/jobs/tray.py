"""A person's tray: pictures collected from several messages, to be used by the next request that says so.

They are fetched and prepared when they are put there, so that no address can die in between and a file that cannot be
used is told at once. It costs nothing, so the room it takes has bounds: for each tray, for what one person has fetched
before what they cleared has left the disk, and for all trays.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from bot import errors
from bot.clock import Clock
from bot.jobs import retention
from bot.jobs.model import MAX_SOURCES, Failure, Source
from bot.jobs.retention import Retention
from bot.jobs.sources import SourceFault, SourceKeeper
from bot.jobs.storage import Storage
from bot.store.tray import TrayStore

KEPT = timedelta(hours=24)
LIES_S = 2 * retention.EVERY_S
"""How long a picture that nobody needs stays on disk at most: it is removed when it was seen so twice."""
MOST_FETCHED = 2 * MAX_SOURCES
"""For one person in that time."""


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

    def __init__(
        self, *, store: TrayStore, sources: SourceKeeper, storage: Storage, retention: Retention, clock: Clock
    ) -> None:
        self._store = store
        self._sources = sources
        self._storage = storage
        self._retention = retention
        self._clock = clock
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._fetched: dict[int, list[tuple[float, int]]] = {}
        """When how many pictures were fetched, by whose they are; older than LIES_S it is dropped."""

    async def put(self, user_id: int, pictures: Sequence[Source]) -> Put:
        """Fetch pictures and put them into a tray, in their order, as far as there is room.

        Raises StoreUnavailable, StorageUnusable, StorageFull, TraysFull or TooManyCollected, and then nothing was
        fetched.
        """
        await self._storage.admit()
        await self._retention.admit_to_trays()
        async with self._turns.setdefault(user_id, asyncio.Lock()):  # what is fetched at once has room at once
            self._admit(user_id, sum(each.result_of is None for each in pictures))
            await self._store.remove_expired(now=self._clock.now())
            return await self._put(user_id, pictures)

    async def _put(self, user_id: int, pictures: Sequence[Source]) -> Put:
        added = known = without_room = 0
        failures: list[Failure] = []
        waiting = list(pictures)
        while waiting and (room := MAX_SOURCES - len(await self.list(user_id))) > 0:
            batch, waiting = waiting[:room], waiting[room:]
            for outcome in await self._fetch(user_id, batch):
                if isinstance(outcome, SourceFault):
                    failures.append(outcome.failure)
                elif await self._store.holds(user_id, outcome, now=self._clock.now()):
                    known += 1
                elif await self._add(user_id, outcome):
                    added += 1
                else:  # another process was quicker
                    without_room += 1
        without_room += len(waiting)
        tray = tuple(await self.list(user_id))
        return Put(added=added, known=known, without_room=without_room, failures=tuple(failures), tray=tray)

    async def list(self, user_id: int) -> list[Source]:
        """List what lies in a tray, in the order it was put there, numbered from 1."""
        return await self._store.list(user_id, now=self._clock.now())

    async def clear(self, user_id: int) -> int:
        """Empty a tray and return how many pictures lay in it."""
        return await self._store.clear(user_id)

    def _admit(self, user_id: int, n_to_fetch: int) -> None:
        now_s = self._clock.monotonic()
        fresh = {user: [each for each in all_of if now_s - each[0] < LIES_S] for user, all_of in self._fetched.items()}
        self._fetched = {user: all_of for user, all_of in fresh.items() if all_of}
        recent = self._fetched.get(user_id, [])
        if recent and sum(n for _, n in recent) + n_to_fetch > MOST_FETCHED:
            raise errors.TooManyCollected(limit=MOST_FETCHED, wait_s=recent[-1][0] + LIES_S - now_s)

    async def _fetch(self, user_id: int, pictures: Sequence[Source]) -> Sequence[Source | SourceFault]:
        n_to_fetch = sum(each.result_of is None for each in pictures)
        self._fetched.setdefault(user_id, []).append((self._clock.monotonic(), n_to_fetch))
        fetching = (self._sources.keep(each, user_id=user_id) for each in pictures)
        outcomes = await asyncio.gather(*fetching, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, SourceFault):
                raise outcome
        return [outcome for outcome in outcomes if isinstance(outcome, Source | SourceFault)]

    async def _add(self, user_id: int, source: Source) -> bool:
        return await self._store.add(user_id, source, kept_until=self._clock.now() + KEPT, most=MAX_SOURCES)
