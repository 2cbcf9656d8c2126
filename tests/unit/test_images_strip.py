"""What goes and what stays when a JPEG, PNG or WebP is copied without its metadata: bytes in, bytes out."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO

import pytest
from PIL import Image, ImageCms

from bot.errors import NotAPicture
from bot.images import strip, walks
from bot.images.strip_jpeg import MAX_SCANS, strip_jpeg
from bot.images.strip_png import strip_png
from bot.images.strip_webp import strip_webp
from tests.support.pictures import draw_picture, draw_with_alpha, encode
from tests.support.source_pictures import (
    SECRET,
    insert_jpeg_segments,
    insert_png_chunks,
    jpeg_segment,
    list_png_chunks,
    list_riff_chunks,
    make_exif,
    make_riff,
    make_xmp,
    png_chunk,
)

PLAIN = draw_picture(97, 61)
ALPHA = draw_with_alpha(97, 61)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FRAMES = [draw_picture(97, 61, grain=grain) for grain in (1, 20)]

Stripper = Callable[[walks.Reader, BinaryIO], strip.Stripped]


def run(stripper: Stripper, content: bytes) -> tuple[strip.Stripped, bytes]:
    """Strip bytes."""
    target = io.BytesIO()
    return stripper(walks.Reader(io.BytesIO(content)), target), target.getvalue()


def icc_segments(profile: bytes, *, n_parts: int = 2) -> list[bytes]:
    """Cut a profile into JPEG segments."""
    step = -(-len(profile) // n_parts)
    parts = [profile[start : start + step] for start in range(0, len(profile), step)]
    return [
        jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, start=1)
    ]


CLEAN = {
    "jpeg": (strip_jpeg, encode(PLAIN, "JPEG", quality=90)),
    "jpeg, progressive": (strip_jpeg, encode(PLAIN, "JPEG", progressive=True)),
    "jpeg, restart marks": (strip_jpeg, encode(PLAIN, "JPEG", restart_marker_blocks=3)),
    "jpeg, profile": (strip_jpeg, encode(PLAIN, "JPEG", icc_profile=PROFILE)),
    "jpeg, grey": (strip_jpeg, encode(PLAIN.convert("L"), "JPEG")),
    "png": (strip_png, encode(PLAIN, "PNG")),
    "png, alpha": (strip_png, encode(ALPHA, "PNG")),
    "png, palette": (strip_png, encode(PLAIN.quantize(16), "PNG", transparency=3)),
    "png, one bit": (strip_png, encode(PLAIN.convert("1"), "PNG")),
    "png, 16 bit": (strip_png, encode(Image.new("I;16", (97, 61), 4660), "PNG")),
    "png, profile": (strip_png, encode(PLAIN, "PNG", icc_profile=PROFILE)),
    "png, gamma": (
        strip_png,
        insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"gAMA", b"\0\1\x86\xa0"), png_chunk(b"sBIT", b"\5\5\5")),
    ),
    "webp": (strip_webp, encode(PLAIN, "WEBP")),
    "webp, lossless": (strip_webp, encode(PLAIN, "WEBP", lossless=True)),
    "webp, alpha": (strip_webp, encode(ALPHA, "WEBP")),
    "webp, profile": (strip_webp, encode(PLAIN, "WEBP", icc_profile=PROFILE)),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_file_is_copied_byte_for_byte(name: str) -> None:
    """Pixels, palettes, alpha, profiles and gamma are all there, and nothing is said to have been removed."""
    stripper, content = CLEAN[name]
    stripped, copy = run(stripper, content)
    assert copy == content
    assert stripped == strip.Stripped(is_lossless="png" in name or "lossless" in name)


SOILED = {
    "jpeg, EXIF": encode(PLAIN, "JPEG", exif=make_exif()),
    "jpeg, XMP": encode(PLAIN, "JPEG", xmp=make_xmp()),
    "jpeg, comment": encode(PLAIN, "JPEG", comment=SECRET),
    "jpeg, IPTC": insert_jpeg_segments(encode(PLAIN, "JPEG"), jpeg_segment(0xED, b"Photoshop 3.0\0" + SECRET)),
    "jpeg, further pictures": insert_jpeg_segments(encode(PLAIN, "JPEG"), jpeg_segment(0xE2, b"MPF\0" + SECRET)),
    "jpeg, a thumbnail beside JFIF": insert_jpeg_segments(
        encode(PLAIN, "JPEG"), jpeg_segment(0xE0, b"JFXX\0" + SECRET)
    ),
    "jpeg, a marker of nobody": insert_jpeg_segments(encode(PLAIN, "JPEG"), jpeg_segment(0xF7, SECRET)),
    "jpeg, not a profile": insert_jpeg_segments(encode(PLAIN, "JPEG"), *icc_segments(SECRET * 9)),
    "jpeg, a profile that misses a part": insert_jpeg_segments(
        encode(PLAIN, "JPEG"), icc_segments(PROFILE + SECRET)[1]
    ),
    "jpeg, an endless profile": insert_jpeg_segments(
        encode(PLAIN, "JPEG"), *icc_segments((PROFILE + SECRET).ljust(5_000_000, b"x"), n_parts=90)
    ),
    "jpeg, behind its end": encode(PLAIN, "JPEG") + b"PK\x03\x04" + SECRET,
    "png, text": insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"tEXt", b"Comment\0" + SECRET)),
    "png, packed text": insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"zTXt", b"a\0\0" + zlib.compress(SECRET))),
    "png, long text": insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"iTXt", SECRET * 90_000)),
    "png, EXIF": encode(PLAIN, "PNG", exif=make_exif()),
    "png, time": insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"tIME", b"\x07\xea\1\1\1\1\1")),
    "png, a chunk of somebody's own": insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"prVt", SECRET)),
    "png, not a profile": insert_png_chunks(
        encode(PLAIN, "PNG"), png_chunk(b"iCCP", b"a\0\0" + zlib.compress(SECRET * 9))
    ),
    "png, a broken profile": insert_png_chunks(encode(PLAIN, "PNG"), png_chunk(b"iCCP", b"a\0\0" + SECRET)),
    "png, behind its end": encode(PLAIN, "PNG") + SECRET,
    "webp, EXIF": encode(PLAIN, "WEBP", exif=make_exif()),
    "webp, XMP": encode(PLAIN, "WEBP", xmp=make_xmp()),
    "webp, EXIF behind alpha": encode(ALPHA, "WEBP", exif=make_exif(), xmp=make_xmp()),
    "webp, a chunk of somebody's own": make_riff(
        *list_riff_chunks(encode(PLAIN, "WEBP", lossless=True)), (b"PRVT", SECRET)
    ),
    "webp, behind its end": encode(PLAIN, "WEBP") + SECRET,
}


def find_stripper(name: str) -> Stripper:
    """Find what strips files of such a name."""
    return {"jpeg": strip_jpeg, "png": strip_png, "webp": strip_webp}[name.split(",", maxsplit=1)[0]]


def find_clean(name: str) -> bytes:
    """Find the file that a soiled one was made from."""
    if name == "webp, EXIF behind alpha":
        return CLEAN["webp, alpha"][1]
    if name == "webp, a chunk of somebody's own":
        return CLEAN["webp, lossless"][1]
    return encode(PLAIN, name.split(",", maxsplit=1)[0].upper())


@pytest.mark.parametrize("name", SOILED)
def test_metadata_goes_and_the_pixels_stay(name: str) -> None:
    """The bytes of the metadata are nowhere in the copy, which decodes to the same pixels."""
    content = SOILED[name]
    stripped, copy = run(find_stripper(name), content)
    assert stripped.had_metadata
    assert not stripped.must_rewrite
    assert SECRET not in copy
    assert zlib.compress(SECRET) not in copy
    assert b"Exif" not in copy
    with Image.open(io.BytesIO(copy)) as after, Image.open(io.BytesIO(find_clean(name))) as before:
        assert after.convert("RGBA").tobytes() == before.convert("RGBA").tobytes()
        assert not {"exif", "xmp", "comment", "text"} & set(after.info)


DIRTY = {
    "jpeg": encode(PLAIN, "JPEG", quality=90, exif=make_exif(), xmp=make_xmp(), comment=SECRET) + SECRET,
    "png": encode(PLAIN, "PNG", exif=make_exif()) + SECRET,
    "webp, lossless": make_riff(
        *list_riff_chunks(CLEAN["webp, lossless"][1]), (b"EXIF", make_exif()), (b"XMP ", make_xmp())
    ),
}


@pytest.mark.parametrize("name", DIRTY)
def test_the_copy_is_the_file_that_never_had_any(name: str) -> None:
    """Stripped of everything, the file is the same as if it had been saved without."""
    stripper, clean = CLEAN[name]
    assert run(stripper, DIRTY[name])[1] == clean


def test_the_flags_of_a_webp_say_what_is_left() -> None:
    """Of EXIF, XMP, profile and alpha only profile and alpha remain, and are announced."""
    content = encode(ALPHA, "WEBP", exif=make_exif(), xmp=make_xmp(), icc_profile=PROFILE)
    header, *chunks = list_riff_chunks(run(strip_webp, content)[1])
    assert header[0] == b"VP8X"
    assert header[1][0] == 0x30
    assert [name for name, _ in chunks] == [b"ICCP", b"ALPH", b"VP8 "]


def test_a_webp_profile_that_is_none_goes_with_its_flag() -> None:
    """Anything may call itself a profile."""
    chunks = dict(list_riff_chunks(encode(PLAIN, "WEBP", icc_profile=PROFILE)))
    content = make_riff((b"VP8X", chunks[b"VP8X"]), (b"ICCP", SECRET * 9), (b"VP8 ", chunks[b"VP8 "]))
    copy = run(strip_webp, content)[1]
    assert [name for name, _ in list_riff_chunks(copy)] == [b"VP8X", b"VP8 "]
    assert list_riff_chunks(copy)[0][1][0] == 0


def test_of_two_pictures_in_a_webp_the_first_stays() -> None:
    """A second one is for other eyes."""
    one, other = encode(PLAIN, "WEBP", lossless=True), encode(PLAIN, "WEBP")
    assert run(strip_webp, make_riff(*list_riff_chunks(one), *list_riff_chunks(other)))[1] == one


def test_a_thumbnail_inside_jfif_goes() -> None:
    """The segment itself stays, with the thumbnail's size set to nothing."""
    clean = encode(PLAIN, "JPEG")
    jfif = jpeg_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\2\1" + SECRET[:6])
    stripped, copy = run(strip_jpeg, clean[:2] + jfif + clean[20:])
    assert copy == clean
    assert stripped.had_metadata


