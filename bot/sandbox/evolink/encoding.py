"""A drawing as a file: JPEG, PNG or WebP, padded to an exact size where wanted. Blocking, no state."""

import io
import struct
import zlib
from typing import Literal

from PIL import Image

Encoding = Literal["jpeg", "png", "webp"]

CONTENT_TYPES: dict[str, str] = {"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}
EXTENSIONS: dict[str, str] = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "webp": ".webp"}

_SEGMENT_MAX_BYTES = 65_535


def encode(image: Image.Image, encoding: Encoding) -> bytes:
    """Write a picture into bytes, marked in its metadata as the sandbox's."""
    buffer = io.BytesIO()
    if encoding == "jpeg":
        image.save(buffer, "JPEG", quality=88, comment=b"sandbox picture")
    elif encoding == "png":
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "WEBP", quality=85, method=0)
    return buffer.getvalue()


def pad(data: bytes, encoding: Encoding, n_bytes: int) -> bytes:
    """Grow a file to exactly `n_bytes` by a segment that readers skip; ValueError where it cannot be."""
    missing = n_bytes - len(data)
    if missing == 0:
        return data
    if encoding == "jpeg" and missing >= _JPEG_OVERHEAD:
        return data[:2] + _jpeg_comments(missing) + data[2:]
    if encoding == "png" and missing >= _PNG_OVERHEAD:
        end = len(data) - _PNG_OVERHEAD  # the IEND chunk is exactly one empty chunk
        return data[:end] + _png_chunk(b"saNd", bytes(missing - _PNG_OVERHEAD)) + data[end:]
    raise ValueError(f"a {encoding} of {len(data)} bytes cannot be padded to {n_bytes}")


_JPEG_OVERHEAD = 4
_PNG_OVERHEAD = 12


def _jpeg_comments(n_bytes: int) -> bytes:
    parts: list[bytes] = []
    while n_bytes > 0:
        size = min(n_bytes, _SEGMENT_MAX_BYTES + 2)
        if 0 < n_bytes - size < _JPEG_OVERHEAD:
            size -= _JPEG_OVERHEAD
        parts.append(b"\xff\xfe" + struct.pack(">H", size - 2) + bytes(size - 4))
        n_bytes -= size
    return b"".join(parts)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def sniff(head: bytes) -> str | None:
    """Name the kind of picture by its first bytes: jpeg, png, gif, webp, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return None
