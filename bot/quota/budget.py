"""The watch over a server's budget: who is to be told that a share of it is used, once."""

from datetime import tzinfo

from bot.clock import Clock
from bot.quota.model import BudgetWarning, Rule, Scope, Subject, Unit, Usage, Whose, Window
from bot.quota.windows import window_of
from bot.store.budget import BudgetStore
from bot.store.ledger import LedgerStore
from bot.store.rules import RuleStore

WARN_AT_PERCENT = (80, 100)


class BudgetWatch:
    """Compares what is used with the ceilings of a server. Everything here raises StoreError.

    `cheapest` is the price of the cheapest picture, in millionths: a budget in credits that has no room for it is used
    up, for no request passes it and hardly one ends on it.
    """

    def __init__(
        self, *, rules: RuleStore, ledger: LedgerStore, store: BudgetStore, clock: Clock, cheapest: int
    ) -> None:
        self._rules = rules
        self._ledger = ledger
        self._store = store
        self._clock = clock
        self._cheapest = cheapest

    async def warnings_due(self, guild_id: int, *, zone: tzinfo) -> list[BudgetWarning]:
        """Return the warnings that nobody has had, and note that they are given now, whichever process asks.

        Each level is given once in a window by the calendar; `BudgetStore.note` says when in a rolling one, and of a
        limit that was changed. Of two levels that are reached at once the higher one is told.
        """
        rules = [rule for rule in await self._rules.list(guild_id) if rule.scope is Scope.GUILD and rule.limit]
        if not rules:
            return []
        now = self._clock.now()
        subject = Subject(whose=Whose.GUILD, guild_id=guild_id)
        windows = [window_of(rule, subject, now=now, zone=zone) for rule in rules]
        usages = await self._ledger.sums(windows, now=now)
        warnings = [await self._look(rule, window, usages[window]) for rule, window in zip(rules, windows, strict=True)]
        return [warning for warning in warnings if warning is not None]

    async def _look(self, rule: Rule, window: Window, usage: Usage) -> BudgetWarning | None:
        limit = rule.limit or 0
        used = usage.used(rule.unit)
        next_one = self._cheapest if rule.unit is Unit.CREDITS else 1
        is_used_up = used > 0 and used + next_one > limit
        reached = [percent for percent in WARN_AT_PERCENT if is_used_up or used * 100 >= limit * percent]
        if not reached and not rule.rolling:
            return None
        noted = await self._store.note(rule, window, levels=reached, now=self._clock.now())
        if not noted or reached[-1] not in noted:
            return None
        return BudgetWarning(rule=rule, window=window, percent=reached[-1], used=used, limit=limit)
