"""The picture a task makes, drawn from prompt and sources and plainly marked as a sandbox picture.

Blocking: run it in a thread, never on the event loop. The layout happens on about one megapixel and is then enlarged.
"""

import functools
import hashlib
import io
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from bot.sandbox.evolink import lettering

_CANVAS_PIXELS = 1024 * 1024
_STRIP_PIXELS = 200_000
_NOISE_BYTES = 2_000_003
_STRIDE_BYTES = 611_953
_MARK = "SANDBOX PICTURE"
THUMBNAIL_MAX_PX = 320


class UnreadablePictureError(Exception):
    """Bytes that are not a whole JPEG, PNG or WebP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A source picture, decoded and made small, with the pixel size it really has."""

    image: Image.Image
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What to draw. `width` and `height` are the final pixels; `caption` is the small line below the prompt."""

    prompt: str
    caption: str
    width: int
    height: int
    sources: tuple[Thumbnail, ...] = ()
    grain: float = 14.0


def read_source(data: bytes) -> Thumbnail:
    """Decode a source whole; UnreadablePictureError for anything but JPEG, PNG or WebP."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            width, height = image.size
            image.draft("RGB", (THUMBNAIL_MAX_PX * 2, THUMBNAIL_MAX_PX * 2))
            small = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadablePictureError(str(error)) from error
    small.thumbnail((THUMBNAIL_MAX_PX, THUMBNAIL_MAX_PX))
    flat = Image.new("RGB", small.size, "white")
    flat.paste(small, mask=small)
    return Thumbnail(image=flat, width=width, height=height)


def draw(brief: Brief) -> Image.Image:
    """Draw a brief in its final pixel size."""
    scale = min(1.0, math.sqrt(_CANVAS_PIXELS / (brief.width * brief.height)))
    canvas = _background(brief.prompt, max(1, round(brief.width * scale)), max(1, round(brief.height * scale)))
    _lay_out(canvas, brief)
    if canvas.size != (brief.width, brief.height):
        canvas = _resized(canvas, brief.width, brief.height)
    _add_grain(canvas, brief.grain)
    return canvas


def _resized(image: Image.Image, width: int, height: int) -> Image.Image:
    # Pillow's own annotation of `resize` names numpy, which is not installed
    return image.resize((width, height), Image.Resampling.BILINEAR)  # pyright: ignore[reportUnknownMemberType]


def _background(prompt: str, width: int, height: int) -> Image.Image:
    """Make a gradient with soft discs whose colours and places come from the prompt's hash."""
    dice = random.Random(hashlib.sha256(prompt.encode("utf-8", "replace")).digest())
    hue = dice.random()
    top, bottom = _colour(hue, 0.55, 0.42), _colour(hue + dice.uniform(0.1, 0.35), 0.60, 0.80)
    ramp = _resized(Image.linear_gradient("L"), width, height)
    canvas = Image.composite(Image.new("RGB", (width, height), bottom), Image.new("RGB", (width, height), top), ramp)
    brush = ImageDraw.Draw(canvas, "RGBA")
    short = min(width, height)
    for _ in range(dice.randint(6, 10)):
        x, y, radius = dice.uniform(0, width), dice.uniform(0, height), short * dice.uniform(0.08, 0.45)
        red, green, blue = _colour(hue + dice.uniform(-0.2, 0.45), dice.uniform(0.3, 0.7), dice.uniform(0.6, 1.0))
        brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(red, green, blue, dice.randint(40, 110)))
    return canvas


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    """Turn a hue (whole turns may be added), saturation and value into red, green and blue of 0 to 255."""
    sector = (hue % 1.0) * 6
    wheel = [abs(sector - 3) - 1, 2 - abs(sector - 2), 2 - abs(sector - 4)]
    red, green, blue = (round(255 * value * (1 - saturation + saturation * min(1.0, max(0.0, part)))) for part in wheel)
    return red, green, blue


