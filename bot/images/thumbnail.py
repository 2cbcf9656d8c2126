"""A small picture of a picture, for lists. Decodes, so it is run in an image worker."""

from pathlib import Path

from bot.images import container, pixels

SIDE_PX = 160
"""Twice what Discord shows beside an embed, for screens of double density."""
_QUALITY = 80


def draw(source: Path, target: Path) -> int:
    """Write a WebP of at most 160 pixels a side to `target` and return its bytes; raises NotAPicture.

    `target` never holds half a picture.
    """
    image = pixels.decode(source, container.inspect(source)).image
    small = pixels.scale(image, SIDE_PX / max(image.size)) if max(image.size) > SIDE_PX else image
    unnamed = target.with_name(f".{target.name}.part")
    try:
        small.save(unnamed, "WEBP", quality=_QUALITY, exif=b"", icc_profile=small.info.get("icc_profile", b""))
        unnamed.replace(target)
    finally:
        unnamed.unlink(missing_ok=True)
    return target.stat().st_size
