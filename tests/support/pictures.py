"""Picture files for tests, drawn here: grain and edges, so that codecs have something to lose."""

import io
from typing import Any

from PIL import Image, ImageChops, ImageDraw


def draw_picture(width: int, height: int, *, grain: float = 4.0) -> Image.Image:
    """Draw soft colour, hard edges and camera-like grain."""
    shade = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (shade, Image.radial_gradient("L").resize((width, height)), ImageChops.invert(shade)))
    pen = ImageDraw.Draw(picture)
    for step in range(12):
        left, top = step * width // 13, (step * 5 % 12) * height // 13
        pen.ellipse((left, top, left + width // 6, top + height // 6), fill=(step * 20, 255 - step * 20, step * 7))
    noise = Image.merge("RGB", [Image.effect_noise((width, height), grain) for _ in range(3)])
    return ImageChops.add(picture, noise, 1, -128)


def draw_with_alpha(width: int, height: int, *, grain: float = 4.0) -> Image.Image:
    """Draw the same with a round hole that fades out."""
    picture = draw_picture(width, height, grain=grain)
    picture.putalpha(Image.radial_gradient("L").resize((width, height)))
    return picture


def encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Encode as Pillow does."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
