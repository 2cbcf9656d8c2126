"""What an administrator is told after a change: what it was before, what it is now, and what follows from it."""

from collections.abc import Sequence

from bot.jobs.model import Quality
from bot.quota.model import Rule, Scope
from bot.ui import characters, markdown
from bot.ui.texts import amounts

_MAX_ANSWER_CHARS = 1900
_MAX_WORD_CHARS = 100
_MAX_LISTED_WORDS = 20
_MAX_NAME_CHARS = 60

_WHAT_FOLLOWS = {
    Scope.DEFAULT: "It holds for every member who has no limit of their own and none by a role.",
    Scope.ROLE: (
        "For members with this role the limits of roles replace the default ones; "
        "of several roles it is enough that the limits of one admit a picture."
    ),
    Scope.USER: "For this member it replaces the limits of their roles and the default ones.",
    Scope.CHANNEL: "It is a ceiling for all members together, threads included, besides the limits of each member.",
    Scope.GUILD: "It is a ceiling for all members together, besides the limits of each member.",
}
_THE_SAME = {
    Scope.DEFAULT: "them",
    Scope.ROLE: "this role",
    Scope.USER: "them",
    Scope.CHANNEL: "this channel",
    Scope.GUILD: "the server",
}
_WHAT_HOLDS_WITHOUT = {
    Scope.ROLE: "Members with this role have the limits of their other roles now, or else the default ones.",
    Scope.USER: "This member has the limits of their roles now, or else the default ones.",
    Scope.CHANNEL: "This channel has no ceiling of its own now.",
    Scope.GUILD: "This server has no budget of its own now.",
}


def whom(scope: Scope, subject_id: int | None) -> str:
    """Return for whom a limit is, as a mention where there is one."""
    match scope:
        case Scope.USER:
            return f"<@{subject_id}>"
        case Scope.ROLE:
            return f"<@&{subject_id}>"
        case Scope.CHANNEL:
            return f"<#{subject_id}>"
        case Scope.GUILD:
            return "the whole server"
        case _:
            return "every member"


def name(given: str) -> str:
    """Return somebody's name as harmless markdown in one line."""
    return markdown.quote(characters.cut(characters.plain_line(given), _MAX_NAME_CHARS), limit=2 * _MAX_NAME_CHARS)


def operators_default(images_per_day: int) -> str:
    """Return what holds for members for whom this server has set nothing."""
    if not images_per_day:
        return "Nothing is set, so members can make no pictures: that is the usual limit of whoever runs this bot."
    most = amounts.amount("images", images_per_day)
    return f"Nothing is set, so the usual limit of whoever runs this bot holds: at most {most} a day."


def rule_set(before: Rule | None, after: Rule, besides: Sequence[Rule]) -> str:
    """Return the confirmation of a limit that was set; `besides` are the others of the same target."""
    now = f"**For {whom(after.scope, after.subject_id)}: {amounts.rule(after)}.**"
    if before == after:
        told = [now, "It was so before, too; nothing was changed."]
    else:
        told = [now, f"Before: {amounts.rule(before) if before else 'no such limit'}.", _WHAT_FOLLOWS[after.scope]]
    return " ".join([*told, *also_holding(after.scope, besides)])


def also_holding(scope: Scope, besides: Sequence[Rule]) -> list[str]:
    """Return what else holds for the target of a limit that was just set, if anything does."""
    if not besides:
        return []
    return [f"Besides, this holds for {_THE_SAME[scope]}: {_listed(besides)}. Each of them has to have room."]


def rules_removed(
    scope: Scope, subject_id: int | None, removed: Sequence[Rule], left: Sequence[Rule], *, default_images: int
) -> str:
    """Return the confirmation of limits that were removed; `left` are those of the same target that remain."""
    who = whom(scope, subject_id)
    if not removed:
        return f"For {who} there is no such limit, so nothing was changed. `/admin quota list` shows what is set."
    gone = f"**Removed for {who}: {_listed(removed)}.**"
    if left:
        return f"{gone} What remains: {_listed(left)}."
    return f"{gone} {_WHAT_HOLDS_WITHOUT.get(scope) or operators_default(default_images)}"


