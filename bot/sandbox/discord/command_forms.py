"""What a command's schema may hold (discord.md 7)."""

from typing import Any, cast

from bot.sandbox.discord import forms
from bot.sandbox.discord.application import MESSAGE_MENU, SLASH, USER_MENU
from bot.sandbox.discord.forms import Check, FormFaults, Path
from bot.sandbox.discord.refusals import Json, Known
from bot.sandbox.discord.shapes import child, children

SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER = 1, 2, 3, 4, 5, 6
CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 7, 8, 9, 10, 11
MAX_COMMAND_CHARS = 8000
MAX_BY_TYPE = {SLASH: 100, USER_MENU: 15, MESSAGE_MENU: 15}
NAME_PATTERN = r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}"
LOCALES = [
    "id",
    "da",
    "de",
    "en-GB",
    "en-US",
    "es-ES",
    "es-419",
    "fr",
    "hr",
    "it",
    "lt",
    "hu",
    "nl",
    "no",
    "pl",
    "pt-BR",
    "ro",
    "fi",
    "sv-SE",
    "vi",
    "tr",
    "cs",
    "el",
    "bg",
    "ru",
    "uk",
    "hi",
    "th",
    "zh-CN",
    "ja",
    "zh-TW",
    "ko",
]


_NAME = forms.text(low=1, high=32)
_PLAIN_NAME = forms.text(low=1, high=32, pattern=NAME_PATTERN)


def _slash_name(value: Any, path: Path, faults: FormFaults) -> None:
    own = FormFaults()
    _PLAIN_NAME(value, (), own)
    _NAME(value, path, faults)
    if (own and isinstance(value, str) and 0 < len(value) <= 32) or (isinstance(value, str) and value != value.lower()):
        faults.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _localised(inner: Check) -> Check:
    return forms.nullable(forms.mapping(forms.nullable(inner), keys=LOCALES))


_DESCRIPTION = forms.text(low=1, high=100)
_CHOICE_TEXT = forms.text(low=1, high=100)


def _choice_value(value: Any, path: Path, faults: FormFaults) -> None:
    if isinstance(value, str):
        _CHOICE_TEXT(value, path, faults)
    else:
        forms.number(value, path, faults)


_CHOICE = forms.record(
    {"name": forms.text(low=1, high=100), "value": _choice_value},
    name_localizations=_localised(forms.text(low=1, high=100)),
)
SUGGESTIONS = forms.record({"choices": forms.each(_CHOICE, high=25)})
_NAMED: dict[str, Check] = {"type": forms.integer(), "name": _slash_name, "description": _DESCRIPTION}
_WORDS: dict[str, Check] = {
    "name_localizations": _localised(_slash_name),
    "description_localizations": _localised(_DESCRIPTION),
    # Libraries write `required` for every kind of option, sub-commands included.
    "required": forms.flag,
}


def _option(**more: Check) -> Check:
    return forms.record(_NAMED, **_WORDS, **more)


_CHOICES = forms.nullable(forms.each(_CHOICE, high=25))
_VALUES: dict[int, Check] = {
    STRING: _option(
        choices=_CHOICES,
        autocomplete=forms.flag,
        min_length=forms.integer(low=0, high=6000),
        max_length=forms.integer(low=1, high=6000),
    ),
    INTEGER: _option(choices=_CHOICES, autocomplete=forms.flag, min_value=forms.integer(), max_value=forms.integer()),
    NUMBER: _option(choices=_CHOICES, autocomplete=forms.flag, min_value=forms.number, max_value=forms.number),
    BOOLEAN: _option(),
    USER: _option(),
    CHANNEL: _option(channel_types=forms.each(forms.integer(low=0))),
    ROLE: _option(),
    MENTIONABLE: _option(),
    ATTACHMENT: _option(file_types=forms.each(forms.text(low=1, high=100), high=10)),
}


def _option_list(kinds: dict[int, Check]) -> Check:
    def order(holder: list[Json], path: Path, faults: FormFaults) -> None:
        optional_seen, names = False, set[str]()
        for index, option in enumerate(holder):
            if option.get("required") and optional_seen:
                code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
                faults.add((*path, index), code, "Required options must be placed before non-required options")
            optional_seen = optional_seen or not option.get("required")
            if option["name"] in names:
                code = "APPLICATION_COMMAND_OPTION_NAMES_NOT_UNIQUE"
                faults.add((*path, index, "name"), code, "Option names must be unique")
            names.add(option["name"])
            if option.get("choices") and option.get("autocomplete"):
                code = "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_WITH_CHOICES"
                faults.add((*path, index, "autocomplete"), code, "Cannot be used together with choices")

    base = forms.each(forms.by_type(kinds), high=25)

    def check(value: Any, path: Path, faults: FormFaults) -> None:
        n_before = len(faults)
        base(value, path, faults)
        if len(faults) == n_before:
            order(cast("list[Json]", value), path, faults)

    return check


