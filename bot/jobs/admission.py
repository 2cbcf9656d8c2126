"""Whether a request is let in, and the place that is held for it: by the operator, by the server, by its quotas."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot import errors
from bot.guilds import permits
from bot.guilds.model import Wanted
from bot.guilds.service import GuildService
from bot.jobs.announcer import Chronicle
from bot.jobs.model import Asker, Job, Quality, Request
from bot.quota import policy, prices
from bot.quota.model import Asking, Running, Scope, Usage, Window
from bot.quota.report import reason_of
from bot.quota.service import QuotaService
from bot.quota.spending import SpendingStop
from bot.quota.standing import Decision
from bot.settings import Settings
from bot.store import admissions
from bot.store.jobs import Insertion, JobStore, Within
from bot.store.usage import UsageStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator allows, as the settings have it."""

    prices: Mapping[str, int]
    """In millionths of credits, by the names of the price table."""
    offers_direct_use: bool
    allowed_servers: frozenset[int]
    """Empty: all."""
    blocked_servers: frozenset[int]
    blocked_users: frozenset[int]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take them from the settings."""
        return cls(
            prices=settings.price_table,
            offers_direct_use=settings.direct_images_per_day > 0,
            allowed_servers=settings.allowed_servers,
            blocked_servers=settings.blocked_servers,
            blocked_users=settings.blocked_users,
        )

    def check(self, asker: Asker, *, guild_id: int | None) -> None:
        """Raise Blocked or NotAllowedHere where the operator does not serve this person, or this server.

        `guild_id` is where they are, whether or not the server has the bot: who brings it along to one that may not
        use it is refused there, too.
        """
        if asker.user_id in self.blocked_users:
            raise errors.Blocked(by_operator=True)
        if guild_id is not None and not self._serves(guild_id):
            raise errors.NotAllowedHere("server")
        if asker.guild_id is None and not self.offers_direct_use:
            raise errors.NotAllowedHere("direct")

    def _serves(self, guild_id: int) -> bool:
        return guild_id not in self.blocked_servers and (not self.allowed_servers or guild_id in self.allowed_servers)


class NotAdmitted(errors.ImagebotError):
    """A quota refuses; the refusal that a person is told is made of it once the transaction is over."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(str(decision.refused_by))
        self.decision = decision


class Admission:
    """Lets requests in. Every refusal is raised as an `errors.Refusal`, and counted."""

    def __init__(
        self,
        *,
        terms: Terms,
        jobs: JobStore,
        quota: QuotaService,
        guilds: GuildService,
        spending: SpendingStop,
        usage: UsageStore,
        chronicle: Chronicle,
    ) -> None:
        self._terms = terms
        self._jobs = jobs
        self._quota = quota
        self._guilds = guilds
        self._spending = spending
        self._usage = usage
        self._chronicle = chronicle

    async def insert(self, job: Job, request: Request, *, max_waiting: int) -> None:
        """Store a new job with its reservation, in one transaction; raises a Refusal, and then nothing was stored."""
        try:
            await self._insert(job, request, max_waiting=max_waiting)
        except errors.DoubleRequest:
            raise
        except errors.Refusal as refusal:
            await self._count(refusal, request, at=job.created_at)
            raise

    def second(self, job: Job, *, now: datetime) -> Within:
        """Return what holds a place once more for a job that was released, or makes a gift of it where none is left.

        Only the limits decide: what the server permits was decided when it was asked for.
        """

        def plan(asking: Asking, facts: admissions.ServerFacts) -> admissions.Plan:
            return self._plan_by_limits(asking, facts, now=now)

        return admissions.second_reservation(job.id, job.role_ids, plan=plan, refused=NotAdmitted, at=now)

    async def warn_of_budget(self, guild_id: int | None) -> None:
        """Tell a server what share of its budget is used, where that has come to be worth it; never fails."""
        if guild_id is None:
            return
        try:
            settings = await self._guilds.get(guild_id)
            warnings = await self._quota.warnings_due(guild_id, zone=settings.zone)
        except errors.StoreError:
            log.warning("budget not looked at", exc_info=True, extra={"guild": guild_id})
            return
        for warning in warnings:
            self._chronicle.budget_warning(guild_id, warning)

    async def _insert(self, job: Job, request: Request, *, max_waiting: int) -> None:
        asking = self._asking(request)
        self._terms.check(request.asker, guild_id=request.guild_id)
        await self._spending.refuse_if_stopped()
        held = admissions.reservation(
            job.id, asking, plan=lambda facts: self._plan(asking, request, facts, now=job.created_at), at=job.created_at
        )
        try:
            inserted = await self._jobs.insert(job, max_waiting=max_waiting, reservation=held)
        except NotAdmitted as error:
            raise await self._refusal(error.decision, asking, request.drawing.quality) from None
        if inserted is Insertion.DOUBLE:
            raise errors.DoubleRequest

    def _asking(self, request: Request) -> Asking:
        asker = request.asker
        return Asking(
            user_id=asker.user_id,
            guild_id=asker.guild_id,
            channel_id=asker.channel_id,
            role_ids=asker.role_ids,
            credits=prices.estimate(request.drawing, n_references=len(request.sources), prices=self._terms.prices),
        )

    def _plan(
        self, asking: Asking, request: Request, facts: admissions.ServerFacts, *, now: datetime
    ) -> admissions.Plan:
        """Say what is to be looked up; raises what the server's settings alone refuse."""
        if asking.guild_id is not None:
            permits.check(_wanted(request), facts.settings, blocked=facts.is_blocked)
        return self._plan_by_limits(asking, facts, now=now)

    def _plan_by_limits(self, asking: Asking, facts: admissions.ServerFacts, *, now: datetime) -> admissions.Plan:
        rules = self._quota.policy_of(
            facts.rules,
            zone=facts.settings.zone,
            jobs_per_member=facts.settings.jobs_per_member,
            jobs_per_guild=facts.settings.jobs_per_guild,
        )

        binding = policy.bind(asking, rules, now=now)

        def decide(usages: Mapping[Window, Usage], running: Running) -> None:
            decision = binding.decide(usages, running)
            if not decision.admitted:
                raise NotAdmitted(decision)

        return admissions.Plan(windows=binding.windows, decide=decide)

    async def _refusal(self, decision: Decision, asking: Asking, quality: Quality) -> errors.Refusal:
        """Return what the person is told; where everything is used up, nobody else needs to ask."""
        if any(standing.rule.scope is Scope.OPERATOR_TOTAL for standing in decision.refusing):
            await self._spending.note_total_refused()
        if any(each.rule.scope is Scope.GUILD for each in decision.refusing):
            await self.warn_of_budget(asking.guild_id)
        return await self._quota.explain(decision, asking, quality=quality)

    async def _count(self, refusal: errors.Refusal, request: Request, *, at: datetime) -> None:
        if request.asker.guild_id is None:
            return
        try:
            await self._usage.note_refusal(request.asker.guild_id, reason_of(refusal), at=at)
        except errors.StoreError:
            log.warning("refusal not counted", exc_info=True, extra={"origin": request.origin_id})


def _wanted(request: Request) -> Wanted:
    asker, drawing = request.asker, request.drawing
    return Wanted(
        channel_id=asker.channel_id,
        thread_id=asker.thread_id,
        role_ids=asker.role_ids,
        prompt=drawing.prompt,
        quality=drawing.quality,
        private=request.route.ephemeral,
        searches=drawing.web_search or drawing.image_search,
    )
