"""Whether the operator's own totals are used up. One look both begins the stop of spending and ends it."""

from datetime import UTC, datetime

from bot.clock import Clock
from bot.quota.model import Rule, Scope, Subject, Whose
from bot.quota.windows import fits, window_of
from bot.store.ledger import LedgerStore


class Totals:
    """Compares what was spent on everything with the operator's totals, which are in credits.

    `cheapest`: millionths of credits for the cheapest picture.
    """

    def __init__(self, *, operator: tuple[Rule, ...], ledger: LedgerStore, cheapest: int, clock: Clock) -> None:
        self._rules = tuple(rule for rule in operator if rule.scope is Scope.OPERATOR_TOTAL)
        self._ledger = ledger
        self._cheapest = cheapest
        self._clock = clock

    async def used_up_until(self) -> datetime | None:
        """Return when the last total begins anew that has no room for the cheapest picture; None where all have room.

        What is held by jobs that go on is left out: it may be given back. Raises StoreError.
        """
        now = self._clock.now()
        windows = [window_of(rule, Subject(whose=Whose.TOTAL), now=now, zone=UTC) for rule in self._rules]
        usages = await self._ledger.settled(windows, now=now)
        ends = [
            window.ends_at
            for rule, window in zip(self._rules, windows, strict=True)
            if not fits(rule.limit, used=usages[window].credits, needed=self._cheapest)
        ]
        return max((end for end in ends if end is not None), default=None)
