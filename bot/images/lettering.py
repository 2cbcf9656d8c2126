"""Names as a chart can write them: in the one font it has, without what it cannot draw, as long as there is room.

Imported in workers only, as `usage_chart` is.
"""

# pyright: reportUnknownMemberType=false
# (the library's own types name paths without saying of what)

import unicodedata

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

FONT = "DejaVu Sans"
"""It comes with the library: Latin, Greek, Cyrillic and some more."""
_ELLIPSIS = "…"
_LONGEST = 200


class Lettering:
    """Knows what the font can draw, and how wide."""

    def __init__(self, *, dpi: int) -> None:
        self._dpi = dpi
        self._plain = _font(bold=False)
        self._bold = _font(bold=True)

    def fit(self, text: str, *, size: float, most_px: int, bold: bool = False) -> str:
        """Return what of a text can be drawn, cut to `most_px`; blank where no letter and no digit is left of it.

        Letters that are only dressed up (full-width, mathematical) are written plainly.
        """
        font, glyphs = self._bold if bold else self._plain
        plain = unicodedata.normalize("NFKC", text[:_LONGEST])
        seen = "".join(sign if ord(sign) in glyphs and _is_seen(sign) else " " for sign in plain)
        left = " ".join(seen.split())
        if not any(sign.isalnum() for sign in left):
            return ""
        return self._cut(left, font, size=size, most_px=most_px)

    def _cut(self, text: str, font: FT2Font, *, size: float, most_px: int) -> str:
        if self._width_px(text, font, size) <= most_px:
            return text
        kept = text
        while kept and self._width_px(kept.rstrip() + _ELLIPSIS, font, size) > most_px:
            kept = kept[:-1]
        return kept.rstrip() + _ELLIPSIS

    def _width_px(self, text: str, font: FT2Font, size: float) -> float:
        font.set_size(size, self._dpi)
        font.set_text(text)
        return font.get_width_height()[0] / 64


def _font(*, bold: bool) -> tuple[FT2Font, frozenset[int]]:
    """Return a font and the code points it has."""
    properties = font_manager.FontProperties(family=FONT, weight="bold" if bold else "normal")
    font = font_manager.get_font(font_manager.findfont(properties))
    return font, frozenset(font.get_charmap())


def _is_seen(sign: str) -> bool:
    """Tell whether a sign is more than an instruction; those could turn a name around or hide the rest of it."""
    return sign == " " or not unicodedata.category(sign).startswith(("C", "Z"))
