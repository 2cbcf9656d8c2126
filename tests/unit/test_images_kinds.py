"""What `bot.images.kinds` takes a file for. Its one input is a file, hence `tmp_path`."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import NotAPicture
from bot.images import kinds
from bot.images.kinds import Kind
from tests.support.pictures import draw_picture, encode
from tests.support.source_pictures import encode_heic

PLAIN = draw_picture(40, 30)


def recognise(folder: Path, content: bytes) -> Kind:
    """Recognise content under a name that lies."""
    path = folder / "holiday.mp4"
    path.write_bytes(content)
    return kinds.recognise(path)


def iso(*brands: bytes) -> bytes:
    """Write the first box of an ISO container; the second brand is a version."""
    return (8 + 4 * len(brands)).to_bytes(4, "big") + b"ftyp" + b"".join(brands) + bytes(40)


def big_tiff() -> bytes:
    """Write a BigTIFF."""
    buffer = io.BytesIO()
    PLAIN.save(buffer, "TIFF", big_tiff=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encode(PLAIN, "JPEG"), Kind.JPEG),
        (encode(PLAIN, "PNG"), Kind.PNG),
        (encode(PLAIN, "WEBP"), Kind.WEBP),
        (encode(PLAIN, "GIF"), Kind.GIF),
        (encode(PLAIN, "BMP"), Kind.BMP),
        (encode(PLAIN, "TIFF"), Kind.TIFF),
        (big_tiff(), Kind.TIFF),
        (encode(PLAIN, "AVIF"), Kind.AVIF),
        (encode_heic(PLAIN), Kind.HEIC),
        (iso(b"mif1", b"\0\0\0\0", b"mif1", b"heic"), Kind.HEIC),
        (iso(b"mif1", b"\0\0\0\0", b"mif1", b"avif"), Kind.AVIF),
        (iso(b"mif1", b"\0\0\0\0", b"mif1"), Kind.HEIC),
        (iso(b"msf1", b"\0\0\0\0", b"hevc"), Kind.HEIC),
    ],
)
def test_a_picture_is_known_by_its_content(content: bytes, kind: Kind, tmp_path: Path) -> None:
    """The name says video; the bytes decide."""
    assert recognise(tmp_path, content) is kind


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (b"", "empty", ""),
        (SVG, "vector", "SVG"),
        (b"\xef\xbb\xbf\n <?xml version='1.0'?><!-- made by hand -->" + SVG, "vector", "SVG"),
        (b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'>" + SVG, "vector", "SVG"),
        (b"\xff\xfe" + SVG.decode().encode("utf-16-le"), "vector", "SVG"),
        (b"<html><body>" + SVG + b"</body></html>", "not_a_picture", "begins with"),
        (b"<?xml version='1.0'?><rss/>", "not_a_picture", "begins with"),
        (b"%PDF-1.7\n", "document", "PDF"),
        (b"\r\njunk before it\n%PDF-1.4\n", "document", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "document", "PostScript"),
        (iso(b"isom", b"\0\0\2\0", b"iso2", b"avc1", b"mp41"), "video", ""),
        (iso(b"qt  ", b"\0\0\2\0"), "video", ""),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video", ""),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81webm", "video", ""),
        (b"RIFF\x24\0\0\0AVI LIST", "video", ""),
        (b"FLV\x01\x05", "video", ""),
        ((b"\x47" + bytes(187)) * 4, "video", ""),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "unsupported", "JPEG XL"),
        (b"\xff\x0a\xfa\x7f", "unsupported", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "unsupported", "JPEG 2000"),
        (b"8BPS\0\x01", "unsupported", "Photoshop"),
        (encode(PLAIN, "ICO"), "unsupported", "icon"),
        (iso(b"crx ", b"\0\0\0\1"), "unsupported", "Canon raw"),
        (b"PK\x03\x04", "not_a_picture", "begins with"),
        (b"BM is how this text begins, and it goes on", "not_a_picture", "begins with"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "not_a_picture", "begins with"),
        (b"\0", "not_a_picture", "begins with 00"),
        (bytes(4_096), "not_a_picture", "begins with"),
    ],
)
def test_what_is_not_taken_is_refused_by_what_it_is(content: bytes, reason: str, detail: str, tmp_path: Path) -> None:
    """The reason is precise enough for a sentence of its own."""
    with pytest.raises(NotAPicture) as caught:
        recognise(tmp_path, content)
    assert caught.value.reason == reason
    assert caught.value.detail.startswith(detail)


def test_every_kind_has_a_decoder(tmp_path: Path) -> None:
    """No kind is recognised that Pillow or libheif could not open here."""
    Image.init()
    assert {kind.upper() for kind in Kind} - {"HEIC"} <= set(Image.OPEN)
