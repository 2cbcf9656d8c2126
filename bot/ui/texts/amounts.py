"""How amounts, periods and limits of quotas are written out: the words that every sentence about a quota is made of."""

from decimal import Decimal

from bot.quota.model import MILLIONTHS, Period, Rule, Unit

_CALENDAR = {Period.HOUR: "an hour", Period.DAY: "a day", Period.WEEK: "a week", Period.MONTH: "a month"}
LENGTHS = {Period.HOUR: "60 minutes", Period.DAY: "24 hours", Period.WEEK: "7 days", Period.MONTH: "30 days"}
"""How far a rolling limit looks back."""
_ROLLING = {each: f"in any {length}" for each, length in LENGTHS.items()}


def credits_number(millionths: int) -> str:
    """Return millionths of credits as a person writes credits: `1,234.5`, without zeros at the end."""
    written = f"{Decimal(millionths) / MILLIONTHS:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def amount(unit: Unit | str, number: int) -> str:
    """Return an amount with its unit: `1 picture`, `12 pictures`, `2.5 credits`; credits are given in millionths."""
    if unit == Unit.CREDITS:
        return f"{credits_number(number)} {'credit' if number == MILLIONTHS else 'credits'}"
    return f"{number:,} {'picture' if number == 1 else 'pictures'}"


def period(each: Period | str, *, rolling: bool) -> str:
    """Return how long a limit looks back: `a day`, `in any 24 hours`."""
    return (_ROLLING if rolling else _CALENDAR)[Period(each)]


def limit(unit: Unit | str, number: int | None, each: Period | str, *, rolling: bool) -> str:
    """Return a limit in words: `at most 10 pictures a day`; none at all and without end are said as such."""
    when = period(each, rolling=rolling)
    if number is None:
        return f"unlimited {'credits' if unit == Unit.CREDITS else 'pictures'} {when}"
    if number == 0:
        return f"no pictures at all ({amount(unit, 0)} {when})"
    return f"at most {amount(unit, number)} {when}"


def rule(set_rule: Rule) -> str:
    """Return what a rule says, without for whom."""
    return limit(set_rule.unit, set_rule.limit, set_rule.period, rolling=set_rule.rolling)
