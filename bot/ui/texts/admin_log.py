"""The administrators' log in words: each change with its before and its after.

What is stored of a change is described beside its table: a word for what was done, to what, and JSON.
"""

import itertools
import json
from collections.abc import Callable, Collection
from typing import Any

from bot.quota.model import Period, Unit
from bot.ui import characters, markdown
from bot.ui.texts import amounts, panel

LOG_TITLE = "What was changed, newest first"
OLDER_LABEL = "Older"
NEWEST_LABEL = "Newest"
_MAX_LINE_CHARS = 380
_MAX_TEXT_CHARS = 120
_MAX_LISTED = 5
_ARROW = "\N{RIGHTWARDS ARROW}"

_NAMES = {**panel.NAMES, "role_qualities": "Highest quality of roles", "words": "Word filter"}
_WHEN_NOTHING = {
    "allowed_channels": "everywhere",
    "denied_channels": "none",
    "role_qualities": "as for everybody",
    "jobs_per_member": "unlimited",
    "jobs_per_guild": "unlimited",
    "reply_to_picture": "as whoever runs this bot has set it",
    "log_channel_id": "no log",
    "words": "nothing",
}


def log_empty() -> str:
    """Return what stands where nothing was ever changed."""
    return "Nobody has changed anything yet. `/admin quota set` and `/admin settings` are good beginnings."


def log_line(*, at: int, by_id: int, action: str, subject: str, before: str, after: str) -> str:
    """Return one change as a line; `at` is in seconds since 1970, `by_id` 0 is the operator."""
    who = f"<@{by_id}>" if by_id else "whoever runs this bot"
    told = _TELLERS.get(action, _tell_setting)(subject, _read(before), _read(after))
    return characters.cut(f"<t:{at}:f> {who}: {told}", _MAX_LINE_CHARS)


def _read(stored: str) -> Any:
    """Return what was stored, None where there was nothing; a text that is no JSON as itself."""
    if not stored:
        return None
    try:
        return json.loads(stored)
    except ValueError:
        return stored


def subject_name(subject: str) -> str:
    """Return to what something was done: `user:42` (or `42`), `role:7`, `channel:3`, `default` or `guild`."""
    kind, _, number = (f"user:{subject}" if subject.isdecimal() else subject).partition(":")
    mentions = {"user": f"<@{number}>", "role": f"<@&{number}>", "channel": f"<#{number}>"}
    if number.isdecimal() and kind in mentions:
        return mentions[kind]
    return {"default": "every member", "guild": "the whole server"}.get(kind, _quoted(subject))


def _tell_rule(subject: str, before: Any, after: Any) -> str:
    change = f"{_rule(before, absent='not set')} {_ARROW} {_rule(after, absent='removed')}"
    return f"limit for {subject_name(subject)}: {change}"


def _rule(facts: Any, *, absent: str) -> str:
    if not isinstance(facts, dict):
        return absent
    try:
        unit, period = Unit(facts["unit"]), Period(facts["period"])  # pyright: ignore[reportUnknownArgumentType]
        return amounts.limit(unit, facts["limit"], period, rolling=bool(facts["rolling"]))  # pyright: ignore[reportUnknownArgumentType]
    except (KeyError, ValueError, TypeError):
        return _quoted(facts)


def _tell_granted(subject: str, _before: Any, after: Any) -> str:
    return f"gave {subject_name(subject)} {_amounts(after)} more{_why(after)}"


def _tell_adjusted(subject: str, _before: Any, after: Any) -> str:
    return f"corrected what {subject_name(subject)} has used by {_amounts(after)}{_why(after)}"


def _tell_reset(subject: str, _before: Any, after: Any) -> str:
    return f"what {subject_name(subject)} has used is counted from nothing again{_why(after)}"


def _tell_blocked(subject: str, _before: Any, _after: Any) -> str:
    return f"blocked {subject_name(subject)}"


def _tell_unblocked(subject: str, _before: Any, _after: Any) -> str:
    return f"unblocked {subject_name(subject)}"


def _tell_setting(subject: str, before: Any, after: Any) -> str:
    title = _NAMES.get(subject, _quoted(subject))
    return f"{title}: {_value(subject, before)} {_ARROW} {_value(subject, after)}"


_TELLERS: dict[str, Callable[[str, Any, Any], str]] = {
    "rule_set": _tell_rule,
    "rule_removed": _tell_rule,
    "budget": _tell_rule,
    "granted": _tell_granted,
    "adjusted": _tell_adjusted,
    "reset": _tell_reset,
    "blocked": _tell_blocked,
    "unblocked": _tell_unblocked,
    "setting": _tell_setting,
    "words": _tell_setting,
}


def _amounts(facts: Any) -> str:
    known = [(Unit.IMAGES, facts.get("images")), (Unit.CREDITS, facts.get("credits"))]
    return " and ".join(amounts.amount(unit, number) for unit, number in known if number) or "nothing"


def _why(facts: Any) -> str:
    why = facts.get("why") if isinstance(facts, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return f" ({_quoted(why)})" if why else ""


def _value(setting: str, value: Any) -> str:
    """Return the value of a setting as a person reads it."""
    if value in (None, [], {}):
        return _WHEN_NOTHING.get(setting, "nothing")
    match value:
        case bool():
            return "allowed" if value else "not allowed"
        case dict():
            return _first(value.items(), lambda each: f"<@&{each[0]}> {each[1]}")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        case list():
            return _first(value, _quoted if setting == "words" else "<#{}>".format)  # pyright: ignore[reportUnknownArgumentType]
        case int() if setting == "log_channel_id":
            return f"<#{value}>"
        case _:
            return _quoted(value)


def _first(values: Collection[Any], written: Callable[[Any], str]) -> str:
    """Write the first of them only: a filter may hold thousands of words."""
    listed = [written(each) for each in itertools.islice(values, _MAX_LISTED)]
    more = len(values) - len(listed)
    return ", ".join([*listed, f"and {more} more"] if more else listed)


def _quoted(value: Any) -> str:
    plain = characters.cut(characters.plain_line(str(value)), _MAX_TEXT_CHARS)
    return markdown.quote(plain, limit=2 * _MAX_TEXT_CHARS) or "nothing"
