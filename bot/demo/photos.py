"""What a photo says of itself, read apart from the bot's own code: so that a fault there cannot prove itself right."""

import io
from dataclasses import dataclass

import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType] - untyped keywords

_ORIENTATION, _GPS = 0x0112, 0x8825
_PREVIEW_PX = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A photo as a person sees it."""

    size: tuple[int, int]
    """Upright, in pixels."""
    located: bool
    """Whether it tells where it was taken."""
    turned: bool
    """Whether it has to be turned to stand upright."""

    @property
    def wide(self) -> bool:
        """Tell whether it is wider than high."""
        return self.size[0] > self.size[1]


def look_at(content: bytes) -> Look:
    """Read a photo's size, position and orientation."""
    with Image.open(io.BytesIO(content)) as image:
        exif = image.getexif()
        upright = ImageOps.exif_transpose(image)
        return Look(size=upright.size, located=bool(exif.get_ifd(_GPS)), turned=exif.get(_ORIENTATION, 1) != 1)


def preview(content: bytes) -> bytes:
    """Return a small upright JPEG for the page."""
    with Image.open(io.BytesIO(content)) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((_PREVIEW_PX, _PREVIEW_PX))
        written = io.BytesIO()
        small.save(written, "JPEG", quality=80)
        return written.getvalue()
