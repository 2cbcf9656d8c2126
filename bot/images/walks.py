"""The walks through JPEG, PNG, WebP and GIF containers, from the first byte to the mark that ends the picture.

Each takes a `Reader` over a file whose first bytes were recognised and returns the pixel size, or raises `NotAPicture`:
`cut_off` where the file ends too early, `not_a_picture` where its structure is a lie. Reads and the number of steps
are bounded, whatever the file claims. Bytes after the end mark are tolerated, as every viewer does.
"""

import os
import struct
import zlib
from typing import BinaryIO, TypeAlias

from bot.errors import NotAPicture

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

_MAX_JPEG_SEGMENTS = 4_096
_MAX_JPEG_FILL_BYTES = 64
_MAX_CHUNKS = 65_536
_MAX_GIF_BLOCKS = 1_000_000
_MAX_CHECKED_CHUNK_BYTES = 65_536
_SEARCH_STEP_BYTES = 1_048_576


class Reader:
    """Reads a file from its start and says `cut_off` wherever it ends too early."""

    def __init__(self, file: BinaryIO) -> None:
        self.n_bytes = file.seek(0, os.SEEK_END)
        self._file = file
        self._file.seek(0)

    def take(self, n_bytes: int) -> bytes:
        """Read exactly so many bytes."""
        taken = self._file.read(n_bytes)
        if len(taken) < n_bytes:
            raise NotAPicture("cut_off", f"ends after {self.n_bytes} bytes")
        return taken

    def skip(self, n_bytes: int) -> None:
        """Step over so many bytes, all of which must be there."""
        if self._file.seek(n_bytes, os.SEEK_CUR) > self.n_bytes:
            raise NotAPicture("cut_off", f"ends after {self.n_bytes} bytes")

    def take_up_to(self, n_bytes: int) -> bytes:
        """Read so many bytes, or what is left of them."""
        return self._file.read(n_bytes)

    def step_back(self, n_bytes: int) -> None:
        """Go back over bytes that were read, to read them again."""
        self._file.seek(-n_bytes, os.SEEK_CUR)

    def go_to(self, position: int) -> None:
        """Go to a place that was found before."""
        self._file.seek(position)

    def position(self) -> int:
        """Tell how many bytes lie behind."""
        return self._file.tell()

    def skip_past(self, mark: bytes) -> int:
        """Go behind the next occurrence of a two-byte mark; return how many bytes stood before it."""
        start = self.position()
        kept = b""
        while block := self._file.read(_SEARCH_STEP_BYTES):
            found = (kept + block).find(mark)
            if found >= 0:
                mark_at = self.position() - len(kept) - len(block) + found
                self._file.seek(mark_at + len(mark))
                return mark_at - start
            kept = block[-1:]
        raise NotAPicture("cut_off", f"no end mark in {self.n_bytes} bytes")


def walk_jpeg(reader: Reader) -> Size:
    """Go from SOI over the frame header to the first scan, and find the EOI behind it."""
    reader.skip(2)
    size: Size | None = None
    for _ in range(_MAX_JPEG_SEGMENTS):
        marker = take_jpeg_marker(reader)
        if marker in JPEG_STANDALONE:
            continue
        (length,) = struct.unpack(">H", reader.take(2))
        if length < 2 or marker == _JPEG_EOI:
            break
        if marker in JPEG_FRAME_HEADERS:
            size = _read_jpeg_frame(reader.take(length - 2))
            continue
        reader.skip(length - 2)
        if marker == _JPEG_SCAN:
            return _end_jpeg(reader, size)
    raise NotAPicture("not_a_picture", "a JPEG without a scan")


_JPEG_EOI = 0xD9
_JPEG_SCAN = 0xDA
JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
JPEG_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def take_jpeg_marker(reader: Reader) -> int:
    """Read the marker that must stand here, and the fill bytes before it."""
    if reader.take(1) != b"\xff":
        raise NotAPicture("not_a_picture", "a JPEG segment lies about its length")
    for _ in range(_MAX_JPEG_FILL_BYTES):
        marker = reader.take(1)[0]
        if marker != 0xFF:
            return marker
    raise NotAPicture("not_a_picture", "a JPEG of nothing but fill bytes")


def _read_jpeg_frame(header: bytes) -> Size:
    if len(header) < 6:
        raise NotAPicture("not_a_picture", "a JPEG frame header is too short")
    height, width = struct.unpack_from(">HH", header, 1)
    return width, height


def _end_jpeg(reader: Reader, size: Size | None) -> Size:
    if size is None:
        raise NotAPicture("not_a_picture", "a JPEG scan without a frame")
    # Inside a scan every 0xFF is stuffed with a zero, so this pair can only be the end mark.
    if not reader.skip_past(b"\xff\xd9"):
        raise NotAPicture("not_a_picture", "a JPEG with an empty scan")
    return size


