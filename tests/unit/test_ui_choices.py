"""What Discord offers to choose from."""

import pytest
from discord.app_commands import Choice

from bot.jobs.model import Quality, Size, Thinking
from bot.settings import DEFAULT_PRICES
from bot.ui import choices, pixels

EVERY_QUALITY = choices.OfferedQualities(prices={each: DEFAULT_PRICES[each] for each in Quality}, usual=Quality.TWO_K)
QUALITY_CHOICES = choices.quality_choices(EVERY_QUALITY)
TABLE_OF_PROVIDER_MD_9 = """
1:1 512x512 1024x1024 2048x2048 4096x4096
1:4 256x1024 512x2048 1024x4096 2048x8192
4:1 1024x256 2048x512 4096x1024 8192x2048
1:8 192x1536 384x3072 768x6144 1536x12288
8:1 1536x192 3072x384 6144x768 12288x1536
2:3 424x632 848x1264 1696x2528 3392x5056
3:2 632x424 1264x848 2528x1696 5056x3392
3:4 448x600 896x1200 1792x2400 3584x4800
4:3 600x448 1200x896 2400x1792 4800x3584
4:5 464x576 928x1152 1856x2304 3712x4608
5:4 576x464 1152x928 2304x1856 4608x3712
9:16 384x688 768x1376 1536x2752 3072x5504
16:9 688x384 1376x768 2752x1536 5504x3072
21:9 792x336 1584x672 3168x1344 6336x2688
"""


@pytest.mark.parametrize(
    ("offered", "values"),
    [(choices.SIZE_CHOICES, Size), (QUALITY_CHOICES, Quality), (choices.THINKING_CHOICES, Thinking)],
)
def test_every_value_is_offered_once_under_a_name_that_begins_with_it(
    offered: list[Choice[str]], values: type[Size | Quality | Thinking]
) -> None:
    """Whoever knows the value finds it, whoever does not reads the word behind it."""
    assert sorted(choice.value for choice in offered) == sorted(values)
    assert all(choice.name.startswith(f"{choice.value} · ") for choice in offered)
    assert len({choice.name for choice in offered}) == len(offered) <= 25
    assert all(len(choice.name) <= 100 for choice in offered)


@pytest.mark.parametrize(
    ("offered", "name"),
    [
        (choices.SIZE_CHOICES, "16:9 · widescreen"),
        (choices.SIZE_CHOICES, "auto · the model chooses"),
        (QUALITY_CHOICES, "2K · 2048 px · standard price · 6.3867 credits"),
    ],
)
def test_the_names_are_those_people_know(offered: list[Choice[str]], name: str) -> None:
    """As the project's user wrote them."""
    assert name in [choice.name for choice in offered]


@pytest.mark.parametrize(
    ("quality", "edge", "price"),
    [("0.5K", 512, 2.8398), ("1K", 1024, 4.2578), ("4K", 4096, 9.5801)],
)
def test_a_quality_names_its_pixels_and_its_price_beside_that_of_2k(quality: str, edge: int, price: float) -> None:
    """The factor is that of the price list (provider.md 8.1)."""
    name = next(choice.name for choice in QUALITY_CHOICES if choice.value == quality)
    assert f"{edge} px" in name
    assert name.endswith(f" {price} credits")
    assert f"{round(price / 6.3867, 2):g} \N{MULTIPLICATION SIGN} the price of 2K" in name


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("", ["0.5K", "1K", "2K", "4K"]),
        ("  ", ["0.5K", "1K", "2K", "4K"]),
        ("4k", ["4K"]),
        ("4", ["4K"]),
        ("0.4", ["0.5K"]),
        ("STANDARD", ["2K"]),
        ("2048 px", ["2K"]),
        ("8K", []),
        ("x" * 6000, []),
    ],
)
def test_the_qualities_are_filtered_by_what_is_typed(typed: str, values: list[str]) -> None:
    """Any part of the name finds it, in whatever case."""
    assert [choice.value for choice in choices.quality_choices(EVERY_QUALITY, typed)] == values


@pytest.mark.parametrize("row", TABLE_OF_PROVIDER_MD_9.strip().splitlines())
def test_the_expected_pixels_are_those_of_the_table(row: str) -> None:
    """Every size in every quality."""
    size, *cells = row.split()
    for quality, cell in zip(Quality, cells, strict=True):
        width, height = cell.split("x")
        assert pixels.expected(Size(size), quality) == (int(width), int(height))


def test_a_free_shape_has_no_expected_pixels() -> None:
    """The model chooses."""
    assert pixels.expected(Size.AUTO, Quality.TWO_K) is None
