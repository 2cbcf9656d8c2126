"""What a person typed into a command, held against its schema as a client does, and as it is sent (discord.md 7)."""

from dataclasses import dataclass
from typing import Any, cast

from bot.sandbox.discord import command_forms as kinds
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.resolving import PersonCannot, Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The options as typed; `focused` names the one still being typed."""

    options: dict[str, Any]
    focused: str | None = None


def chosen_options(command: Json, words: list[str], typed: Typed, resolved: Resolved) -> list[Json]:
    """Return the options of the payload; PersonCannot where a client would not send them."""
    schema: list[Json] = command.get("options") or []
    nested = [each for each in schema if each["type"] in (kinds.SUB_COMMAND, kinds.SUB_COMMAND_GROUP)]
    if not nested and not words:
        return _values(schema, typed, resolved)
    found = next((each for each in nested if words and each["name"] == words[0]), None)
    if found is None:
        raise PersonCannot(f"/{command['name']} has {[each['name'] for each in nested]}, not {words}")
    inner = chosen_options(found, words[1:], typed, resolved)
    return [{"name": found["name"], "type": found["type"], "options": inner}]


def _values(schema: list[Json], typed: Typed, resolved: Resolved) -> list[Json]:
    known = {each["name"]: each for each in schema}
    unknown = [name for name in typed.options if name not in known]
    if unknown:
        raise PersonCannot(f"there is no option {unknown}, only {list(known)}")
    if typed.focused is None:
        missing = [each["name"] for each in schema if each.get("required") and each["name"] not in typed.options]
        if missing:
            raise PersonCannot(f"required and not given: {missing}")
    return [_one(known[name], value, typed, resolved) for name, value in typed.options.items()]


def _one(option: Json, value: Any, typed: Typed, resolved: Resolved) -> Json:
    chosen: Json = {"name": option["name"], "type": option["type"]}
    if option["name"] == typed.focused:
        if not option.get("autocomplete"):
            raise PersonCannot(f"{option['name']!r} offers no suggestions")
        return {**chosen, "value": value, "focused": True}
    return {**chosen, "value": _checked(option, value, resolved)}


def _checked(option: Json, value: Any, resolved: Resolved) -> Any:
    kind = option["type"]
    if option.get("choices"):
        return _choice(option, value)
    by_kind = {kinds.STRING: _text, kinds.INTEGER: _number, kinds.NUMBER: _number, kinds.BOOLEAN: _truth}
    if kind in by_kind:
        return by_kind[kind](option, value)
    if kind == kinds.CHANNEL:
        return resolved.add_channel(value, cast("list[int]", option.get("channel_types") or []))
    if kind == kinds.ATTACHMENT:
        return _file(option, value, resolved)
    adders = {
        kinds.USER: resolved.add_user,
        kinds.ROLE: resolved.add_role,
        kinds.MENTIONABLE: resolved.add_mentionable,
    }
    return adders[kind](value)


def _truth(option: Json, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PersonCannot(f"{option['name']!r} is true or false, not {value!r}")
    return value


def _choice(option: Json, value: Any) -> Any:
    for choice in cast("list[Json]", option["choices"]):
        if value == choice["name"] or (value == choice["value"] and type(value) is type(choice["value"])):
            return choice["value"]
    offered = [choice["name"] for choice in option["choices"]]
    raise PersonCannot(f"{option['name']!r} offers {offered}, not {value!r}")


def _text(option: Json, value: Any) -> str:
    low, high = option.get("min_length", 0), option.get("max_length", 6000)
    if not isinstance(value, str):
        raise PersonCannot(f"{option['name']!r} is a text, not {value!r}")
    if not max(low, 1) <= len(value) <= high:
        raise PersonCannot(f"{option['name']!r} takes {low} to {high} characters, not {len(value)}")
    return value


def _number(option: Json, value: Any) -> int | float:
    whole = option["type"] == kinds.INTEGER
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise PersonCannot(f"{option['name']!r} is a number, not {value!r}")
    low, high = option.get("min_value", -(2**53)), option.get("max_value", 2**53)
    if not low <= value <= high:
        raise PersonCannot(f"{option['name']!r} takes {low} to {high}, not {value}")
    return value


_GROUPS = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".heic"),
    "video": (".mp4", ".webm", ".mov"),
    "audio": (".mp3", ".ogg", ".wav", ".flac", ".m4a"),
}


def _file(option: Json, value: Any, resolved: Resolved) -> str:
    refuse_wrong_name(option, value)
    return resolved.add_file(value)


def refuse_wrong_name(option: Json, value: Any) -> None:
    """Refuse a file whose name does not fit `file_types`; nothing but the name is looked at (discord.md 3)."""
    groups = cast("list[str]", option.get("file_types") or [])
    allowed = [ending for each in groups for ending in _GROUPS.get(each, (each,))]
    if allowed and not str(value[0]).lower().endswith(tuple(allowed)):
        raise PersonCannot(f"{value[0]!r} is none of {allowed}")
