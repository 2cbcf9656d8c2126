"""What components a message may hold, of the older kind and of version 2 (discord.md 4 and 8)."""

from collections.abc import Iterator
from typing import Any, cast

from bot.sandbox.discord import forms
from bot.sandbox.discord.forms import Check, FormFaults, Path
from bot.sandbox.discord.refusals import Json

ACTION_ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT_DISPLAY, THUMBNAIL, MEDIA_GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
STYLE_LINK, STYLE_PREMIUM = 5, 6
MAX_TOTAL, MAX_ROWS, MAX_V2_TEXT = 40, 5, 4000

CUSTOM_ID = forms.text(low=1, high=100)
COMPONENT_ID = forms.integer(low=0, high=2**31 - 1)
_EMOJI = forms.nullable(
    forms.record(id=forms.nullable(forms.snowflake), name=forms.nullable(forms.text(high=100)), animated=forms.flag)
)


def component(required: dict[str, Check] | None = None, /, **optional: Check) -> Check:
    """Check one component: `type` and `id` are known to each."""
    return forms.record({"type": forms.integer(), **(required or {})}, id=COMPONENT_ID, **optional)


def _button_rules(button: Json, path: Path, faults: FormFaults) -> None:
    style = button["style"]
    if style == STYLE_LINK:
        _button_has(button, path, faults, needs="url", refuses=("custom_id", "sku_id"))
    elif style == STYLE_PREMIUM:
        _button_has(button, path, faults, needs="sku_id", refuses=("custom_id", "url", "label", "emoji"))
    else:
        _button_has(button, path, faults, needs="custom_id", refuses=("url", "sku_id"))
    if style != STYLE_PREMIUM and not button.get("label") and not button.get("emoji"):
        faults.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button needs a label or an emoji.")


def _button_has(button: Json, path: Path, faults: FormFaults, *, needs: str, refuses: tuple[str, ...]) -> None:
    if not button.get(needs):
        words = {"custom_id": "A custom id is required", "url": "A url is required", "sku_id": "A sku id is required"}
        faults.add((*path, needs), f"BUTTON_COMPONENT_{needs.upper()}_REQUIRED", words[needs])
    for name in refuses:
        if button.get(name) is not None:
            code = "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
            faults.add((*path, name), code, "A custom id and url cannot both be specified")


_BUTTON = forms.also(
    component(
        {"style": forms.one_of(1, 2, 3, 4, 5, 6)},
        label=forms.nullable(forms.text(high=80)),
        emoji=_EMOJI,
        custom_id=forms.nullable(CUSTOM_ID),
        url=forms.nullable(forms.url("http", "https", "discord", high=512)),
        sku_id=forms.nullable(forms.snowflake),
        disabled=forms.flag,
    ),
    _button_rules,
)
_SELECT_OPTION = forms.record(
    {"label": forms.text(low=1, high=100), "value": forms.text(low=1, high=100)},
    description=forms.nullable(forms.text(high=100)),
    emoji=_EMOJI,
    default=forms.flag,
)
_DEFAULT_VALUE = forms.record({"id": forms.snowflake, "type": forms.one_of("user", "role", "channel")})
_DEFAULT_KINDS = {
    USER_SELECT: ("user",),
    ROLE_SELECT: ("role",),
    MENTIONABLE_SELECT: ("user", "role"),
    CHANNEL_SELECT: ("channel",),
}