_SUB = _option(options=forms.nullable(_option_list(_VALUES)))
_GROUP = _option(options=_option_list({SUB_COMMAND: _SUB}))
_COMMON: dict[str, Check] = {
    "id": forms.nullable(forms.snowflake),
    "default_member_permissions": forms.nullable(forms.snowflake),
    "dm_permission": forms.nullable(forms.flag),
    "default_permission": forms.nullable(forms.flag),
    "nsfw": forms.nullable(forms.flag),
    "contexts": forms.nullable(forms.each(forms.one_of(0, 1, 2), low=1)),
    "integration_types": forms.nullable(forms.each(forms.one_of(0, 1), low=1)),
    "name_localizations": _localised(forms.text(low=1, high=32)),
    "type": forms.nullable(forms.integer()),
}
COMMAND_FIELDS = ("name", "description", "description_localizations", "options", *_COMMON)
_SLASH = forms.record(
    {"name": _slash_name, "description": _DESCRIPTION},
    **{**_COMMON, "name_localizations": _localised(_slash_name)},
    description_localizations=_localised(_DESCRIPTION),
    options=forms.nullable(_option_list({SUB_COMMAND: _SUB, SUB_COMMAND_GROUP: _GROUP, **_VALUES})),
)
_MENU = forms.record(
    {"name": forms.text(low=1, high=32)},
    **_COMMON,
    description=forms.nullable(forms.text(high=0)),
    description_localizations=forms.nullable(forms.mapping(forms.anything, keys=())),
    options=forms.nullable(forms.each(forms.anything, high=0)),
)


def _one_command(value: Any, path: Path, faults: FormFaults) -> None:
    if not isinstance(value, dict):
        faults.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return
    fields = cast("Json", value)
    kind = fields.get("type") or SLASH
    if not isinstance(kind, int) or kind not in MAX_BY_TYPE:
        faults.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
        return
    (_SLASH if kind == SLASH else _MENU)(fields, path, faults)


def _mixes_kinds(command: Json) -> bool:
    kinds = {option["type"] in (SUB_COMMAND, SUB_COMMAND_GROUP) for option in children(command, "options")}
    return len(kinds) > 1


def command_chars(command: Json) -> int:
    """Count the characters of names, descriptions and values; the longest translation counts, not their sum."""
    total = 0
    for word in ("name", "description"):
        translated = [str(each or "") for each in child(command, f"{word}_localizations").values()]
        total += max(len(each) for each in [command.get(word) or "", *translated])
    if isinstance(command.get("value"), str):
        total += len(command["value"])
    parts = [*children(command, "options"), *children(command, "choices")]
    return total + sum(command_chars(part) for part in parts)


def check_command(value: Any) -> Json:
    """Return one command; refuse it with every fault it has."""
    faults = FormFaults()
    _one_command(value, (), faults)
    faults.raise_if_any()
    _across(cast("Json", value), (), faults)
    faults.raise_if_any()
    return cast("Json", value)


def check_commands(value: Any) -> list[Json]:
    """Return the commands of a bulk overwrite; refuse them with every fault they have."""
    faults = FormFaults()
    forms.each(_one_command)(value, (), faults)
    faults.raise_if_any()
    commands = cast("list[Json]", value)
    names: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        key = (command.get("type") or SLASH, command["name"])
        if key in names:
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            faults.add((index, "name"), code, "Application command names must be unique")
        names.add(key)
        _across(command, (index,), faults)
    faults.raise_if_any()
    for kind, most in MAX_BY_TYPE.items():
        if sum((command.get("type") or SLASH) == kind for command in commands) > most:
            raise Known.TOO_MANY_COMMANDS.refusal()
    return commands


def _across(command: Json, path: Path, faults: FormFaults) -> None:
    if command_chars(command) > MAX_COMMAND_CHARS:
        message = f"Command exceeds maximum size ({MAX_COMMAND_CHARS})"
        faults.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)
    if _mixes_kinds(command):
        code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
        faults.add((*path, "options"), code, "Sub-command and sub-command group option types are mutually exclusive")
    for index, option in enumerate(children(command, "options")):
        _bounds(option, (*path, "options", index), faults)


def _bounds(option: Json, path: Path, faults: FormFaults) -> None:
    for low, high in (("min_length", "max_length"), ("min_value", "max_value")):
        if low in option and high in option and option[low] > option[high]:
            faults.add((*path, low), "APPLICATION_COMMAND_OPTION_RANGE_INVALID", f"Must be {option[high]} or less.")
    for index, choice in enumerate(children(option, "choices")):
        if isinstance(choice["value"], str) != (option["type"] == STRING):
            faults.add(
                (*path, "choices", index, "value"), "CHOICE_VALUE_TYPE_INVALID", "Does not fit the option's type."
            )
    for index, inner in enumerate(children(option, "options")):
        _bounds(inner, (*path, "options", index), faults)
