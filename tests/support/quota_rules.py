"""Rules, requests and what was used, for tests of the decision."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.quota.model import Asking, Period, Rule, Running, Scope, Subject, Unit, Usage, Whose
from bot.quota.policy import Policy, bind
from bot.quota.standing import Decision

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
USER, GUILD, CHANNEL, RED, BLUE, OTHER = 11, 22, 33, 41, 48, 99
MEMBER_HERE = Subject(whose=Whose.MEMBER, guild_id=GUILD, id=USER)
HALF, ONE = 500_000, 1_000_000
IMAGES, CREDITS = Unit.IMAGES, Unit.CREDITS
DAY, WEEK, MONTH = Period.DAY, Period.WEEK, Period.MONTH


def rule(
    scope: Scope,
    limit: int | None,
    subject_id: int | None = None,
    *,
    unit: Unit = IMAGES,
    period: Period = DAY,
    rolling: bool = False,
) -> Rule:
    return Rule(scope=scope, subject_id=subject_id, unit=unit, period=period, limit=limit, rolling=rolling)


def asking(**changes: Any) -> Asking:
    fields: dict[str, Any] = {
        "user_id": USER,
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "role_ids": frozenset({RED, BLUE}),
        "credits": ONE,
    }
    return Asking(**{**fields, **changes})


ELSEWHERE = asking(guild_id=None, role_ids=frozenset())


def policy(*rules: Rule, operator: tuple[Rule, ...] = (), **changes: Any) -> Policy:
    fields: dict[str, Any] = {
        "default_images_per_day": 10,
        "zone": ZoneInfo("Europe/Berlin"),
        "jobs_per_member": None,
        "jobs_per_guild": None,
    }
    return Policy(rules=rules, operator=operator, **{**fields, **changes})


def decided(
    asked: Asking,
    by: Policy,
    *,
    used: dict[Subject, Usage] | None = None,
    every: Usage | None = None,
    running: Running | None = None,
) -> Decision:
    """Decide where some have used something in every window of theirs, or everybody the same."""
    binding = bind(asked, by, now=NOW)
    usages = {window: every or (used or {}).get(window.subject, Usage()) for window in binding.windows}
    return binding.decide(usages, running or Running())


def bound_by(decision: Decision) -> list[tuple[Scope, int | None]]:
    return [(standing.rule.scope, standing.rule.limit) for standing in decision.standings]