def _select_counts(select: Json, path: Path, faults: FormFaults) -> None:
    low, high = select.get("min_values", 1), select.get("max_values", 1)
    options = cast("list[Json] | None", select.get("options"))
    if low > high:
        faults.add((*path, "min_values"), "SELECT_COMPONENT_MIN_VALUES_TOO_LARGE", f"Must be {high} or less.")
    if options is None:
        return
    values = [option["value"] for option in options]
    for index, value in enumerate(values):
        if value in values[:index]:
            message = "The specified option value is already used"
            faults.add((*path, "options", index, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
    if low <= high and max(low, high) > len(options):
        name = "min_values" if low > len(options) else "max_values"
        faults.add((*path, name), "BASE_TYPE_BAD_LENGTH", f"Must be {len(options)} or less.")
    if sum(bool(option.get("default")) for option in options) > high:
        faults.add((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "Too many default values.")


def _default_values(select: Json, path: Path, faults: FormFaults) -> None:
    """Check what is chosen before anybody chooses: of a fitting kind, as many as may be chosen."""
    defaults = cast("list[Json]", select.get("default_values") or [])
    low, high = select.get("min_values", 1), select.get("max_values", 1)
    at = (*path, "default_values")
    if defaults and not low <= len(defaults) <= high:
        faults.add(at, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    fitting = _DEFAULT_KINDS[select["type"]]
    for index, default in enumerate(defaults):
        forms.one_of(*fitting)(default["type"], (*at, index, "type"), faults)


def _modal_rules(select: Json, path: Path, faults: FormFaults) -> None:
    if select.get("disabled"):
        faults.add((*path, "disabled"), "MODAL_COMPONENT_DISABLED", "A modal cannot hold disabled components.")
    if select.get("min_values") == 0 and select.get("required", True):
        faults.add((*path, "min_values"), "COMPONENT_REQUIRED_MIN_VALUES", "Must be 1 or more while required.")


def select(*, in_modal: bool) -> dict[int, Check]:
    """Return the checks of the five kinds of select; a message's `required` is ignored."""
    common: dict[str, Check] = {
        "placeholder": forms.nullable(forms.text(high=150)),
        "min_values": forms.integer(low=0, high=25),
        "max_values": forms.integer(low=1, high=25),
        "required": forms.flag,
        "disabled": forms.flag,
    }
    chosen: dict[str, Check] = {**common, "default_values": forms.each(_DEFAULT_VALUE, high=25)}
    named: dict[str, Check] = {"custom_id": CUSTOM_ID}
    options = forms.each(_SELECT_OPTION, low=1, high=25)
    channel_types = forms.each(forms.integer(low=0))
    kinds: dict[int, Check] = {
        STRING_SELECT: component({**named, "options": options}, **common),
        **dict.fromkeys((USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT), component(named, **chosen)),
        CHANNEL_SELECT: component(named, **chosen, channel_types=channel_types),
    }
    rules = (_select_counts, *([_modal_rules] if in_modal else []))
    return {
        kind: forms.also(check, *rules, *([] if kind == STRING_SELECT else [_default_values]))
        for kind, check in kinds.items()
    }


def _row_width(row: Json, path: Path, faults: FormFaults) -> None:
    children = cast("list[Json]", row["components"])
    holds_select = any(child["type"] in SELECTS for child in children)
    if len(children) > (1 if holds_select else 5):
        at = (*path, "components", 1 if holds_select else 5)
        faults.add(at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")


_ROW = forms.also(
    component({"components": forms.each(forms.by_type({BUTTON: _BUTTON, **select(in_modal=False)}), low=1)}),
    _row_width,
)


def _media(*schemes: str) -> Check:
    return forms.record(
        {"url": forms.url(*schemes)},
        proxy_url=forms.anything,
        width=forms.anything,
        height=forms.anything,
        content_type=forms.anything,
        placeholder=forms.anything,
        placeholder_version=forms.anything,
        loading_state=forms.anything,
        attachment_id=forms.anything,
        flags=forms.anything,
        id=forms.anything,
    )


_PICTURE = _media("http", "https", "attachment")
_ALT = forms.nullable(forms.text(high=1024))
_TEXT = component({"content": forms.text(low=1, high=MAX_V2_TEXT)})
_THUMBNAIL = component({"media": _PICTURE}, description=_ALT, spoiler=forms.flag)
_GALLERY_ITEM = forms.record({"media": _PICTURE}, description=_ALT, spoiler=forms.flag)
_WITHOUT_CONTAINER: dict[int, Check] = {
    ACTION_ROW: _ROW,
    SECTION: component(
        {
            "components": forms.each(forms.by_type({TEXT_DISPLAY: _TEXT}), low=1, high=3),
            "accessory": forms.by_type({BUTTON: _BUTTON, THUMBNAIL: _THUMBNAIL}),
        }
    ),
    TEXT_DISPLAY: _TEXT,
    MEDIA_GALLERY: component({"items": forms.each(_GALLERY_ITEM, low=1, high=10)}),
    FILE: component({"file": _media("attachment")}, spoiler=forms.flag, name=forms.anything, size=forms.anything),
    SEPARATOR: component(divider=forms.flag, spacing=forms.one_of(1, 2)),
}
_CONTAINER = component(
    {"components": forms.each(forms.by_type(_WITHOUT_CONTAINER), low=1)},
    accent_color=forms.nullable(forms.integer(low=0, high=0xFFFFFF)),
    spoiler=forms.flag,
)
_LEGACY = forms.each(forms.by_type({ACTION_ROW: _ROW}), high=MAX_ROWS)
_V2 = forms.each(forms.by_type({**_WITHOUT_CONTAINER, CONTAINER: _CONTAINER}))


def check_components(value: Any, path: Path, faults: FormFaults, *, v2: bool) -> None:
    """Check the `components` of a message; `v2` says whether its flag asks for version 2."""
    schema = _V2 if v2 else _LEGACY
    own = FormFaults()
    schema(value, path, own)
    schema(value, path, faults)
    if own:
        return
    parts = list(walk(cast("list[Json]", value), path))
    _unique_custom_ids(parts, faults)
    if v2 and len(parts) > MAX_TOTAL:
        faults.add(path, "COMPONENT_MAX_TOTAL_COMPONENTS", f"A message may hold {MAX_TOTAL} components in total.")
    if v2 and sum(len(part.get("content", "")) for part, _ in parts if part["type"] == TEXT_DISPLAY) > MAX_V2_TEXT:
        message = f"The text of all components exceeds the maximum size of {MAX_V2_TEXT}"
        faults.add(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)


def _unique_custom_ids(parts: list[tuple[Json, Path]], faults: FormFaults) -> None:
    seen: set[str] = set()
    for part, at in parts:
        custom_id = part.get("custom_id")
        if custom_id is not None and custom_id in seen:
            message = "Component custom id cannot be duplicated"
            faults.add((*at, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        seen.add(custom_id or "")


def walk(components: list[Json], path: Path = ()) -> Iterator[tuple[Json, Path]]:
    """Yield every component, nested ones included, with its path."""
    for index, part in enumerate(components):
        yield from _walk_one(part, (*path, index))


def find_part(parts: list[Json], wanted: str, names: tuple[str, ...]) -> Json | None:
    """Return the first component that has `wanted` under one of `names`."""
    return next((part for part in parts if any(part.get(name) == wanted for name in names)), None)


def _walk_one(part: Json, path: Path) -> Iterator[tuple[Json, Path]]:
    yield part, path
    yield from walk(part.get("components") or [], (*path, "components"))
    for name in ("accessory", "component"):
        if part.get(name):
            yield from _walk_one(part[name], (*path, name))


def media_of(components: list[Json]) -> Iterator[tuple[Json, Path]]:
    """Yield each media object that the components show, with its path."""
    for part, path in walk(components):
        if part["type"] == THUMBNAIL:
            yield part["media"], (*path, "media")
        elif part["type"] == FILE:
            yield part["file"], (*path, "file")
        for index, item in enumerate(part.get("items") or []):
            yield item["media"], (*path, "items", index, "media")
