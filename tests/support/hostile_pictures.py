"""Files made to hurt whoever decodes them, by class, with what may become of each, and how a worker tells its peak."""

import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.support.pictures import draw_picture, encode
from tests.support.source_pictures import (
    encode_heic,
    insert_jpeg_segments,
    insert_png_chunks,
    jpeg_segment,
    make_riff,
    png_chunk,
)

REPAIRED = "repaired"
"""The picture itself is fine and comes out, without what was wrong with the file."""

ANY = frozenset({REPAIRED, "not_a_picture", "cut_off", "too_large", "unsupported", "video"})
"""For files broken at random: any of our own answers will do, as long as it is one."""

MEBIBYTE = 1_048_576

_PLAIN = draw_picture(96, 64)
_JPEG = encode(_PLAIN, "JPEG")
_PROGRESSIVE = encode(_PLAIN, "JPEG", progressive=True)
_PNG = encode(_PLAIN, "PNG")
_GIF = encode(_PLAIN, "GIF")
_WEBP = encode(_PLAIN, "WEBP")
_BMP = encode(_PLAIN, "BMP")
_TIFF = encode(_PLAIN, "TIFF", compression="tiff_lzw")
_AVIF = encode(_PLAIN, "AVIF")
_HEIC = encode_heic(_PLAIN)
_WHOLE = {
    "jpg": _JPEG, "progressive.jpg": _PROGRESSIVE, "png": _PNG, "gif": _GIF, "webp": _WEBP, "bmp": _BMP, "tiff": _TIFF,
    "avif": _AVIF, "heic": _HEIC,
}  # fmt: skip
_ZEROS = zlib.compress(bytes(100 * MEBIBYTE), 9)

Hostile = tuple[str, bytes, frozenset[str]]


