"""A WebP without metadata: the picture, its alpha and its colour profile stay; the header's flags say what is left."""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from bot.images import exif, strip, walks

_HAS_EXIF, _HAS_XMP, _HAS_PROFILE = 0x08, 0x04, 0x20
_KEPT = frozenset({b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L"})
_ANIMATION = frozenset({b"ANIM", b"ANMF"})


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    length: int


def strip_webp(reader: walks.Reader, target: BinaryIO) -> strip.Stripped:
    """Copy an inspected WebP that stands still; of an animated one only say what it is."""
    chunks, end = _list_chunks(reader)
    names = {chunk.name for chunk in chunks}
    exif_block = next((_read(reader, chunk) for chunk in chunks if chunk.name == b"EXIF"), b"")
    is_animated = bool(names & _ANIMATION)
    kept = [] if is_animated else _choose(reader, chunks)
    _write(reader, target, kept)
    return strip.Stripped(
        orientation=exif.read_orientation(exif_block),
        had_metadata=len(names - _KEPT - _ANIMATION) > 0 or reader.n_bytes > end,
        is_animated=is_animated,
        is_lossless=b"VP8L" in names or is_animated,
    )


def _list_chunks(reader: walks.Reader) -> tuple[list[_Chunk], int]:
    _, riff_bytes, _ = struct.unpack("<4sI4s", reader.take(12))
    end = riff_bytes + 8
    chunks: list[_Chunk] = []
    while reader.position() + 8 <= end:
        name, length = struct.unpack("<4sI", reader.take(8))
        chunks.append(_Chunk(name, reader.position(), length))
        reader.skip(min(length + length % 2, reader.n_bytes - reader.position()))
    return chunks, end


def _choose(reader: walks.Reader, chunks: list[_Chunk]) -> list[_Chunk]:
    """Choose the first of each kind that is needed; a profile only if it is one."""
    first: dict[bytes, _Chunk] = {}
    for chunk in chunks:
        if chunk.name in _KEPT:
            first.setdefault(chunk.name, chunk)
    if b"VP8L" in first and b"VP8 " in first:
        del first[max(first[b"VP8L"], first[b"VP8 "], key=lambda chunk: chunk.start).name]
    profile = first.get(b"ICCP")
    if profile and (b"VP8X" not in first or not _is_profile(reader, profile)):
        del first[b"ICCP"]
    return sorted(first.values(), key=lambda chunk: chunk.start)


def _is_profile(reader: walks.Reader, chunk: _Chunk) -> bool:
    return chunk.length <= strip.MAX_PROFILE_BYTES and strip.is_profile(_read(reader, chunk))


def _read(reader: walks.Reader, chunk: _Chunk) -> bytes:
    reader.go_to(chunk.start)
    return reader.take(min(chunk.length, strip.MAX_PROFILE_BYTES))


def _write(reader: walks.Reader, target: BinaryIO, chunks: list[_Chunk]) -> None:
    has_profile = any(chunk.name == b"ICCP" for chunk in chunks)
    n_bytes = 4 + sum(8 + chunk.length + chunk.length % 2 for chunk in chunks)
    target.write(b"RIFF" + struct.pack("<I", n_bytes) + b"WEBP")
    for chunk in chunks:
        target.write(struct.pack("<4sI", chunk.name, chunk.length))
        reader.go_to(chunk.start)
        n_left = chunk.length
        if chunk.name == b"VP8X" and n_left:
            target.write(_correct_flags(reader.take(1)[0], has_profile=has_profile))
            n_left -= 1
        strip.copy_bytes(reader, target, n_left)
        target.write(b"\0" * (chunk.length % 2))


def _correct_flags(flags: int, *, has_profile: bool) -> bytes:
    flags &= ~(_HAS_EXIF | _HAS_XMP | _HAS_PROFILE)
    return bytes((flags | (_HAS_PROFILE if has_profile else 0),))
