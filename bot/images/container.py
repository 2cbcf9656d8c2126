"""What a file is, by its content alone: kind, pixel size, and whether it is all there.

Headers and structure only, a few milliseconds for 24 MB; pixels are never decoded here, so a file that passes may
still hold broken ones. The walks through the four kinds of container stand in `walks`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import NotAPicture
from bot.images import walks

MAX_PIXELS = 100_000_000
"""Four bytes each in a decoder: more would fill a worker. Six times the model's largest result."""

MAX_JPEG_PIXELS = 250_000_000
"""JPEG alone can be decoded at a half or less of its size, so that a photo may be larger than memory allows."""

MAX_SIDE_PX = 32_768
"""Nothing a camera, a scanner or the model makes is longer; decompression bombs are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the container of a whole picture says of itself."""

    media_type: str
    extension: str
    """Without a dot: jpg, png, webp or gif."""
    width: int
    height: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class _Kind:
    media_type: str
    extension: str
    walk: Callable[[walks.Reader], walks.Size]
    max_pixels: int = MAX_PIXELS


_JPEG = _Kind("image/jpeg", "jpg", walks.walk_jpeg, MAX_JPEG_PIXELS)
_PNG = _Kind("image/png", "png", walks.walk_png)
_WEBP = _Kind("image/webp", "webp", walks.walk_webp)
_GIF = _Kind("image/gif", "gif", walks.walk_gif)


def inspect(path: Path) -> Picture:
    """Say what picture a file holds; its name plays no part.

    Raises `NotAPicture`: `not_a_picture` (something else, or it lies about its own structure), `cut_off` (begins as a
    picture and ends too early) or `too_large` (more pixels than we would ever decode).
    """
    with path.open("rb") as file:
        kind = _recognise(file.read(12))
        reader = walks.Reader(file)
        size = kind.walk(reader)
    refuse_extremes(size, kind.max_pixels)
    return Picture(
        media_type=kind.media_type, extension=kind.extension, width=size[0], height=size[1], n_bytes=reader.n_bytes
    )


def _recognise(head: bytes) -> _Kind:
    if head.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _GIF
    if head.startswith(b"RIFF") and head[8:] == b"WEBP":
        return _WEBP
    raise NotAPicture("not_a_picture", f"begins with {head[:8].hex()}" if head else "the file is empty")


def refuse_extremes(size: walks.Size, max_pixels: int) -> None:
    """Raise NotAPicture for a picture without pixels, or with more than we would ever decode."""
    width, height = size
    if not (width and height):
        raise NotAPicture("not_a_picture", f"{width}x{height} pixels")
    if max(size) > MAX_SIDE_PX or width * height > max_pixels:
        raise NotAPicture("too_large", f"{width}x{height} pixels")
