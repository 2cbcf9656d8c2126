"""Pixels in memory: a file becomes an upright 8-bit RGB or RGBA picture, or a plain `NotAPicture`.

Only for image workers. Nothing outside this package should see a Pillow object.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from bot.errors import NotAPicture
from bot.images import container

REDUCED_DECODING_PIXELS = 50_000_000
"""A JPEG with more is decoded at a half or less of its size, or it would not fit a worker together with a copy."""

Image.MAX_IMAGE_PIXELS = container.MAX_JPEG_PIXELS  # `container` has refused what is larger, in words of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A picture of mode RGB, or RGBA where some of it is transparent, and what was lost on the way here."""

    image: Image.Image
    is_exact: bool
    """Every pixel of the file, bit for bit, and the file was lossless itself."""
    was_reduced: bool
    was_animated: bool


def decode(source: Path, picture: container.Picture) -> Decoded:
    """Decode the first frame of an inspected file; NotAPicture where the pixels are broken."""
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            was_reduced = _reduce_if_huge(opened, picture)
            was_animated = bool(getattr(opened, "is_animated", False)) and opened.format != "MPO"
            opened.load()
            image = _normalise(opened)
            is_exact = opened.format == "PNG" and opened.mode in _EXACT_MODES and not _is_deep_png(source)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        _tell_lack_of_memory(error)
        raise NotAPicture("not_a_picture", f"{picture.extension} with broken pixels: {error}") from error
    return Decoded(
        image=image, is_exact=is_exact and not was_animated, was_reduced=was_reduced, was_animated=was_animated
    )


_EXACT_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}


def _reduce_if_huge(opened: Image.Image, picture: container.Picture) -> bool:
    if opened.format not in {"JPEG", "MPO"} or picture.width * picture.height <= REDUCED_DECODING_PIXELS:
        return False
    factor = 2 if picture.width * picture.height <= 4 * REDUCED_DECODING_PIXELS else 4
    opened.draft("RGB", (picture.width // factor, picture.height // factor))
    return True


def _normalise(opened: Image.Image) -> Image.Image:
    """Turn upright, make 8-bit RGB or RGBA, and drop an alpha channel that hides nothing."""
    image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I"):
        image = _make_8_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            return image
    if image.mode == "CMYK":
        image.info.pop("icc_profile", None)  # describes inks, not the light we turn them into
    return image.convert("RGB")


def _make_8_bit(image: Image.Image) -> Image.Image:
    """Divide 16-bit grey; `convert` alone would cut every value above 255 to white."""
    wide = image.convert("I")
    return wide.point(lambda value: value * (1 / 257)).convert("L")  # pyright: ignore[reportUnknownMemberType]


def _is_deep_png(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(25)[24] > 8


def _tell_lack_of_memory(error: Exception) -> None:
    """Pillow reports a codec that got no memory as an ordinary OSError or ValueError."""
    if "memory" in str(error).lower():
        raise MemoryError from error


def scale(image: Image.Image, factor: float) -> Image.Image:
    """Scale both sides by a factor below one, and none below a pixel."""
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    scaled = image.resize(  # pyright: ignore[reportUnknownMemberType] - its signature names numpy
        size, Image.Resampling.LANCZOS, reducing_gap=2.0
    )
    scaled.info = dict(image.info)
    return scaled


def take_brightness(image: Image.Image) -> Image.Image:
    """Return what the eye judges detail by; transparent parts as they look on grey."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "grey"), image)
    return image.convert("L")


def read_brightness(content: bytes) -> Image.Image:
    """Decode what we encoded ourselves, down to its brightness."""
    with Image.open(io.BytesIO(content)) as image:
        return take_brightness(image)
