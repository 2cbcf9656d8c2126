"""The orientation that `bot.images.exif` finds in a block of EXIF."""

import struct

import pytest

from bot.images import exif
from tests.support.source_pictures import make_exif


def block(order: str, *entries: tuple[int, int, int], n_entries: int | None = None, start: int = 8) -> bytes:
    """Write a directory of tags, types and values."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    count = len(entries) if n_entries is None else n_entries
    head = magic + struct.pack(f"{order}IH", start, count)
    return head + b"".join(struct.pack(f"{order}HHIHH", tag, kind, 1, value, 0) for tag, kind, value in entries)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_found(orientation: int) -> None:
    """In both byte orders, with and without the prefix JPEG gives the block."""
    for order in "<>":
        assert exif.read_orientation(block(order, (271, 2, 9), (0x0112, 3, orientation))) == orientation
        assert exif.read_orientation(b"Exif\0\0" + block(order, (0x0112, 3, orientation))) == orientation
    assert exif.read_orientation(make_exif(orientation)) == orientation


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0JUNK and more of it",
        b"II*\0",
        b"II*\0\x08\0\0\0",
        block("<"),
        block("<", (0x0112, 3, 0)),
        block("<", (0x0112, 3, 9)),
        block("<", (0x0112, 4, 6)),
        block("<", (271, 3, 6), n_entries=65_535),
        block("<", (0x0112, 3, 6), start=0xFFFFFFFF),
        block("<", *[(271, 3, 1)] * 2_000, (0x0112, 3, 6)),
    ],
)
def test_what_does_not_say_is_upright(content: bytes) -> None:
    """Broken, lying, endless or silent blocks mean that nothing is turned."""
    assert exif.read_orientation(content) == 1
