"""What administrators read of amounts that they gave, set back or limited: with what is left of each limit."""

from collections.abc import Sequence
from datetime import datetime

from bot.quota.model import Rule, Scope, Unit
from bot.quota.standing import Standing
from bot.ui.texts import amounts
from bot.ui.texts.admin import whom

BUDGET_TITLE = "Budget of this server"


def granted(
    mention: str, *, images: int, millionths: int, before: Sequence[Standing], after: Sequence[Standing]
) -> str:
    """Return the confirmation of a grant, with what the member has left of each limit that it raises."""
    given = {Unit.IMAGES: images, Unit.CREDITS: millionths}
    what = " and ".join(amounts.amount(unit, number) for unit, number in given.items() if number)
    lines = [f"**{mention} may use {what} more.** It counts until the limit begins anew."]
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if new.grants and given[new.rule.unit]]
    if not any(new.limit is not None for _, new in pairs):
        lines.append("No limit that they have counts that at the moment, so it changes nothing for now.")
    lines += [f"- {_limit(new)}: before, {left(old)}; now, {left(new)}." for old, new in pairs]
    return "\n".join([*lines, *_ceilings_in_the_way(after)])


def reset(scope: Scope, subject_id: int | None, before: Sequence[Standing], after: Sequence[Standing]) -> str:
    """Return the confirmation of a count that begins anew."""
    lines = [f"**What {whom(scope, subject_id)} has used is counted from nothing again.**"]
    pairs = list(zip(before, after, strict=True))
    lines += [f"- {_limit(new)}: before, {used(old)}; now, {used(new)}." for old, new in pairs]
    if not pairs:
        lines.append("No limit counts it at the moment, so it changes nothing for now.")
    if scope is Scope.GUILD:
        lines.append("What each member has used stays counted; `/admin quota reset member` changes that.")
    return "\n".join(lines)


def left(standing: Standing) -> str:
    """Return what is left of a limit."""
    if standing.limit is None or standing.left is None:
        return "as much as they like"
    return f"{amounts.amount(standing.rule.unit, standing.left)} of {_number(standing, standing.limit)} left"


def used(standing: Standing) -> str:
    """Return how much of a limit is used."""
    if standing.limit is None:
        return f"{amounts.amount(standing.rule.unit, standing.used)} used"
    return f"{_number(standing, standing.used)} of {amounts.amount(standing.rule.unit, standing.limit)} used"


def ceiling(standing: Standing) -> str:
    """Return a ceiling of the server with its state: how much is used, in percent too, and when it begins anew."""
    rule, limit = standing.rule, standing.limit
    share = f" ({100 * standing.used // limit:,} %)" if limit else ""
    owner = ", set by whoever runs this bot for each server" if rule.scope is Scope.OPERATOR_GUILD else ""
    return f"**{_capital(amounts.rule(rule))}**{owner}: {used(standing)}{share}{_begins_anew(standing.window.ends_at)}."


def no_budget() -> str:
    """Return what stands where a server has no budget."""
    return "This server has no budget of its own: only the limits of members and channels hold."


def how_to_set_budget() -> str:
    """Return how a budget is set."""
    return "`/admin budget limit:500` sets 500 credits a month; `limit:none` removes it."


def budget_set(before: Rule | None, after: Rule) -> str:
    """Return the confirmation of a budget that was set."""
    if before == after:
        return f"**Budget of the whole server: {amounts.rule(after)}.** It was so before, too; nothing was changed."
    return (
        f"**Budget of the whole server: {amounts.rule(after)}.** Before: {amounts.rule(before) if before else 'none'}."
    )


def budget_removed(removed: Sequence[Rule]) -> str:
    """Return the confirmation of a budget that was removed."""
    if not removed:
        return "There is no such budget, so nothing was changed."
    return f"**The budget is removed.** Before: {'; '.join(map(amounts.rule, removed))}."


def warnings(log_channel_id: int | None) -> str:
    """Return where it is announced that a budget runs low."""
    if log_channel_id is None:
        return "Nobody is told when it runs low: `/admin settings` sets a log channel, where that is announced."
    return f"At 80 % and at 100 % it is announced in <#{log_channel_id}>."


def _ceilings_in_the_way(after: Sequence[Standing]) -> list[str]:
    full = [standing for standing in after if not standing.grants and not standing.admits]
    if not full:
        return []
    return ["A grant raises no ceiling, and one for more than this member is used up, so they still have to wait."]


def _limit(standing: Standing) -> str:
    return _capital(amounts.rule(standing.rule))


def _number(standing: Standing, number: int) -> str:
    return amounts.credits_number(number) if standing.rule.unit is Unit.CREDITS else f"{number:,}"


def _begins_anew(ends_at: datetime | None) -> str:
    return f"; it begins anew <t:{int(ends_at.timestamp())}:R>" if ends_at else ""


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
