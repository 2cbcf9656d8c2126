"""Which rule a refusal names, and when the same request would be admitted: the prose of `bot.quota.policy`."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.quota.model import Period, Rule, Running, Scope, Usage
from bot.quota.standing import Standing, TooMany
from bot.quota.windows import Event
from tests.support.quota_rules import (
    BLUE,
    CREDITS,
    HALF,
    MONTH,
    NOW,
    ONE,
    RED,
    USER,
    WEEK,
    asking,
    decided,
    policy,
    rule,
)

MEMBER_DAY = rule(Scope.DEFAULT, 1)
MEMBER_DAY_ROLLING = rule(Scope.DEFAULT, 1, rolling=True)
GUILD_DAY = rule(Scope.GUILD, 1)
GUILD_MONTH = rule(Scope.GUILD, 1, period=MONTH)
NEVER = rule(Scope.DEFAULT, HALF, unit=CREDITS)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ((MEMBER_DAY,), MEMBER_DAY),
        ((GUILD_DAY, MEMBER_DAY), MEMBER_DAY),
        ((MEMBER_DAY, GUILD_MONTH), GUILD_MONTH),
        ((MEMBER_DAY_ROLLING, GUILD_DAY), MEMBER_DAY_ROLLING),
        ((MEMBER_DAY, GUILD_MONTH, NEVER), NEVER),
        # of roles the one that holds up the shortest, by its own longest
        ((rule(Scope.ROLE, 1, RED, period=MONTH), rule(Scope.ROLE, 1, BLUE)), rule(Scope.ROLE, 1, BLUE)),
        ((rule(Scope.ROLE, 0, RED), rule(Scope.ROLE, 1, BLUE, period=MONTH)), rule(Scope.ROLE, 1, BLUE, period=MONTH)),
        (
            (rule(Scope.ROLE, 1, RED), rule(Scope.ROLE, 1, RED, period=MONTH), rule(Scope.ROLE, 1, BLUE, period=WEEK)),
            rule(Scope.ROLE, 1, BLUE, period=WEEK),
        ),
        # then the one that takes the most such requests, whatever it counts
        ((rule(Scope.ROLE, 1, RED), rule(Scope.ROLE, 2, BLUE)), rule(Scope.ROLE, 2, BLUE)),
        ((rule(Scope.ROLE, 2, RED), rule(Scope.ROLE, ONE, BLUE, unit=CREDITS)), rule(Scope.ROLE, 2, RED)),
        (
            (rule(Scope.ROLE, 0, RED), rule(Scope.ROLE, HALF, BLUE, unit=CREDITS)),
            rule(Scope.ROLE, HALF, BLUE, unit=CREDITS),
        ),
        # a role that refuses is not told where another one admits
        ((rule(Scope.ROLE, 0, RED), rule(Scope.ROLE, None, BLUE), GUILD_DAY), GUILD_DAY),
        # and one that holds up shorter than a ceiling is not either
        ((rule(Scope.ROLE, 1, RED), GUILD_MONTH), GUILD_MONTH),
    ],
)
def test_the_refusal_names_what_holds_the_person_up_the_longest(rules: tuple[Rule, ...], told: Rule) -> None:
    """One that never admits, then the last to be empty, then the nearest; of roles the shortest, then the largest."""
    decision = decided(asking(), policy(*rules), every=Usage(images=2, credits=2 * ONE))
    assert isinstance(decision.refused_by, Standing)
    assert decision.refused_by.rule == told
    assert decision.refused_by in decision.refusing


@pytest.mark.parametrize(
    ("limits", "running", "refused_by"),
    [
        ((None, None), Running(of_member=999, in_guild=999), None),
        ((2, None), Running(of_member=1, in_guild=1), None),
        ((2, None), Running(of_member=2, in_guild=2), TooMany(limit=2, of_server=False)),
        ((2, None), Running(of_member=3, in_guild=3), TooMany(limit=2, of_server=False)),
        ((None, 5), Running(of_member=0, in_guild=4), None),
        ((None, 5), Running(of_member=0, in_guild=5), TooMany(limit=5, of_server=True)),
        ((2, 5), Running(of_member=2, in_guild=5), TooMany(limit=2, of_server=False)),
        ((2, 5), Running(of_member=1, in_guild=5), TooMany(limit=5, of_server=True)),
        ((0, None), Running(), TooMany(limit=0, of_server=False)),
        ((None, 0), Running(), TooMany(limit=0, of_server=True)),
    ],
)
def test_no_more_jobs_go_on_at_once_than_the_server_allows(
    limits: tuple[int | None, int | None], running: Running, refused_by: TooMany | None
) -> None:
    """The person's own jobs before those of all."""
    by = policy(jobs_per_member=limits[0], jobs_per_guild=limits[1])
    decision = decided(asking(), by, running=running)
    assert (decision.refused_by, decision.admitted) == (refused_by, refused_by is None)