def test_metadata_between_two_scans_goes() -> None:
    """A progressive JPEG may hide a comment behind any scan; its tables stay."""
    clean = CLEAN["jpeg, progressive"][1]
    second_scan = clean.index(b"\xff\xda", clean.index(b"\xff\xda") + 2)
    tables = clean.rindex(b"\xff\xc4", 0, second_scan)
    dirty = clean[:tables] + jpeg_segment(0xFE, SECRET) + clean[tables:]
    stripped, copy = run(strip_jpeg, dirty)
    assert copy == clean
    assert stripped.had_metadata


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_way_up_is_remembered(kind: str, orientation: int) -> None:
    """What the metadata said of it is told, because it goes with the metadata."""
    stripped, _ = run(find_stripper(kind.lower()), encode(PLAIN, kind, exif=make_exif(orientation)))
    assert stripped.orientation == orientation


@pytest.mark.parametrize(
    ("content", "must_rewrite"),
    [
        (encode(PLAIN, "JPEG"), False),
        (encode(PLAIN.convert("CMYK"), "JPEG"), True),
        (encode(PLAIN, "JPEG").replace(b"\xff\xc0\x00\x11", b"\xff\xc9\x00\x11"), True),
        (encode(PLAIN, "JPEG").replace(b"\xff\xc0\x00\x11", b"\xff\xc1\x00\x11"), False),
    ],
)
def test_a_jpeg_of_inks_or_of_an_odd_coding_is_written_anew(content: bytes, must_rewrite: bool) -> None:
    """The provider wants what every browser shows."""
    assert run(strip_jpeg, content)[0].must_rewrite is must_rewrite


