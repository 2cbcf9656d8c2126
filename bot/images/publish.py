"""Write a developed picture as what the provider takes: PNG, JPEG or WebP, within its limit of bytes.

Lossless as long as that is affordable, then JPEG with little loss (WebP where there is alpha), then fewer pixels. What
an encoding will take is foreseen on a sample, so that seconds are not spent on a file that is thrown away.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from bot.images import pixels, sample

MAX_BYTES = 20_000_000
"""provider.md 13 C2: the hard limit is 20 MB, in the smaller sense of the word."""

EASY_BYTES = 10_000_000
"""provider.md 13 C2: other pages say 10 MB; what is written anew anyway stays below it where that costs little."""

_MAX_WEBP_PIXELS = 16_000_000
"""Its encoder takes up to 25 bytes a pixel."""

_MAX_WEBP_SIDE_PX = 16_383
_FORESIGHT_MARGIN = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was written; the file bears no extension yet."""

    media_type: str
    extension: str
    width: int
    height: int
    is_lossless: bool
    is_shrunk: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way to encode."""

    format: str
    media_type: str
    extension: str
    options: dict[str, Any]
    max_bytes: int = MAX_BYTES
    is_lossless: bool = False

    def takes(self, image: Image.Image) -> bool:
        if self.format != "WEBP":
            return True
        return max(image.size) <= _MAX_WEBP_SIDE_PX and image.width * image.height <= _MAX_WEBP_PIXELS

    def foresee_bytes(self, image: Image.Image, tiles: Image.Image) -> float:
        buffer = io.BytesIO()
        tiles.save(buffer, self.format, **self.options)
        return len(buffer.getvalue()) * (image.width * image.height) / (tiles.width * tiles.height)


def publish(image: Image.Image, target: Path, *, lossless: bool, full_colour: bool, lossless_bytes: int) -> Published:
    """Write the picture to a file of at most `MAX_BYTES`.

    `lossless` asks for PNG up to `lossless_bytes`; without alpha what is larger becomes a JPEG, with full colour or as
    every camera writes it.
    """
    current = image
    while True:
        tiles = sample.cut_sample(current)
        for way in _list_ways(current, lossless=lossless, full_colour=full_colour, lossless_bytes=lossless_bytes):
            if way.takes(current) and _write(current, tiles, target, way):
                return Published(
                    media_type=way.media_type,
                    extension=way.extension,
                    width=current.width,
                    height=current.height,
                    is_lossless=way.is_lossless,
                    is_shrunk=current.size != image.size,
                )
        current = pixels.scale(current, _choose_factor(current))


def _list_ways(image: Image.Image, *, lossless: bool, full_colour: bool, lossless_bytes: int) -> Iterator[_Way]:
    """List the ways, best first: the easy limit is tried for before the hard one, where it costs little."""
    if image.mode == "RGBA":
        yield _png(MAX_BYTES)
        for quality in (95, 90):
            yield _webp(quality)
        return
    if lossless:
        yield _png(lossless_bytes)
    for quality in (95, 92, 90):
        yield _jpeg(quality, EASY_BYTES, full_colour=full_colour)
    for quality in (95, 92, 90, 85):
        yield _jpeg(quality, MAX_BYTES, full_colour=full_colour)


def _png(max_bytes: int) -> _Way:
    return _Way(
        format="PNG", media_type="image/png", extension="png", options={}, max_bytes=max_bytes, is_lossless=True
    )


def _jpeg(quality: int, max_bytes: int, *, full_colour: bool) -> _Way:
    options = {"quality": quality, "subsampling": "4:4:4" if full_colour else "4:2:0"}
    return _Way(format="JPEG", media_type="image/jpeg", extension="jpg", options=options, max_bytes=max_bytes)


def _webp(quality: int) -> _Way:
    options = {"quality": quality, "method": 1, "exact": True}
    return _Way(format="WEBP", media_type="image/webp", extension="webp", options=options)


def _write(image: Image.Image, tiles: Image.Image, target: Path, way: _Way) -> bool:
    """Write it if that promises to fit; say whether it did."""
    if way.foresee_bytes(image, tiles) > way.max_bytes * _FORESIGHT_MARGIN:
        return False
    image.save(target, way.format, **way.options)
    return target.stat().st_size <= way.max_bytes


def _choose_factor(image: Image.Image) -> float:
    """Scale so that the last way is sure to fit soon: by a fifth, or at once to what WebP has room for."""
    if image.mode != "RGBA":
        return 0.8
    return min(0.8, math.sqrt(_MAX_WEBP_PIXELS / (image.width * image.height)), _MAX_WEBP_SIDE_PX / max(image.size))
