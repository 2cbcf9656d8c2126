"""Which rules bind a person, and what they make of a request: the truth table of `bot.quota.policy`, row by row."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quota.model import Asking, Rule, Running, Scope, Subject, Unit, Usage, Whose, Window
from bot.quota.policy import bind
from bot.quota.standing import Standing
from tests.support.quota_rules import (
    BLUE,
    CHANNEL,
    CREDITS,
    DAY,
    ELSEWHERE,
    GUILD,
    HALF,
    IMAGES,
    MEMBER_HERE,
    MONTH,
    NOW,
    ONE,
    OTHER,
    RED,
    USER,
    WEEK,
    asking,
    bound_by,
    decided,
    policy,
    rule,
)

FOR_USER = rule(Scope.USER, 1, USER)
FOR_OTHER_USER = rule(Scope.USER, 2, OTHER)
FOR_RED = rule(Scope.ROLE, 3, RED)
FOR_BLUE = rule(Scope.ROLE, 4, BLUE)
FOR_OTHER_ROLE = rule(Scope.ROLE, 5, OTHER)
FOR_ALL = rule(Scope.DEFAULT, 6)
UNLIMITED_USER = rule(Scope.USER, None, USER)
OPERATOR_DIRECT = rule(Scope.OPERATOR_DIRECT, 7)
CEILINGS = (rule(Scope.CHANNEL, 20, CHANNEL), rule(Scope.CHANNEL, 21, OTHER), rule(Scope.GUILD, 22))
OF_OPERATOR = (
    rule(Scope.OPERATOR_GUILD, 23),
    rule(Scope.OPERATOR_USER, 24),
    rule(Scope.OPERATOR_TOTAL, 25),
    OPERATOR_DIRECT,
)
CEILINGS_HERE = [
    (Scope.CHANNEL, 20),
    (Scope.GUILD, 22),
    (Scope.OPERATOR_GUILD, 23),
    (Scope.OPERATOR_USER, 24),
    (Scope.OPERATOR_TOTAL, 25),
]


@pytest.mark.parametrize(
    ("rules", "own"),
    [
        ((FOR_ALL, FOR_BLUE, FOR_RED, FOR_USER), [(Scope.USER, 1)]),
        ((FOR_ALL, FOR_BLUE, FOR_RED, UNLIMITED_USER), [(Scope.USER, None)]),
        ((FOR_ALL, FOR_BLUE, FOR_RED, FOR_OTHER_USER), [(Scope.ROLE, 3), (Scope.ROLE, 4)]),
        ((FOR_ALL, FOR_OTHER_ROLE, FOR_BLUE), [(Scope.ROLE, 4)]),
        ((FOR_ALL, FOR_OTHER_ROLE, FOR_OTHER_USER), [(Scope.DEFAULT, 6)]),
        ((FOR_OTHER_ROLE, FOR_OTHER_USER), [(Scope.DEFAULT, 10)]),
        ((), [(Scope.DEFAULT, 10)]),
    ],
)
def test_the_nearest_scope_replaces_the_farther_ones_and_ceilings_come_in_addition(
    rules: tuple[Rule, ...], own: list[tuple[Scope, int | None]]
) -> None:
    """The first table and the second, in a server that has the bot."""
    decision = decided(asking(), policy(*rules, *CEILINGS, operator=OF_OPERATOR))
    assert bound_by(decision) == own + CEILINGS_HERE


def test_elsewhere_only_the_operator_says_what_is_allowed() -> None:
    """In direct messages and user installs no server's rule holds, nor its jobs at once, nor the default."""
    everything = policy(
        FOR_USER, FOR_RED, FOR_ALL, *CEILINGS, operator=OF_OPERATOR, jobs_per_member=0, jobs_per_guild=0
    )
    decision = decided(ELSEWHERE, everything, running=Running(of_member=5, in_guild=5))
    assert decision.admitted
    assert bound_by(decision) == [(Scope.OPERATOR_DIRECT, 7), (Scope.OPERATOR_USER, 24), (Scope.OPERATOR_TOTAL, 25)]


def test_a_set_is_replaced_as_a_whole() -> None:
    """A user's one rule of credits leaves nothing of a role's rules of pictures, nor of its other periods."""
    by = policy(
        rule(Scope.USER, HALF, USER, unit=CREDITS, period=MONTH),
        rule(Scope.ROLE, 1, RED),
        rule(Scope.ROLE, 2, RED, period=WEEK),
        FOR_ALL,
    )
    (standing,) = decided(asking(), by).standings
    assert (standing.rule.scope, standing.rule.unit) == (Scope.USER, CREDITS)