@pytest.mark.parametrize(("n_scans", "is_refused"), [(MAX_SCANS, False), (MAX_SCANS + 1, True), (500, True)])
def test_scans_are_bounded(n_scans: int, is_refused: bool) -> None:
    """Each scan costs a decoder a pass over the whole picture, whatever its length in the file."""
    clean = CLEAN["jpeg"][1]
    scan = clean[clean.index(b"\xff\xda") : -2]
    content = clean[:-2] + scan * (n_scans - 1) + clean[-2:]
    if not is_refused:
        assert run(strip_jpeg, content)[1] == content
        return
    with pytest.raises(NotAPicture, match="scans"):
        run(strip_jpeg, content)


def jpeg_with(*segments: bytes) -> bytes:
    """Put segments before the tables of a JPEG."""
    return insert_jpeg_segments(CLEAN["jpeg"][1], *segments)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (jpeg_with(*[jpeg_segment(0xDB, bytes(60_000))] * 20), "not_a_picture"),
        (jpeg_with(*[jpeg_segment(0xFE, b"")] * 5_000), "not_a_picture"),
        (jpeg_with(b"\xff\xfe\0\1"), "not_a_picture"),
        (jpeg_with(b"\xff\xfe\xff\xff"), "cut_off"),
        (CLEAN["jpeg"][1][:-2], "cut_off"),
        (CLEAN["jpeg"][1][:-2] + b"\xff", "cut_off"),
        (CLEAN["jpeg"][1][:-400] + b"\xff\xfe\xff\xff", "cut_off"),
    ],
)
def test_a_jpeg_that_lies_about_its_structure_is_refused(content: bytes, reason: str) -> None:
    """Too many tables or segments, and lengths that lead nowhere."""
    with pytest.raises(NotAPicture) as caught:
        run(strip_jpeg, content)
    assert caught.value.reason == reason


