"""A JPEG without metadata: JFIF, Adobe and ICC segments stay, as do all tables and scans, bit for bit.

The thumbnail inside JFIF goes, and so does everything behind the first end mark: second pictures, gain maps, archives.
"""

import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from bot.errors import NotAPicture
from bot.images import exif, strip, walks

MAX_SCANS = 64
"""Ordinary progressive files have about ten. Each costs a pass over the whole picture, however few bytes it has."""

_MAX_TABLES_BYTES = 1_048_576
_MAX_SEGMENTS = 4_096
_EOI, _SOS, _DNL = 0xD9, 0xDA, 0xDC
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD, _DNL, 0xDE, 0xDF})
_ORDINARY_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_MARKER_IN_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_ICC = b"ICC_PROFILE\0"
_ICC_HEAD_BYTES = len(_ICC) + 2


@dataclass(slots=True, kw_only=True)
class _Found:
    """What a walk has seen so far."""

    jfif: bytes = b""
    adobe: bytes = b""
    profile: list[bytes] = field(default_factory=list[bytes])
    tables: list[bytes] = field(default_factory=list[bytes])
    n_tables_bytes: int = 0
    exif: bytes = b""
    had_metadata: bool = False
    frame_marker: int = 0
    n_components: int = 0
    n_scans: int = 0

    def take_segment(self, marker: int, content: bytes) -> None:
        """Keep what is needed to show the picture, remember what is not."""
        if marker in walks.JPEG_FRAME_HEADERS:
            self.frame_marker, self.n_components = marker, content[5] if len(content) > 5 else 0
        if marker in walks.JPEG_FRAME_HEADERS or marker in _TABLES:
            self.tables.append(_segment(marker, content))
            self.n_tables_bytes += len(content) + 4
        elif marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) >= 14 and not self.jfif:
            self.jfif = _segment(marker, content[:12] + b"\0\0")
            self.had_metadata = self.had_metadata or len(content) > 14
        elif marker == 0xEE and content.startswith(b"Adobe") and len(content) >= 12:
            self.adobe = _segment(marker, content[:12])
        elif marker == 0xE2 and content.startswith(_ICC):
            self.profile.append(content)
        else:
            self.had_metadata = True
            if marker == 0xE1 and content.startswith(b"Exif\0\0") and not self.exif:
                self.exif = content

    def write_head(self, target: BinaryIO) -> None:
        """Write everything that stands before the first scan."""
        profile = self.profile if _is_whole_profile(self.profile) else []
        self.had_metadata = self.had_metadata or len(profile) < len(self.profile)
        target.write(b"\xff\xd8" + self.jfif + self.adobe + b"".join(_segment(0xE2, part) for part in profile))
        self.write_tables(target)

    def write_tables(self, target: BinaryIO) -> None:
        """Write what stood between two scans."""
        target.writelines(self.tables)
        self.tables.clear()


def strip_jpeg(reader: walks.Reader, target: BinaryIO) -> strip.Stripped:
    """Copy an inspected JPEG; NotAPicture where it breaks off or has too many scans or tables."""
    found = _Found()
    reader.skip(2)
    for _ in range(_MAX_SEGMENTS):
        marker = walks.take_jpeg_marker(reader)
        if marker == _EOI:
            break
        if marker in walks.JPEG_STANDALONE:
            continue
        content = _take_content(reader)
        if marker == _SOS:
            _copy_scan(reader, target, found, content)
            continue
        found.take_segment(marker, content)
        if found.n_tables_bytes > _MAX_TABLES_BYTES:
            raise NotAPicture("not_a_picture", "a JPEG of too many tables")
    else:
        raise NotAPicture("not_a_picture", "a JPEG of too many segments")
    target.write(b"\xff\xd9")
    return strip.Stripped(
        orientation=exif.read_orientation(found.exif),
        had_metadata=found.had_metadata or reader.position() < reader.n_bytes,
        must_rewrite=found.frame_marker not in _ORDINARY_FRAMES or found.n_components not in {1, 3},
    )


def _take_content(reader: walks.Reader) -> bytes:
    (length,) = struct.unpack(">H", reader.take(2))
    if length < 2:
        raise NotAPicture("not_a_picture", "a JPEG segment lies about its length")
    return reader.take(length - 2)


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _copy_scan(reader: walks.Reader, target: BinaryIO, found: _Found, header: bytes) -> None:
    found.n_scans += 1
    if found.n_scans > MAX_SCANS:
        raise NotAPicture("not_a_picture", f"a JPEG of more than {MAX_SCANS} scans")
    if found.n_scans == 1:
        found.write_head(target)
    else:
        found.write_tables(target)
    target.write(_segment(_SOS, header))
    kept = b""
    while True:
        block = kept + reader.take_up_to(strip.COPY_STEP_BYTES)
        if len(block) == len(kept):
            raise NotAPicture("cut_off", f"ends within a scan after {reader.n_bytes} bytes")
        if marker := _MARKER_IN_SCAN.search(block):
            target.write(block[: marker.start()])
            reader.step_back(len(block) - marker.start())
            return
        end = len(block.rstrip(b"\xff"))
        target.write(block[:end])
        kept = block[end:][-1:]


def _is_whole_profile(parts: list[bytes]) -> bool:
    """Say whether the parts are numbered 1 to n and make a profile of a believable length."""
    numbers = [tuple(part[len(_ICC) : _ICC_HEAD_BYTES]) for part in parts]
    if sorted(numbers) != [(number, len(parts)) for number in range(1, len(parts) + 1)]:
        return False
    first = next((part for part, (number, _) in zip(parts, numbers, strict=True) if number == 1), b"")
    return strip.is_profile(first[_ICC_HEAD_BYTES:]) and sum(map(len, parts)) <= strip.MAX_PROFILE_BYTES
