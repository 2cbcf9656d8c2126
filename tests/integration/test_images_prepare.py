"""Preparing real files: every kind of picture in, what the provider takes out, with the pixels compared."""

import hashlib
import io
import itertools
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat, JpegImagePlugin

from bot.errors import NotAPicture
from bot.images import container, develop, publish
from bot.images.prepare import Change, Prepared, prepare
from tests.support.pictures import draw_picture, draw_with_alpha, encode
from tests.support.source_pictures import (
    CORNERS,
    SECRET,
    draw_stored,
    encode_heic,
    insert_png_chunks,
    make_exif,
    make_xmp,
    png_chunk,
)

WIDTH, HEIGHT = 120, 80
PLAIN = draw_picture(WIDTH, HEIGHT)
SOFT = draw_picture(WIDTH, HEIGHT, grain=0.5)
ALPHA = draw_with_alpha(WIDTH, HEIGHT)
GREY = PLAIN.convert("L")
PALETTE = PLAIN.quantize(64)
FRAMES = [draw_picture(WIDTH, HEIGHT, grain=grain) for grain in (1, 20)]

EXACT, CLOSE, ALIKE = 0.0, 3.0, 12.0
"""Mean difference of a channel, of 255: the same pixels, one lossy step, and inks or a coarse codec."""


def prepare_bytes(folder: Path, content: bytes) -> tuple[Prepared, Image.Image]:
    """Prepare content under a name that says nothing; return what came out, and its pixels."""
    source, target = folder / "file.bin", folder / "target"
    source.write_bytes(content)
    target.mkdir(exist_ok=True)
    prepared = prepare(source, target, name="one")
    assert [path.name for path in target.iterdir()] == [f"one.{prepared.extension}"]
    assert source.read_bytes() == content
    with Image.open(prepared.path) as image:
        image.load()
    return prepared, image


def measure_difference(one: Image.Image, other: Image.Image) -> float:
    """Return the largest mean difference of a channel, as seen on white."""
    seen = [
        Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
        for image in (one, other)
    ]
    return max(ImageStat.Stat(ImageChops.difference(*seen)).mean)


def wide_grey() -> Image.Image:
    """Spread grey over 16 bits."""
    return GREY.convert("I").point(lambda value: value * 257).convert("I;16")


def wide_rgb_png() -> bytes:
    """Write a PNG of 16 bits a channel that lies on its side for no reason, so that it is written anew."""
    rows = []
    for y in range(HEIGHT):
        row = b"".join(struct.pack(">HHH", *(value * 257 for value in PLAIN.getpixel((x, y)))) for x in range(WIDTH))
        rows.append(b"\0" + row)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"eXIf", make_exif(3).removeprefix(b"Exif\0\0"))
        + png_chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + png_chunk(b"IEND", b"")
    )


def first_of(content: bytes) -> Image.Image:
    """Decode the first frame as Pillow does."""
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")


GIF = encode(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:])
ANIMATED_WEBP = encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], lossless=True)
FIRST, CONVERTED, UPRIGHT = Change.FIRST_FRAME, Change.CONVERTED, Change.UPRIGHT

