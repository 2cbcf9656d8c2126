"""Amounts and limits as a person writes them."""

import pytest

from bot.quota.model import MILLIONTHS, Period, Unit
from bot.ui.texts import amounts


@pytest.mark.parametrize(
    ("millionths", "written"),
    [
        (0, "0"),
        (MILLIONTHS, "1"),
        (100 * MILLIONTHS, "100"),
        (2_500_000, "2.5"),
        (1_234_567_890, "1,234.56789"),
        (1, "0.000001"),
        (-2_500_000, "-2.5"),
        (10**15, "1,000,000,000"),
    ],
)
def test_credits_are_written_exactly_and_without_zeros_at_the_end(millionths: int, written: str) -> None:
    """Nothing is rounded: a ledger is no place for about."""
    assert amounts.credits_number(millionths) == written


@pytest.mark.parametrize(
    ("unit", "number", "period", "rolling", "written"),
    [
        (Unit.IMAGES, 1, Period.DAY, False, "at most 1 picture a day"),
        (Unit.IMAGES, 1200, Period.HOUR, False, "at most 1,200 pictures an hour"),
        (Unit.IMAGES, 10, Period.WEEK, True, "at most 10 pictures in any 7 days"),
        (Unit.CREDITS, MILLIONTHS, Period.HOUR, True, "at most 1 credit in any 60 minutes"),
        (Unit.CREDITS, 12_500_000, Period.MONTH, True, "at most 12.5 credits in any 30 days"),
        (Unit.IMAGES, 0, Period.DAY, False, "no pictures at all (0 pictures a day)"),
        (Unit.CREDITS, 0, Period.MONTH, False, "no pictures at all (0 credits a month)"),
        (Unit.IMAGES, None, Period.DAY, True, "unlimited pictures in any 24 hours"),
        (Unit.CREDITS, None, Period.MONTH, False, "unlimited credits a month"),
    ],
)
def test_a_limit_is_said_in_words(unit: Unit, number: int | None, period: Period, rolling: bool, written: str) -> None:
    """Also where it is none at all, or without end."""
    assert amounts.limit(unit, number, period, rolling=rolling) == written
