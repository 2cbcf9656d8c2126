"""Fitting real files to a limit: what comes out always fits, and is what its steps say it is."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from bot.errors import NotAPicture
from bot.images import container, fit, likeness, pixels
from bot.images.fit import Step
from bot.images.worker import ImageWorkers, WorkerDied
from tests.support.clock import ManualClock
from tests.support.pictures import draw_picture, draw_with_alpha, encode

WIDTH, HEIGHT = 480, 320
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def write(folder: Path, content: bytes, name: str = "job.bin") -> Path:
    """Write a source file."""
    path = folder / name
    path.write_bytes(content)
    return path


def fit_to_share(folder: Path, content: bytes, share: float) -> tuple[fit.Fitted, Image.Image, int]:
    """Fit to a share of the source's length; return what came out, its pixels, and the limit."""
    max_bytes = int(len(content) * share)
    target = folder / "target"
    target.mkdir()
    fitted = fit.fit(write(folder, content), target, max_bytes=max_bytes)
    with Image.open(fitted.path) as image:
        image.load()
    return fitted, image, max_bytes


def measure_ssim(one: Image.Image, other: Image.Image) -> float:
    """Compare what the eye judges detail by."""
    return likeness.measure_ssim(pixels.take_brightness(one), pixels.take_brightness(other))


def is_same(one: Image.Image, other: Image.Image) -> bool:
    """Compare pixel by pixel, with alpha, and the hidden colour behind it too."""
    return one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_fits_is_left_alone(kind: str, tmp_path: Path) -> None:
    """The original itself is named, at exactly the limit too, and nothing is written."""
    content = encode(draw_picture(WIDTH, HEIGHT), kind)
    source = write(tmp_path, content)
    fitted = fit.fit(source, tmp_path, max_bytes=len(content))
    assert (fitted.path, fitted.n_bytes, fitted.steps) == (source, len(content), ())
    assert (fitted.media_type, fitted.width, fitted.height) == (f"image/{kind.lower()}", WIDTH, HEIGHT)
    assert list(tmp_path.iterdir()) == [source]


SOURCES = {
    "png": encode(draw_picture(WIDTH, HEIGHT), "PNG"),
    "png, grain": encode(draw_picture(WIDTH, HEIGHT, grain=25), "PNG"),
    "png, alpha": encode(draw_with_alpha(WIDTH, HEIGHT), "PNG"),
    "png, hasty": encode(draw_picture(WIDTH, HEIGHT).quantize(64), "PNG", compress_level=0),
    "png, smooth": encode(draw_picture(WIDTH, HEIGHT, grain=0.7), "PNG"),
    "png, smooth alpha": encode(draw_with_alpha(WIDTH, HEIGHT, grain=0.7), "PNG"),
    "png, palette": encode(draw_picture(WIDTH, HEIGHT).quantize(64), "PNG"),
    "png, grey": encode(draw_picture(WIDTH, HEIGHT).convert("L"), "PNG"),
    "png, tall": encode(draw_picture(96, 1536), "PNG"),
    "jpeg": encode(draw_picture(WIDTH, HEIGHT), "JPEG", quality=99, subsampling=0),
    "jpeg, inks": encode(draw_picture(WIDTH, HEIGHT).convert("CMYK"), "JPEG", quality=99),
    "webp": encode(draw_picture(WIDTH, HEIGHT), "WEBP", lossless=True),
    "webp, alpha": encode(draw_with_alpha(WIDTH, HEIGHT), "WEBP", lossless=True),
    "gif": encode(draw_picture(WIDTH, HEIGHT), "GIF"),
}


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.15])
@pytest.mark.parametrize("name", SOURCES)
def test_the_result_fits_and_is_what_it_says(name: str, share: float, tmp_path: Path) -> None:
    """Whatever the source and the limit: a whole picture within the limit, and its steps are true."""
    content = SOURCES[name]
    fitted, image, max_bytes = fit_to_share(tmp_path, content, share)
    assert fitted.path.stat().st_size == fitted.n_bytes <= max_bytes
    found = container.inspect(fitted.path)
    assert (found.media_type, found.extension) == (fitted.media_type, fitted.extension)
    assert (found.width, found.height) == (fitted.width, fitted.height)
    source = container.inspect(tmp_path / "job.bin")
    assert fitted.width / fitted.height == pytest.approx(source.width / source.height, rel=0.1)
    with Image.open(tmp_path / "job.bin") as before:
        if fitted.steps == (Step.LOSSLESS,):
            assert is_same(before, image)
        elif fitted.steps == (Step.VISUALLY_LOSSLESS,):
            assert image.size == before.size
            assert measure_ssim(before.convert("RGBA"), image.convert("RGBA")) >= 0.98
        else:
            assert fitted.steps == (Step.SMALLER,)
            assert fitted.width < source.width
            assert fitted.height < source.height


