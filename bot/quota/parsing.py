"""What administrators write as a limit or an amount, read as numbers. Pure; every fault is a BadSetting.

Taken are whole numbers and decimals with a point, in the digits of any script, with commas, spaces or apostrophes
between thousands: `10`, `2.5`, `1,000`. Refused is what could be read in two ways, or only by a programmer: `2,5`,
`1,00`, `1e3`, `+3`, `10%`; and `none`, which could allow nothing or everything.
"""

import re
from decimal import Decimal

from bot import errors
from bot.quota.model import MAX_CREDITS, MAX_IMAGES, MILLIONTHS, Unit

UNLIMITED = frozenset({"unlimited", "no limit"})

_THOUSANDS = "[,' \N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]"
_NUMBER = re.compile(rf"(\d+|\d{{1,3}}({_THOUSANDS})\d{{3}}(?:\2\d{{3}})*)(\.\d+)?")
_MINUS = re.compile(r"[-\N{MINUS SIGN}\N{EN DASH}](?=\s*\.?\d)")


def parse_limit(text: str, unit: Unit) -> int | None:
    """Read a limit, in images or millionths of credits; None for unlimited, 0 blocks. Raises BadSetting."""
    written = text.strip()
    if " ".join(written.casefold().split()) in UNLIMITED:
        return None
    if is_none(written):
        raise errors.BadSetting("limit_none", written)
    return _number(written, unit, what="limit")


def is_none(text: str) -> bool:
    """Tell whether somebody wrote `none`: of a limit it says nothing, of what can be removed it does."""
    return text.strip().casefold() == "none"


def parse_amount(text: str, unit: Unit) -> int:
    """Read what is to be granted, in images or millionths of credits: more than nothing. Raises BadSetting."""
    written = text.strip()
    amount = _number(written, unit, what="amount")
    if amount == 0:
        raise errors.BadSetting("amount_zero", written)
    return amount


def _number(written: str, unit: Unit, *, what: str) -> int:
    if not written:
        raise errors.BadSetting(f"{what}_blank")
    if _MINUS.match(written):
        raise errors.BadSetting(f"{what}_negative", written)
    if not _NUMBER.fullmatch(written):
        raise errors.BadSetting(f"{what}_not_a_number", written)
    scale, highest = (MILLIONTHS, MAX_CREDITS) if unit is Unit.CREDITS else (1, MAX_IMAGES)
    # not multiplied before it is compared: a product is rounded to the context's 28 digits
    number = Decimal(re.sub(_THOUSANDS, "", written))
    if number > highest // scale:
        raise errors.BadSetting(f"{what}_too_high", written)
    scaled = number * scale
    if scaled != scaled.to_integral_value() or number != scaled / scale:
        raise errors.BadSetting(f"{what}_not_whole", written)
    return int(scaled)
