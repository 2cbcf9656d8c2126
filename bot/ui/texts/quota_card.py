"""What /quota says: each rule that binds a person, what of it is used and left, and when that changes by itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.jobs.model import Quality
from bot.quota.model import Rule, Running, Scope, Unit
from bot.quota.standing import Standing, TooMany
from bot.ui.texts import amounts

QUOTA_DESCRIPTION = "See what you have left here, and when there is more"
TITLE = "What you have left"
CHANNEL_HEAD = "In this channel, for all members together"
GUILD_HEAD = "In this server, for all members together"
OPERATOR_GUILD_HEAD = "In this server, set by whoever runs this bot"
OPERATOR_USER_HEAD = "For you in all servers, set by whoever runs this bot"
OPERATOR_DIRECT_HEAD = "Outside of servers, set by whoever runs this bot"
OPERATOR_TOTAL_HEAD = "For everybody, set by whoever runs this bot"
AT_ONCE_HEAD = "Being made at this moment"
ALLOWED_HEAD = "What you may use here"
_FULL, _EMPTY = "\N{BLACK PARALLELOGRAM}", "\N{WHITE PARALLELOGRAM}"
_CELLS = 10

_OWN_HEADS = {
    Scope.USER: "**Your own limit in this server**",
    Scope.DEFAULT: "**The limit of each member of this server**",
}


def room(best: Quality, qualities: Sequence[Quality]) -> str:
    """Return that there is room for a picture, up to `best` of what somebody may use."""
    above = qualities[qualities.index(best) + 1 :]
    which = f"a picture in {best} now, not for one in {above[0]}" if above else "a picture now"
    return f"There is room for {which}. What is being made counts already; what fails is given back."


def no_room(again_at: datetime) -> str:
    """Return that all waits until something begins anew."""
    return (
        f"There is no room for a picture now, but again <t:{int(again_at.timestamp())}:R>: see below what is used up."
    )


def never_fits(lowest: Quality) -> str:
    """Return that a limit in credits is too low for any picture."""
    return f"There is no room for a picture, and waiting does not help: one in {lowest} costs more than a limit below."


def closed() -> str:
    """Return that a limit is 0."""
    return "No pictures can be made here: a limit below is set to nothing at all."


def too_many(at_once: TooMany) -> str:
    """Return that as many pictures are being made as may be at once."""
    whose = "in this server" if at_once.of_server else "of yours"
    return f"As many pictures {whose} are being made as may be at once: there is room when one of them is done."


def own_head(scope: Scope) -> str:
    """Return what stands above limits that are not those of roles."""
    return _OWN_HEADS[scope]


def roles_head(count: int) -> str:
    """Return what stands above the limits of roles."""
    if count == 1:
        return "**The limits of your role**"
    return "**The limits of your roles: it is enough that those of one have room**"


def role_head(role_id: int, *, is_first: bool) -> str:
    """Return what stands above the limits of one role."""
    return f"With <@&{role_id}>:" if is_first else f"Or with <@&{role_id}>:"


def standing(each: Standing, resets_at: datetime | None) -> str:
    """Return how a person stands with a rule, in words and a bar."""
    rule, limit = each.rule, each.limit
    if rule.scope is Scope.OPERATOR_TOTAL:
        return _share(each, resets_at)
    used = f"{_number(rule.unit, each.used)} used"
    if not limit:
        return f"{_capital(amounts.rule(rule))} \N{MIDDLE DOT} {used}"
    period = amounts.period(rule.period, rolling=rule.rolling)
    left = f"**{_number(rule.unit, each.left or 0)} of {amounts.amount(rule.unit, limit)} left** {period}"
    told = f"{left}{_granted(each)} \N{MIDDLE DOT} {used}"
    return f"{told}\n{bar(each.used, limit)}{_when(rule, resets_at)}"


def more_limits(count: int) -> str:
    """Return what stands for limits there is no room for."""
    return "and one more limit" if count == 1 else f"and {count} more limits"


def more_roles(count: int) -> str:
    """Return what stands for roles there is no room for."""
    return "or with one more role" if count == 1 else f"or with {count} more roles"


def bar(used: int, limit: int) -> str:
    """Return how much of a limit is used; full only where all is, empty only where nothing is."""
    cells = _CELLS if used >= limit else min(_CELLS - 1, max(used > 0, used * _CELLS // limit))
    return _FULL * cells + _EMPTY * (_CELLS - cells)


def at_once(running: Running, *, per_member: int | None, per_guild: int | None) -> str:
    """Return how many pictures are in the making, and how many may be."""
    return f"Yours: {running.of_member:,} {_most(per_member)}\nIn this server: {running.in_guild:,} {_most(per_guild)}"


def allowed(qualities: Iterable[Quality], *, private: bool, search: bool) -> str:
    """Return what somebody may ask for."""
    yes = {True: "allowed", False: "not allowed"}
    return f"Quality: {', '.join(qualities)}\nPrivate results: {yes[private]}\nSearches on the web: {yes[search]}"


def _share(each: Standing, resets_at: datetime | None) -> str:
    """Return how much of the operator's total is used, as a share only: the amounts are the operator's business."""
    limit = each.limit or 0
    percent = 100 if each.used >= limit else each.used * 100 // limit
    period = amounts.period(each.rule.period, rolling=each.rule.rolling)
    return f"**{percent} % used** of what may be spent {period}\n{bar(each.used, limit)}{_when(each.rule, resets_at)}"


def _granted(each: Standing) -> str:
    """Return what the limit is made of, where some of it was granted."""
    unit, own = each.rule.unit, each.rule.limit or 0
    granted = (each.limit or 0) - own
    return f" ({_number(unit, own)} and {_number(unit, granted)} granted)" if granted > 0 else ""


def _when(rule: Rule, resets_at: datetime | None) -> str:
    if resets_at is None:
        return ""
    return f" {'more room' if rule.rolling else 'begins anew'} <t:{int(resets_at.timestamp())}:R>"


def _most(limit: int | None) -> str:
    return "(any number may be)" if limit is None else f"of at most {limit:,}"


def _number(unit: Unit, number: int) -> str:
    return f"{number:,}" if unit is Unit.IMAGES else amounts.credits_number(number)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