FORMATS: dict[str, tuple[bytes, str, str, Image.Image, float, set[Change]]] = {
    # name: content, source format, media type, what it has to look like, how exactly, changes
    "jpeg": (encode(PLAIN, "JPEG"), "JPEG", "jpeg", first_of(encode(PLAIN, "JPEG")), EXACT, set()),
    "jpeg, progressive": (encode(PLAIN, "JPEG", progressive=True), "JPEG", "jpeg", PLAIN, ALIKE, set()),
    "jpeg, grey": (encode(GREY, "JPEG", quality=95), "JPEG", "jpeg", GREY, CLOSE, set()),
    "jpeg, inks": (encode(PLAIN.convert("CMYK"), "JPEG", quality=95), "JPEG", "jpeg", PLAIN, ALIKE, set()),
    "png": (encode(PLAIN, "PNG"), "PNG", "png", PLAIN, EXACT, set()),
    "png, alpha": (encode(ALPHA, "PNG"), "PNG", "png", ALPHA, EXACT, set()),
    "png, palette": (encode(PALETTE, "PNG"), "PNG", "png", PALETTE, EXACT, set()),
    "png, grey and alpha": (encode(ALPHA.convert("LA"), "PNG"), "PNG", "png", ALPHA.convert("LA"), EXACT, set()),
    "png, 16 bit grey": (encode(wide_grey(), "PNG"), "PNG", "png", wide_grey(), EXACT, set()),
    "png, 16 bit, upside down": (wide_rgb_png(), "PNG", "png", PLAIN.rotate(180), EXACT,
        {UPRIGHT, Change.METADATA_REMOVED}),
    "png, animated": (
        encode(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), "PNG", "png", FRAMES[0], EXACT, {FIRST},
    ),
    "png, animated beside a still": (
        encode(PLAIN, "PNG", save_all=True, append_images=FRAMES, default_image=True),
        "PNG", "png", FRAMES[0], EXACT, {FIRST},
    ),
    "webp": (encode(PLAIN, "WEBP"), "WebP", "webp", first_of(encode(PLAIN, "WEBP")), EXACT, set()),
    "webp, lossless alpha": (
        encode(ALPHA, "WEBP", lossless=True, exact=True), "WebP", "webp", ALPHA, EXACT, set(),
    ),
    "webp, animated": (ANIMATED_WEBP, "WebP", "png", FRAMES[0], EXACT, {FIRST, CONVERTED}),
    "gif": (encode(PALETTE, "GIF"), "GIF", "png", PALETTE, EXACT, {CONVERTED}),
    "gif, animated": (GIF, "GIF", "png", first_of(GIF), EXACT, {FIRST, CONVERTED}),
    "gif, see-through": (
        encode(PALETTE, "GIF", transparency=PALETTE.getpixel((0, 0))), "GIF", "png",
        first_of(encode(PALETTE, "GIF", transparency=PALETTE.getpixel((0, 0)))), EXACT, {CONVERTED},
    ),
    "bmp": (encode(PLAIN, "BMP"), "BMP", "png", PLAIN, EXACT, {CONVERTED}),
    "bmp, palette": (encode(PALETTE, "BMP"), "BMP", "png", PALETTE, EXACT, {CONVERTED}),
    "bmp, one bit": (encode(PLAIN.convert("1"), "BMP"), "BMP", "png", PLAIN.convert("1"), EXACT, {CONVERTED}),
    "tiff": (encode(PLAIN, "TIFF"), "TIFF", "png", PLAIN, EXACT, {CONVERTED}),
    "tiff, alpha": (encode(ALPHA, "TIFF", compression="tiff_lzw"), "TIFF", "png", ALPHA, EXACT, {CONVERTED}),
    "tiff, two pages": (
        encode(PLAIN, "TIFF", save_all=True, append_images=FRAMES), "TIFF", "png", PLAIN, EXACT, {FIRST, CONVERTED},
    ),
    "tiff, fax": (
        encode(PLAIN.convert("1"), "TIFF", compression="group4"), "TIFF", "png", PLAIN.convert("1"), EXACT, {CONVERTED},
    ),
    "tiff, big": (encode(PLAIN, "TIFF", big_tiff=True), "TIFF", "png", PLAIN, EXACT, {CONVERTED}),
    "tiff, inks": (encode(PLAIN.convert("CMYK"), "TIFF"), "TIFF", "png", PLAIN, CLOSE, {CONVERTED}),
    "tiff, 16 bit grey": (encode(wide_grey(), "TIFF"), "TIFF", "png", GREY, EXACT, {CONVERTED}),
    "tiff, 32 bit grey": (
        encode(GREY.convert("I").point(lambda value: value * 257), "TIFF"), "TIFF", "png", GREY, EXACT, {CONVERTED},
    ),
    "tiff, small numbers in 32 bits": (encode(GREY.convert("I"), "TIFF"), "TIFF", "png", GREY, EXACT, {CONVERTED}),
    "tiff, fractions": (
        encode(GREY.convert("F").point(lambda value: value * (1 / 255)), "TIFF"), "TIFF", "png", GREY, EXACT,
        {CONVERTED},
    ),
    "tiff, L*a*b*": (
        encode(ImageCms.profileToProfile(
            SOFT, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        ), "TIFF"),
        "TIFF", "png", SOFT, ALIKE, {CONVERTED},
    ),
    "avif": (encode(PLAIN, "AVIF", quality=95), "AVIF", "jpeg", PLAIN, ALIKE, {CONVERTED}),
    "avif, alpha": (encode(ALPHA, "AVIF", quality=95), "AVIF", "png", ALPHA, ALIKE, {CONVERTED}),
    "avif, animated": (
        encode(FRAMES[0], "AVIF", quality=95, save_all=True, append_images=FRAMES[1:]),
        "AVIF", "jpeg", FRAMES[0], ALIKE, {FIRST, CONVERTED},
    ),
    "heic": (encode_heic(SOFT, quality=95), "HEIC", "jpeg", SOFT, ALIKE, {CONVERTED}),
    "heic, alpha": (encode_heic(ALPHA, quality=95), "HEIC", "png", ALPHA, ALIKE, {CONVERTED}),
    "heic, grey": (encode_heic(GREY, quality=95), "HEIC", "jpeg", GREY, CLOSE, {CONVERTED}),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_picture_comes_out_as_it_looks(name: str, tmp_path: Path) -> None:
    """Kind, size, hash and changes are told truly, and the pixels are those of the source."""
    content, source_format, media_type, seen, tolerance, changes = FORMATS[name]
    prepared, image = prepare_bytes(tmp_path, content)
    assert (prepared.source_format, prepared.media_type) == (source_format, f"image/{media_type}")
    assert prepared.extension == {"jpeg": "jpg"}.get(media_type, media_type)
    assert set(prepared.changes) == changes
    assert len(prepared.changes) == len(changes)
    written = prepared.path.read_bytes()
    assert (prepared.n_bytes, prepared.sha256) == (len(written), hashlib.sha256(written).hexdigest())
    assert container.inspect(prepared.path).media_type == prepared.media_type
    assert image.size == (prepared.width, prepared.height) == seen.size
    assert image.mode != "CMYK"
    assert image.has_transparency_data == seen.has_transparency_data
    if tolerance == EXACT and image.mode != "I;16":
        assert image.convert("RGBA").tobytes() == seen.convert("RGBA").tobytes()
    assert measure_difference(image, seen) <= tolerance


TURNED = {
    "jpeg": lambda stored, orientation: encode(stored, "JPEG", quality=95, exif=make_exif(orientation)),
    "jpeg, progressive": lambda stored, orientation: encode(
        stored, "JPEG", quality=95, subsampling=0, progressive=True, exif=make_exif(orientation)
    ),
    "png": lambda stored, orientation: encode(stored, "PNG", exif=make_exif(orientation)),
    "png, palette": lambda stored, orientation: encode(stored.quantize(8), "PNG", exif=make_exif(orientation)),
    "webp": lambda stored, orientation: encode(stored, "WEBP", quality=95, exif=make_exif(orientation)),
    "webp, lossless": lambda stored, orientation: encode(stored, "WEBP", lossless=True, exif=make_exif(orientation)),
    "tiff": lambda stored, orientation: encode(stored, "TIFF", exif=make_exif(orientation)),
    "tiff, packed": lambda stored, orientation: encode(
        stored, "TIFF", tiffinfo={274: orientation}, compression="tiff_lzw"
    ),
    "avif": lambda stored, orientation: encode(stored, "AVIF", quality=95, exif=make_exif(orientation)),
    "heic": lambda stored, orientation: encode_heic(stored, quality=95, orientation=orientation),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", TURNED)
def test_every_picture_comes_out_upright(name: str, orientation: int, tmp_path: Path) -> None:
    """All eight ways a camera may be held, for each kind that can say so; turned once, never twice."""
    prepared, image = prepare_bytes(tmp_path, TURNED[name](draw_stored(orientation), orientation))
    assert image.size == (prepared.width, prepared.height) == (96, 64)
    for corner, colour in CORNERS.items():
        place = (80 if "right" in corner else 16, 50 if "bottom" in corner else 14)
        found = image.convert("RGB").getpixel(place)
        assert isinstance(found, tuple)
        assert max(abs(one - other) for one, other in zip(found, colour, strict=True)) <= 12, corner
    assert image.getexif().get(0x0112, 1) == 1
    if name != "heic":  # its decoder turns it, and does not tell
        assert (Change.UPRIGHT in prepared.changes) == (orientation != 1)


def test_a_lossless_picture_is_turned_without_loss(tmp_path: Path) -> None:
    """A PNG and a lossless WebP stay what they are, pixel by pixel."""
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        _, image = prepare_bytes(tmp_path, encode(ALPHA, kind, exif=make_exif(6), **options))
        assert image.tobytes() == ALPHA.transpose(Image.Transpose.ROTATE_270).tobytes()
        (tmp_path / "target" / "one.png").unlink()


LOCATED: dict[str, Any] = {
    "jpeg": encode(PLAIN, "JPEG", exif=make_exif(), xmp=make_xmp(), comment=SECRET),
    "jpeg, turned": encode(PLAIN, "JPEG", exif=make_exif(8), xmp=make_xmp()),
    "png": insert_png_chunks(encode(PLAIN, "PNG", exif=make_exif()), png_chunk(b"tEXt", b"GPS\0" + SECRET)),
    "png, turned": encode(PLAIN, "PNG", exif=make_exif(5)),
    "webp": encode(PLAIN, "WEBP", exif=make_exif(), xmp=make_xmp()),
    "webp, turned": encode(PLAIN, "WEBP", exif=make_exif(3), xmp=make_xmp()),
    "gif": encode(PALETTE, "GIF", comment=SECRET),
    "tiff": encode(PLAIN, "TIFF", exif=make_exif(), description=SECRET.decode()),
    "avif": encode(PLAIN, "AVIF", exif=make_exif(), xmp=make_xmp()),
    "heic": encode_heic(PLAIN, orientation=6, xmp=make_xmp()),
}


@pytest.mark.parametrize("name", LOCATED)
def test_a_picture_with_a_position_leaves_without_it(name: str, tmp_path: Path) -> None:
    """Neither the library nor a search of the raw bytes finds camera, text or position."""
    assert SECRET in LOCATED[name]
    prepared, image = prepare_bytes(tmp_path, LOCATED[name])
    written = prepared.path.read_bytes()
    assert not [mark for mark in (SECRET, b"Exif", b"eXIf", b"EXIF", b"xmpmeta", b"tEXt") if mark in written]
    assert dict(image.getexif()) == {}
    assert Change.METADATA_REMOVED in prepared.changes


def make_wide_profile() -> bytes:
    """Take sRGB's profile and swap its red and green: whoever ignores it shows the wrong colours."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = (profile.index(name, 128) for name in (b"rXYZ", b"gXYZ"))
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


SWAPPED = Image.merge("RGB", (SOFT.getchannel("G"), SOFT.getchannel("R"), SOFT.getchannel("B")))
SWAPPING = make_wide_profile()


@pytest.mark.parametrize(
    "content",
    [
        encode(SWAPPED, "JPEG", quality=97, subsampling=0, icc_profile=SWAPPING, exif=make_exif(3)),
        encode(SWAPPED, "PNG", icc_profile=SWAPPING, exif=make_exif(3)),
        encode(SWAPPED.quantize(256), "PNG", icc_profile=SWAPPING, exif=make_exif(3)),
        encode(SWAPPED.convert("RGBA"), "WEBP", lossless=True, icc_profile=SWAPPING, exif=make_exif(3)),
        encode(SWAPPED, "TIFF", icc_profile=SWAPPING, exif=make_exif(3)),
        encode(SWAPPED, "AVIF", quality=97, subsampling="4:4:4", icc_profile=SWAPPING, exif=make_exif(3)),
    ],
    ids=["jpeg", "png", "png, palette", "webp", "tiff", "avif"],
)
def test_a_colour_profile_is_honoured_where_the_picture_is_written_anew(content: bytes, tmp_path: Path) -> None:
    """The profile's colours become sRGB's, and no profile is left that would change them twice."""
    _, image = prepare_bytes(tmp_path, content)
    assert "icc_profile" not in image.info
    assert measure_difference(image, SOFT.rotate(180)) < 6
    assert measure_difference(image, SWAPPED.rotate(180)) > 15


def test_a_colour_profile_stays_where_the_pixels_stay(tmp_path: Path) -> None:
    """A file that is only stripped still says what its colours mean."""
    for kind in ("JPEG", "PNG", "WEBP"):
        prepared, image = prepare_bytes(tmp_path, encode(SWAPPED, kind, icc_profile=SWAPPING, exif=make_exif()))
        assert image.info["icc_profile"] == SWAPPING
        prepared.path.unlink()


def test_see_through_pixels_survive_a_profile(tmp_path: Path) -> None:
    """Alpha is no colour: the profile leaves it alone."""
    _, image = prepare_bytes(tmp_path, encode(ALPHA, "PNG", icc_profile=SWAPPING, exif=make_exif(3)))
    assert image.getchannel("A").tobytes() == ALPHA.rotate(180).getchannel("A").tobytes()


def test_a_profile_for_grey_is_honoured_in_black_and_white(tmp_path: Path) -> None:
    """A scan of one bit is toned like any grey."""
    grey = bytearray(SWAPPING)
    grey[16:20] = b"GRAY"
    _, image = prepare_bytes(tmp_path, encode(PLAIN.convert("1"), "TIFF", icc_profile=bytes(grey)))
    assert image.convert("1").tobytes() == PLAIN.convert("1").tobytes()


@pytest.mark.parametrize(
    ("values", "expected"),
    [((-1_000.0, 0.0, 1_000.0), (0, 128, 255)), ((0.0, 0.5, 1.0), (0, 128, 255)), ((7.0, 7.0, 7.0), (0, 0, 0))],
)
def test_numbers_of_any_range_are_spread_over_grey(
    values: tuple[float, ...], expected: tuple[int, ...], tmp_path: Path
) -> None:
    """A measurement saved as TIFF shows its darkest as black and its brightest as white; nothing is clipped."""
    measured = Image.new("F", (3, 1))
    measured.putdata(values)
    _, image = prepare_bytes(tmp_path, encode(measured, "TIFF"))
    assert tuple(image.convert("L").tobytes()) == expected


@pytest.mark.parametrize("profile", [b"x" * 200, SWAPPING[:300]])
def test_a_broken_profile_says_nothing(profile: bytes, tmp_path: Path) -> None:
    """Such a picture is taken for sRGB."""
    _, image = prepare_bytes(tmp_path, encode(PLAIN, "TIFF", icc_profile=profile))
    assert image.convert("RGB").tobytes() == PLAIN.tobytes()


def test_a_stated_gamma_is_honoured_where_the_picture_is_written_anew(tmp_path: Path) -> None:
    """Linear light at a fifth is shown as a middle grey; the usual gamma changes nothing."""
    plain = encode(Image.new("RGB", (9, 9), (55, 55, 55)), "PNG", exif=make_exif(3))
    for gamma, expected in ((100_000, 127), (45_455, 55)):
        content = insert_png_chunks(plain, png_chunk(b"gAMA", gamma.to_bytes(4, "big")))
        _, image = prepare_bytes(tmp_path, content)
        assert image.getpixel((4, 4)) == pytest.approx((expected,) * 3, abs=2)


def noise(width: int, height: int) -> Image.Image:
    """Draw what nothing can compress."""
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((7_680, 40), (7_680, 40)), ((7_681, 40), (7_680, 40)), ((40, 15_360), (20, 7_680)), ((30_000, 10), (7_680, 3))],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_longer_side_than_the_provider_takes_is_shrunk(
    kind: str, size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    """7,680 pixels are the most, the shape stays, and it is said."""
    prepared, _ = prepare_bytes(tmp_path, encode(draw_picture(*size, grain=0.5), kind))
    assert (prepared.width, prepared.height) == expected
    assert (Change.SHRUNK in prepared.changes) == (size != expected)


def test_shrinking_in_strips_leaves_no_seams(tmp_path: Path) -> None:
    """The pixels are those that scaling the whole picture at once gives, to the last rounding."""
    large = draw_picture(7_900, 1_300, grain=0)
    prepared, image = prepare_bytes(tmp_path, encode(large, "BMP"))
    whole = large.resize(image.size, Image.Resampling.LANCZOS)
    assert Change.SHRUNK in prepared.changes
    assert max(high for _, high in ImageChops.difference(image, whole).getextrema()) <= 1


def test_a_file_over_20_mb_is_written_anew_with_all_its_pixels(tmp_path: Path) -> None:
    """A scan keeps its resolution as a JPEG that stays under the easy limit, and it is said."""
    scan = Image.new("RGB", (2_900, 2_500))
    tile = draw_picture(725, 625, grain=3)
    for place in itertools.product(range(0, 2_900, 725), range(0, 2_500, 625)):
        scan.paste(tile, place)
    content = encode(scan, "PNG", compress_level=0)
    assert len(content) > publish.MAX_BYTES
    prepared, _ = prepare_bytes(tmp_path, content)
    assert (prepared.width, prepared.height) == (2_900, 2_500)
    assert prepared.n_bytes <= publish.MAX_BYTES
    assert set(prepared.changes) <= {Change.CONVERTED, Change.COMPRESSED}


def test_a_long_file_that_packs_better_stays_lossless(tmp_path: Path) -> None:
    """A PNG that was packed in haste keeps every pixel."""
    flat = Image.linear_gradient("L").resize((2_900, 2_500)).convert("RGB")
    prepared, image = prepare_bytes(tmp_path, encode(flat, "PNG", compress_level=0))
    assert prepared.changes == ()
    assert image.tobytes() == flat.tobytes()


@pytest.mark.parametrize(("mode", "media_type"), [("RGB", "image/jpeg"), ("RGBA", "image/webp")])
def test_noise_that_nothing_packs_still_fits(mode: str, media_type: str, tmp_path: Path) -> None:
    """Down the ways until one fits, alpha kept."""
    picture = noise(2_700, 2_600)
    if mode == "RGBA":
        picture.putalpha(picture.getchannel("R"))
    prepared, image = prepare_bytes(tmp_path, encode(picture, "PNG", compress_level=0))
    assert prepared.n_bytes <= publish.MAX_BYTES
    assert (prepared.media_type, image.mode) == (media_type, mode)
    assert Change.CONVERTED in prepared.changes
    assert {Change.COMPRESSED, Change.SHRUNK} & set(prepared.changes)


def test_what_no_quality_makes_fit_gets_fewer_pixels(tmp_path: Path) -> None:
    """24 megapixels of noise keep their shape and become as many as fit, which counts as shrunk."""
    prepared, image = prepare_bytes(tmp_path, encode(noise(6_000, 4_000), "BMP"))
    assert 15_000_000 < prepared.n_bytes <= publish.MAX_BYTES
    assert image.width / image.height == pytest.approx(1.5, abs=0.001)
    assert set(prepared.changes) == {Change.CONVERTED, Change.SHRUNK}


def test_a_photo_keeps_its_colour_resolution(tmp_path: Path) -> None:
    """Full colour stays full colour; what a camera halved is not blown up."""
    for subsampling in (0, 2):
        content = encode(PLAIN, "JPEG", quality=95, subsampling=subsampling, exif=make_exif(6))
        prepared, _ = prepare_bytes(tmp_path, content)
        with Image.open(prepared.path) as image:
            assert JpegImagePlugin.get_sampling(image) == subsampling


def test_a_large_webp_that_no_worker_could_decode_is_sent_as_it_is(tmp_path: Path) -> None:
    """The size is only advice, so the file is better sent than refused."""
    content = encode(Image.new("RGB", (8_000, 3_800)), "WEBP", lossless=True, method=0)
    assert develop.MAX_PIXELS[develop.Kind.WEBP] < 8_000 * 3_800
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    target.mkdir()
    prepared = prepare(source, target, name="one")
    assert (prepared.path.read_bytes(), prepared.changes) == (content, ())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<svg/>", "vector"),
        (b"%PDF-1.7", "document"),
        (b"\0\0\0\x18ftypisom", "video"),
        (b"8BPS", "unsupported"),
        (encode(PLAIN, "JPEG")[:-90], "cut_off"),
        (encode(PLAIN, "PNG")[:-90], "cut_off"),
        (encode(PLAIN, "GIF")[:-90], "cut_off"),
        (encode(PLAIN, "BMP")[:-90], "cut_off"),
        (encode(PLAIN, "TIFF")[:-90], "cut_off"),
        (encode(Image.new("1", (20_000, 6_000)), "BMP"), "too_large"),
        (encode(Image.new("1", (20_000, 6_000)), "TIFF", compression="group4"), "too_large"),
        (encode(Image.new("1", (20_000, 6_000)), "PNG"), "too_large"),
        (encode(Image.new("1", (33_000, 9)), "TIFF", compression="group4"), "too_large"),
    ],
)
def test_what_can_not_be_prepared_is_refused_and_leaves_nothing_behind(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    """The reason is precise, and neither half a file nor a scratch copy stays."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    target.mkdir()
    with pytest.raises(NotAPicture) as caught:
        prepare(source, target, name="one")
    assert caught.value.reason == reason
    assert list(target.iterdir()) == []
