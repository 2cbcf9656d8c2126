"""The operator's brake: while the money is used up no new job is let in; those that go on come to their end.

It begins when the provider says that the account is empty, or when the operator's own total is used up, and ends by
itself: when the provider takes jobs again (`stops`), and when the total has room again. It stands in the database, so
that it outlives a restart and holds for every process on the file: whichever is first tells of its beginning, and
whichever is first of its end.
"""

import enum
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from bot import background, errors
from bot.clock import Clock
from bot.quota.model import in_millionths
from bot.quota.stops import AccountStop, TotalStop
from bot.store.meta import MetaStore

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
BELIEVED_FOR_S = 1.0
"""How long what was read of the database is taken for true: another process may have begun or ended a stop."""


class Cause(enum.StrEnum):
    """Why nothing is spent for now."""

    ACCOUNT = "account"
    """The provider's account is empty; it ends when the provider takes a job again."""
    TOTAL = "total"
    """What the operator allows for a day or a month is used; it ends with that, or when there is room in it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A stop has begun (`holds`), or the last one has ended."""

    holds: bool
    cause: Cause
    until: datetime | None
    """When it ends, as far as that is known."""


class SpendingStop:
    """Knows whether money may be spent. `announce` must not wait and must not fail; it runs in one process only.

    `read_credits` reads what a job could cost at most, in credits, None where the provider does not say; what it raises
    of this project changes nothing. `enough`: millionths of credits for the dearest picture. `account` tells the
    operator's accounts from each other, however written. `total_used_up_until` is `Totals.used_up_until`.
    """

    def __init__(
        self,
        *,
        meta: MetaStore,
        clock: Clock,
        announce: Callable[[News], None],
        read_credits: Callable[[], Awaitable[float | None]],
        enough: int,
        account: str,
        total_used_up_until: Callable[[], Awaitable[datetime | None]],
    ) -> None:
        self._meta = meta
        self._clock = clock
        self._announce = announce
        self._read_credits = read_credits
        self._enough = enough
        self._account = account
        self._total_used_up_until = total_used_up_until
        self._of_account: AccountStop | None = None
        self._of_total: TotalStop | None = None
        self._believed_until = 0.0
        self._is_new = True

    async def refuse_if_stopped(self) -> None:
        """Raise SpendingStopped while a stop holds; raises StoreError."""
        if self._clock.monotonic() >= self._believed_until:
            await self._look()
        if self._of_account is not None and not self._of_account.lets_in(self._account):
            raise errors.SpendingStopped(until=None)
        if self._of_total is not None and self._of_total.holds(self._clock.now()):
            raise errors.SpendingStopped(until=self._of_total.until)

    async def note_payment_required(self) -> None:
        """Begin a stop, or let one on trial hold on: the provider says that its account is empty. Raises StoreError."""
        await self._look()
        known, now = self._of_account, self._clock.now()
        if known is None:
            begun = await self._meta.put_new(
                _key(Cause.ACCOUNT), AccountStop.begun(account=self._account, now=now).text
            )
            self._is_new = False  # it was empty a moment ago
            await self._stopped(Cause.ACCOUNT, begun=begun, until=None)
        elif known.lets_in(self._account):
            again = known.failed(account=self._account, now=now)
            await self._meta.swap(_key(Cause.ACCOUNT), known.text, again.text)
            await self._look()
            log.warning("spending is still stopped", extra={"look_at": again.look_at.isoformat()})

    async def note_taken(self) -> None:
        """End the stop that was on trial, if there is one: the provider has taken a job. Raises StoreError."""
        stop = self._of_account
        if stop is not None and stop.lets_in(self._account):
            await self._end(Cause.ACCOUNT, stop)

    async def note_total_refused(self) -> None:
        """Begin a stop where nothing fits into the operator's total any more, or prolong it. Raises StoreError."""
        until = await self._total_used_up_until()
        if until is None:
            return
        await self._look()
        key, stop, known = _key(Cause.TOTAL), TotalStop(until=until), self._of_total
        if known is None:
            begun = await self._meta.put_new(key, stop.text)
        else:
            is_over = not known.holds(self._clock.now())  # and nobody has looked since
            begun = await self._meta.swap(key, known.text, stop.text) and is_over
        await self._stopped(Cause.TOTAL, begun=begun, until=until)

    def running(self) -> AbstractAsyncContextManager[None]:
        """End stops whose time has come, for the block: looks at once, and then every minute."""
        return background.repeating("spending stop", self._look_after, pause=lambda: self._clock.sleep(LOOK_EVERY_S))

    async def _look_after(self) -> None:
        try:
            await self._look()
            await self._look_at_total()
            await self._look_at_account()
        finally:
            self._is_new = False

    async def _look_at_total(self) -> None:
        """End the stop where the total has room again, by the new day, a release or another limit."""
        stop = self._of_total
        if stop is None:
            return
        until = await self._total_used_up_until()
        if until is None:
            await self._end(Cause.TOTAL, stop)
        elif until != stop.until:
            await self._meta.swap(_key(Cause.TOTAL), stop.text, TotalStop(until=until).text)

    async def _look_at_account(self) -> None:
        """Read the credits when it is time; one process does. Where they suffice for any picture, jobs are let in."""
        stop, now = self._of_account, self._clock.now()
        if stop is None or stop.lets_in(self._account):
            return
        at_once = self._is_new and not stop.n_failed  # whoever has paid and starts the bot again waits for nothing
        looked = stop.looked(now)
        if not (stop.is_due(now) or at_once) or not await self._meta.swap(_key(Cause.ACCOUNT), stop.text, looked.text):
            return
        there = await self._read_credits()
        if there is not None and in_millionths(there) >= self._enough:
            await self._meta.swap(_key(Cause.ACCOUNT), looked.text, looked.tried().text)
            await self._look()
            log.info("there are credits: jobs are let in to see whether the provider takes them")

    async def _stopped(self, cause: Cause, *, begun: bool, until: datetime | None) -> None:
        await self._look()
        if begun:
            log.warning("spending stopped", extra={"cause": cause.value, "until": until and until.isoformat()})
            self._tell(cause, holds=True, until=until)

    async def _end(self, cause: Cause, stop: AccountStop | TotalStop) -> None:
        ended = await self._meta.remove(_key(cause), stop.text)
        await self._look()
        if ended:  # else another process was first, or it holds on
            log.warning("spending goes on", extra={"cause": cause.value})
            self._tell(cause, holds=False, until=None)

    def _tell(self, cause: Cause, *, holds: bool, until: datetime | None) -> None:
        """Announce, unless a stop of the other cause was and is not over: then nothing changes for anybody."""
        of_total = self._of_total is not None and self._of_total.holds(self._clock.now())
        other_holds = of_total if cause is Cause.ACCOUNT else self._of_account is not None
        if not other_holds:
            self._announce(News(holds=holds, cause=cause, until=until))

    async def _look(self) -> None:
        """Read what holds, as all processes know it."""
        of_account = await self._meta.find(_key(Cause.ACCOUNT))
        of_total = await self._meta.find(_key(Cause.TOTAL))
        self._of_account = None if of_account is None else AccountStop.read(of_account)
        self._of_total = None if of_total is None else TotalStop.read(of_total)
        self._believed_until = self._clock.monotonic() + BELIEVED_FOR_S


def _key(cause: Cause) -> str:
    return f"spending_stop_{cause}"
