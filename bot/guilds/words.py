"""The word filter of a server: whole words and phrases, found however they are typed. Pure.

Texts are compared in a normal form: NFKC, case folded, what cannot be seen taken out, white space as single spaces. A
word begins and ends where a letter, digit or mark meets anything else, or a script that is written without spaces.
Words spelled otherwise (with gaps, look-alikes of other scripts, digits for letters) are other words.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot import errors
from bot.guilds.model import MAX_WORD_CHARS, MAX_WORDS

_SAME = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2010": "-"})
"""What keyboards put in place of a plain apostrophe or hyphen."""
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Me"})
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\ufe00-\ufe0f\ufff0-\ufff8\U00016fe4\U0001d159"
    "\U000e0000-\U000e0fff]"
)
"""Nothing to see, though by category a letter, a mark, a sign, or nothing at all yet: joiners, fillers, variation
selectors, an empty pattern of Braille, and what Unicode keeps free for more of the like (Default_Ignorable_Code_Point).
"""
_OVERLAY = 1
"""The combining class of strokes through a letter."""
_BLANKS = re.compile(r"\s+")
_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u312f\u31a0-\u31ff\u3400-\u4dbf"
    "\u4e00-\ua4cf\ua980-\ua9ff\uaa00-\uaadf\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
"""Scripts without spaces: Thai, Lao, Tibetan, Burmese, Khmer, Tai, Balinese, Javanese, kana, Han, Yi, Cham."""


def find_word(prompt: str, words: tuple[str, ...]) -> str | None:
    """Return the first of `words` that the prompt holds, as it was written in the list.

    Takes time in proportion to the prompt, whatever the number of words.
    """
    if not words:
        return None
    text = normal_form(prompt)
    spots = _spots(text, _sought(words))
    edges = _edges(text) if spots else []
    return next((word for start, end, word in spots if edges[start] and edges[end]), None)


def parse_words(text: str) -> tuple[str, ...]:
    """Read a list of words, one a line, without doubles; raises BadSetting."""
    found: dict[str, str] = {}
    for part in text.encode(errors="replace").decode().splitlines():
        word = " ".join(part.split())
        if not word:
            continue
        normal = normal_form(word)
        if not normal:
            raise errors.BadSetting("word_blank", word)
        if max(len(word), len(normal)) > MAX_WORD_CHARS:
            raise errors.BadSetting("word_too_long", word)
        found.setdefault(normal, word)
    if len(found) > MAX_WORDS:
        raise errors.BadSetting("too_many_words", str(len(found)))
    return tuple(found.values())


def normal_form(text: str) -> str:
    """Return `text` as it is compared."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _BLANKS.sub(" ", text).translate(_SAME)
    if not (text.isascii() and text.isprintable()):
        text = "".join(char for char in _UNSEEN.sub("", text) if not _is_unseen(char))
        text = unicodedata.normalize("NFKC", text)  # what stood apart by something unseen may belong together
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    written: Mapping[str, str]
    """By normal form, as it was written."""
    lengths: Mapping[str, tuple[int, ...]]
    """By the first character, how long such words are."""


@functools.lru_cache(maxsize=128)
def _sought(words: tuple[str, ...]) -> _Sought:
    written = {normal_form(word): word for word in words}
    lengths: dict[str, set[int]] = {}
    for normal in written:
        if normal:
            lengths.setdefault(normal[0], set()).add(len(normal))
    return _Sought(written=written, lengths={first: tuple(sorted(found)) for first, found in lengths.items()})


def _spots(text: str, sought: _Sought) -> list[tuple[int, int, str]]:
    """List where the letters of a word stand, as a word or not, from the left: start, end, how it was written."""
    return [
        (start, start + length, word)
        for start, first in enumerate(text)
        for length in sought.lengths.get(first, ())
        if start + length <= len(text) and (word := sought.written.get(text[start : start + length])) is not None
    ]


def _edges(text: str) -> list[bool]:
    """Tell of each position, the end included, whether a word may begin or end there."""
    edges = [True]
    inside, unspaced = False, True
    for char in text:
        kind = unicodedata.category(char)[0]
        was_inside, was_unspaced = inside, unspaced
        inside = kind in "LN" or (kind == "M" and was_inside)  # a mark belongs to what it stands on
        unspaced = _UNSPACED.match(char) is not None
        edges.append(True)
        edges[-2] = unspaced or was_unspaced or not (inside and was_inside)
    return edges


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN_CATEGORIES or unicodedata.combining(char) == _OVERLAY
