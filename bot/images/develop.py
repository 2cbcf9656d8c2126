"""From a stranger's file to an upright picture in memory, 8-bit sRGB, no larger than is of use.

Only for image workers. Sizes are checked before anything is decoded; then the picture is toned and scaled strip by
strip, so that a worker holds what the decoder made and the result, and never a third copy.
"""

import contextlib
import math
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from PIL import AvifImagePlugin, Image, ImageFile

from bot.errors import NotAPicture
from bot.images import colours, container, exif, pixels, walk_tiff, walks
from bot.images.kinds import Kind

MAX_SIDE_PX = 7_680
"""provider.md 1.1: the documentation's error page wants 240 to 7680."""

_ROOM_PIXELS = 130_000_000
"""Decoded and finished picture together, four bytes each: 520 of a worker's 700 MB."""

MAX_PIXELS = {Kind.JPEG: container.MAX_JPEG_PIXELS, Kind.WEBP: 30_000_000, Kind.HEIC: 64_000_000, Kind.AVIF: 50_000_000}
"""What each decoder can do within a worker's memory; container.MAX_PIXELS for those not named."""

_HALVED_PROGRESSIVE_PIXELS = 40_000_000
_HALVED_JPEG_PIXELS = 85_000_000
_STRIP_PIXELS = 4_000_000
_LANCZOS_RADIUS_PX = 3
_FORMATS = {kind: kind.upper() for kind in Kind}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # every thread of a decoder reserves address space a worker doesn't have


@dataclass(frozen=True, slots=True, kw_only=True)
class Developed:
    """A picture of mode RGB, or RGBA where some of it is transparent, and what became of it."""

    image: Image.Image
    is_upright: bool
    """Whether it had to be turned for it."""
    is_shrunk: bool
    is_first_of_many: bool
    had_metadata: bool
    has_full_colour: bool
    """False where the file stored colour at half its resolution."""


def develop(source: Path, kind: Kind, *, orientation: int = 1, frame: int = 0) -> Developed:
    """Decode one frame; `orientation` is what the file said of itself if that was stripped from it before.

    Raises `NotAPicture` (`not_a_picture`, `cut_off`, `too_large`, `unsupported`) where that can't be done.
    """
    with _plain_words(kind):
        return _develop(source, kind, orientation=orientation, frame=frame)


