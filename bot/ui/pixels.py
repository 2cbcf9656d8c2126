"""How many pixels a picture should have: the table of provider.md 9, and what counts as another size."""

import math

from bot.jobs.model import Drawing, Quality, ResultFile, Size

_SQUARE_EDGE = {Quality.HALF_K: 512, Quality.ONE_K: 1024, Quality.TWO_K: 2048, Quality.FOUR_K: 4096}

_AT_1K = {
    Size.SQUARE: (1024, 1024),
    Size.TOWER: (512, 2048),
    Size.BANNER: (2048, 512),
    Size.COLUMN: (384, 3072),
    Size.RIBBON: (3072, 384),
    Size.PORTRAIT_2_3: (848, 1264),
    Size.LANDSCAPE_3_2: (1264, 848),
    Size.PORTRAIT_3_4: (896, 1200),
    Size.LANDSCAPE_4_3: (1200, 896),
    Size.PORTRAIT_4_5: (928, 1152),
    Size.LANDSCAPE_5_4: (1152, 928),
    Size.PHONE: (768, 1376),
    Size.WIDESCREEN: (1376, 768),
    Size.CINEMA: (1584, 672),
}
"""The other qualities are exact multiples of these."""

_EDGE_TOLERANCE = 0.02
_AREA_TOLERANCE = 0.15
"""Of the square root of the area: all shapes of one quality lie within 10 % of its square."""


def expected(size: Size, quality: Quality) -> tuple[int, int] | None:
    """Return width and height as asked for; None where the model chooses the shape."""
    if size is Size.AUTO:
        return None
    width, height = _AT_1K[size]
    edge = _SQUARE_EDGE[quality]
    return width * edge // 1024, height * edge // 1024


def is_as_asked(drawing: Drawing, result: ResultFile) -> bool:
    """Tell whether the result has the pixels asked for, rounding of the edges aside."""
    asked = expected(drawing.size, drawing.quality)
    if asked is None:
        edge = math.sqrt(result.width * result.height)
        return math.isclose(edge, _SQUARE_EDGE[drawing.quality], rel_tol=_AREA_TOLERANCE)
    return all(
        math.isclose(seen, wanted, rel_tol=_EDGE_TOLERANCE)
        for seen, wanted in zip((result.width, result.height), asked, strict=True)
    )
