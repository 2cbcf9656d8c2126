"""The encodings a picture may be given to make it fit, best first, and how each is written.

JPEG for opaque pictures (a fifth of WebP's time at these sizes), WebP where there is alpha. JPEG with colour at half
resolution comes after all full-colour rungs: it is what every camera writes, and harms less than scaling down.
"""

import io
import math
from dataclasses import dataclass
from typing import Any

from PIL import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A picture in memory, ready to be written."""

    content: bytes
    media_type: str
    extension: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One way to encode."""

    format: str
    media_type: str
    extension: str
    max_side_px: int
    max_pixels: int
    options: dict[str, Any]

    def takes(self, image: Image.Image) -> bool:
        """Say whether the format has room for such a picture, and a worker the memory."""
        return self.find_factor(image) >= 1

    def find_factor(self, image: Image.Image) -> float:
        """Return how far a picture has to be scaled to be taken; more than one where there is room to spare."""
        room_for_pixels = self.max_pixels / (image.width * image.height)
        return min(self.max_side_px / max(image.size), math.sqrt(room_for_pixels))

    def encode(self, image: Image.Image) -> Encoded:
        """Encode the picture; its colour profile goes with it, nothing else that was not a pixel."""
        buffer = io.BytesIO()
        image.save(buffer, self.format, icc_profile=image.info.get("icc_profile"), **self.options)
        return Encoded(
            content=buffer.getvalue(),
            media_type=self.media_type,
            extension=self.extension,
            width=image.width,
            height=image.height,
        )


def _jpeg(quality: int, *, subsampling: str) -> Rung:
    return Rung(
        format="JPEG",
        media_type="image/jpeg",
        extension="jpg",
        max_side_px=65_500,
        max_pixels=30_000_000,
        options={"quality": quality, "subsampling": subsampling},
    )


def _webp(*, max_pixels: int = 20_000_000, method: int = 0, **options: Any) -> Rung:
    """Describe a WebP; its encoder takes up to 25 bytes a pixel, hence the limit."""
    return Rung(
        format="WEBP",
        media_type="image/webp",
        extension="webp",
        max_side_px=16_383,
        max_pixels=max_pixels,
        options={"method": method, "exact": True, **options},
    )


LOSSLESS = (
    _webp(lossless=True, quality=0),
    _webp(lossless=True, quality=0, method=1, max_pixels=6_000_000),
)
"""First the fastest, 0.06 s a megapixel, which undercuts a hasty PNG encoder; then one that undercuts a careful one
by a fifth and takes 0.25 s a megapixel: not for pictures that would keep a person waiting."""

_FULL_COLOUR = tuple(_jpeg(quality, subsampling="4:4:4") for quality in (98, 97, 96, 95, 93, 91, 88, 85))
_HALF_COLOUR = tuple(_jpeg(quality, subsampling="4:2:0") for quality in (98, 97, 96, 95, 93, 91, 88, 85))
_WITH_ALPHA = tuple(_webp(quality=quality) for quality in (98, 95, 92, 88, 84, 80))


def list_ladders(image: Image.Image) -> tuple[tuple[Rung, ...], ...]:
    """List the ladders a picture may go down, each from its best rung."""
    return (_WITH_ALPHA,) if image.mode == "RGBA" else (_FULL_COLOUR, _HALF_COLOUR)


def choose_for_smaller(image: Image.Image) -> Rung:
    """Choose how to write a picture that is scaled down: pixels are worth more than the last bit of each."""
    return _webp(quality=90) if image.mode == "RGBA" else _jpeg(92, subsampling="4:2:0")