@pytest.mark.parametrize(
    ("scope", "asked", "subject"),
    [
        (Scope.USER, asking(), MEMBER_HERE),
        (Scope.ROLE, asking(), MEMBER_HERE),
        (Scope.DEFAULT, asking(), MEMBER_HERE),
        (Scope.CHANNEL, asking(), Subject(whose=Whose.CHANNEL, guild_id=GUILD, id=CHANNEL)),
        (Scope.GUILD, asking(), Subject(whose=Whose.GUILD, guild_id=GUILD)),
        (Scope.OPERATOR_GUILD, asking(), Subject(whose=Whose.OPERATOR_GUILD, guild_id=GUILD)),
        (Scope.OPERATOR_USER, asking(), Subject(whose=Whose.USER, id=USER)),
        (Scope.OPERATOR_TOTAL, asking(), Subject(whose=Whose.TOTAL)),
        (Scope.OPERATOR_DIRECT, ELSEWHERE, Subject(whose=Whose.MEMBER, guild_id=None, id=USER)),
        (Scope.OPERATOR_USER, ELSEWHERE, Subject(whose=Whose.USER, id=USER)),
        (Scope.OPERATOR_TOTAL, ELSEWHERE, Subject(whose=Whose.TOTAL)),
    ],
)
def test_each_scope_looks_at_whose_usage_it_is_for(scope: Scope, asked: Asking, subject: Subject) -> None:
    """Whose usage is summed, and in whose days: the operator's are those of UTC, all others those of the server."""
    subject_id = {Scope.USER: USER, Scope.ROLE: RED, Scope.CHANNEL: CHANNEL}.get(scope)
    everything = policy(rule(scope, 1, subject_id), operator=(rule(scope, 1),))
    (standing,) = {
        each.window: each for each in decided(asked, everything).standings if each.rule.scope is scope
    }.values()
    assert standing.window.subject == subject
    hour = 0 if scope.startswith("operator") else 23
    assert standing.window.begins_at.hour == hour


@pytest.mark.parametrize("asked", [asking(), ELSEWHERE], ids=["server", "elsewhere"])
def test_no_window_of_the_operators_is_one_of_an_administrators_rules(asked: Asking) -> None:
    """What they set back is a subject, and then no limit of the operator's may look at it."""
    targets = {Scope.USER: USER, Scope.ROLE: RED, Scope.CHANNEL: CHANNEL}
    of_operator = {each.scope for each in OF_OPERATOR}
    subjects: dict[bool, set[Subject]] = {True: set(), False: set()}
    for scope in set(Scope) - of_operator:
        for standing in decided(asked, policy(rule(scope, 9, targets.get(scope)), operator=OF_OPERATOR)).standings:
            subjects[standing.rule.scope in of_operator].add(standing.window.subject)
    assert len(subjects[True]) == 3
    assert subjects[True].isdisjoint(subjects[False])


def test_where_nobody_has_set_anything_the_days_are_the_servers() -> None:
    """DEFAULT_MEMBER_IMAGES_PER_DAY is a rule for members as any other."""
    (window,) = bind(asking(), policy(), now=NOW).windows
    assert (window.subject, window.begins_at) == (MEMBER_HERE, datetime(2026, 11, 21, 23, 0, tzinfo=UTC))


def test_windows_are_each_named_once() -> None:
    """Pictures and credits of a day, and several roles' days, are one look into the ledger."""
    by = policy(rule(Scope.ROLE, 1, RED), rule(Scope.ROLE, ONE, RED, unit=CREDITS), rule(Scope.ROLE, 3, BLUE))
    assert len(bind(asking(), by, now=NOW).windows) == 1
    assert len(decided(asking(), by).standings) == 3


def test_a_window_that_was_not_looked_up_admits_nothing() -> None:
    """What is not known is not taken for unused."""
    with pytest.raises(KeyError):
        bind(asking(), policy(), now=NOW).decide({}, Running())