def orphaned_removed(n_removed: int) -> str:
    """Return the confirmation of removing the limits of deleted roles and channels."""
    if not n_removed:
        return "There are no limits of deleted roles or channels, so nothing was changed."
    what = "one limit" if n_removed == 1 else f"{n_removed} limits"
    return f"Removed {what} of deleted roles and channels. They were not applied any more, so nobody's limit changes."


def blocked(mention: str, *, changed: bool) -> str:
    """Return the confirmation of a block."""
    if not changed:
        return f"{mention} was blocked already, so nothing was changed. `/admin unblock` ends it."
    return (
        f"**{mention} is blocked now and can make no pictures in this server.** Before: not blocked. "
        "What is being made at this moment is still delivered. `/admin unblock` ends it."
    )


def unblocked(mention: str, *, changed: bool) -> str:
    """Return the confirmation of the end of a block."""
    if not changed:
        return f"{mention} was not blocked, so nothing was changed."
    return f"**{mention} is not blocked any more and can make pictures within their limits.** Before: blocked."


def highest(quality: Quality | None, *, of_server: Quality) -> str:
    """Return the highest quality of a role in words."""
    return f"as everybody here, at most {of_server}" if quality is None else f"at most {quality}"


def quality_set(role_id: int, before: Quality | None, after: Quality | None, *, of_server: Quality) -> str:
    """Return the confirmation of the highest quality of a role."""
    now = f"**Members with <@&{role_id}>: {highest(after, of_server=of_server)}.**"
    if before == after:
        return f"{now} It was so before, too; nothing was changed."
    return f"{now} Before: {highest(before, of_server=of_server)}. Of several roles the best one counts."


def words_set(before: Sequence[str], after: Sequence[str]) -> str:
    """Return the confirmation of a new word filter."""
    if set(before) == set(after):
        return f"The word filter holds {_words(len(after))}, as before; nothing was changed."
    parts = [f"**The word filter holds {_words(len(after))} now.** Before: {_words(len(before))}."]
    if added := [word for word in after if word not in before]:
        parts.append(f"Added: {_quoted(added)}.")
    if removed := [word for word in before if word not in after]:
        parts.append(f"Removed: {_quoted(removed)}.")
    if after:
        parts.append("A prompt that holds one of them is refused before anything is spent.")
    return characters.cut(" ".join(parts), _MAX_ANSWER_CHARS)


WORDS_TITLE = "Words that no prompt may hold"
WORDS_HINT = "One word or phrase a line; commas do not separate. Found whole, however they are capitalised."
WORDS_MORE_HINT = "More of them, if one field is not enough."


def words_label(number: int) -> str:
    """Return the head of a field of the form."""
    return "Words and phrases" if number == 1 else f"Words and phrases, part {number}"


def only_the_opener() -> str:
    """Return the answer to somebody who may not use what an administrator has opened, or not any more."""
    return (
        "This was opened by an administrator some time ago, and you may not use it (any more), so nothing was changed. "
        "Whoever may manage this server, or is let use `/admin` by it, can open their own with that command."
    )


def _listed(rules: Sequence[Rule]) -> str:
    shown = [amounts.rule(each) for each in rules[:_MAX_LISTED_WORDS]]
    more = len(rules) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _words(count: int) -> str:
    if not count:
        return "nothing"
    return "one word or phrase" if count == 1 else f"{count:,} words and phrases"


def _quoted(words: Sequence[str]) -> str:
    shown = [markdown.quote(f"“{word}”", limit=2 * _MAX_WORD_CHARS) for word in words[:_MAX_LISTED_WORDS]]
    more = len(words) - len(shown)
    return ", ".join([*shown, f"and {more} more"] if more else shown)
