"""What a person fills into a modal, held against it as a client does, and as it is sent (discord.md 4)."""

from typing import Any, cast

from bot.sandbox.discord import modal_forms as kinds
from bot.sandbox.discord.command_options import refuse_wrong_name
from bot.sandbox.discord.component_forms import ACTION_ROW, SELECTS, TEXT_DISPLAY, TEXT_INPUT
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.resolving import PersonCannot, Resolved
from bot.sandbox.discord.selecting import chosen_value, default_choices, selected_values
from bot.sandbox.discord.shapes import children


def answered_components(components: list[Json], answers: dict[str, Any], resolved: Resolved) -> list[Json]:
    """Return the components of a submission; fields are named by label or custom_id, untouched ones keep defaults."""
    left = dict(answers)
    sent = [_top(part, index, left, resolved) for index, part in enumerate(components, start=1)]
    if left:
        raise PersonCannot(f"the form has no field {list(left)}")
    return sent


def _top(part: Json, index: int, left: dict[str, Any], resolved: Resolved) -> Json:
    shell: Json = {"type": part["type"], "id": part.get("id") or index * 100}
    if part["type"] == TEXT_DISPLAY:
        return shell
    inner = cast("Json", part["components"][0] if part["type"] == ACTION_ROW else part["component"])
    label = cast("str | None", inner.get("label") if part["type"] == ACTION_ROW else part["label"])
    value = _taken(left, inner["custom_id"], label)
    answered: Json = {"type": inner["type"], "id": inner.get("id") or index * 100 + 1, "custom_id": inner["custom_id"]}
    answered |= _answer(inner, value, resolved)
    return {**shell, "components": [answered]} if part["type"] == ACTION_ROW else {**shell, "component": answered}


_UNTOUCHED: Any = object()


def _taken(left: dict[str, Any], custom_id: str, label: str | None) -> Any:
    for name in (custom_id, label):
        if name in left:
            return left.pop(name)
    return _UNTOUCHED


def _answer(part: Json, value: Any, resolved: Resolved) -> Json:
    kind = part["type"]
    if kind == TEXT_INPUT:
        return {"value": _text(part, (part.get("value") or "") if value is _UNTOUCHED else value)}
    if kind == kinds.CHECKBOX:
        return {"value": bool(part.get("default", False)) if value is _UNTOUCHED else bool(value)}
    if kind == kinds.RADIO_GROUP:
        return {"value": _radio(part, value)}
    if kind in SELECTS:
        chosen = default_choices(part, resolved) if value is _UNTOUCHED else list(value)
        return {"values": selected_values(part, chosen, resolved)}
    many = _default_values(part) if value is _UNTOUCHED else list(value)
    _count(part, len(many))
    if kind == kinds.CHECKBOX_GROUP:
        return {"values": [chosen_value(part["options"], each) for each in many]}
    for each in many:
        refuse_wrong_name(part, each)
    return {"values": [resolved.add_file(each) for each in many]}


def _default_values(part: Json) -> list[Any]:
    return [option["value"] for option in children(part, "options") if option.get("default")]


def _text(part: Json, value: Any) -> str:
    if not isinstance(value, str):
        raise PersonCannot(f"{part['custom_id']!r} is a text, not {value!r}")
    low, high = part.get("min_length") or 0, part.get("max_length") or kinds.PARAGRAPH_MAX_CHARS
    if not value and part.get("required", True):
        raise PersonCannot(f"{part['custom_id']!r} is required")
    if "\n" in value and part["style"] != kinds.PARAGRAPH:
        raise PersonCannot(f"{part['custom_id']!r} is one line")
    if value and not low <= len(value) <= high:
        raise PersonCannot(f"{part['custom_id']!r} takes {low} to {high} characters, not {len(value)}")
    return value


def _radio(part: Json, value: Any) -> str | None:
    if value is _UNTOUCHED:
        value = next(iter(_default_values(part)), None)
    if value is None and part.get("required", True):
        raise PersonCannot(f"{part['custom_id']!r} is required")
    return None if value is None else chosen_value(part["options"], value)


def _count(part: Json, count: int) -> None:
    required = part.get("required", True)
    low = part.get("min_values")
    low = (1 if required else 0) if low is None else low
    high = part.get("max_values")
    high = (len(part["options"]) if "options" in part else 1) if high is None else high
    if not (low <= count <= high or (count == 0 and not required)):
        raise PersonCannot(f"{part['custom_id']!r} takes {low} to {high}, not {count}")
