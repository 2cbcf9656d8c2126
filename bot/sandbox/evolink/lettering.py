"""Any text, made drawable with Pillow's bundled font and wrapped into a box. Pure."""

import functools
import unicodedata
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFont
from slugify import slugify

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_SIZES_PX = (72, 60, 50, 42, 35, 30, 26, 22, 19, 16, 14, 12, 10)
_LINE_HEIGHT = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that fit a box, and how to draw them."""

    lines: tuple[str, ...]
    font: Font
    line_height_px: int


@functools.cache
def font_of(size_px: int) -> Font:
    """Return the bundled font in one size."""
    return ImageFont.load_default(size=size_px)


@functools.lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    """Say whether the bundled font draws `character` as itself: its picture differs from that of a missing one."""
    return _ink(character) != _ink("\U0010ffff")


def _ink(character: str) -> bytes:
    slip = Image.new("L", (32, 32))
    ImageDraw.Draw(slip).text((4, 4), character, font=font_of(16), fill=255)
    return slip.tobytes()


@functools.lru_cache(maxsize=4096)
def _replacement(character: str) -> str:
    """Put a foreign letter into Latin ones, and name what is no letter: an owl's picture becomes [owl]."""
    if unicodedata.category(character)[0] in {"M", "C"}:
        return ""
    latin = slugify(character, lowercase=False)
    if latin or unicodedata.category(character).startswith("L"):
        return latin or "'"
    name = unicodedata.name(character, "").lower()
    return f"[{name}]" if name else "?"


def drawable(text: str) -> str:
    """Return `text` in characters the bundled font has; every script stays recognisable."""
    plain = unicodedata.normalize("NFC", text)
    return "".join(
        " " if character.isspace() else character if _has_glyph(character) else _replacement(character)
        for character in plain
        if character.isspace() or character.isprintable()
    )


def fit(text: str, *, width_px: int, height_px: int) -> Block:
    """Wrap `text` in the largest size that fits the box; at the smallest size the rest is cut with an ellipsis."""
    words = text.split()
    for size_px in _SIZES_PX:
        block = _wrap(words, size_px, width_px)
        if _widest_px(words, size_px) <= width_px and len(block.lines) * block.line_height_px <= height_px:
            return block
    block = _wrap(_broken(words, _SIZES_PX[-1], width_px), _SIZES_PX[-1], width_px)
    n_lines = max(1, height_px // block.line_height_px)
    if n_lines >= len(block.lines):
        return block
    last = block.lines[n_lines - 1][:-2] + "..."
    return replace(block, lines=(*block.lines[: n_lines - 1], last))


def _widest_px(words: list[str], size_px: int) -> float:
    return max((font_of(size_px).getlength(word) for word in words), default=0.0)


def _wrap(words: list[str], size_px: int, width_px: int) -> Block:
    """Fill lines with words; a word wider than the box stands alone and sticks out."""
    font = font_of(size_px)
    space_px = font.getlength(" ")
    lines: list[list[str]] = [[]]
    line_px = 0.0
    for word in words:
        word_px = font.getlength(word)
        if lines[-1] and line_px + space_px + word_px > width_px:
            lines.append([])
            line_px = 0.0
        line_px += word_px + (space_px if lines[-1] else 0.0)
        lines[-1].append(word)
    texts = tuple(" ".join(line) for line in lines)
    return Block(lines=texts, font=font, line_height_px=round(size_px * _LINE_HEIGHT))


def _broken(words: list[str], size_px: int, width_px: int) -> list[str]:
    """Break words that are wider than the box into pieces that are not."""
    widest_px = max(font_of(size_px).getlength(letter) for letter in "WM@")
    n_letters = max(1, int(width_px // (widest_px * 1.2)))
    return [word[start : start + n_letters] for word in words for start in range(0, len(word), n_letters)]
