"""The walk through a TIFF's first directory, before any library reads it: size, which way is up, and no lies.

A library reads every entry at once; entries may overlap or claim more than there is, so their sum is bounded first.
"""

import struct
from dataclasses import dataclass

from bot.errors import NotAPicture
from bot.images import walks

_MAX_ENTRIES = 4_096
_MAX_TILE_PIXELS = 16_777_216
_MAX_ENTRY_BYTES_TIMES_FILE = 2
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT, _ORIENTATION = 256, 257, 322, 323, 274
_RAW_PHOTO = 50_706
_METADATA = frozenset(
    {
        270,
        271,
        272,
        305,
        306,
        315,
        316,
        700,
        33432,
        33723,
        34377,
        34665,
        34853,
        37510,
        40091,
        40092,
        40093,
        40094,
        40095,
    }
)
"""Text, camera, author, XMP, IPTC, Photoshop, EXIF, position, comments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the first directory says."""

    size: walks.Size
    orientation: int
    had_metadata: bool
    has_more: bool
    """Whether another page follows."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one of the four flavours writes numbers; classic TIFF counts in four bytes, BigTIFF in eight."""

    order: str
    offset: str
    n_entries: str
    entry: str
    value_bytes: int

    def read(self, reader: walks.Reader, form: str) -> tuple[int, ...]:
        full = self.order + form
        return struct.unpack(full, reader.take(struct.calcsize(full)))


def walk_tiff(reader: walks.Reader) -> Page:
    """Read the first directory; NotAPicture where it lies about itself or is a camera's raw file."""
    layout = _read_layout(reader)
    (start,) = layout.read(reader, layout.offset)
    if start >= reader.n_bytes:
        raise NotAPicture("cut_off", f"its directory at {start} of {reader.n_bytes} bytes")
    reader.go_to(start)
    (n_entries,) = layout.read(reader, layout.n_entries)
    if n_entries > _MAX_ENTRIES:
        raise NotAPicture("not_a_picture", f"a TIFF of {n_entries} entries")
    values, n_bytes = _read_entries(reader, layout, n_entries)
    if n_bytes > reader.n_bytes * _MAX_ENTRY_BYTES_TIMES_FILE:
        raise NotAPicture("not_a_picture", "a TIFF that lies about its entries")
    if _RAW_PHOTO in values:
        raise NotAPicture("unsupported", "camera raw")
    if values.get(_TILE_WIDTH, 1) * values.get(_TILE_HEIGHT, 1) > _MAX_TILE_PIXELS:
        raise NotAPicture("too_large", "a TIFF of huge tiles")
    (next_start,) = layout.read(reader, layout.offset)
    orientation = values.get(_ORIENTATION, 1)
    return Page(
        size=(values.get(_WIDTH, 0), values.get(_HEIGHT, 0)),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        had_metadata=not _METADATA.isdisjoint(values),
        has_more=0 < next_start < reader.n_bytes and next_start != start,
    )


def _read_layout(reader: walks.Reader) -> _Layout:
    magic = reader.take(4)
    order = "<" if magic.startswith(b"II") else ">"
    if magic[2:].strip(b"\0") == b"*":
        return _Layout(order, "I", "H", "HHI", 4)
    if _Layout(order, "", "", "", 0).read(reader, "HH") != (8, 0):
        raise NotAPicture("not_a_picture", "a BigTIFF with a broken header")
    return _Layout(order, "Q", "Q", "HHQ", 8)


def _read_entries(reader: walks.Reader, layout: _Layout, n_entries: int) -> tuple[dict[int, int], int]:
    """Return the first number of every entry that fits its own field, 0 for others, and what all claim to hold."""
    values: dict[int, int] = {}
    n_bytes = 0
    for _ in range(n_entries):
        tag, kind, count = layout.read(reader, layout.entry)
        field = reader.take(layout.value_bytes)
        claimed = count * _TYPE_BYTES.get(kind, 1)
        n_bytes += claimed if claimed > layout.value_bytes else 0
        form = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
        fits = form is not None and claimed <= layout.value_bytes and count
        values.setdefault(tag, struct.unpack_from(layout.order + str(form), field)[0] if fits else 0)
    return values, n_bytes
