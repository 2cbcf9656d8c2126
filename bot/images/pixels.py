"""Pixels in memory: a file becomes an upright 8-bit RGB or RGBA picture, or a plain `NotAPicture`.

Only for image workers. Nothing outside this package should see a Pillow object.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from bot.errors import NotAPicture
from bot.images import container

HALVED_ABOVE_PIXELS = 30_000_000
"""More does not fit a worker together with the copies that scaling and encoding need. The model's largest has 19."""

MAX_PROGRESSIVE_PIXELS = 75_000_000
"""A progressive JPEG is held whole, at up to six bytes a pixel, before the first pixel comes out of it."""

_STRIP_PX = 1024
_EXACT_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}
_MODES_KEEPING_PROFILE = {"P", "RGB", "RGBA"}

Image.MAX_IMAGE_PIXELS = container.MAX_JPEG_PIXELS  # `container` has refused what is larger, in words of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A picture of mode RGB, or RGBA where some of it is transparent, and what was lost on the way here."""

    image: Image.Image
    is_exact: bool
    """Every pixel of the file, bit for bit, and the file was lossless itself."""
    was_halved: bool
    was_animated: bool


def decode(source: Path, picture: container.Picture) -> Decoded:
    """Decode the first frame of an inspected file; NotAPicture where the pixels are broken."""
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            was_halved = picture.width * picture.height > HALVED_ABOVE_PIXELS
            if was_halved:
                _draft_smaller(opened, picture)
            was_animated = bool(getattr(opened, "is_animated", False)) and opened.format != "MPO"
            opened.load()
            image = _normalise(opened)
            if image.width * image.height > HALVED_ABOVE_PIXELS:
                image = _halve(image)
            is_exact = opened.format == "PNG" and opened.mode in _EXACT_MODES and not _is_deep_png(source)
    except (MemoryError, NotAPicture):
        raise
    except Exception as error:  # decoders raise whatever a broken file makes them stumble over
        tell_lack_of_memory(error)
        raise NotAPicture("not_a_picture", f"{picture.extension} with broken pixels: {error}") from error
    is_exact = is_exact and not (was_animated or was_halved)
    return Decoded(image=image, is_exact=is_exact, was_halved=was_halved, was_animated=was_animated)


def _draft_smaller(opened: Image.Image, picture: container.Picture) -> None:
    """Have a JPEG decoded at a half or a quarter of its sides; other formats know no such thing."""
    if opened.info.get("progressive") and picture.width * picture.height > MAX_PROGRESSIVE_PIXELS:
        raise NotAPicture("too_large", f"a progressive JPEG of {picture.width}x{picture.height} pixels")
    divisor = 2 if picture.width * picture.height <= 4 * HALVED_ABOVE_PIXELS else 4
    opened.draft("RGB", (picture.width // divisor, picture.height // divisor))


def _halve(image: Image.Image) -> Image.Image:
    """Average two by two pixels, in strips: in one go Pillow would weight a copy of the whole by its alpha."""
    half = Image.new(image.mode, ((image.width + 1) // 2, (image.height + 1) // 2))
    for top in range(0, image.height, _STRIP_PX):
        strip = image.crop((0, top, image.width, min(top + _STRIP_PX, image.height)))
        half.paste(strip.reduce(2), (0, top // 2))
    half.info = dict(image.info)
    return half


def _normalise(opened: Image.Image) -> Image.Image:
    """Turn upright, make 8-bit RGB or RGBA, and drop an alpha channel that hides nothing."""
    ImageOps.exif_transpose(opened, in_place=True)
    image: Image.Image = opened
    if image.mode not in _MODES_KEEPING_PROFILE:
        image.info.pop("icc_profile", None)  # describes inks or grey, not the colours we turn them into
    if image.mode.startswith("I"):
        image = _make_8_bit(image)
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            return image
    return image if image.mode == "RGB" else image.convert("RGB")


def _make_8_bit(image: Image.Image) -> Image.Image:
    """Divide 16-bit grey; `convert` alone would cut every value above 255 to white."""
    wide = image.convert("I")
    return wide.point(lambda value: value * (1 / 257)).convert("L")  # pyright: ignore[reportUnknownMemberType]


def _is_deep_png(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(25)[24] > 8


def tell_lack_of_memory(error: Exception) -> None:
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
