"""Copy a picture without what is not picture: position, camera, comments, previews, whatever hangs behind its end.

At container level: the pixel data goes over byte for byte, with what is needed to show it right (colour profile,
gamma, the inks' transform). The walks stand in `strip_jpeg`, `strip_png` and `strip_webp`; here is what they share.
"""

from dataclasses import dataclass
from typing import BinaryIO

from bot.images import walks

COPY_STEP_BYTES = 1_048_576
MAX_EXIF_BYTES = 1_048_576
"""Longer blocks are dropped unread; the orientation stands in the first few bytes of honest ones."""

MAX_PROFILE_BYTES = 4_194_304
"""Twice the largest profile printers use. Whatever is longer carries something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """What was found on the way."""

    orientation: int = 1
    had_metadata: bool = False
    is_animated: bool = False
    still_is_first_frame: bool = True
    """False where the still picture in the file is none of the animation's frames."""
    is_lossless: bool = False
    must_rewrite: bool = False
    """The pixels can't go out as they are: inks, an odd coding, or data that hides more than the picture."""


def is_profile(content: bytes) -> bool:
    """Say whether this may be an ICC colour profile."""
    return content[36:40] == b"acsp"


def copy_bytes(reader: walks.Reader, target: BinaryIO, n_bytes: int) -> None:
    """Copy so many bytes in steps; NotAPicture where they are not there."""
    while n_bytes:
        block = reader.take(min(n_bytes, COPY_STEP_BYTES))
        target.write(block)
        n_bytes -= len(block)