def tell_peak_bytes() -> int:
    """Return the most address space this process ever had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmPeak:")[2].split()[0]) * 1024


def list_hostile() -> Iterator[Hostile]:
    """List name, content and what may become of it; the first word of a name is its class."""
    for makers in (_bombs, _gifs, _tiffs, _heics, _jpegs, _polyglots, _lies, _exifs, _foreign, _truncated, _random):
        for name, content, allowed in makers():
            yield name, content, frozenset({allowed}) if isinstance(allowed, str) else frozenset(allowed)


def _png(width: int, height: int, packed: bytes, *, depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def _bombs() -> Iterator[tuple[str, bytes, str]]:
    yield "deflate a small picture that unpacks to 100 MiB", _png(96, 64, _ZEROS), REPAIRED
    yield "deflate too little for 100 megapixels", _png(10_000, 10_000, zlib.compress(bytes(9_999))), "cut_off"
    yield "deflate 90 honest megapixels in 90 kB", _png(10_000, 9_000, zlib.compress(bytes(10_001 * 9_000))), REPAIRED
    yield "deflate more pixels than a worker takes", _png(20_000, 20_000, _ZEROS), "too_large"
    yield "deflate the largest size a header can say", _png(2**31 - 1, 2**31 - 1, _ZEROS), "too_large"
    yield "iCCP a profile of 100 MiB", insert_png_chunks(_PNG, png_chunk(b"iCCP", b"a\0\0" + _ZEROS)), REPAIRED
    yield "iCCP ten of them", insert_png_chunks(_PNG, *[png_chunk(b"iCCP", b"a\0\0" + _ZEROS)] * 10), REPAIRED
    yield "zTXt 100 MiB of text", insert_png_chunks(_PNG, png_chunk(b"zTXt", b"a\0\0" + _ZEROS)), REPAIRED
    text = png_chunk(b"iTXt", b"a\0\1\0\0\0" + _ZEROS)
    yield "zTXt 10,000 MiB of international text", insert_png_chunks(_PNG, *[text] * 100), REPAIRED
    animated = encode(_PLAIN, "PNG", save_all=True, append_images=[_PLAIN.rotate(180)], default_image=True)
    yield (
        "zTXt in an animation",
        insert_png_chunks(animated, *[png_chunk(b"zTXt", b"a\0\0" + _ZEROS)] * 9),
        "not_a_picture",
    )


def _gif_head(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"


def _gif_frame(width: int, height: int, data: bytes = b"\x02\x02\x4c\x01\x00") -> bytes:
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + data


def _gifs() -> Iterator[tuple[str, bytes, str]]:
    yield "GIF a canvas of 65,535 squared", _gif_head(65_535, 65_535) + _gif_frame(1, 1) + b";", "too_large"
    yield "GIF a frame of 65,535 squared", _gif_head(1, 1) + _gif_frame(65_535, 65_535) + b";", "too_large"
    yield "GIF 9,999 squared in thirty bytes", _gif_head(9_999, 9_999) + _gif_frame(9_999, 9_999) + b";", "cut_off"
    yield "GIF 300,000 blocks", _gif_head(9, 9) + b"!\xfe\0" * 300_000 + _gif_frame(9, 9) + b";", "cut_off"
    yield "GIF no end of blocks", _gif_head(9, 9) + b"!\xfe\0" * 1_100_000 + b";", "not_a_picture"
    crumbs = b"\x02" + b"\x01\x44" * 2_000_000 + b"\0"
    yield "GIF 2,000,000 crumbs of data", _gif_head(9, 9) + _gif_frame(9, 9, crumbs) + b";", "not_a_picture"
    yield "GIF code size 99", _gif_head(9, 9) + _gif_frame(9, 9, b"\x63\x02\x4c\x01\x00") + b";", "not_a_picture"


def _tiff(*entries: tuple[int, int, int, int], next_at: int = 0, n_entries: int | None = None) -> bytes:
    count = len(entries) if n_entries is None else n_entries
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, count) + body + struct.pack("<I", next_at) + bytes(4_096)


_TIFF_ENTRIES = {
    256: (256, 3, 1, 32), 257: (257, 3, 1, 32), 258: (258, 3, 1, 8), 259: (259, 3, 1, 1), 262: (262, 3, 1, 1),
    273: (273, 4, 1, 512), 277: (277, 3, 1, 1), 278: (278, 3, 1, 32), 279: (279, 4, 1, 1_024),
}  # fmt: skip


def _tiff_with(*changed: tuple[int, int, int, int], next_at: int = 0) -> bytes:
    return _tiff(*(_TIFF_ENTRIES | {entry[0]: entry for entry in changed}).values(), next_at=next_at)


def _tiffs() -> Iterator[tuple[str, bytes, str | set[str]]]:
    broken = {"not_a_picture", "cut_off"}
    yield "TIFF a directory that follows itself", _tiff_with(next_at=8), REPAIRED
    yield "TIFF directories in a circle", _tiff_with((34665, 4, 1, 8), (330, 4, 1, 8), (34853, 4, 1, 8)), REPAIRED
    yield "TIFF strips behind the end", _tiff_with((273, 4, 1, 2**31)), broken
    yield "TIFF a strip of 4 GiB", _tiff_with((279, 4, 1, 2**32 - 1), (259, 3, 1, 8)), broken
    yield "TIFF a billion strips", _tiff_with((273, 4, 2**30, 512), (279, 4, 2**30, 512)), "not_a_picture"
    yield "TIFF a title of 4 GiB", _tiff_with((270, 2, 2**32 - 1, 512)), "not_a_picture"
    yield "TIFF overlapping titles", _tiff(*[(40_000 + i, 2, 4_000, 9) for i in range(4_000)]), "not_a_picture"
    yield "TIFF 65,535 entries", _tiff(*_TIFF_ENTRIES.values(), n_entries=65_535), "not_a_picture"
    yield "TIFF a tile of 2^62 pixels", _tiff_with((322, 4, 1, 2**31), (323, 4, 1, 2**31)), "too_large"
    yield "TIFF 100,000 squared", _tiff_with((256, 4, 1, 100_000), (257, 4, 1, 100_000)), "too_large"
    yield "TIFF no pixel wide", _tiff_with((256, 3, 1, 0)), "not_a_picture"
    yield "TIFF a width that is text", _tiff_with((256, 2, 9, 512)), "not_a_picture"
    yield "TIFF 99 bits a sample", _tiff_with((258, 3, 1, 99)), "not_a_picture"
    yield "TIFF a thousand samples", _tiff_with((277, 3, 1, 1_000)), "not_a_picture"
    yield "TIFF an unknown packing", _tiff_with((259, 3, 1, 4_711)), broken
    yield "TIFF a directory behind the end", b"II*\0\xff\xff\xff\x7f", "cut_off"
    yield "TIFF big, with 2^60 entries", b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**60) + bytes(99), "not_a_picture"
    yield "TIFF big, with a header that is none", b"II+\0" + bytes(99), "not_a_picture"
    flat = encode(Image.new("L", (9_000, 9_000)), "TIFF", compression="tiff_deflate")
    yield "TIFF 81 honest megapixels in a few kB", flat, REPAIRED
    yield "TIFF a camera's raw file", _tiff_with((50_706, 1, 4, 1)), "unsupported"


def _heics() -> Iterator[tuple[str, bytes, str | set[str]]]:
    broken = {"not_a_picture", "cut_off", "too_large"}
    grid = encode_heic(draw_picture(256, 256), tile_size=64)
    description = b"\0\0\x03\x03\x01\0\x01\0"
    if description not in grid:
        raise ValueError("the encoder wrote no grid")
    size = b"ispe" + struct.pack(">III", 0, 256, 256)
    for name, patched in {
        "a canvas of 65,535 squared": b"\0\0\x03\x03\xff\xff\xff\xff",
        "256 by 256 tiles of which 16 are there": b"\0\0\xff\xff\x01\0\x01\0",
        "no canvas at all": b"\0\0\x03\x03\0\0\0\0",
        "400 megapixels of which one file header knows": b"\0\0\x03\x03\x4e\x20\x4e\x20",
        "more tiles than its canvas holds": b"\0\0\x03\x03\0\x10\0\x10",
    }.items():
        yield f"HEIC grid: {name}", grid.replace(description, patched), broken
    huge = struct.pack(">III", 0, 60_000, 60_000)
    yield "HEIC grid: a size of 60,000 squared", grid.replace(size, b"ispe" + huge), broken
    yield (
        "HEIC a size of 2^32 squared",
        _HEIC.replace(b"ispe" + struct.pack(">III", 0, 96, 64), b"ispe\0\0\0\0" + b"\xff" * 8),
        broken | {REPAIRED},
    )
    yield "HEIC nothing but its first box", _HEIC[: int.from_bytes(_HEIC[:4], "big")], broken
    yield "HEIC a box that is 2^63 long", _HEIC.replace(b"meta", b"\0\0\0\1", 1), broken
    yield "HEIC endless empty boxes", _HEIC[:24] + b"\0\0\0\x08free" * 100_000, broken
    yield (
        "AVIF a size of 60,000 squared",
        _AVIF.replace(b"ispe" + struct.pack(">III", 0, 96, 64), b"ispe" + huge),
        broken,
    )


def _jpegs() -> Iterator[tuple[str, bytes, str]]:
    scan = _JPEG[_JPEG.index(b"\xff\xda") : -2]
    yield "scans a hundred", _JPEG[:-2] + scan * 99 + _JPEG[-2:], "not_a_picture"
    yield "scans ten thousand empty ones", _JPEG[:-2] + scan[:14] * 10_000 + _JPEG[-2:], "not_a_picture"
    progressive = bytearray(encode(Image.new("L", (9_000, 9_000)), "JPEG", progressive=True))
    yield "scans a progressive picture of 81 megapixels", bytes(progressive), "too_large"
    last = bytes(progressive[progressive.rindex(b"\xff\xda") : -2])
    yield "scans a hundred over 81 megapixels", bytes(progressive[:-2]) + last * 99 + b"\xff\xd9", "not_a_picture"
    frame = _JPEG.index(b"\xff\xc0") + 5
    yield "JPEG 65,535 squared", _JPEG[:frame] + b"\xff\xff\xff\xff" + _JPEG[frame + 4 :], "too_large"
    yield "JPEG 12 bits a sample", _JPEG[: frame - 1] + b"\x0c" + _JPEG[frame:], "not_a_picture"
    yield "JPEG lossless by its header", _JPEG[: frame - 4] + b"\xc3" + _JPEG[frame - 3 :], "not_a_picture"
    tables = [jpeg_segment(0xC4, bytes(60_000))] * 50
    yield "JPEG 3 MB of tables", insert_jpeg_segments(_JPEG, *tables), "not_a_picture"
    yield "JPEG 5,000 comments", insert_jpeg_segments(_JPEG, *[jpeg_segment(0xFE, b"")] * 5_000), "not_a_picture"


def _polyglots() -> Iterator[tuple[str, bytes, str]]:
    archive = b"PK\x03\x04" + bytes(999) + b"PK\x05\x06" + bytes(18)
    page = b"<html><script>alert(1)</script></html>"
    for name, content in _WHOLE.items():
        if name not in {"tiff", "bmp", "avif", "heic"}:
            yield f"polyglot {name} and an archive", content + archive, REPAIRED
            yield f"polyglot {name} and a page", content + page, REPAIRED
    yield "polyglot a page in a comment", insert_jpeg_segments(_JPEG, jpeg_segment(0xFE, page)), REPAIRED
    yield "polyglot a document with a picture in it", b"%PDF-1.7\n" + _JPEG, "document"
    yield (
        "polyglot a picture with a document in it",
        insert_jpeg_segments(_JPEG, jpeg_segment(0xFE, b"%PDF-1.7\n")),
        REPAIRED,
    )
    yield "polyglot a page with a picture in it", page + _PNG, "not_a_picture"
    yield "polyglot a script that begins like a GIF", b"GIF89a=1;alert(1)//" + bytes(99), "not_a_picture"


def _lies() -> Iterator[tuple[str, bytes, str | set[str]]]:
    yield "lies a PNG chunk of 2 GiB", insert_png_chunks(_PNG, b"\x7f\xff\xff\xfftEXt"), "cut_off"
    yield "lies a PNG chunk of 4 GiB", insert_png_chunks(_PNG, b"\xff\xff\xff\xfftEXt"), "not_a_picture"
    yield "lies a PNG with a wrong checksum", _PNG[:-30] + b"\0" + _PNG[-29:], "not_a_picture"
    yield (
        "lies a JPEG segment of 64 KiB",
        insert_jpeg_segments(_JPEG, b"\xff\xfe\xff\xff"),
        {"cut_off", "not_a_picture"},
    )
    yield "lies a JPEG segment of one byte", insert_jpeg_segments(_JPEG, b"\xff\xfe\0\1"), "not_a_picture"
    yield "lies a WebP of 4 GiB", _WEBP[:4] + b"\xff\xff\xff\xff" + _WEBP[8:], "cut_off"
    yield "lies a WebP chunk of 4 GiB", _WEBP[:16] + b"\xff\xff\xff\xff" + _WEBP[20:], "not_a_picture"
    yield (
        "lies a WebP canvas of 2^24 squared",
        make_riff((b"VP8X", bytes(4) + b"\xff" * 6), (b"VP8 ", _WEBP[20:])),
        "too_large",
    )
    yield (
        "lies a WebP canvas that is not its picture's",
        make_riff((b"VP8X", bytes(4) + b"\xff\x0f\0\xff\x0f\0"), (b"VP8 ", _WEBP[20:])),
        "not_a_picture",
    )
    yield "lies a BMP of 2^31 lines", _BMP[:22] + b"\0\0\0\x80" + _BMP[26:], "too_large"
    yield "lies a BMP without lines", _BMP[:22] + bytes(4) + _BMP[26:], "not_a_picture"
    yield "lies a BMP of 2^32 colours", _BMP[:28] + b"\x08\0" + _BMP[30:46] + b"\xff" * 4 + _BMP[50:], "not_a_picture"
    yield "lies a BMP whose pixels lie behind its end", _BMP[:10] + b"\xff\xff\xff\x7f" + _BMP[14:], "cut_off"
    run = struct.pack("<IiiHHIIiiII", 40, 9_900, 9_900, 1, 8, 1, 0, 0, 0, 256, 0)
    bomb = b"BM" + struct.pack("<IHHI", 0, 0, 0, 1_078) + run + bytes(1_024) + b"\xff\x01\0\x01"
    yield "lies a BMP that runs out of runs", bomb, {"cut_off", "not_a_picture", REPAIRED}


def _exifs() -> Iterator[tuple[str, bytes, str]]:
    entries = b"".join(struct.pack("<HHII", 40_000 + i % 9_000, 7, 60_000, 8) for i in range(65_535))
    block = b"II*\0" + struct.pack("<IH", 8, 65_535) + entries + bytes(4) + bytes(60_000)
    circle = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    yield "EXIF entries that claim 4 GiB", insert_png_chunks(_PNG, png_chunk(b"eXIf", block)), REPAIRED
    yield "EXIF that follows itself", insert_jpeg_segments(_JPEG, jpeg_segment(0xE1, b"Exif\0\0" + circle)), REPAIRED
    yield "EXIF that claims 4 GiB in a WebP", make_riff((b"VP8 ", _WEBP[20:]), (b"EXIF", block)), REPAIRED


def _foreign() -> Iterator[tuple[str, bytes, str]]:
    laughs = b'<!DOCTYPE svg [<!ENTITY a "' + b"&b;" * 9 + b'">]><svg>&a;</svg>'
    yield "foreign an empty file", b"", "empty"
    yield "foreign a drawing that includes itself a billion times", laughs, "vector"
    yield "foreign a document", b"%PDF-1.4\n" + bytes(999), "document"
    yield "foreign a video", b"\0\0\0\x18ftypmp42" + bytes(999), "video"
    yield "foreign a drawing after 2,000 spaces", b" " * 2_000 + b"<svg/>", "vector"
    yield "foreign zeros", bytes(99_999), "not_a_picture"


def _truncated() -> Iterator[tuple[str, bytes, set[str]]]:
    for name, content in _WHOLE.items():
        for tenth in range(1, 10):
            cut = content[: len(content) * tenth // 10]
            yield f"truncated {name} after {tenth} tenths", cut, {"cut_off", "not_a_picture"}


def _random() -> Iterator[tuple[str, bytes, frozenset[str]]]:
    chance = random.Random(20)
    for name, content in _WHOLE.items():
        yield f"random bytes as .{name}", chance.randbytes(4_096), frozenset({"not_a_picture"})
        yield f"random bytes behind the head of .{name}", content[:24] + chance.randbytes(4_096), ANY
        for number in range(3):
            flipped = bytearray(content)
            for _ in range(12):
                flipped[chance.randrange(12, len(flipped))] ^= 1 << chance.randrange(8)
            yield f"random bits turned in .{name}, {number}", bytes(flipped), ANY
