"""Quotas, as the rest of the bot asks for them: what holds, how somebody stands, and what administrators do about it.

It decides nothing about requests by itself: `policy` does, and a request is let in within the transaction that stores
its job (`jobs.admission`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Generic, TypeVar

from bot import errors
from bot.clock import Clock
from bot.jobs.model import Quality
from bot.quota import outlook, policy
from bot.quota.budget import BudgetWatch
from bot.quota.model import (
    MAX_CREDITS,
    MAX_IMAGES,
    OF_OPERATOR,
    Asking,
    BudgetWarning,
    ByHand,
    Period,
    Rule,
    Running,
    Scope,
    Subject,
    Unit,
    Whose,
    Window,
)
from bot.quota.outlook import Overview
from bot.quota.policy import Policy
from bot.quota.standing import Decision, Standing
from bot.quota.windows import Event
from bot.store.ledger import LedgerStore
from bot.store.rules import RuleStore

T = TypeVar("T")
Standings = tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """What an administrator has changed."""

    before: T
    after: T


class QuotaService:
    """Answers and changes what quotas there are. Everything here raises StoreError.

    `operator` holds the operator's own rules, `prices` millionths of credits by the names of the price table. Where
    standings are returned for nobody's request, they are those of the cheapest picture.
    """

    def __init__(
        self,
        *,
        rules: RuleStore,
        ledger: LedgerStore,
        budget: BudgetWatch,
        clock: Clock,
        operator: tuple[Rule, ...],
        default_images_per_day: int,
        prices: Mapping[str, int],
    ) -> None:
        self._rules = rules
        self._ledger = ledger
        self._budget = budget
        self._clock = clock
        self._operator = operator
        self._default_images_per_day = default_images_per_day
        self._prices = prices

    @property
    def default_images_per_day(self) -> int:
        """Return what holds for members for whom nobody has set anything."""
        return self._default_images_per_day

    def policy_of(
        self,
        rules: Sequence[Rule],
        *,
        zone: tzinfo,
        jobs_per_member: int | None = None,
        jobs_per_guild: int | None = None,
    ) -> Policy:
        """Return everything that holds in a server with these rules, the operator's included."""
        return Policy(
            rules=tuple(rules),
            operator=self._operator,
            default_images_per_day=self._default_images_per_day,
            zone=zone,
            jobs_per_member=jobs_per_member,
            jobs_per_guild=jobs_per_guild,
        )

    async def overview(
        self, asking: Asking, *, zone: tzinfo, jobs_per_member: int | None = None, jobs_per_guild: int | None = None
    ) -> Overview:
        """Tell how somebody stands, for the request they might make; changes nothing."""
        rules = await self._rules_of(asking.guild_id)
        held = self.policy_of(rules, zone=zone, jobs_per_member=jobs_per_member, jobs_per_guild=jobs_per_guild)
        running = await self._ledger.running(user_id=asking.user_id, guild_id=asking.guild_id)
        decision = await self._decide(asking, held, running, now=self._clock.now())
        events = await self._events_of(decision.standings)
        resets_at = {each: outlook.resets_at(each, events) for each in decision.standings}
        again_at = decision.resets_at(events)
        return Overview(decision=decision, running=running, resets_at=resets_at, again_at=again_at)

    async def explain(
        self, decision: Decision, asking: Asking, *, quality: Quality | None = None
    ) -> errors.LimitReached | errors.TooManyAtOnce:
        """Turn a decision that refuses into what the person is told; `quality` is the one they asked for, if known."""
        events = await self._events_of(decision.refusing)
        return outlook.refusal(decision, asking, events=events, quality=quality, prices=self._prices)

    async def standings_of(
        self, subject: Subject, *, zone: tzinfo, role_ids: frozenset[int] = frozenset()
    ) -> Standings:
        """Tell how a member, a channel or a server stands with the limits that look at its own usage.

        Of a server the operator's ceiling is one of them.
        """
        held = self.policy_of(await self._rules_of(subject.guild_id), zone=zone)
        standings = await self._standings(subject, held, role_ids, now=self._clock.now())
        of_operator = replace(subject, whose=Whose.OPERATOR_GUILD) if subject.whose is Whose.GUILD else subject
        return _own({subject, of_operator}, standings)

    async def list_rules(self, guild_id: int) -> list[Rule]:
        """List what a server's administrators have set."""
        return await self._rules.list(guild_id)

    async def set_rule(self, guild_id: int, rule: Rule, *, by_id: int) -> Change[Rule | None]:
        """Set a rule of a server, in place of the one of the same subject, unit and period; raises BadSetting."""
        _check(rule)
        before = await self._rules.put(guild_id, rule, by_id=by_id, at=self._clock.now())
        return Change(before=before, after=rule)

    async def remove_rules(
        self,
        guild_id: int,
        scope: Scope,
        subject_id: int | None = None,
        *,
        unit: Unit | None = None,
        period: Period | None = None,
        by_id: int,
    ) -> list[Rule]:
        """Remove a subject's rules, of one unit or period or of all, and return what was removed."""
        return await self._rules.remove(guild_id, scope, subject_id, unit, period, by_id=by_id, at=self._clock.now())

    async def grant(self, given: ByHand, *, zone: tzinfo, role_ids: frozenset[int] = frozenset()) -> Change[Standings]:
        """Raise a member's own limits in the windows of this moment; returns how they stand with all limits."""
        return await self._compared(_member(given), partial(self._ledger.grant, given), zone=zone, role_ids=role_ids)

    async def adjust(
        self, difference: ByHand, *, zone: tzinfo, role_ids: frozenset[int] = frozenset()
    ) -> Change[Standings]:
        """Correct what a member has used, by the difference; returns how they stand with all limits."""
        write = partial(self._ledger.adjust, difference)
        return await self._compared(_member(difference), write, zone=zone, role_ids=role_ids)

    async def reset(
        self, subject: Subject, *, by_id: int, why: str = "", zone: tzinfo, role_ids: frozenset[int] = frozenset()
    ) -> Change[Standings]:
        """Let what a member, a channel or a server has used count no more; returns how its own limits stand.

        The operator's limits go on counting it.
        """
        write = partial(self._ledger.reset, subject, by_id=by_id, why=why)
        change = await self._compared(subject, write, zone=zone, role_ids=role_ids)
        return Change(before=_own({subject}, change.before), after=_own({subject}, change.after))

    async def warnings_due(self, guild_id: int, *, zone: tzinfo) -> list[BudgetWarning]:
        """Return the warnings about a server's budget that nobody has had; see `BudgetWatch`."""
        return await self._budget.warnings_due(guild_id, zone=zone)

    async def _rules_of(self, guild_id: int | None) -> Sequence[Rule]:
        return () if guild_id is None else await self._rules.list(guild_id)

    async def _decide(self, asking: Asking, held: Policy, running: Running, *, now: datetime) -> Decision:
        binding = policy.bind(asking, held, now=now)
        return binding.decide(await self._ledger.sums(binding.windows, now=now), running)

    async def _standings(self, subject: Subject, held: Policy, role_ids: frozenset[int], *, now: datetime) -> Standings:
        asking = Asking(
            user_id=subject.id or 0 if subject.whose is Whose.MEMBER else 0,
            guild_id=subject.guild_id,
            channel_id=subject.id or 0 if subject.whose is Whose.CHANNEL else 0,
            role_ids=role_ids,
            credits=min(self._prices[quality] for quality in Quality),
        )
        return (await self._decide(asking, held, Running(), now=now)).standings

    async def _compared(
        self, subject: Subject, write: Callable[..., Awaitable[None]], *, zone: tzinfo, role_ids: frozenset[int]
    ) -> Change[Standings]:
        """Write, and look before and after at the same rules and windows."""
        now = self._clock.now()
        held = self.policy_of(await self._rules_of(subject.guild_id), zone=zone)
        before = await self._standings(subject, held, role_ids, now=now)
        await write(at=now)
        return Change(before=before, after=await self._standings(subject, held, role_ids, now=now))

    async def _events_of(self, standings: Sequence[Standing]) -> dict[Window, list[Event]]:
        """Read what was counted in the rolling windows among these."""
        rolling = {standing.window for standing in standings if standing.window.length is not None}
        now = self._clock.now()
        counted = {window: await self._ledger.list_events(window, now=now) for window in rolling}
        return {window: [Event(**each._asdict()) for each in events] for window, events in counted.items()}


def _check(rule: Rule) -> None:
    if rule.scope in OF_OPERATOR:
        raise ValueError("the operator's rules stand in the settings")
    if rule.limit is None:
        return
    if rule.limit < 0:
        raise errors.BadSetting("limit_negative", str(rule.limit))
    if rule.limit > (MAX_CREDITS if rule.unit is Unit.CREDITS else MAX_IMAGES):
        raise errors.BadSetting("limit_too_high", str(rule.limit))


def _member(done: ByHand) -> Subject:
    return Subject(whose=Whose.MEMBER, guild_id=done.guild_id, id=done.user_id)


def _own(subjects: Set[Subject], standings: Standings) -> Standings:
    return tuple(standing for standing in standings if standing.window.subject in subjects)
