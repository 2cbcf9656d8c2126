"""Any text made harmless inside an embed. Knows Discord's markdown; `characters` knows what can be seen."""

import re

from bot.ui import characters

MAX_QUOTED_LINES = 12
"""More lines than these are joined: two thousand line breaks must not push a channel out of sight."""

# discord.utils.escape_markdown is not enough: it leaves <@id>, <t:…>, links, lists, and the inside of [x](y).
_ESCAPED = str.maketrans({char: f"\\{char}" for char in r"\`*_~|<>[]@"})
_LINE_START = re.compile(r"^(\d*)([#+.)-])", re.MULTILINE)
"""Headings, subtext, bullets and numbered lists."""
_LINK = re.compile(r":(?=//)")
_EMOJI_NAME = re.compile(r":(?=[\w\\+~-]+:)")
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)


def quote(text: str, *, limit: int) -> str:
    """Return `text` harmless and at most `limit` UTF-16 units long, `…` marking a cut; empty if nothing is visible."""
    lines = characters.plain_lines(text)
    head, tail = lines[: MAX_QUOTED_LINES - 1], lines[MAX_QUOTED_LINES - 1 :]
    return characters.cut(_escape("\n".join([*head, " ".join(tail)]).rstrip()), limit)


def block_quote(text: str, *, limit: int) -> str:
    """Return `text` as a block quote, harmless as in `quote`, at most `limit` UTF-16 units long with its bars."""
    quoted = quote(text, limit=limit - 2 * MAX_QUOTED_LINES)
    return "\n".join(f"> {line}" for line in quoted.split("\n"))


def is_blank(text: str) -> bool:
    """Tell whether nothing of `text` can be seen: white space, controls, fillers, lone marks and the like."""
    return characters.is_blank(text)


def _escape(text: str) -> str:
    """Return `text` so that Discord shows it as it stands; at most twice as long (UTF-16 units)."""
    text = text.translate(_ESCAPED)
    text = _LINE_START.sub(r"\1\\\2", text)
    text = _LINK.sub(r"\\:", text)
    text = _EMOJI_NAME.sub(r"\\:", text)
    # The server looks for these words whatever stands before the @, so something has to stand behind it.
    return _EVERYBODY.sub("@\u200b", text)