@pytest.mark.parametrize(
    ("scope", "limit", "granted", "most"),
    [
        (Scope.DEFAULT, None, 0, None),
        (Scope.DEFAULT, None, 3, None),
        (Scope.DEFAULT, 5, 0, 5),
        (Scope.DEFAULT, 5, 2, 7),
        (Scope.USER, 5, 2, 7),
        (Scope.ROLE, 5, 2, 7),
        (Scope.USER, 0, 2, 2),
        (Scope.USER, 0, 0, 0),
        (Scope.CHANNEL, 5, 2, 5),
        (Scope.GUILD, 5, 2, 5),
        (Scope.GUILD, 0, 2, 0),
        (Scope.OPERATOR_GUILD, 5, 2, 5),
        (Scope.OPERATOR_USER, 5, 2, 5),
        (Scope.OPERATOR_TOTAL, 5, 2, 5),
    ],
)
@pytest.mark.parametrize("unit", Unit)
def test_a_grant_raises_a_members_own_limit_and_no_ceiling(
    scope: Scope, limit: int | None, granted: int, most: int | None, unit: Unit
) -> None:
    """The third table: what is granted of a rule's unit comes on top of 0 as well, and of the other unit never."""
    subject_id = {Scope.USER: USER, Scope.ROLE: RED, Scope.CHANNEL: CHANNEL}.get(scope)
    grant = {"granted_images": granted, "granted_credits": 50} if unit is IMAGES else {}
    grant = grant or {"granted_credits": granted, "granted_images": 50}
    set_ = rule(scope, limit, subject_id, unit=unit)
    by = policy(*([] if scope.startswith("operator") else [set_]), operator=(set_,), default_images_per_day=10**9)
    for used in range(9):
        usage = Usage(images=used, credits=used, **grant)
        decision = decided(asking(credits=1), by, every=usage)
        assert decision.admitted is (most is None or used < most)
        standing = next(each for each in decision.standings if each.rule == set_)
        assert (standing.limit, standing.used) == (most, used)
        assert standing.left == (None if most is None else max(0, most - used))


def test_nought_blocks_even_what_costs_nothing() -> None:
    """A price of 0 is no way around a block, and neither is a correction below nothing."""
    by = policy(rule(Scope.DEFAULT, 0, unit=CREDITS))
    assert not decided(asking(credits=0), by).admitted
    assert not decided(asking(credits=1), by, every=Usage(credits=-5)).admitted


def test_every_rule_of_a_set_must_admit() -> None:
    """Pictures left for the week are of no use on a day that is used up."""
    by = policy(rule(Scope.DEFAULT, 1), rule(Scope.DEFAULT, 9, period=WEEK), rule(Scope.DEFAULT, 9, period=MONTH))
    decision = decided(asking(), by, used={MEMBER_HERE: Usage(images=1)})
    assert isinstance(decision.refused_by, Standing)
    assert decision.refused_by.rule.period is DAY
    assert [each.left for each in decision.standings] == [0, 8, 8]


RED_SET = (rule(Scope.ROLE, 5, RED), rule(Scope.ROLE, ONE, RED, unit=CREDITS))
BLUE_SET = (rule(Scope.ROLE, 2, BLUE), rule(Scope.ROLE, 9 * ONE, BLUE, unit=CREDITS))


@pytest.mark.parametrize(
    ("images", "credits_", "refusing"),
    [
        (0, 0, []),
        (1, ONE, []),
        (2, 0, []),
        (2, HALF, [(RED, CREDITS), (BLUE, IMAGES)]),
        (5, 0, [(RED, IMAGES), (BLUE, IMAGES)]),
    ],
)
def test_one_role_whose_whole_set_admits_is_enough(
    images: int, credits_: int, refusing: list[tuple[int, Unit]]
) -> None:
    """Half of one role's set and half of another's are not."""
    usage = Usage(images=images, credits=credits_)
    decision = decided(asking(), policy(*reversed(RED_SET + BLUE_SET)), used={MEMBER_HERE: usage})
    assert [(each.rule.subject_id, each.rule.unit) for each in decision.refusing] == refusing
    assert decision.admitted is (not refusing)


def test_the_rules_of_each_role_stand_together_and_apart_from_the_others() -> None:
    """So that they can be shown as alternatives; a ceiling is none."""
    decision = decided(asking(), policy(*BLUE_SET, *RED_SET, rule(Scope.GUILD, 9)))
    assert [(each.group, each.rule.subject_id) for each in decision.standings] == [
        (1, RED),
        (1, RED),
        (2, BLUE),
        (2, BLUE),
        (0, None),
    ]