def test_a_used_up_quota_is_told_before_too_many_jobs_at_once() -> None:
    """Who waits for a job to end would be refused again."""
    decision = decided(asking(), policy(MEMBER_DAY, jobs_per_member=0), every=Usage(images=1))
    assert isinstance(decision.refused_by, Standing)


def test_standing_over_a_limit_leaves_nothing_rather_than_less() -> None:
    """After a settlement or a lowered limit."""
    (standing,) = decided(asking(), policy(MEMBER_DAY), every=Usage(images=4)).standings
    assert (standing.limit, standing.used, standing.left, standing.admits) == (1, 4, 0, False)


ROLLING_HOUR = rule(Scope.DEFAULT, 1, period=Period.HOUR, rolling=True)
ROLLING_RED = rule(Scope.ROLE, 1, RED, period=Period.HOUR, rolling=True)
ROLLING_BLUE = rule(Scope.ROLE, 3, BLUE, period=Period.HOUR, rolling=True)
MIDNIGHT_HERE = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rules", "resets_at"),
    [
        ((), None),
        ((MEMBER_DAY,), MIDNIGHT_HERE),
        ((MEMBER_DAY, NEVER), None),
        ((MEMBER_DAY, GUILD_MONTH), datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ((ROLLING_HOUR,), NOW + timedelta(minutes=50)),
        ((ROLLING_HOUR, GUILD_DAY), MIDNIGHT_HERE),
        ((ROLLING_RED, ROLLING_BLUE), NOW + timedelta(minutes=10)),
        ((ROLLING_RED, rule(Scope.ROLE, 0, BLUE)), NOW + timedelta(minutes=50)),
        ((ROLLING_RED, rule(Scope.ROLE, 0, RED), rule(Scope.ROLE, 0, BLUE)), None),
        ((ROLLING_RED, rule(Scope.ROLE, 1, RED), rule(Scope.ROLE, 1, BLUE, period=WEEK)), MIDNIGHT_HERE),
        ((ROLLING_RED, rule(Scope.ROLE, 9, BLUE)), None),
    ],
)
def test_a_request_is_admitted_again_when_all_that_refuses_has_room(
    rules: tuple[Rule, ...], resets_at: datetime | None
) -> None:
    """The last of what must all admit, the first of the roles of which one is enough; None where waiting is no help."""
    used_at = [NOW - timedelta(minutes=50), NOW - timedelta(minutes=20), NOW - timedelta(minutes=10)]
    events = [Event(counted_at=at, images=1, credits=ONE) for at in used_at]
    asked = asking()
    decision = decided(asked, policy(*rules), every=Usage(images=3, credits=3 * ONE))
    assert decision.resets_at({each.window: events for each in decision.refusing}) == resets_at


def test_without_its_events_a_rolling_rule_is_said_to_have_room_at_the_latest() -> None:
    """A whole window from now, rather than too early; and a rule that has room now waits for nothing."""
    decision = decided(asking(), policy(ROLLING_HOUR), every=Usage(images=1))
    assert decision.resets_at({}) == NOW + timedelta(hours=1)
    assert decision.standings[0].admits_when_empty
    (free,) = decided(asking(), policy(ROLLING_HOUR)).standings
    assert free.resets_at() is None


def test_no_waiting_helps_where_only_a_grant_had_made_room() -> None:
    """Who is blocked, was given two and has used them has nothing in the next window."""
    decision = decided(asking(), policy(rule(Scope.USER, 0, USER)), every=Usage(images=2, granted_images=2))
    assert not decision.standings[0].admits_when_empty
    assert decision.resets_at({}) is None