def prove(path: Path, kind: Kind) -> None:
    """Raise `NotAPicture` where a stripped file can't be decoded; a WebP too large for a worker is believed.

    A PNG's pixels have been unpacked by then; a JPEG is decoded at an eighth, which takes a third of the time.
    """
    with _plain_words(kind), Image.open(path, formats=(_FORMATS[kind],)) as opened:
        if kind is Kind.JPEG:
            opened.draft(None, (max(1, opened.width // 8), max(1, opened.height // 8)))
        if kind is Kind.JPEG or (kind is Kind.WEBP and opened.width * opened.height <= MAX_PIXELS[kind]):
            opened.load()


@contextlib.contextmanager
def _plain_words(kind: Kind) -> Generator[None]:
    """Make whatever a decoder stumbles over a plain `NotAPicture`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders mutter about files; what matters they raise
            yield
    except (MemoryError, NotAPicture):
        raise
    except Image.DecompressionBombError as error:
        raise NotAPicture("too_large", str(error)) from error
    except Exception as error:
        if "Security limit" in str(error):  # libheif's own, which it calls a lack of memory
            raise NotAPicture("too_large", str(error)) from error
        pixels.tell_lack_of_memory(error)
        reason = "cut_off" if "truncated" in str(error).lower() else "not_a_picture"
        raise NotAPicture(reason, f"{kind} with broken pixels: {error}") from error


def _develop(source: Path, kind: Kind, *, orientation: int, frame: int) -> Developed:
    exposed = _expose(source, kind, orientation=orientation, frame=frame)  # the decoder's own copy is gone by now
    image = exposed.image
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    if exposed.orientation in _TURNS:
        image = image.transpose(_TURNS[exposed.orientation])
    return Developed(
        image=image,
        is_upright=exposed.orientation in _TURNS or exposed.was_turned,
        is_shrunk=exposed.is_shrunk,
        is_first_of_many=exposed.is_first_of_many,
        had_metadata=exposed.had_metadata,
        has_full_colour=exposed.has_full_colour,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exposed:
    """A picture that may still lie on its side."""

    image: Image.Image
    orientation: int
    was_turned: bool
    """By the decoder itself."""
    is_shrunk: bool
    is_first_of_many: bool
    had_metadata: bool
    has_full_colour: bool


def _expose(source: Path, kind: Kind, *, orientation: int, frame: int) -> _Exposed:
    page = _walk_tiff(source) if kind is Kind.TIFF else None
    with _open(source, kind) as opened:
        full_size = opened.size
        container.refuse_extremes(full_size, MAX_PIXELS.get(kind, container.MAX_PIXELS))
        _refuse_lying_tiles(opened)
        if kind is Kind.AVIF:
            orientation = exif.read_orientation(opened.info.get("exif") or b"")
        _draft(opened)
        if frame:
            opened.seek(frame)
        is_first_of_many = page.has_more if page else getattr(opened, "n_frames", 1) > 1
        opened.load()
        image = _finish(opened, full_size)
    return _Exposed(
        image=image,
        orientation=orientation,
        was_turned=page is not None and page.orientation != 1,
        is_shrunk=max(image.size) < max(full_size),
        is_first_of_many=is_first_of_many,
        had_metadata=page.had_metadata if page else _has_metadata(opened),
        has_full_colour=_has_full_colour(opened),
    )


def _walk_tiff(source: Path) -> walk_tiff.Page:
    with source.open("rb") as file:
        page = walk_tiff.walk_tiff(walks.Reader(file))
    container.refuse_extremes(page.size, container.MAX_PIXELS)
    return page


def _open(source: Path, kind: Kind) -> ImageFile.ImageFile:
    if kind is not Kind.HEIC:
        return Image.open(source, formats=(_FORMATS[kind],))
    import pillow_heif  # noqa: PLC0415 - megabytes of codec that only a worker with such a file needs

    pillow_heif.options.DECODE_THREADS = 2
    pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False
    return pillow_heif.HeifImageFile(source)


def _refuse_lying_tiles(opened: ImageFile.ImageFile) -> None:
    """Refuse a HEIC whose grid is larger than its container says: the decoder would make room for the grid."""
    tiling = opened.info.get("tiling")
    if not tiling:
        return
    grid = (tiling["image_width"], tiling["image_height"])
    tiles = (tiling["num_columns"] * tiling["tile_width"], tiling["num_rows"] * tiling["tile_height"])
    for size in (grid, tiles):
        container.refuse_extremes(size, MAX_PIXELS[Kind.HEIC])


def _draft(opened: ImageFile.ImageFile) -> None:
    """Have a JPEG decoded no larger than will be used, and by half where a worker has no room for the whole."""
    if opened.format not in {"JPEG", "MPO"}:
        return
    n_pixels = opened.width * opened.height
    is_progressive = bool(opened.info.get("progressive"))
    if is_progressive and n_pixels > pixels.MAX_PROGRESSIVE_PIXELS:
        raise NotAPicture("too_large", f"a progressive JPEG of {opened.width}x{opened.height} pixels")
    divisor = max(1, max(opened.size) // MAX_SIDE_PX)
    while n_pixels / divisor**2 > (_HALVED_PROGRESSIVE_PIXELS if is_progressive else _HALVED_JPEG_PIXELS):
        divisor *= 2
    opened.draft(None, (max(1, opened.width // divisor), max(1, opened.height // divisor)))


def _has_full_colour(opened: ImageFile.ImageFile) -> bool:
    """Say whether a JPEG or HEIC stores colour for every pixel; other formats are taken to."""
    samplings = {part[1:3] for part in getattr(opened, "layer", ())}
    return opened.info.get("chroma", 444) == 444 and len(samplings) <= 1


def _has_metadata(opened: ImageFile.ImageFile) -> bool:
    return any(opened.info.get(key) for key in ("exif", "xmp", "comment", "metadata", "XML:com.adobe.xmp"))


def _finish(opened: ImageFile.ImageFile, full_size: tuple[int, int]) -> Image.Image:
    """Tone and scale in strips; those of a scaled picture overlap as far as the filter reaches."""
    toner = colours.Toner(opened)
    width, height = _choose_size(opened, full_size)
    finished = Image.new(toner.mode, (width, height))
    step = opened.height / height
    margin = math.ceil(_LANCZOS_RADIUS_PX * max(1.0, step)) + 1 if (width, height) != opened.size else 0
    strip_rows = max(16, _STRIP_PIXELS // opened.width)
    for top in range(0, height, strip_rows):
        bottom = min(top + strip_rows, height)
        first = max(0, math.floor(top * step) - margin)
        last = min(opened.height, math.ceil(bottom * step) + margin)
        strip = toner.tone(opened.crop((0, first, opened.width, last)))
        if margin:
            box = (0, top * step - first, opened.width, bottom * step - first)
            strip = strip.resize((width, bottom - top), Image.Resampling.LANCZOS, box=box)  # pyright: ignore[reportUnknownMemberType]
        finished.paste(strip, (0, top))
    return finished


def _choose_size(opened: Image.Image, full_size: tuple[int, int]) -> tuple[int, int]:
    """Choose the largest size that the provider takes and a worker has room for."""
    room_pixels = _ROOM_PIXELS - opened.width * opened.height
    factor = min(1.0, MAX_SIDE_PX / max(full_size), math.sqrt(room_pixels / (full_size[0] * full_size[1])))
    if factor == 1.0:
        return opened.size
    width, height = (max(1, min(round(full * factor), now)) for full, now in zip(full_size, opened.size, strict=True))
    return width, height