def _lay_out(canvas: Image.Image, brief: Brief) -> None:
    """Put sources above, the prompt in the middle, and the mark below."""
    width, height = canvas.size
    margin = max(8, round(min(width, height) * 0.05))
    inner = width - 2 * margin
    top = margin
    if brief.sources:
        top += _draw_sources(canvas, brief.sources, margin=margin, height=round(height * 0.34)) + margin
    footer = lettering.fit(
        lettering.drawable(f"{_MARK} · {brief.caption}"), width_px=inner, height_px=round(height * 0.12)
    )
    footer_px = footer.line_height_px * len(footer.lines)
    bottom = height - margin - footer_px
    brush = ImageDraw.Draw(canvas, "RGBA")
    brush.rounded_rectangle(
        (margin // 2, top - margin // 4, width - margin // 2, bottom), margin // 2, fill=(10, 12, 24, 150)
    )
    box_px = max(1, bottom - top - margin // 2)
    text = lettering.fit(lettering.drawable(brief.prompt), width_px=inner, height_px=box_px)
    _write(brush, text, left=margin, top=top + (box_px - text.line_height_px * len(text.lines)) // 2)
    brush.rectangle((0, bottom + margin // 2, width, height), fill=(10, 12, 24, 215))
    _write(brush, footer, left=margin, top=bottom + (height - bottom + margin // 2 - footer_px) // 2)


def _write(brush: ImageDraw.ImageDraw, block: lettering.Block, *, left: int, top: int) -> None:
    for row, line in enumerate(block.lines):
        brush.text((left, top + row * block.line_height_px), line, font=block.font, fill=(255, 255, 255, 255))


def _draw_sources(canvas: Image.Image, sources: tuple[Thumbnail, ...], *, margin: int, height: int) -> int:
    """Frame and number the sources in a grid as wide as the canvas; return the height used."""
    inner = canvas.width - 2 * margin
    n_columns = min(range(1, len(sources) + 1), key=lambda n: -_cell_px(n, len(sources), inner, height))
    cell = _cell_px(n_columns, len(sources), inner, height)
    brush = ImageDraw.Draw(canvas, "RGBA")
    frame = max(2, cell // 24)
    for index, source in enumerate(sources):
        row, column = divmod(index, n_columns)
        left, top = margin + column * cell, margin + row * cell
        side = max(4, cell - 2 * frame)
        small = source.image.copy()
        small.thumbnail((side - 2 * frame, side - 2 * frame))
        right, low = left + small.width + 2 * frame, top + small.height + 2 * frame
        brush.rectangle((left, top, right, low), fill="white")
        canvas.paste(small, (left + frame, top + frame))
        badge = max(12, cell // 6)
        brush.rectangle((left, top, left + badge * 1.5, top + badge * 1.3), fill=(10, 12, 24, 230))
        brush.text((left + badge // 4, top), str(index + 1), font=lettering.font_of(badge), fill="white")
    return cell * math.ceil(len(sources) / n_columns)


def _cell_px(n_columns: int, n_sources: int, width: int, height: int) -> int:
    return max(8, min(width // n_columns, height // math.ceil(n_sources / n_columns)))


@functools.lru_cache(maxsize=4)
def _noise(strength: float) -> bytes:
    """Make fixed noise around 128, so that equal briefs give equal bytes; longer than any compressor looks back."""
    table = bytes(round(128 + strength * (value - 127.5) / 127.5) for value in range(256))
    return random.Random(20261122).randbytes(_NOISE_BYTES).translate(table)


def _add_grain(image: Image.Image, strength: float) -> None:
    """Lay noise over a picture, strip by strip: one large operation would hold the interpreter lock for too long."""
    noise = _noise(strength)
    n_rows = max(1, _STRIP_PIXELS // image.width)
    start = 0
    for top in range(0, image.height, n_rows):
        box = (0, top, image.width, min(image.height, top + n_rows))
        n_bytes = image.width * (box[3] - top) * 3
        grain = Image.frombytes("RGB", (image.width, box[3] - top), noise[start : start + n_bytes])
        image.paste(ImageChops.add(image.crop(box), grain, offset=-128), box)
        start = (start + _STRIDE_BYTES) % (len(noise) - _STRIP_PIXELS * 3)