def test_an_end_mark_across_two_reads_is_found() -> None:
    """A scan is copied in blocks of a mebibyte, and a marker may lie across their border."""
    clean = CLEAN["jpeg"][1]
    scan_start = clean.index(b"\xff\xda") + 14
    for shift in range(-2, 2):
        content = clean[:scan_start] + b"\x11" * (strip.COPY_STEP_BYTES + shift) + b"\xff\xd9"
        assert run(strip_jpeg, content + SECRET)[1] == content


def png_with_pixels(packed: bytes, *, width: int = 16, height: int = 8, interlace: int = 0, depth: int = 8) -> bytes:
    """Write a grey PNG around packed pixel data."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


EXACT = 8 * 17


@pytest.mark.parametrize(
    ("packed", "must_rewrite"),
    [
        (zlib.compress(bytes(EXACT)), False),
        (zlib.compress(bytes(EXACT + 1)), True),
        (zlib.compress(bytes(50_000_000)), True),
        (zlib.compress(bytes(EXACT)) + SECRET, True),
        (zlib.compress(bytes(EXACT))[:-4], True),
    ],
)
def test_pixel_data_that_hides_more_is_written_anew(packed: bytes, must_rewrite: bool) -> None:
    """A bomb, something behind the pixels, or a missing checksum: the picture is there, but not as it is."""
    assert run(strip_png, png_with_pixels(packed))[0].must_rewrite is must_rewrite


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (png_with_pixels(zlib.compress(bytes(EXACT - 1))), "cut_off"),
        (png_with_pixels(zlib.compress(bytes(EXACT))[:-9]), "cut_off"),
        (png_with_pixels(b"no zlib at all"), "not_a_picture"),
        (png_with_pixels(zlib.compress(bytes(EXACT)), depth=3), "not_a_picture"),
        (png_with_pixels(zlib.compress(bytes(EXACT)), interlace=2), "not_a_picture"),
        (encode(PLAIN, "PNG").replace(b"IDAT", b"IDAT\0", 1), "not_a_picture"),
        (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""), "not_a_picture"),
        (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""), "not_a_picture"),
    ],
)
def test_broken_pixel_data_is_refused(content: bytes, reason: str) -> None:
    """Too few bytes are cut off; what can't be unpacked or means nothing is no picture."""
    with pytest.raises(NotAPicture) as caught:
        run(strip_png, content)
    assert caught.value.reason == reason


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 1), (3, 3), (8, 8), (97, 61)])
@pytest.mark.parametrize("mode", ["1", "L", "RGBA"])
def test_interlaced_pixel_data_is_counted_right(size: tuple[int, int], mode: str) -> None:
    """Seven passes, some of them empty: exactly so many bytes are a picture, one less is not."""
    width, height = size
    bits = {"1": 1, "L": 8, "RGBA": 32}[mode]
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    n_bytes = 0
    for left, top, right, down in passes:
        columns, rows = len(range(left, width, right)), len(range(top, height, down))
        n_bytes += rows * (1 + -(-columns * bits // 8)) if columns else 0
    depth, colour = {"1": (1, 0), "L": (8, 0), "RGBA": (8, 6)}[mode]
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 1))

    def write(n_raw_bytes: int) -> bytes:
        pixels = png_chunk(b"IDAT", zlib.compress(bytes(n_raw_bytes)))
        return b"\x89PNG\r\n\x1a\n" + header + pixels + png_chunk(b"IEND", b"")

    assert run(strip_png, write(n_bytes))[1] == write(n_bytes)
    with pytest.raises(NotAPicture):
        run(strip_png, write(n_bytes - 1))


@pytest.mark.parametrize(("options", "still_is_first_frame"), [({}, True), ({"default_image": True}, False)])
def test_an_animated_png_keeps_its_still_picture(options: dict[str, bool], still_is_first_frame: bool) -> None:
    """No chunk of the animation is left, and it is told whether the still picture was its first frame."""
    content = encode(PLAIN, "PNG", save_all=True, append_images=FRAMES, **options)
    stripped, copy = run(strip_png, content)
    assert (stripped.is_animated, stripped.still_is_first_frame) == (True, still_is_first_frame)
    assert {name for name, _ in list_png_chunks(copy)} == {b"IHDR", b"IDAT", b"IEND"}
    assert not stripped.had_metadata


def test_an_animated_webp_is_only_told() -> None:
    """It has no still picture to copy."""
    content = encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], exif=make_exif(6))
    stripped, copy = run(strip_webp, content)
    assert stripped == strip.Stripped(orientation=6, had_metadata=True, is_animated=True, is_lossless=True)
    assert len(copy) == 12