def test_a_role_that_admits_does_not_lift_a_ceiling() -> None:
    """The server's budget is used up for those with roles too."""
    by = policy(rule(Scope.ROLE, None, RED), rule(Scope.GUILD, HALF, unit=CREDITS))
    decision = decided(asking(), by)
    assert [each.rule.scope for each in decision.refusing] == [Scope.GUILD]


def test_a_ceiling_that_admits_does_not_stand_in_for_a_role() -> None:
    """The server has a budget left, and the only role of the person has not."""
    decision = decided(asking(), policy(rule(Scope.ROLE, 0, RED), rule(Scope.GUILD, 9)))
    assert [each.rule.scope for each in decision.refusing] == [Scope.ROLE]
    assert not decision.admitted


LIMITS = st.none() | st.integers(0, 5)
ANY_RULE = st.builds(
    Rule,
    scope=st.sampled_from([Scope.USER, Scope.ROLE, Scope.DEFAULT, Scope.CHANNEL, Scope.GUILD]),
    subject_id=st.sampled_from([USER, RED, BLUE, CHANNEL, OTHER]),
    unit=st.sampled_from(Unit),
    period=st.sampled_from([DAY, MONTH]),
    limit=LIMITS,
    rolling=st.booleans(),
)
ANY_OF_OPERATOR = st.builds(
    Rule,
    scope=st.sampled_from(sorted({each.scope for each in OF_OPERATOR})),
    unit=st.sampled_from(Unit),
    period=st.sampled_from([DAY, MONTH]),
    limit=LIMITS,
)


def one_of_each(rules: list[Rule]) -> list[Rule]:
    return list({(each.scope, each.subject_id, each.unit, each.period): each for each in rules}.values())


RULES = st.lists(ANY_RULE, max_size=12).map(one_of_each)
OPERATOR = st.lists(ANY_OF_OPERATOR, max_size=5).map(one_of_each)
ASKED = st.builds(asking, guild_id=st.sampled_from([GUILD, None]), images=st.integers(0, 3), credits=st.integers(0, 3))
USAGES = st.builds(
    Usage,
    images=st.integers(-1, 6),
    credits=st.integers(-1, 6),
    granted_images=st.integers(0, 2),
    granted_credits=st.integers(0, 2),
)


@given(st.data(), ASKED, RULES, OPERATOR)
def test_nothing_is_admitted_past_a_limit(
    data: st.DataObject, asked: Asking, rules: list[Rule], operator: list[Rule]
) -> None:
    """By the letter of the rules: every ceiling, and of the member's own the nearest set, or of roles a whole one."""
    by = policy(*rules, operator=tuple(operator), default_images_per_day=3)
    binding = bind(asked, by, now=NOW)
    usages: dict[Window, Usage] = {window: data.draw(USAGES) for window in binding.windows}
    decision = binding.decide(usages, Running())

    def kept(standing: Standing) -> bool:
        usage, unit = usages[standing.window], standing.rule.unit
        used, needed = (usage.images, asked.images) if unit is IMAGES else (usage.credits, asked.credits)
        raised = usage.granted_images if unit is IMAGES else usage.granted_credits
        own = standing.rule.scope in {Scope.USER, Scope.ROLE, Scope.DEFAULT}
        most = None if standing.rule.limit is None else standing.rule.limit + (raised if own else 0)
        return most is None or (most > 0 and used + needed <= most)

    alternatives = {each.rule.subject_id for each in decision.standings if each.rule.scope is Scope.ROLE}
    a_role_admits = not alternatives or any(
        all(kept(each) for each in decision.standings if each.rule.scope is Scope.ROLE and each.rule.subject_id == role)
        for role in alternatives
    )
    others = all(kept(each) for each in decision.standings if each.rule.scope is not Scope.ROLE)
    assert decision.admitted is (a_role_admits and others)
    assert decision.admitted is (not decision.refusing)


@given(st.data(), ASKED, RULES, OPERATOR, USAGES)
def test_the_order_of_rules_does_not_matter(
    data: st.DataObject, asked: Asking, rules: list[Rule], operator: list[Rule], usage: Usage
) -> None:
    """The same windows, standings and refusal, however the database hands the rules out."""
    one = policy(*rules, operator=tuple(operator))
    other = policy(*data.draw(st.permutations(rules)), operator=tuple(data.draw(st.permutations(operator))))
    assert bind(asked, one, now=NOW).windows == bind(asked, other, now=NOW).windows
    assert decided(asked, one, every=usage) == decided(asked, other, every=usage)