@pytest.mark.parametrize(
    ("name", "share", "step"),
    [
        ("png, smooth", 0.95, Step.LOSSLESS),
        ("png, smooth alpha", 0.95, Step.LOSSLESS),
        ("png, hasty", 0.95, Step.LOSSLESS),
        ("png, smooth", 0.7, Step.VISUALLY_LOSSLESS),
        ("png", 0.5, Step.VISUALLY_LOSSLESS),
        ("png, grain", 0.6, Step.VISUALLY_LOSSLESS),
        ("png, alpha", 0.6, Step.VISUALLY_LOSSLESS),
        ("jpeg", 0.8, Step.VISUALLY_LOSSLESS),
        ("png", 0.02, Step.SMALLER),
        ("png, alpha", 0.02, Step.SMALLER),
    ],
)
def test_no_more_harm_is_done_than_needed(name: str, share: float, step: Step, tmp_path: Path) -> None:
    """Lossless where it is near, visually lossless where that is enough, smaller only then."""
    fitted, _, _ = fit_to_share(tmp_path, SOURCES[name], share)
    assert fitted.steps == (step,)


@pytest.mark.parametrize("share", [0.95, 0.6, 0.05])
def test_alpha_is_kept(share: float, tmp_path: Path) -> None:
    """The hole stays a hole at every step, as deep in the middle as it was."""
    _, image, _ = fit_to_share(tmp_path, SOURCES["png, alpha"], share)
    assert image.mode == "RGBA"
    corner, middle = image.getpixel((0, 0)), image.getpixel((image.width // 2, image.height // 2))
    assert corner[3] > 250
    assert middle[3] < 12


def test_alpha_that_hides_nothing_costs_nothing(tmp_path: Path) -> None:
    """A wholly opaque picture becomes a JPEG whatever its mode says."""
    opaque = draw_picture(WIDTH, HEIGHT).convert("RGBA")
    fitted, _, _ = fit_to_share(tmp_path, encode(opaque, "PNG"), 0.5)
    assert fitted.media_type == "image/jpeg"


@pytest.mark.parametrize("share", [0.97, 0.5, 0.05])
def test_a_picture_that_lies_on_its_side_is_turned_upright(share: float, tmp_path: Path) -> None:
    """The mark that says so is not copied, so the pixels themselves are turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encode(draw_picture(WIDTH, HEIGHT), "JPEG", quality=99, subsampling=0, exif=exif)
    _, image, _ = fit_to_share(tmp_path, content, share)
    assert image.width < image.height
    assert 0x0112 not in image.getexif()


def test_a_colour_profile_is_kept_where_it_still_holds(tmp_path: Path) -> None:
    """Without it a wide-gamut picture would look pale; one of inks would be wrong for light."""
    (tmp_path / "light").mkdir()
    (tmp_path / "inks").mkdir()
    light = encode(draw_picture(WIDTH, HEIGHT), "PNG", icc_profile=PROFILE)
    inks = encode(draw_picture(WIDTH, HEIGHT).convert("CMYK"), "JPEG", quality=99, icc_profile=PROFILE)
    _, of_light, _ = fit_to_share(tmp_path / "light", light, 0.05)
    _, of_inks, _ = fit_to_share(tmp_path / "inks", inks, 0.5)
    assert of_light.info["icc_profile"] == PROFILE
    assert "icc_profile" not in of_inks.info


def test_sixteen_bits_of_grey_keep_their_shades(tmp_path: Path) -> None:
    """They are divided, not cut off at white; and since they are not all there, that is never called lossless."""
    ramp = draw_picture(WIDTH, HEIGHT).convert("L")
    deep = Image.merge("LA", (ramp, ramp)).tobytes()
    content = encode(Image.frombytes("I;16", ramp.size, deep), "PNG")
    fitted, image, _ = fit_to_share(tmp_path, content, 0.95)
    assert fitted.steps == (Step.VISUALLY_LOSSLESS,)
    assert max(ImageStat.Stat(ImageChops.difference(image.convert("L"), ramp)).mean) < 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_becomes_a_still_and_says_so(kind: str, tmp_path: Path) -> None:
    """The first frame stands for it, and the step is named beside the other one."""
    frames = [draw_picture(WIDTH, HEIGHT, grain=grain) for grain in (4, 30, 60)]
    content = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    fitted, image, _ = fit_to_share(tmp_path, content, 0.8)
    assert fitted.steps[-1] is Step.STILL
    assert Step.LOSSLESS not in fitted.steps
    assert not getattr(image, "is_animated", False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_giant_is_halved_and_still_fits(kind: str, tmp_path: Path) -> None:
    """More than 30 megapixels are never worked on at full size, and the result says that it is smaller."""
    content = encode(Image.linear_gradient("L").resize((6001, 5101)).convert("RGB"), kind)
    fitted, image, _ = fit_to_share(tmp_path, content, 0.9)
    assert fitted.steps == (Step.SMALLER,)
    assert image.width <= 3001
    assert abs(image.convert("L").getpixel((image.width // 2, image.height // 2)) - 127) < 3


def test_a_progressive_giant_is_too_large(tmp_path: Path) -> None:
    """It would have to be held whole before the first pixel comes out, whatever size is asked for."""
    small = encode(draw_picture(64, 64), "JPEG", progressive=True)
    at = small.index(b"\xff\xc2") + 5
    giant = small[:at] + (10_000).to_bytes(2) * 2 + small[at + 4 :]
    with pytest.raises(NotAPicture) as caught:
        fit.fit(write(tmp_path, giant), tmp_path, max_bytes=500)
    assert caught.value.reason == "too_large"


def test_too_long_for_webp_is_scaled_down(tmp_path: Path) -> None:
    """WebP ends at 16,383 pixels a side; alpha is worth more than length."""
    content = encode(draw_with_alpha(17_000, 40, grain=1), "PNG")
    fitted, _, _ = fit_to_share(tmp_path, content, 0.9)
    assert (fitted.media_type, fitted.steps) == ("image/webp", (Step.SMALLER,))
    assert fitted.width <= 16_383


def test_broken_pixels_in_a_whole_container_are_no_picture(tmp_path: Path) -> None:
    """The container can't know; whoever decodes must say it in the same words."""
    content = bytearray(SOURCES["png"])
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    with pytest.raises(NotAPicture) as caught:
        fit.fit(write(tmp_path, bytes(content)), tmp_path, max_bytes=1000)
    assert caught.value.reason == "not_a_picture"


def test_an_absurd_limit_is_refused(tmp_path: Path) -> None:
    """Not even a thumbnail fits; nothing is written."""
    source = write(tmp_path, SOURCES["png"])
    with pytest.raises(fit.DoesNotFit) as caught:
        fit.fit(source, tmp_path, max_bytes=300)
    assert caught.value.max_bytes == 300
    assert list(tmp_path.iterdir()) == [source]


async def test_errors_and_results_come_back_from_a_worker_whole(tmp_path: Path) -> None:
    """Facts survive the way between the processes, those of an error too."""
    source, broken = write(tmp_path, SOURCES["png"]), write(tmp_path, SOURCES["png"][:-9], "broken")
    async with ImageWorkers(clock=ManualClock()) as workers:
        fitted = await workers.run(fit.fit, source, tmp_path, max_bytes=100_000)
        with pytest.raises(NotAPicture) as not_a_picture:
            await workers.run(fit.fit, broken, tmp_path, max_bytes=100_000)
        with pytest.raises(fit.DoesNotFit) as does_not_fit:
            await workers.run(fit.fit, source, tmp_path, max_bytes=300)
    assert fitted.path.stat().st_size == fitted.n_bytes <= 100_000
    assert (not_a_picture.value.reason, does_not_fit.value.max_bytes) == ("cut_off", 300)


async def test_a_picture_beyond_a_workers_memory_costs_only_the_worker(tmp_path: Path) -> None:
    """The decoder is refused the memory, the caller is told so, and the next picture is fitted as ever."""
    large = write(tmp_path, encode(Image.linear_gradient("L").resize((6000, 4800)).convert("RGB"), "PNG"), "large")
    small = write(tmp_path, SOURCES["png"], "small")
    async with ImageWorkers(clock=ManualClock(), memory_limit_bytes=120 * 1024 * 1024) as workers:
        with pytest.raises(WorkerDied) as caught:
            await workers.run(fit.fit, large, tmp_path, max_bytes=1000)
        fitted = await workers.run(fit.fit, small, tmp_path, max_bytes=100_000)
    assert caught.value.reason == "out_of_memory"
    assert fitted.n_bytes <= 100_000
