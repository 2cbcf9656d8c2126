"""Text of strangers made plain: what can be seen stays, what hides, reorders or piles up goes.

Knows characters only; what they mean to Discord's markdown stands in `ui.markdown`.
"""

import re
import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"

_ZERO_WIDTH_NON_JOINER = "\u200c"
_ZERO_WIDTH_JOINER = "\u200d"
_ZERO_WIDTH_SPACE = "\u200b"
_JOINERS = (_ZERO_WIDTH_NON_JOINER, _ZERO_WIDTH_JOINER)
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u034f")
"""Letters, symbols and marks by category that draw nothing: Hangul fillers, the empty braille cell, Khmer's inherent
vowels, the grapheme joiner."""
_SEEN_CONTROLS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
"""Controls by category that are drawn: Arabic and Syriac signs that stand under or around a number."""
_FLAG_OF_A_REGION = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""The only place where tag characters are seen (England, Scotland, Wales); elsewhere they hide text."""
_MAX_MARKS_PER_LETTER = 4
"""Enough for every living script; a pile of two hundred would be drawn over the neighbours."""
_MAX_CLUSTER_CHARS = 16
"""The longest emoji of several parts has ten; an endless chain must not be cut away as a whole."""
_FIRST_JOINING_SCRIPT = 0x0600  # Arabic; joiners mean nothing in the scripts before it


def plain_lines(text: str) -> list[str]:
    """Return the visible lines of `text`: white space collapsed, blank lines left out."""
    lines = (" ".join(_visible(line).split()) for line in text.splitlines())
    return [line for line in lines if line]


def plain_line(text: str) -> str:
    """Return the visible part of `text` as one line."""
    return " ".join(plain_lines(text))


def is_blank(text: str) -> bool:
    """Tell whether nothing of `text` can be seen."""
    return not plain_lines(text)


def length(text: str) -> int:
    """Count `text` in UTF-16 units: the strictest of the ways in which a limit may be counted."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Shorten `text` to `limit` UTF-16 units, never inside a character with its marks or behind a lone backslash."""
    if length(text) <= limit:
        return text
    room = limit - length(ELLIPSIS)
    kept: list[str] = []
    for cluster in _clusters(text):
        room -= length(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + ELLIPSIS


def _visible(line: str) -> str:
    if line.isascii() and line.isprintable():
        return line
    flags = {index for match in _FLAG_OF_A_REGION.finditer(line) for index in range(*match.span())}
    kept: list[str] = []
    marks = 0
    for index, char in enumerate(line):
        category = unicodedata.category(char)
        is_mark = category[0] == "M"
        marks = marks + 1 if is_mark else 0
        if index in flags:
            kept.append(char)
        elif char.isspace() or char in _BLANK_LETTERS:
            kept.append(" ")
        elif is_mark:
            if kept and kept[-1] != " " and marks <= _MAX_MARKS_PER_LETTER:
                kept.append(char)
        elif char in _JOINERS:
            if kept and _joins(kept[-1], line[index + 1 : index + 2]):
                kept.append(char)
        elif not _is_hidden(char, category):
            kept.append(char)
    return "".join(kept)


def _is_hidden(char: str, category: str) -> bool:
    if category == "Cn":  # unassigned, or only not yet known to this Python: newer emoji and newer ideographs
        point = ord(char)
        is_noncharacter = point & 0xFFFE == 0xFFFE
        return is_noncharacter or not (0x1F000 <= point <= 0x1FBFF or 0x20000 <= point <= 0x3FFFF)
    return category[0] == "C" and char not in _SEEN_CONTROLS


def _joins(before: str, after: str) -> bool:
    """Tell whether a joiner means something here: inside an emoji, or between letters of a script that uses it."""
    if not after or after in _BLANK_LETTERS:
        return False
    if _is_pictorial(after) and (_is_pictorial(before) or before == "\ufe0f"):
        return True
    return _is_joining_letter(before) and _is_joining_letter(after)


def _is_pictorial(char: str) -> bool:
    return unicodedata.category(char) in {"So", "Sk"} or 0x1F000 <= ord(char) <= 0x1FBFF


def _is_joining_letter(char: str) -> bool:
    return ord(char) >= _FIRST_JOINING_SCRIPT and unicodedata.category(char)[0] in "LM"


def _clusters(text: str) -> Iterator[str]:
    """Yield what should stay together: a letter with its marks, an emoji of several parts, an escaped character."""
    cluster = text[:1]
    for char in text[1:]:
        if _belongs(cluster, char):
            cluster += char
        else:
            yield cluster
            cluster = char
    yield cluster


def _belongs(cluster: str, char: str) -> bool:
    if cluster == "\\":
        return True
    if len(cluster) >= _MAX_CLUSTER_CHARS:
        return False
    if cluster[-1] == _ZERO_WIDTH_JOINER:
        return True
    if char in _JOINERS or char == _ZERO_WIDTH_SPACE or unicodedata.category(char)[0] == "M":
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":  # skin tones, tags of a flag
        return True
    return _is_regional(char) and len(cluster) == 1 and _is_regional(cluster)


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
