"""What kind of file somebody attached, by its first bytes alone; names and declared types play no part.

Eight kinds of picture are taken. What else people attach is refused by what it is, so that the sentence can say so.
"""

import enum
import re
from collections.abc import Callable
from pathlib import Path

from bot.errors import NotAPicture

_HEAD_BYTES = 4_096
_ISO_BRANDS_BYTES = 256


class Kind(enum.StrEnum):
    """A kind of picture that can be prepared, by the name people know it by."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    GIF = "GIF"
    HEIC = "HEIC"
    AVIF = "AVIF"
    BMP = "BMP"
    TIFF = "TIFF"


def recognise(path: Path) -> Kind:
    """Say which kind of picture a file begins as.

    Raises `NotAPicture`: `empty`, `vector` (SVG), `document` (PDF, PostScript), `video`, `unsupported` (a picture of
    another kind, named in `detail`), or `not_a_picture`.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise NotAPicture("empty")
    kind = _find_picture(head)
    if kind is not None:
        return kind
    for reason, detail, matches in _REFUSED:
        if matches(head):
            raise NotAPicture(reason, detail)
    raise NotAPicture("not_a_picture", f"begins with {head[:8].hex()}")


def _find_picture(head: bytes) -> Kind | None:
    if head.startswith(b"RIFF"):
        return Kind.WEBP if head[8:12] == b"WEBP" else None
    if head[4:8] == b"ftyp":
        return _find_iso_picture(head)
    if head.startswith(b"BM"):
        return Kind.BMP if _is_bmp(head) else None
    return next((kind for magic, kind in _MAGICS if head.startswith(magic)), None)


_MAGICS = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0", Kind.TIFF),
    (b"MM\0+", Kind.TIFF),
)

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_IMAGE_BRANDS = frozenset({b"mif1", b"mif2", b"msf1"})


def _find_iso_picture(head: bytes) -> Kind | None:
    """Read the brands of an ISO container; the first that names a codec decides, a general one counts as HEIC."""
    length = int.from_bytes(head[:4], "big")
    brands = head[8 : min(length, _ISO_BRANDS_BYTES)]
    names = [brands[start : start + 4] for start in range(0, len(brands) - 3, 4) if start != 4]
    for name in names:
        if name in _AVIF_BRANDS:
            return Kind.AVIF
        if name in _HEIC_BRANDS:
            return Kind.HEIC
    return Kind.HEIC if _IMAGE_BRANDS.intersection(names) else None


def _is_bmp(head: bytes) -> bool:
    """Two letters are too little: look at the length of the second header, too."""
    return int.from_bytes(head[14:18], "little") in {12, 16, 40, 52, 56, 64, 108, 124}


def _is_svg(head: bytes) -> bool:
    text = head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n").lower()
    return re.match(rb"<(svg|\?xml|!--|!doctype\s+svg)", text) is not None and b"<svg" in text


def _is_video(head: bytes) -> bool:
    if head.startswith(b"RIFF"):
        return head[8:12] == b"AVI "
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return True
    if head[:1] == head[188:189] == head[376:377] == b"\x47":  # MPEG transport stream
        return True
    return head.startswith((b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"OggS", b"\x30\x26\xb2\x75"))


def _starts_with(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


_REFUSED: tuple[tuple[str, str, Callable[[bytes], bool]], ...] = (
    ("vector", "SVG", _is_svg),
    ("document", "PDF", lambda head: b"%PDF-" in head[:1_024]),
    ("document", "PostScript", _starts_with(b"%!PS", b"\xc5\xd0\xd3\xc6")),
    ("unsupported", "JPEG XL", _starts_with(b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    ("unsupported", "JPEG 2000", _starts_with(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    ("unsupported", "Photoshop", _starts_with(b"8BPS")),
    ("unsupported", "icon", _starts_with(b"\0\0\x01\0", b"\0\0\x02\0")),
    ("unsupported", "Canon raw", lambda head: head[4:12] == b"ftypcrx "),
    ("unsupported", "Fujifilm raw", _starts_with(b"FUJIFILMCCD-RAW")),
    ("video", "", _is_video),
)
