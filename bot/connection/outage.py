"""Discord is away, and back: each said once; and what is tried for as long as it is away."""

import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import Clock
from bot.connection import pauses, words
from bot.errors import CannotConnect

log = logging.getLogger(__name__)
T = TypeVar("T")


class Outage:
    """Whether one thing at Discord, named `what`, is away; counts the failures in a row."""

    def __init__(self, what: str, *, clock: Clock) -> None:
        self.failures = 0
        self._what = what
        self._clock = clock
        self._since: float | None = None

    def failed(self, reason: str) -> None:
        """Count a failure; the first is said."""
        self.failures += 1
        if self._since is None:
            self._since = self._clock.monotonic()
            log.warning("Discord is away: it is tried again", extra={"what": self._what, "reason": reason})

    def over(self) -> None:
        """Say that it is back, if it was away."""
        if self._since is not None:
            away_s = round(self._clock.monotonic() - self._since, 1)
            log.info("Discord is back", extra={"what": self._what, "away_s": away_s})
        self._since = None

    def forget(self) -> None:
        """Count from 0 again."""
        self.failures = 0


async def patiently(
    what: str, call: Callable[[], Awaitable[T]], *, clock: Clock, jitter: Callable[[], float] = random.random
) -> T:
    """Return what `call` returns, tried for as long as Discord is away; raises CannotConnect where it says no."""
    outage = Outage(what, clock=clock)
    while True:
        try:
            result = await call()
        except pauses.TROUBLE as error:
            line = words.line(error)
            if not pauses.passes(error):
                raise CannotConnect(line) from error
            outage.failed(line)
            await clock.sleep(max(pauses.pause_s(outage.failures, jitter=jitter()), pauses.asked_pause_s(error)))
        else:
            outage.over()
            return result
