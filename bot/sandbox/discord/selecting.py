"""What a person picks from a select menu, held against it as a client does."""

from typing import Any, cast

from bot.sandbox.discord.component_forms import CHANNEL_SELECT, ROLE_SELECT, STRING_SELECT, USER_SELECT
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.resolving import PersonCannot, Resolved
from bot.sandbox.discord.shapes import children


def selected_values(part: Json, values: list[Any], resolved: Resolved) -> list[str]:
    """Return the values as they are sent; string options are named by label or value."""
    low, high = part.get("min_values"), part.get("max_values")
    low, high = 1 if low is None else low, 1 if high is None else high
    if part.get("required") is False and not values:
        low = 0
    if not low <= len(values) <= high:
        raise PersonCannot(f"{low} to {high} can be chosen here, not {len(values)}")
    return [_one(part, value, resolved) for value in values]


def default_choices(part: Json, resolved: Resolved) -> list[Any]:
    """Return what a select shows as chosen before anybody touches it; what is gone is shown no more."""
    if part["type"] == STRING_SELECT:
        return [option["value"] for option in children(part, "options") if option.get("default")]
    found = [resolved.find(each["type"], int(each["id"])) for each in children(part, "default_values")]
    return [each for each in found if each is not None]


def _one(part: Json, value: Any, resolved: Resolved) -> str:
    kind = part["type"]
    if kind == STRING_SELECT:
        return chosen_value(cast("list[Json]", part["options"]), value)
    if kind == USER_SELECT:
        return resolved.add_user(value)
    if kind == ROLE_SELECT:
        return resolved.add_role(value)
    if kind == CHANNEL_SELECT:
        return resolved.add_channel(value, cast("list[int]", part.get("channel_types") or []))
    return resolved.add_mentionable(value)


def chosen_value(options: list[Json], wanted: Any) -> str:
    """Return the value of the option with that label or value."""
    for option in options:
        if wanted in (option["label"], option["value"]):
            return option["value"]
    raise PersonCannot(f"{wanted!r} is none of {[option['label'] for option in options]}")
