"""What administrators read of amounts that they gave, set back or limited: with what is left of each limit."""

from collections.abc import Sequence
from datetime import datetime

from bot.quota.model import ByHand, Rule, Scope, Unit
from bot.quota.standing import Standing
from bot.ui.texts import amounts
from bot.ui.texts.admin import also_holding, whom
from bot.ui.texts.quotas import written

_NAMES = {Unit.IMAGES: "pictures", Unit.CREDITS: "credits"}


def granted(given: ByHand, before: Sequence[Standing], after: Sequence[Standing]) -> str:
    """Return the confirmation of a grant, with what the member has left of each limit that it raises."""
    parts = {unit: number for unit, number in ((Unit.IMAGES, given.images), (Unit.CREDITS, given.credits)) if number}
    what = " and ".join(amounts.amount(unit, number) for unit, number in parts.items())
    note = f" Noted for the ledger: {written(given.why)}." if given.why else ""
    lines = [f"**<@{given.user_id}> may use {what} more.**{note}"]
    for unit in parts:
        pairs = zip(before, after, strict=True)
        raised = [_raised(old, new) for old, new in pairs if new.grants and new.rule.unit is unit]
        lines += raised or [f"No limit of theirs counts {_NAMES[unit]}, so these change nothing for now."]
    return "\n".join([*lines, *_ceilings_in_the_way(after)])


def reset(scope: Scope, subject_id: int | None, before: Sequence[Standing], after: Sequence[Standing]) -> str:
    """Return the confirmation of a count that begins anew."""
    lines = [f"**What {whom(scope, subject_id)} has used is counted from nothing again.**"]
    pairs = list(zip(before, after, strict=True))
    lines += [f"- {_limit(new)}: before, {used(old)}; now, {used(new)}." for old, new in pairs]
    if not pairs:
        lines.append("No limit counts it at the moment, so it changes nothing for now.")
    if gone := grants_gone(before):
        lines.append(f"What was granted before counts no more, either: {gone}. `/admin quota grant` gives it again.")
    if scope is Scope.GUILD:
        lines.append("What each member has used stays counted; `/admin quota reset member` changes that.")
    return "\n".join(lines)


def grants_gone(before: Sequence[Standing]) -> str | None:
    """Return what a reset takes away of grants, by the limits as they stood before it; None where it takes none.

    A grant raises every limit of its unit in whose window it lies, so the longest window has seen the most.
    """
    most = {unit: max((each.granted for each in before if each.rule.unit is unit), default=0) for unit in Unit}
    return " and ".join(amounts.amount(unit, number) for unit, number in most.items() if number) or None


def left(standing: Standing) -> str:
    """Return what is left of a limit."""
    if standing.limit is None or standing.left is None:
        return "as much as they like"
    return f"{_number(standing, standing.left)} of {amounts.amount(standing.rule.unit, standing.limit)} left"


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


def budget_set(before: Rule | None, after: Rule, besides: Sequence[Rule]) -> str:
    """Return the confirmation of a budget that was set; `besides` are those of another unit or period."""
    now = f"**Budget of the whole server: {amounts.rule(after)}.**"
    if before == after:
        told = [now, "It was so before, too; nothing was changed."]
    else:
        told = [now, f"Before: {amounts.rule(before) if before else 'no such budget'}."]
    return " ".join([*told, *also_holding(after.scope, besides)])


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


def _raised(old: Standing, new: Standing) -> str:
    """Return what a grant does to a limit, and for how long."""
    if new.limit is None:
        return f"- {_limit(new)}: there is nothing to raise."
    change = f"- {_limit(new)}: before, {left(old)}; now, {left(new)}"
    if not new.left:
        return f"{change}, for {amounts.amount(new.rule.unit, new.used)} {_are(new)} used already."
    ends_at = new.window.ends_at
    if ends_at is None:
        return f"{change}, for the next {amounts.LENGTHS[new.rule.period]}."
    return f"{change}, until it begins anew <t:{int(ends_at.timestamp())}:R>."


def _are(standing: Standing) -> str:
    return "is" if standing.rule.unit is Unit.IMAGES and standing.used == 1 else "are"


def _limit(standing: Standing) -> str:
    return _capital(amounts.rule(standing.rule))


def _number(standing: Standing, number: int) -> str:
    return amounts.credits_number(number) if standing.rule.unit is Unit.CREDITS else f"{number:,}"


def _begins_anew(ends_at: datetime | None) -> str:
    return f"; it begins anew <t:{int(ends_at.timestamp())}:R>" if ends_at else ""


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
