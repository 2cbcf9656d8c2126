"""The words of /admin quota list: every limit of a server, grouped by whom it is for."""

from collections.abc import Sequence

from bot.jobs.model import Quality
from bot.quota.model import Rule, Scope
from bot.ui.texts import admin, amounts

TITLE = "Limits of this server"
PREVIOUS_LABEL = "Previous"
NEXT_LABEL = "Next"
FOOT = "A member's own limits replace those of roles, and those the default. Ceilings hold besides."

HEADS = {
    Scope.DEFAULT: "Every member",
    Scope.ROLE: "Roles",
    Scope.USER: "Single members",
    Scope.CHANNEL: "Channels, a ceiling for all members together",
    Scope.GUILD: "The whole server, a ceiling for all members together",
}
QUALITY_HEAD = "Highest quality"
BLOCKED_HEAD = "Blocked"
ORPHANED_HEAD = "Orphaned: not applied, because the role or channel was deleted"


def limits(rules: Sequence[Rule]) -> str:
    """Return the limits of one scope and subject in one line: `@painters: at most 20 pictures a day; …`."""
    first = rules[0]
    written = "; ".join(amounts.rule(rule) for rule in rules)
    if first.scope in {Scope.DEFAULT, Scope.GUILD}:
        return written
    return f"{admin.whom(first.scope, first.subject_id)}: {written}"


def orphaned(rules: Sequence[Rule]) -> str:
    """Return the limits of a role or channel that does not exist any more."""
    what = "Deleted role" if rules[0].scope is Scope.ROLE else "Deleted channel"
    return f"{what} {rules[0].subject_id}: {'; '.join(amounts.rule(rule) for rule in rules)}"


def orphaned_hint() -> str:
    """Return how limits of deleted roles and channels are cleared away."""
    return "`/admin quota remove orphaned:True` clears them away."


def of_operator(rule: Rule) -> str:
    """Return a ceiling that whoever runs the bot has set for each server."""
    return f"{amounts.rule(rule)}, set by whoever runs this bot for each server"


def no_ceiling() -> str:
    """Return what stands where a server has no budget."""
    return "No budget; `/admin budget` sets one."


def quality_of_server(highest: Quality) -> str:
    """Return the highest quality of who has no role with one of its own."""
    return f"Everybody: {highest}"


def quality_of_role(role_id: int, highest: Quality, *, gone: bool) -> str:
    """Return the highest quality of a role."""
    return f"Deleted role {role_id}: {highest}, not applied" if gone else f"<@&{role_id}>: {highest}"


def nobody_blocked() -> str:
    """Return what stands where nobody is blocked."""
    return "Nobody."


def page_of(number: int, n_pages: int) -> str:
    """Return where a page stands among the others."""
    return f"Page {number} of {n_pages}. "
