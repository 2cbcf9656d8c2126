"""Whether a request keeps within every quota. Pure: rules, usage and the moment go in, a decision comes out.

The truth table. The first row that is true says what a member's own usage must keep to; the ceilings come in addition.

    the request comes from    what is set                       what the member's own usage must keep to
    ------------------------  --------------------------------  -------------------------------------------------------
    a server with the bot     a rule for this user              every rule for this user, and no other of this table
    a server with the bot     a rule for a role the person has  every rule of any one of these roles
    a server with the bot     a default rule                    every default rule
    a server with the bot     none of these                     DEFAULT_MEMBER_IMAGES_PER_DAY, by the server's calendar
    elsewhere                 anything                          every OPERATOR_DIRECT rule, and no rule of any server

    ceiling                   where it holds                    what must keep to it
    ------------------------  --------------------------------  -------------------------------------------------------
    CHANNEL of this channel   a server with the bot             the usage of all in the channel, its threads included
    GUILD, OPERATOR_GUILD     a server with the bot             the usage of all in the server
    jobs at once              a server with the bot             what goes on of the member, and of all in the server
    OPERATOR_USER             everywhere                        the usage of the person, everywhere
    OPERATOR_TOTAL            everywhere                        the usage of everybody, everywhere

    limit of a rule           granted in its window             what it admits
    ------------------------  --------------------------------  -------------------------------------------------------
    None: unlimited           anything                          everything
    a number, of a member     g                                 up to the number + g
    0, of a member            g                                 up to g: who is blocked and is given two has two
    a number, of a ceiling    g                                 up to the number: no grant passes a ceiling
    0                         nothing, or it is a ceiling       nothing, not even what costs nothing

No administrator can set a window of the operator's back: OPERATOR_GUILD looks at the same usage as GUILD, and at no
reset.

A rule set to unlimited replaces the farther scopes as any other does. The operator's windows are those of UTC, all
others those of the server's zone. `elsewhere` is a direct message, or a server that has the bot for one user only.

Of several rules that refuse, `refused_by` is the one that holds the person up the longest: one that would refuse in an
empty window before all, then the one whose window is the last to be surely empty, then the nearest. Where none of
several roles admits, the one that holds up the shortest speaks for them; of equals, the one whose limit takes the most
such requests. That too many jobs go on is said only where no rule refuses, for it is over the soonest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from bot.quota.model import (
    OF_MEMBER,
    OF_OPERATOR,
    Asking,
    Period,
    Rule,
    Running,
    Scope,
    Subject,
    Unit,
    Usage,
    Whose,
    Window,
)
from bot.quota.standing import ALWAYS, Decision, Standing, TooMany, foremost, refusing
from bot.quota.windows import window_of

_ELSEWHERE = frozenset({Scope.OPERATOR_DIRECT, Scope.OPERATOR_USER, Scope.OPERATOR_TOTAL})
_SCOPES = (
    Scope.USER,
    Scope.ROLE,
    Scope.DEFAULT,
    Scope.OPERATOR_DIRECT,
    Scope.CHANNEL,
    Scope.GUILD,
    Scope.OPERATOR_GUILD,
    Scope.OPERATOR_USER,
    Scope.OPERATOR_TOTAL,
)
"""Nearest first."""
_PERIODS = tuple(Period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that was set, as it holds where a request comes from."""

    rules: tuple[Rule, ...]
    """Of the server; elsewhere they are not looked at."""
    operator: tuple[Rule, ...]
    default_images_per_day: int
    zone: tzinfo
    """Of the server."""
    jobs_per_member: int | None
    jobs_per_guild: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The rules that bind a request at one moment, each with its group and its window."""

    asking: Asking
    policy: Policy
    rules: tuple[tuple[int, Rule, Window], ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        """Return, each once, the windows whose usage `decide` looks up."""
        return tuple(dict.fromkeys(window for _, _, window in self.rules))

    def decide(self, usages: Mapping[Window, Usage], running: Running) -> Decision:
        """Decide by the truth table above; `usages` holds each of `windows`, else KeyError."""
        asking = self.asking
        standings = tuple(
            Standing(
                rule=rule,
                group=group,
                window=window,
                usage=usages[window],
                needed=asking.images if rule.unit is Unit.IMAGES else asking.credits,
            )
            for group, rule, window in self.rules
        )
        refused_by = foremost(refusing(standings)) or _too_many(asking, self.policy, running)
        return Decision(refused_by=refused_by, standings=standings)


def bind(asking: Asking, policy: Policy, *, now: datetime) -> Binding:
    """Find what binds a request at this moment."""
    bound = ((group, rule, _window(rule, asking, policy, now=now)) for group, rule in _in_force(asking, policy))
    return Binding(asking=asking, policy=policy, rules=tuple(bound))


def _too_many(asking: Asking, policy: Policy, running: Running) -> TooMany | None:
    if asking.guild_id is None:
        return None
    if policy.jobs_per_member is not None and running.of_member >= policy.jobs_per_member:
        return TooMany(limit=policy.jobs_per_member, of_server=False)
    if policy.jobs_per_guild is not None and running.in_guild >= policy.jobs_per_guild:
        return TooMany(limit=policy.jobs_per_guild, of_server=True)
    return None


def _in_force(asking: Asking, policy: Policy) -> list[tuple[int, Rule]]:
    """Return the rules that bind a person, each with its group, in an order that does not depend on theirs."""
    if asking.guild_id is None:
        return _in_order(rule for rule in policy.operator if rule.scope in _ELSEWHERE)
    ceilings = (rule for rule in (*policy.rules, *policy.operator) if _is_ceiling(rule, asking))
    return [*_own(asking, policy), *_in_order(ceilings)]


def _is_ceiling(rule: Rule, asking: Asking) -> bool:
    if rule.scope is Scope.CHANNEL:
        return rule.subject_id == asking.channel_id
    return rule.scope not in OF_MEMBER and rule.scope is not Scope.OPERATOR_DIRECT


def _own(asking: Asking, policy: Policy) -> list[tuple[int, Rule]]:
    of_user = [rule for rule in policy.rules if rule.scope is Scope.USER and rule.subject_id == asking.user_id]
    if of_user:
        return _in_order(of_user)
    of_roles = [rule for rule in policy.rules if rule.scope is Scope.ROLE and rule.subject_id in asking.role_ids]
    if of_roles:
        role_ids = sorted({rule.subject_id or 0 for rule in of_roles})
        return [(1 + role_ids.index(rule.subject_id or 0), rule) for _, rule in _in_order(of_roles)]
    default = [rule for rule in policy.rules if rule.scope is Scope.DEFAULT]
    return _in_order(default or [_default_of_operator(policy)])


def _default_of_operator(policy: Policy) -> Rule:
    return Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=policy.default_images_per_day)


def _in_order(rules: Iterable[Rule]) -> list[tuple[int, Rule]]:
    return [(ALWAYS, rule) for rule in sorted(rules, key=_place)]


def _place(rule: Rule) -> tuple[int, int, bool, int]:
    """Return where a rule stands among others; a subject has one rule of a unit and a period."""
    return _SCOPES.index(rule.scope), rule.subject_id or 0, rule.unit is Unit.CREDITS, _PERIODS.index(rule.period)


def _window(rule: Rule, asking: Asking, policy: Policy, *, now: datetime) -> Window:
    zone = UTC if rule.scope in OF_OPERATOR else policy.zone
    return window_of(rule, _subject(rule.scope, asking), now=now, zone=zone)


def _subject(scope: Scope, asking: Asking) -> Subject:
    match scope:
        case Scope.CHANNEL:
            return Subject(whose=Whose.CHANNEL, guild_id=asking.guild_id, id=asking.channel_id)
        case Scope.GUILD:
            return Subject(whose=Whose.GUILD, guild_id=asking.guild_id)
        case Scope.OPERATOR_GUILD:
            return Subject(whose=Whose.OPERATOR_GUILD, guild_id=asking.guild_id)
        case Scope.OPERATOR_USER:
            return Subject(whose=Whose.USER, id=asking.user_id)
        case Scope.OPERATOR_TOTAL:
            return Subject(whose=Whose.TOTAL)
        case _:
            return Subject(whose=Whose.MEMBER, guild_id=asking.guild_id, id=asking.user_id)
