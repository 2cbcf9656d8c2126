"""What a picture costs is counted in whole millionths of credits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.model import Drawing, Quality
from bot.quota.model import in_millionths
from bot.quota.prices import estimate
from bot.settings import DEFAULT_PRICES


@pytest.mark.parametrize(
    ("quality", "n_references", "searches", "expected"),
    [
        (Quality.HALF_K, 0, {}, 2_839_800),
        (Quality.ONE_K, 0, {}, 4_257_800),
        (Quality.TWO_K, 0, {}, 6_386_700),
        (Quality.FOUR_K, 0, {}, 9_580_100),
        (Quality.TWO_K, 1, {}, 6_422_200),
        (Quality.TWO_K, 14, {}, 6_883_700),
        (Quality.TWO_K, 0, {"web_search": True}, 7_273_800),
        (Quality.TWO_K, 0, {"image_search": True}, 7_273_800),
        (Quality.FOUR_K, 2, {"web_search": True, "image_search": True}, 11_425_300),
    ],
)
def test_an_estimate_is_the_quality_the_references_and_a_search_of_each_kind_allowed(
    quality: Quality, n_references: int, searches: dict[str, bool], expected: int
) -> None:
    """By the prices of provider.md 8.1."""
    drawing = Drawing(prompt="a cat", quality=quality, **searches)
    assert estimate(drawing, n_references=n_references, prices=DEFAULT_PRICES) == expected


def test_each_kind_of_search_has_a_price_of_its_own() -> None:
    """The table's two prices are not mixed up, though today they are the same."""
    prices = {**DEFAULT_PRICES, "web_search": 1, "image_search": 2}
    plain = estimate(Drawing(prompt="a cat"), n_references=0, prices=prices)
    assert estimate(Drawing(prompt="a cat", web_search=True), n_references=0, prices=prices) == plain + 1
    assert estimate(Drawing(prompt="a cat", image_search=True), n_references=0, prices=prices) == plain + 2


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (0.0, 0),
        (6.3867, 6_386_700),
        (0.1 + 0.2, 300_000),
        (1e-7, 0),
        (0.0000005, 0),
        (0.0000015, 2),
        (1.1234565, 1_123_456),
        (4.35, 4_350_000),
        (1.000001, 1_000_001),
        (2.675, 2_675_000),
        (1e9, 10**15),
        (123456789.123457, 123_456_789_123_457),
        (-0.5, -500_000),
        (7, 7_000_000),
    ],
)
def test_credits_are_read_as_the_decimal_that_was_written(written: float, expected: int) -> None:
    """What a float cannot hold exactly is no millionth too many or too few; the half goes to the even one."""
    assert in_millionths(written) == expected


@pytest.mark.parametrize("written", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_amount_is_refused(written: float) -> None:
    """Not a number, and more than any number, cannot be counted."""
    with pytest.raises(ValueError, match="no amount"):
        in_millionths(written)


@given(st.integers(0, 10**12))
def test_whole_millionths_come_back_as_they_were(millionths: int) -> None:
    """Up to a million credits, by way of a float."""
    assert in_millionths(millionths / 1_000_000) == millionths
