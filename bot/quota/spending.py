"""The operator's brake: while the money is used up no new job is let in; those that go on come to their end.

It begins when the provider says that the account is empty, or when the operator's own total is reached, and ends by
itself. It stands in the database, so that it outlives a restart and holds for every process on the file: whichever is
first tells of its beginning, and whichever is first of its end.
"""

import asyncio
import contextlib
import enum
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot import errors
from bot.clock import Clock
from bot.quota import prices
from bot.store.meta import MetaStore

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
READ_CREDITS_EVERY_S = 600.0
BELIEVED_FOR_S = 1.0
"""How long what was read of the database is taken for true: another process may have begun or ended a stop."""


class Cause(enum.StrEnum):
    """Why nothing is spent for now."""

    ACCOUNT = "account"
    """The provider's account is empty; it ends when enough credits are there again."""
    TOTAL = "total"
    """What the operator allows for a day or a month is used; it ends with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A stop has begun (`holds`), or the last one has ended."""

    holds: bool
    cause: Cause
    until: datetime | None
    """When it ends, as far as that is known."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """A stop as it stands in the database."""

    written: str
    until: datetime | None
    limits: str


class SpendingStop:
    """Knows whether money may be spent. `announce` must not wait and must not fail; it runs in one process only.

    `read_credits` reads what a job could cost at most, in credits, None where the provider does not say; what it raises
    of this project changes nothing. `enough`: millionths of credits for the dearest picture. `limits` names the totals
    the operator has set, however written: a stop made under others is over.
    """

    def __init__(
        self,
        *,
        meta: MetaStore,
        clock: Clock,
        announce: Callable[[News], None],
        read_credits: Callable[[], Awaitable[float | None]],
        enough: int,
        limits: str = "",
    ) -> None:
        self._meta = meta
        self._clock = clock
        self._announce = announce
        self._read_credits = read_credits
        self._enough = enough
        self._limits = limits
        self._stops: dict[Cause, _Stop] = {}
        self._believed_until = 0.0
        self._read_at: float | None = None

    async def refuse_if_stopped(self) -> None:
        """Raise SpendingStopped while a stop holds; raises StoreError."""
        if self._clock.monotonic() >= self._believed_until:
            await self._look()
        holding = [stop for cause, stop in self._stops.items() if self._holds(cause, stop)]
        if holding:
            ends = [stop.until for stop in holding if stop.until is not None]
            raise errors.SpendingStopped(until=max(ends) if len(ends) == len(holding) else None)

    async def note_payment_required(self) -> None:
        """Begin a stop, if none holds: the provider has said that its account is empty. Raises StoreError."""
        await self._begin(Cause.ACCOUNT, until=None)

    async def note_total_reached(self, until: datetime) -> None:
        """Begin a stop until then, or prolong it: what the operator allows is used up. Raises StoreError."""
        if until > self._clock.now():
            await self._begin(Cause.TOTAL, until=until)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """End stops whose time has come, for the block: looks at once, and then every minute."""
        task = asyncio.create_task(self._run(), name="spending stop")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._end_what_is_over()
            except errors.ImagebotError as error:  # the database, or the provider: the next look may tell more
                log.warning("spending stop not looked after", extra={"error": repr(error)})
            except Exception:
                log.exception("spending stop not looked after")
            await self._clock.sleep(LOOK_EVERY_S)

    async def _end_what_is_over(self) -> None:
        await self._look()
        total = self._stops.get(Cause.TOTAL)
        if total is not None and not self._holds(Cause.TOTAL, total):
            await self._end(Cause.TOTAL, total)
        account = self._stops.get(Cause.ACCOUNT)
        if account is not None and await self._has_money():
            await self._end(Cause.ACCOUNT, account)

    async def _has_money(self) -> bool:
        """Tell whether the credits are read now and suffice for any picture."""
        now = self._clock.monotonic()
        if self._read_at is not None and now < self._read_at + READ_CREDITS_EVERY_S:
            return False
        self._read_at = now
        there = await self._read_credits()
        return there is not None and prices.of_credits(there) >= self._enough

    async def _begin(self, cause: Cause, *, until: datetime | None) -> None:
        await self._look()
        before = self._stops
        stop = _written(until=until, limits=self._limits)
        begun = await self._put(cause, stop, before.get(cause))
        await self._look()
        if begun:
            if cause is Cause.ACCOUNT:
                self._read_at = self._clock.monotonic()  # it was empty a moment ago
            log.warning("spending stopped", extra={"cause": cause.value, "until": until and until.isoformat()})
            self._tell(cause, before, holds=True, until=until)

    async def _put(self, cause: Cause, stop: _Stop, known: _Stop | None) -> bool:
        """Write a stop down; tell whether it is a new one, which one process alone is told."""
        if known is not None and self._holds(cause, known):
            if stop.until is not None and known.until is not None and known.until < stop.until:
                await self._meta.put(_key(cause), stop.written)
            return False
        if known is not None:  # over, and nobody has looked since
            await self._meta.remove(_key(cause), known.written)
        return await self._meta.put_new(_key(cause), stop.written)

    async def _end(self, cause: Cause, stop: _Stop) -> None:
        if not await self._meta.remove(_key(cause), stop.written):
            return  # another process was first, or it was prolonged
        await self._look()
        log.warning("spending goes on", extra={"cause": cause.value})
        self._tell(cause, self._stops, holds=False, until=None)

    def _tell(self, cause: Cause, stops: dict[Cause, _Stop], *, holds: bool, until: datetime | None) -> None:
        """Announce, unless a stop of the other cause holds: then nothing changes for anybody."""
        if not any(other is not cause and self._holds(other, stop) for other, stop in stops.items()):
            self._announce(News(holds=holds, cause=cause, until=until))

    def _holds(self, cause: Cause, stop: _Stop) -> bool:
        if cause is Cause.ACCOUNT:
            return True
        return stop.limits == self._limits and stop.until is not None and self._clock.now() < stop.until

    async def _look(self) -> None:
        """Read what holds, as all processes know it."""
        stops: dict[Cause, _Stop] = {}
        for cause in Cause:
            written = await self._meta.find(_key(cause))
            if written is not None:
                stops[cause] = _read(written)
        self._stops = stops
        self._believed_until = self._clock.monotonic() + BELIEVED_FOR_S


def _key(cause: Cause) -> str:
    return f"spending_stop_{cause}"


def _written(*, until: datetime | None, limits: str) -> _Stop:
    written = json.dumps({"until": until and until.isoformat(), "limits": limits})
    return _Stop(written, until, limits)


def _read(written: str) -> _Stop:
    facts = json.loads(written)
    return _Stop(written, facts["until"] and datetime.fromisoformat(facts["until"]), facts["limits"])