def walk_png(reader: Reader) -> Size:
    """Go from IHDR over every chunk to IEND; the checksums of all but the pixel data must be right."""
    reader.skip(8)
    size: Size | None = None
    has_pixels = False
    for _ in range(_MAX_CHUNKS):
        length, name = struct.unpack(">I4s", reader.take(8))
        if not name.isalpha() or length >= 1 << 31:
            raise NotAPicture("not_a_picture", "a PNG chunk lies about its length")
        if (size is None) != (name == b"IHDR"):
            raise NotAPicture("not_a_picture", "a PNG that does not begin with its one header")
        if name == b"IDAT" or length > _MAX_CHECKED_CHUNK_BYTES:
            has_pixels = has_pixels or (name == b"IDAT" and length > 0)
            reader.skip(length + 4)
            continue
        content = _take_checked_chunk(reader, name, length)
        if name == b"IHDR":
            size = _read_png_header(content)
        if name == b"IEND":
            return _end_png(size, has_pixels=has_pixels)
    raise NotAPicture("not_a_picture", "a PNG of too many chunks")


def _take_checked_chunk(reader: Reader, name: bytes, length: int) -> bytes:
    content = reader.take(length)
    (checksum,) = struct.unpack(">I", reader.take(4))
    if zlib.crc32(content, zlib.crc32(name)) != checksum:
        raise NotAPicture("not_a_picture", f"the checksum of a PNG chunk {name!r} is wrong")
    return content


def _read_png_header(content: bytes) -> Size:
    if len(content) != 13:
        raise NotAPicture("not_a_picture", "a PNG header of the wrong length")
    width, height = struct.unpack_from(">II", content)
    return width, height


def _end_png(size: Size | None, *, has_pixels: bool) -> Size:
    if size is None or not has_pixels:
        raise NotAPicture("not_a_picture", "a PNG without pixels")
    return size


def walk_webp(reader: Reader) -> Size:
    """Go over the chunks of the RIFF container, which must hold a frame; an extended header's canvas is the size."""
    _, riff_bytes, _ = struct.unpack("<4sI4s", reader.take(12))
    end = riff_bytes + 8
    if end > reader.n_bytes:
        raise NotAPicture("cut_off", f"{reader.n_bytes} of {end} bytes")
    canvas: Size | None = None
    frame: Size | None = None
    for _ in range(_MAX_CHUNKS):
        if reader.position() >= end:
            break
        name, length = struct.unpack("<4sI", reader.take(8))
        if reader.position() + length > end:
            raise NotAPicture("not_a_picture", "a WebP chunk lies about its length")
        head = reader.take(min(length, 16))
        if name == b"VP8X":
            canvas = _read_webp_canvas(head)
        elif name in {b"VP8 ", b"VP8L", b"ANMF"}:
            frame = frame or _read_webp_frame(name, head)
        reader.skip(min(length - len(head) + length % 2, reader.n_bytes - reader.position()))
    if frame is None:
        raise NotAPicture("not_a_picture", "a WebP without a frame")
    return canvas or frame


def _read_webp_canvas(head: bytes) -> Size:
    if len(head) < 10:
        raise NotAPicture("not_a_picture", "a WebP header is too short")
    return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1


def _read_webp_frame(name: bytes, head: bytes) -> Size:
    if name == b"VP8 " and head[3:6] == b"\x9d\x01\x2a" and len(head) >= 10:
        width, height = struct.unpack_from("<HH", head, 6)
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and head[:1] == b"\x2f" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"ANMF" and len(head) >= 12:
        return int.from_bytes(head[6:9], "little") + 1, int.from_bytes(head[9:12], "little") + 1
    raise NotAPicture("not_a_picture", "a WebP frame without its header")


def walk_gif(reader: Reader) -> Size:
    """Go over every block to the trailer; a frame that reaches beyond the canvas widens it, as decoders do."""
    reader.skip(6)
    width, height, flags = struct.unpack("<HHB2x", reader.take(7))
    reader.skip(_gif_palette_bytes(flags))
    has_frame = False
    n_blocks = 0
    while n_blocks <= _MAX_GIF_BLOCKS:
        introducer = reader.take(1)
        if introducer == b";":
            break
        if introducer == b"!":
            reader.skip(1)
        elif introducer == b",":
            left, top, frame_width, frame_height, flags = struct.unpack("<HHHHB", reader.take(9))
            width, height = max(width, left + frame_width), max(height, top + frame_height)
            has_frame = True
            reader.skip(_gif_palette_bytes(flags) + 1)
        else:
            raise NotAPicture("not_a_picture", "a GIF block of no known kind")
        n_blocks += 1 + _skip_gif_data(reader)
    else:
        raise NotAPicture("not_a_picture", "a GIF of too many blocks")
    if not has_frame:
        raise NotAPicture("not_a_picture", "a GIF without a frame")
    return width, height


def _gif_palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_gif_data(reader: Reader) -> int:
    """Step over data blocks to the empty one; return how many there were."""
    n_blocks = 0
    length = reader.take(1)[0]
    while length and n_blocks <= _MAX_GIF_BLOCKS:
        length = reader.take(length + 1)[-1]
        n_blocks += 1
    return n_blocks
