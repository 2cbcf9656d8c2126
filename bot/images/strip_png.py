"""A PNG without metadata: the picture and what its colours mean stay, every other chunk goes.

The pixel data is unpacked once, in small steps and never further than its own header announces, so that neither a bomb
nor a broken file is handed on; what goes out are the packed bytes as they came.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from bot.errors import NotAPicture
from bot.images import exif, strip, walks

MAX_PNG_PROFILE_BYTES = 1_000_000
"""Pillow refuses to open a PNG whose profile unpacks to more."""

_SIGNATURE_BYTES = 8
_MAX_SMALL_CHUNK_BYTES = 65_536
_MAX_UNPACKED_STEP_BYTES = 1_048_576
_KEPT = frozenset({b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP", b"mDCV", b"cLLI"})
_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""For each of the seven passes: first column, first row, column step, row step."""


@dataclass(slots=True, kw_only=True)
class _Found:
    """What a walk has seen so far."""

    pixels: "_Pixels | None" = None
    had_metadata: bool = False
    is_animated: bool = False
    still_is_first_frame: bool = False
    exif: bytes = b""


def strip_png(reader: walks.Reader, target: BinaryIO) -> strip.Stripped:
    """Copy an inspected PNG; NotAPicture where its pixel data is broken or ends too early."""
    found = _Found()
    target.write(reader.take(_SIGNATURE_BYTES))
    name = b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", reader.take(8))
        _copy_or_drop(reader, target, found, name=name, length=length)
    if found.pixels is None:
        raise NotAPicture("not_a_picture", "a PNG without a header")
    return strip.Stripped(
        orientation=exif.read_orientation(found.exif),
        had_metadata=found.had_metadata or reader.position() < reader.n_bytes,
        is_animated=found.is_animated,
        still_is_first_frame=found.still_is_first_frame or not found.is_animated,
        is_lossless=True,
        must_rewrite=found.pixels.end(),
    )


def _copy_or_drop(reader: walks.Reader, target: BinaryIO, found: _Found, *, name: bytes, length: int) -> None:
    if name == b"IDAT":
        _copy_pixels(reader, target, found, length)
        return
    is_small = length <= _MAX_SMALL_CHUNK_BYTES
    may_be_long = name in {b"iCCP", b"eXIf"} and length <= strip.MAX_EXIF_BYTES
    if not (is_small or may_be_long):
        found.had_metadata = True
        reader.skip(length + 4)
        return
    content = reader.take(length)
    reader.skip(4)
    if name == b"IHDR":
        found.pixels = _Pixels(content)
    elif name in _ANIMATION:
        _note_animation(found, name)
        return
    elif name == b"eXIf":
        found.exif = content
    if name in _KEPT or name in {b"IHDR", b"IEND"} or (name == b"iCCP" and _is_honest_profile(content)):
        _write_chunk(target, name, content)
    else:
        found.had_metadata = True


def _note_animation(found: _Found, name: bytes) -> None:
    """The first control chunk before the pixels makes them the first frame."""
    found.is_animated = True
    if name == b"fcTL" and found.pixels is not None and not found.pixels.has_begun:
        found.still_is_first_frame = True


def _copy_pixels(reader: walks.Reader, target: BinaryIO, found: _Found, length: int) -> None:
    if found.pixels is None:
        raise NotAPicture("not_a_picture", "a PNG without a header")
    target.write(struct.pack(">I4s", length, b"IDAT"))
    checksum = zlib.crc32(b"IDAT")
    while length:
        block = reader.take(min(length, strip.COPY_STEP_BYTES))
        checksum = zlib.crc32(block, checksum)
        found.pixels.unpack(block)
        target.write(block)
        length -= len(block)
    stored = reader.take(4)
    if stored != struct.pack(">I", checksum):
        raise NotAPicture("not_a_picture", "the checksum of a PNG's pixel data is wrong")
    target.write(stored)


def _write_chunk(target: BinaryIO, name: bytes, content: bytes) -> None:
    checksum = zlib.crc32(content, zlib.crc32(name))
    target.write(struct.pack(">I4s", len(content), name) + content + struct.pack(">I", checksum))


def _is_honest_profile(content: bytes) -> bool:
    """Say whether a packed profile unpacks to one of a believable length; never unpacks more than that."""
    packed = content.partition(b"\0")[2][1:]
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed, MAX_PNG_PROFILE_BYTES)
    except zlib.error:
        return False
    return unpacking.eof and strip.is_profile(profile)


class _Pixels:
    """Counts what the pixel data unpacks to, against what the header announces."""

    def __init__(self, header: bytes) -> None:
        self._expected = _count_raw_bytes(header)
        self._unpacking = zlib.decompressobj()
        self._unpacked = 0
        self._hides_more = False
        self.has_begun = False

    def unpack(self, block: bytes) -> None:
        """Take the next packed bytes; NotAPicture where they are broken."""
        self.has_begun = True
        if self._unpacking.eof or self._hides_more:
            self._hides_more = self._hides_more or bool(block)
            return
        try:
            while block and not self._hides_more:
                self._unpacked += len(self._unpacking.decompress(block, _MAX_UNPACKED_STEP_BYTES))
                self._hides_more = self._unpacked > self._expected or bool(self._unpacking.unused_data)
                block = self._unpacking.unconsumed_tail
        except zlib.error as error:
            raise NotAPicture("not_a_picture", f"a PNG with broken pixels: {error}") from error

    def end(self) -> bool:
        """Say whether the data is more than just the picture; NotAPicture where it is less."""
        if self._unpacked < self._expected:
            raise NotAPicture("cut_off", f"{self._unpacked} of {self._expected} bytes of pixels")
        return self._hides_more or not self._unpacking.eof


def _count_raw_bytes(header: bytes) -> int:
    """Return how many bytes the pixels and their filter bytes take when unpacked."""
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    if depth not in _DEPTHS.get(colour, ()) or interlace > 1:
        raise NotAPicture("not_a_picture", "a PNG header that means nothing")
    bits = depth * _CHANNELS[colour]
    total = 0
    for left, top, right_step, down_step in _ADAM7 if interlace else ((0, 0, 1, 1),):
        columns = (width - left + right_step - 1) // right_step
        rows = (height - top + down_step - 1) // down_step
        total += rows * (1 + (columns * bits + 7) // 8) if columns > 0 else 0
    return total
