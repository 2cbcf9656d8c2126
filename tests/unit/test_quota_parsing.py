"""What administrators write as limits and amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors
from bot.cli import quota_words
from bot.quota.model import MAX_CREDITS, MAX_IMAGES, MILLIONTHS, Unit
from bot.quota.parsing import parse_amount, parse_limit
from bot.ui.texts import settings

TAKEN = [
    ("10", 10),
    (" 10 ", 10),
    ("0", 0),
    ("1.0", 1),
    ("1,000", 1_000),
    ("1,000,000", 1_000_000),
    ("1 000", 1_000),
    ("1\N{NARROW NO-BREAK SPACE}000", 1_000),
    ("1'000", 1_000),
    ("1000000000", MAX_IMAGES),
    ("007", 7),
    ("0" * 6000 + "3", 3),
    ("\N{ARABIC-INDIC DIGIT THREE}", 3),
    ("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT ZERO}", 10),
    ("unlimited", None),
    (" NO  limit ", None),
]

REFUSED = [
    ("", "limit_blank"),
    (" \n", "limit_blank"),
    ("-1", "limit_negative"),
    ("- 0.5", "limit_negative"),
    ("\N{MINUS SIGN}1", "limit_negative"),
    ("1000000000000", "limit_too_high"),
    ("1000000001", "limit_too_high"),
    ("9" * 6000, "limit_too_high"),
    (" None", "limit_none"),
    ("ten", "limit_not_a_number"),
    ("1e3", "limit_not_a_number"),
    ("+3", "limit_not_a_number"),
    ("10%", "limit_not_a_number"),
    ("1_000", "limit_not_a_number"),
    ("2,5", "limit_not_a_number"),
    ("1,00", "limit_not_a_number"),
    ("1,000 000", "limit_not_a_number"),
    (",100", "limit_not_a_number"),
    ("10\N{SUPERSCRIPT TWO}", "limit_not_a_number"),
    ("\N{VULGAR FRACTION ONE HALF}", "limit_not_a_number"),
    ("nan", "limit_not_a_number"),
    ("inf", "limit_not_a_number"),
    ("-", "limit_not_a_number"),
    ("5.", "limit_not_a_number"),
    (".5", "limit_not_a_number"),
    ("0.0000001", "limit_not_whole"),
    ("999999999.0000000000000000000000000000000001", "limit_not_whole"),
]


@pytest.mark.parametrize(("written", "limit"), TAKEN)
def test_a_limit_is_read_in_images(written: str, limit: int | None) -> None:
    """As people of many places write numbers; no limit is said by a word."""
    assert parse_limit(written, Unit.IMAGES) == limit


@pytest.mark.parametrize(("written", "limit"), TAKEN)
def test_a_limit_is_read_in_credits(written: str, limit: int | None) -> None:
    """The same numbers, in millionths."""
    assert parse_limit(written, Unit.CREDITS) == (None if limit is None else limit * MILLIONTHS)


@pytest.mark.parametrize(("written", "millionths"), [("2.5", 2_500_000), ("1,234.000001", 1_234_000_001)])
def test_credits_may_be_broken(written: str, millionths: int) -> None:
    """Down to a millionth."""
    assert parse_limit(written, Unit.CREDITS) == millionths


def test_images_are_whole() -> None:
    """Nobody can make half of one."""
    with pytest.raises(errors.BadSetting) as caught:
        parse_limit("2.5", Unit.IMAGES)
    assert (caught.value.what, caught.value.given) == ("limit_not_whole", "2.5")


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize(("written", "what"), REFUSED)
def test_what_is_no_limit_is_refused_by_its_fault(written: str, what: str, unit: Unit) -> None:
    """With what was written, so that the sentence can show it."""
    with pytest.raises(errors.BadSetting) as caught:
        parse_limit(written, unit)
    assert (caught.value.what, caught.value.given) == (what, written.strip())


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("0", "amount_zero"),
        ("0.0", "amount_zero"),
        ("-2", "amount_negative"),
        ("unlimited", "amount_not_a_number"),
        ("none", "amount_not_a_number"),
        (" ", "amount_blank"),
        ("1000000001", "amount_too_high"),
        ("1.5", "amount_not_whole"),
    ],
)
def test_nothing_and_everything_cannot_be_granted(written: str, what: str) -> None:
    """A grant is a number of pictures or credits."""
    with pytest.raises(errors.BadSetting) as caught:
        parse_amount(written, Unit.IMAGES)
    assert caught.value.what == what
    assert what in settings.SENTENCES
    assert what in quota_words.FAULTS


def test_an_amount_is_read_as_a_limit_is() -> None:
    """In images, or in millionths of credits."""
    assert (parse_amount("2", Unit.IMAGES), parse_amount("2.5", Unit.CREDITS)) == (2, 2_500_000)


@given(st.integers(min_value=0, max_value=MAX_CREDITS))
def test_each_number_of_millionths_can_be_written(millionths: int) -> None:
    """Exactly, with commas or without."""
    for written in (f"{millionths // MILLIONTHS:,}", str(millionths // MILLIONTHS)):
        assert parse_limit(f"{written}.{millionths % MILLIONTHS:06}", Unit.CREDITS) == millionths


@given(st.text(max_size=40), st.sampled_from(Unit))
def test_whatever_is_written_is_read_within_the_bounds_or_refused(written: str, unit: Unit) -> None:
    """No other error, no other number."""
    try:
        limit = parse_limit(written, unit)
    except errors.BadSetting:
        return
    assert limit is None or 0 <= limit <= (MAX_CREDITS if unit is Unit.CREDITS else MAX_IMAGES)
