"""What people attach: pictures with everything their cameras and programs write beside the pixels."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw

SECRET = b"52.5163N 13.3777E"
"""Stands in every kind of metadata; a prepared file that still holds it has kept what it had to drop."""

CORNERS = {
    "top left": (220, 30, 30),
    "top right": (30, 160, 30),
    "bottom right": (30, 30, 220),
    "bottom left": (230, 200, 20),
}
"""The colours of a picture's quarters as a person is meant to see them."""

ROW_AND_COLUMN = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""EXIF 2.32, tag 274: the visual side of the stored row 0, and of the stored column 0."""

_OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}


def draw_stored(orientation: int, *, long: int = 96, short: int = 64) -> Image.Image:
    """Draw what a camera stores, so that it shows CORNERS, lying, when seen as the orientation says."""
    size = (long, short) if orientation <= 4 else (short, long)
    stored = Image.new("RGB", size)
    pen = ImageDraw.Draw(stored)
    row_side, column_side = ROW_AND_COLUMN[orientation]
    for is_last_row in (False, True):
        for is_last_column in (False, True):
            sides = {
                _OPPOSITE[row_side] if is_last_row else row_side,
                _OPPOSITE[column_side] if is_last_column else column_side,
            }
            colour = next(colour for name, colour in CORNERS.items() if set(name.split()) == sides)
            left, top = size[0] // 2 * is_last_column, size[1] // 2 * is_last_row
            pen.rectangle((left, top, left + size[0] // 2 - 1, top + size[1] // 2 - 1), fill=colour)
    return stored


def make_exif(orientation: int = 1) -> bytes:
    """Write an EXIF block with a camera, a position, and which way is up."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = SECRET.decode()
    block.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 58.7), 3: "E", 4: (13.0, 22.0, 39.7)})
    return block.tobytes()


def make_xmp() -> bytes:
    """Write an XMP packet."""
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>' + SECRET + b"</rdf:RDF></x:xmpmeta>"


def encode_heic(picture: Image.Image, *, orientation: int = 1, **options: Any) -> bytes:
    """Encode as a phone does: the orientation is the container's own, and repeated in EXIF."""
    buffer = io.BytesIO()
    if orientation != 1:
        options["exif"] = make_exif(orientation)
    pillow_heif.from_pillow(picture).save(buffer, format="HEIF", **options)
    return buffer.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    """Write a PNG chunk."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def list_png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """List a PNG's chunks by name and content."""
    chunks: list[tuple[bytes, bytes]] = []
    position = 8
    while position < len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        chunks.append((name, content[position + 8 : position + 8 + length]))
        position += length + 12
    return chunks


def insert_png_chunks(content: bytes, *chunks: bytes, before: bytes = b"IDAT") -> bytes:
    """Insert chunks before the first of a name."""
    at = content.index(before) - 4
    return content[:at] + b"".join(chunks) + content[at:]


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """Write a JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def insert_jpeg_segments(content: bytes, *segments: bytes) -> bytes:
    """Insert segments behind the first one."""
    (length,) = struct.unpack_from(">H", content, 4)
    return content[: 4 + length] + b"".join(segments) + content[4 + length :]


def list_riff_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """List a WebP's chunks by name and content."""
    chunks: list[tuple[bytes, bytes]] = []
    position = 12
    while position < len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        chunks.append((name, content[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return chunks


def make_riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Write a WebP container around chunks."""
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
