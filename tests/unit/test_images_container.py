"""What `bot.images.container` says of a file, whole, broken or hostile. Its one input is a file, hence `tmp_path`."""

import itertools
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import NotAPicture
from bot.images import container
from tests.support.pictures import draw_picture, draw_with_alpha, encode

WIDTH, HEIGHT = 97, 61
PLAIN = draw_picture(WIDTH, HEIGHT)
FRAMES = [draw_picture(WIDTH, HEIGHT, grain=grain) for grain in (1, 20)]


def chunk(name: bytes, content: bytes, *, length: int | None = None, checksum: int | None = None) -> bytes:
    """Write a PNG chunk, honest unless told otherwise."""
    right = zlib.crc32(name + content)
    return (
        struct.pack(">I", len(content) if length is None else length)
        + name
        + content
        + struct.pack(">I", right if checksum is None else checksum)
    )


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
IEND = chunk(b"IEND", b"")
IDAT = chunk(b"IDAT", zlib.compress(b"\0" * 9))


def png_header(width: int, height: int) -> bytes:
    """Write an IHDR of 8-bit grey."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Write a WebP container around chunks."""
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    """Write a GIF without a palette."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b"".join(blocks)


def gif_frame(left: int, top: int, width: int, height: int) -> bytes:
    """Write one frame with two bytes of data."""
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x02\x02\x4c\x01\x00"


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """Write a segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


SOI = b"\xff\xd8"
EOI = b"\xff\xd9"
SCAN = jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34\xff\x00\x56"
WEBP_FRAME = b"\x2f" + struct.pack("<I", (WIDTH - 1) | (HEIGHT - 1) << 14)


def jpeg_frame(width: int, height: int) -> bytes:
    """Write a baseline frame header of one component."""
    return jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")


WHOLE = {
    "jpeg": ("image/jpeg", "jpg", encode(PLAIN, "JPEG", quality=90)),
    "jpeg, progressive": ("image/jpeg", "jpg", encode(PLAIN, "JPEG", progressive=True)),
    "jpeg, an end mark in its metadata": ("image/jpeg", "jpg", encode(PLAIN, "JPEG", exif=b"Exif\0\0" + SOI + EOI)),
    "jpeg, grey": ("image/jpeg", "jpg", encode(PLAIN.convert("L"), "JPEG")),
    "jpeg, inks": ("image/jpeg", "jpg", encode(PLAIN.convert("CMYK"), "JPEG")),
    "jpeg, fill bytes before markers": (
        "image/jpeg", "jpg", SOI + b"\xff\xff" + jpeg_frame(WIDTH, HEIGHT) + b"\xff\x01" + SCAN + EOI,
    ),
    "png": ("image/png", "png", encode(PLAIN, "PNG")),
    "png, alpha": ("image/png", "png", encode(draw_with_alpha(WIDTH, HEIGHT), "PNG")),
    "png, palette": ("image/png", "png", encode(PLAIN.quantize(16), "PNG")),
    "png, 16 bit": ("image/png", "png", encode(Image.new("I;16", (WIDTH, HEIGHT), 4660), "PNG")),
    "png, animated": ("image/png", "png", encode(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:])),
    "webp, lossy": ("image/webp", "webp", encode(PLAIN, "WEBP")),
    "webp, lossless": ("image/webp", "webp", encode(PLAIN, "WEBP", lossless=True)),
    "webp, alpha": ("image/webp", "webp", encode(draw_with_alpha(WIDTH, HEIGHT), "WEBP")),
    "webp, animated": ("image/webp", "webp", encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:])),
    "webp, without the last pad byte": ("image/webp", "webp", riff((b"VP8L", WEBP_FRAME))),
    "gif": ("image/gif", "gif", encode(PLAIN, "GIF")),
    "gif, animated": ("image/gif", "gif", encode(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:])),
    "gif, a frame wider than the canvas": (
        "image/gif", "gif", gif(10, 10, gif_frame(WIDTH - 5, HEIGHT - 5, 5, 5), b";"),
    ),
}  # fmt: skip


