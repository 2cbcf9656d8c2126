"""Likeness and the sample it is measured on: pure arithmetic on pictures in memory."""

import io
import itertools
from statistics import fmean, pvariance

import pytest
from PIL import Image, ImageFilter

from bot.images.likeness import WINDOW_PX, measure_ssim
from bot.images.sample import cut_sample
from tests.support.pictures import draw_picture, draw_with_alpha, encode

GREY = draw_picture(140, 84).convert("L")


def spell_out_ssim(one: Image.Image, other: Image.Image) -> float:
    """Compute the same from the textbook, window by window, in plain Python."""
    similarities: list[float] = []
    for left, top in itertools.product(range(0, one.width, WINDOW_PX), range(0, one.height, WINDOW_PX)):
        box = (left, top, left + WINDOW_PX, top + WINDOW_PX)
        x, y = list(one.crop(box).tobytes()), list(other.crop(box).tobytes())
        mean_x, mean_y = fmean(x), fmean(y)
        covariance = fmean((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
        c1, c2 = 6.5025, 58.5225
        similarities.append(
            (2 * mean_x * mean_y + c1)
            * (2 * covariance + c2)
            / ((mean_x**2 + mean_y**2 + c1) * (pvariance(x) + pvariance(y) + c2))
        )
    return fmean(similarities)


def test_equal_pictures_are_wholly_alike() -> None:
    """One is the most there is."""
    assert measure_ssim(GREY, GREY) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    "other",
    [
        GREY.filter(ImageFilter.GaussianBlur(2)),
        GREY.point(lambda value: value // 2),
        GREY.point(lambda value: 255 - value),
        Image.new("L", GREY.size, 90),
    ],
    ids=["blurred", "darker", "inverted", "blank"],
)
def test_likeness_is_that_of_the_textbook(other: Image.Image) -> None:
    """Pillow's arithmetic on whole pictures gives what the formula gives window by window."""
    assert measure_ssim(GREY, other) == pytest.approx(spell_out_ssim(GREY, other), abs=0.001)
    assert measure_ssim(GREY, other) < 0.98


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (111, 300), (1300, 1389), (111, 16_128)])
def test_a_small_picture_stands_for_itself(size: tuple[int, int]) -> None:
    """Tiles are cut only where that saves work."""
    picture = Image.new("RGB", size)
    assert cut_sample(picture) is picture


@pytest.mark.parametrize(
    "size", [(5504, 3072), (12288, 1536), (1536, 12288), (1400, 1400), (130, 20_000), (112, 30_000)]
)
def test_a_sample_is_small_and_whole_in_blocks_and_windows(size: tuple[int, int]) -> None:
    """At most 1.8 megapixels, and no codec block or window lies across two tiles."""
    sample = cut_sample(Image.new("RGB", size))
    assert sample.width * sample.height <= min(1_806_336, size[0] * size[1])
    assert [side % (16 * WINDOW_PX) for side in sample.size] == [0, 0]


def test_a_picture_narrower_than_a_tile_is_sampled_by_its_beginning() -> None:
    """The sample has to be encodable itself, and WebP ends at 16,383 pixels."""
    assert cut_sample(Image.new("RGB", (30_000, 40))).size == (16_128, 40)
    assert cut_sample(Image.new("RGB", (40, 30_000))).size == (40, 16_128)


def test_a_sample_reaches_every_corner() -> None:
    """The first tile begins where the picture begins, the last ends within a block of its end."""
    picture = Image.new("L", (3000, 2000))
    picture.paste(255, (2970, 1970, 2980, 1980))
    picture.paste(128, (0, 0, 10, 10))
    sample = cut_sample(picture)
    assert sample.getpixel((0, 0)) == 128
    assert 255 in sample.crop((sample.width - 112, sample.height - 112, *sample.size)).tobytes()


def test_a_sample_keeps_alpha() -> None:
    """What is transparent has to be compared as such."""
    assert cut_sample(draw_with_alpha(1500, 1500)).mode == "RGBA"


@pytest.mark.parametrize("quality", [97, 90, 75])
def test_a_sample_speaks_for_the_whole(quality: int) -> None:
    """Likeness and length after a JPEG encoder are those of the whole, to within a hundredth and a tenth."""
    whole = draw_picture(2200, 1600)
    sample = cut_sample(whole)
    assert sample.size != whole.size
    likenesses: list[float] = []
    for picture in (whole, sample):
        again = Image.open(io.BytesIO(encode(picture, "JPEG", quality=quality)))
        likenesses.append(measure_ssim(picture.convert("L"), again.convert("L")))
    assert likenesses[1] == pytest.approx(likenesses[0], abs=0.01)
    lengths = [len(encode(each, "JPEG", quality=quality)) / (each.width * each.height) for each in (whole, sample)]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.1)
