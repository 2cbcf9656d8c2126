"""What `imagebot quota` calls things, and what it says of faults."""

from bot.errors import BadSetting
from bot.quota.model import Rule, Scope, Unit
from bot.quota.standing import Standing
from bot.ui.texts import amounts

FAULTS = {
    "limit_blank": "the number is missing",
    "limit_not_a_number": "'{given}' is not a number; write it like 10, 1,000 or 2.5, or unlimited",
    "limit_negative": "{given} is less than nothing; 0 blocks, and unlimited allows everything",
    "limit_too_high": "{given} is more than can be set; write unlimited if that is what you mean",
    "limit_not_whole": "{given} is too fine: pictures are counted whole, and credits to six decimals",
    "limit_none": "'{given}' could mean nothing or everything; write 0 or unlimited",
    "amount_zero": "{given} would change nothing",
    "amount_blank": "the number is missing",
    "amount_not_a_number": "'{given}' is not a number; write it like 10, 1,000 or 2.5",
    "amount_negative": "{given} is less than nothing",
    "amount_too_high": "{given} is more than can be granted; set the limit of the member to unlimited if you mean that",
    "amount_not_whole": "{given} is too fine: pictures are counted whole, and credits to six decimals",
    "too_many_rules": "the server has {given} limits already, which is as many as it may have; remove one first",
}
"""What an administrator is told of the same faults stands in `ui.texts.settings`."""


OF_OPERATOR = {
    Scope.OPERATOR_USER: "every person, over all servers (USER_IMAGES_PER_DAY)",
    Scope.OPERATOR_GUILD: "this server, by the operator (SERVER_CREDITS_PER_MONTH)",
    Scope.OPERATOR_TOTAL: "all servers together (TOTAL_CREDITS_PER_DAY, TOTAL_CREDITS_PER_MONTH)",
}
"""The operator's limits that hold in a server, and where they are set."""


def fault(error: BadSetting) -> str:
    """Return what is wrong with what was written."""
    return FAULTS[error.what].format(given=error.given)


def for_whom(rule: Rule) -> str:
    """Return for whom a rule holds."""
    match rule.scope:
        case Scope.USER:
            return f"member {rule.subject_id}"
        case Scope.ROLE:
            return f"role {rule.subject_id}"
        case Scope.CHANNEL:
            return f"channel {rule.subject_id}"
        case Scope.GUILD:
            return "the whole server"
        case Scope.DEFAULT:
            return "every other member"
        case _:
            return OF_OPERATOR[rule.scope]


def difference(unit: Unit, number: int) -> str:
    """Return a correction of what was used."""
    return f"{amounts.amount(unit, abs(number))} {'less' if number < 0 else 'more'} used"


def state(standing: Standing) -> str:
    """Return how much of a limit is used."""
    unit = standing.rule.unit
    if standing.limit is None:
        return f"{amounts.amount(unit, standing.used)} used of an unlimited number"
    used = f"{standing.used:,}" if unit is Unit.IMAGES else amounts.credits_number(standing.used)
    return f"{used} of {amounts.amount(unit, standing.limit)} used"