def inspect(folder: Path, content: bytes) -> container.Picture:
    """Inspect content under a name that says nothing."""
    path = folder / "file.pdf"
    path.write_bytes(content)
    return container.inspect(path)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_picture_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    """Kind, size and length are right for each kind, whatever the file is called."""
    media_type, extension, content = WHOLE[name]
    assert inspect(tmp_path, content) == container.Picture(
        media_type=media_type, extension=extension, width=WIDTH, height=HEIGHT, n_bytes=len(content)
    )


@pytest.mark.parametrize("name", WHOLE)
def test_bytes_after_the_end_mark_are_tolerated(name: str, tmp_path: Path) -> None:
    """Viewers ignore them, cameras write them."""
    content = WHOLE[name][2] + b"\0 more <html>"
    assert (inspect(tmp_path, content).width, inspect(tmp_path, content).height) == (WIDTH, HEIGHT)


def is_recognisable(head: bytes) -> bool:
    """Say whether enough is left to know the kind: three bytes of a JPEG, up to twelve of the others."""
    n_needed = {0xFF: 3, 0x89: 8, ord("G"): 6, ord("R"): 12}
    return bool(head) and len(head) >= n_needed[head[0]]


@pytest.mark.parametrize(("name", "tenth"), list(itertools.product(WHOLE, range(10))))
def test_a_picture_cut_at_any_tenth_is_refused(name: str, tenth: int, tmp_path: Path) -> None:
    """What begins as a picture and ends too early is cut off; without its first bytes it is not even that."""
    content = WHOLE[name][2]
    kept = content[: len(content) * tenth // 10]
    with pytest.raises(NotAPicture) as caught:
        inspect(tmp_path, kept)
    assert caught.value.reason == ("cut_off" if is_recognisable(kept) else "not_a_picture")


@pytest.mark.parametrize("name", WHOLE)
def test_a_picture_without_its_last_bytes_is_cut_off(name: str, tmp_path: Path) -> None:
    """The end mark itself counts."""
    missing = 2 if name.startswith("webp") else 1
    with pytest.raises(NotAPicture) as caught:
        inspect(tmp_path, WHOLE[name][2][:-missing])
    assert caught.value.reason == "cut_off"


NOT_PICTURES = {
    "nothing": b"",
    "zeros": bytes(4096),
    "text": b"It is a picture, believe me.",
    "an error page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "an error as JSON": b'{"error": {"code": "resource_not_found"}}',
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "a sound in the same container as WebP": b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28),
    "random bytes": bytes(seed * 167 % 251 for seed in range(5000)),
    "a JPEG's first segment and then text": SOI + jpeg_segment(0xE0, bytes(14)) + b"hello " * 40,
    "a JPEG that ends before a scan": SOI + jpeg_frame(9, 9) + EOI + bytes(9),
    "a JPEG whose scan has no frame": SOI + SCAN + EOI,
    "a JPEG with an empty scan": SOI + jpeg_frame(9, 9) + jpeg_segment(0xDA, bytes(6)) + EOI,
    "a JPEG segment shorter than its own length": SOI + b"\xff\xe0\x00\x01" + jpeg_frame(9, 9) + SCAN + EOI,
    "a JPEG segment that lies about its length": SOI + b"\xff\xe0\x00\x05" + bytes(9) + jpeg_frame(9, 9) + SCAN + EOI,
    "a JPEG with a stump of a frame header": SOI + jpeg_segment(0xC0, b"\x08\0\x09") + SCAN + EOI,
    "a JPEG without height": SOI + jpeg_frame(9, 0) + SCAN + EOI,
    "a JPEG of endless segments": SOI + jpeg_segment(0xFE, b"") * 5000 + jpeg_frame(9, 9) + SCAN + EOI,
    "a JPEG of endless fill bytes": SOI + b"\xff" * 9000 + SCAN + EOI,
    "a PNG without pixels": PNG_SIGNATURE + png_header(9, 9) + IEND,
    "a PNG with an empty pixel chunk": PNG_SIGNATURE + png_header(9, 9) + chunk(b"IDAT", b"") + IEND,
    "a PNG whose header is not first": PNG_SIGNATURE + IDAT + png_header(9, 9) + IEND,
    "a PNG with two headers": PNG_SIGNATURE + png_header(9, 9) * 2 + IDAT + IEND,
    "a PNG with a short header": PNG_SIGNATURE + chunk(b"IHDR", bytes(12)) + IDAT + IEND,
    "a PNG with an impossible length": PNG_SIGNATURE + png_header(9, 9) + chunk(b"tEXt", b"", length=1 << 31) + IEND,
    "a PNG chunk that lies about its length": PNG_SIGNATURE
    + png_header(9, 9)
    + chunk(b"IDAT", bytes(50), length=9)
    + IEND,
    "a PNG header with a wrong checksum": PNG_SIGNATURE + chunk(b"IHDR", bytes(13), checksum=1) + IDAT + IEND,
    "a PNG text with a wrong checksum": PNG_SIGNATURE
    + png_header(9, 9)
    + chunk(b"tEXt", b"a", checksum=1)
    + IDAT
    + IEND,
    "a PNG no pixel wide": PNG_SIGNATURE + png_header(0, 9) + IDAT + IEND,
    "a PNG of endless chunks": PNG_SIGNATURE + png_header(9, 9) + chunk(b"tEXt", b"") * 66_000 + IDAT + IEND,
    "a WebP without a frame": riff((b"EXIF", bytes(20))),
    "a WebP whose chunk is longer than the file says": riff((b"VP8L", WEBP_FRAME))[:16]
    + b"\xff\0\0\0"
    + WEBP_FRAME
    + b"\0",
    "a WebP with a stump of a header": riff((b"VP8X", bytes(4)), (b"VP8L", WEBP_FRAME)),
    "a WebP whose lossy frame is none": riff((b"VP8 ", bytes(20))),
    "a WebP whose lossless frame is none": riff((b"VP8L", bytes(20))),
    "a WebP whose animation frame is a stump": riff((b"VP8X", bytes(10)), (b"ANMF", bytes(4))),
    "a GIF without a frame": gif(9, 9, b";"),
    "a GIF with a block of no known kind": gif(9, 9, b"?", gif_frame(0, 0, 9, 9), b";"),
    "a GIF no pixel wide": gif(0, 0, gif_frame(0, 0, 0, 9), b";"),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_refused(name: str, tmp_path: Path) -> None:
    """Other files, and pictures that lie about their own structure, are not pictures."""
    with pytest.raises(NotAPicture) as caught:
        inspect(tmp_path, NOT_PICTURES[name])
    assert caught.value.reason == "not_a_picture"


@pytest.mark.parametrize(
    ("content", "is_too_large"),
    [
        (PNG_SIGNATURE + png_header(10_000, 10_000) + IDAT + IEND, False),
        (PNG_SIGNATURE + png_header(10_000, 10_001) + IDAT + IEND, True),
        (PNG_SIGNATURE + png_header(32_768, 1) + IDAT + IEND, False),
        (PNG_SIGNATURE + png_header(32_769, 1) + IDAT + IEND, True),
        (SOI + jpeg_frame(15_000, 16_000) + SCAN + EOI, False),
        (SOI + jpeg_frame(16_000, 16_000) + SCAN + EOI, True),
        (gif(65_535, 65_535, gif_frame(0, 0, 1, 1), b";"), True),
        (gif(1, 1, gif_frame(0, 0, 65_535, 65_535), b";"), True),
        (riff((b"VP8X", bytes(4) + b"\xff" * 6), (b"VP8L", WEBP_FRAME)), True),
    ],
)
def test_more_pixels_than_a_worker_can_hold_are_too_large(content: bytes, is_too_large: bool, tmp_path: Path) -> None:
    """The limits are 32,768 pixels a side and 100 megapixels, for a JPEG 250."""
    if not is_too_large:
        assert inspect(tmp_path, content).n_bytes == len(content)
        return
    with pytest.raises(NotAPicture) as caught:
        inspect(tmp_path, content)
    assert caught.value.reason == "too_large"


def test_an_end_mark_across_two_reads_is_found(tmp_path: Path) -> None:
    """A scan is searched in blocks of a mebibyte, and the mark may lie across their border."""
    before = SOI + jpeg_frame(WIDTH, HEIGHT) + SCAN
    scan_start = len(before) - 5
    for shift in (-2, -1, 0, 1):
        content = before + b"\x11" * (scan_start + 1_048_576 + shift - len(before)) + EOI
        assert inspect(tmp_path, content).width == WIDTH
