"""Discord's markdown as a person sees it, for the terminal and the page: a reader of just what cards hold.

It is not the bot's own escaping turned round: it reads what Discord was given, as a Discord client would.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Style = Literal["plain", "bold", "italic", "code", "mention", "stamp", "link"]

_TOKEN = re.compile(
    r"\\(?P<escaped>[^A-Za-z0-9\s])"
    r"|<t:(?P<stamp>-?\d{1,13}(?::[tTdDfFR])?)>"
    r"|<@!?(?P<mention>\d{1,20})>"
    r"|\[(?P<link>(?:\\.|[^\\\]\n])+)\]\(https?://[^\s)]+\)"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>(?:\\.|[^\\*\n])+)\*\*"
    r"|\*(?P<italic>(?:\\.|[^\\*\n])+)\*"
)
_MENTION = re.compile(r"<@!?(?P<id>\d{1,20})>")
_FENCE = "```"
_ESCAPE = re.compile(r"\\([^A-Za-z0-9\s])")
_FORMS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "F": "%A, %d %B %Y %H:%M"}
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one style, free of markup."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text; `quoted` has a bar before it, `block` is one of a block of code, where nothing is markup."""

    spans: tuple[Span, ...]
    quoted: bool = False
    block: bool = False

    @property
    def text(self) -> str:
        """Return the line's characters without styles."""
        return "".join(span.text for span in self.spans)


def read(text: str, *, at: datetime, names: Mapping[int, str] | None = None) -> list[Line]:
    """Read a text as it looks at the moment `at`; `names` are those of people who may be mentioned, by id."""
    lines: list[Line] = []
    in_block = False
    for line in text.split("\n"):
        if line == _FENCE:
            in_block = not in_block
        elif in_block:
            lines.append(Line((Span(line),), block=True))
        else:
            lines.append(_line(line, at, names or {}))
    return lines


def relative(instant: float, *, at: datetime) -> str:
    """Return a moment as Discord words it beside `at`: "in 4 seconds", "2 minutes ago"."""
    ahead_s = round(instant - at.timestamp())
    name, length_s = next(((name, size) for name, size in _UNITS if abs(ahead_s) >= size), _UNITS[-1])
    count = abs(ahead_s) // length_s
    words = f"{count} {name}{'' if count == 1 else 's'}"
    return f"in {words}" if ahead_s >= 0 else f"{words} ago"


def printable(text: str) -> str:
    """Return `text` without what a terminal would obey or reorder by: controls, bidirectional marks, joiners."""
    return "".join(char for char in text if char.isprintable())


def _line(line: str, at: datetime, names: Mapping[int, str]) -> Line:
    quoted = line.startswith("> ")
    inner = f"• {line[2:]}" if line.startswith("- ") else line.removeprefix("> ")
    return Line(tuple(_merged(_spans(inner, at, names))), quoted=quoted)


def _spans(text: str, at: datetime, names: Mapping[int, str]) -> Iterator[Span]:
    end = 0
    for found in _TOKEN.finditer(text):
        yield Span(text[end : found.start()])
        yield _span(found, at, names)
        end = found.end()
    yield Span(text[end:])


def _span(found: re.Match[str], at: datetime, names: Mapping[int, str]) -> Span:
    inner = found[found.lastgroup or 0]
    match found.lastgroup:
        case "stamp":
            return Span(_moment(inner, at), "stamp")
        case "mention":
            return Span(_name(inner, names), "mention")
        case "code":
            return Span(inner, "code")
        case "bold" | "italic" | "link" as style:
            named = _MENTION.sub(lambda mention: _name(mention["id"], names), inner)
            return Span(_ESCAPE.sub(r"\1", named), style)
        case _:
            return Span(inner)


def _name(user_id: str, names: Mapping[int, str]) -> str:
    return f"@{names.get(int(user_id), 'unknown-user')}"


def _moment(stamp: str, at: datetime) -> str:
    """Return a moment as the letter behind its seconds says: R beside `at`, any other as date and time."""
    seconds, _, form = stamp.partition(":")
    if form == "R":
        return relative(float(seconds), at=at)
    try:
        instant = at + timedelta(seconds=float(seconds) - at.timestamp())
    except OverflowError:  # no year that a client could show
        return seconds
    return f"{instant:{_FORMS.get(form, '%d %B %Y %H:%M')}}"


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Join plain neighbours, and leave out the empty ones."""
    held = ""
    for span in spans:
        if span.style == "plain":
            held += span.text
            continue
        if held:
            yield Span(held)
            held = ""
        yield span
    if held:
        yield Span(held)
