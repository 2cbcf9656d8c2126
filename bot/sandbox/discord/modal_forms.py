"""What a modal may hold (discord.md 4)."""

from typing import Any, cast

from bot.sandbox.discord import forms
from bot.sandbox.discord.component_forms import (
    ACTION_ROW,
    CUSTOM_ID,
    TEXT_DISPLAY,
    TEXT_INPUT,
    component,
    select,
    walk,
)
from bot.sandbox.discord.forms import Check, FormFaults, Path
from bot.sandbox.discord.refusals import Json

LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 18, 19, 21, 22, 23
PARAGRAPH, PARAGRAPH_MAX_CHARS = 2, 4000


def _lengths(part: Json, path: Path, faults: FormFaults) -> None:
    low, high = part.get("min_length") or 0, part.get("max_length") or PARAGRAPH_MAX_CHARS
    if low > high:
        faults.add((*path, "min_length"), "TEXT_INPUT_COMPONENT_LENGTH_MISMATCH", f"Must be {high} or less.")


def _text_input(*, label_inside: bool) -> Check:
    label = forms.text(low=1, high=45)
    required: dict[str, Check] = {"custom_id": CUSTOM_ID, "style": forms.one_of(1, 2)}
    if label_inside:
        required["label"] = label
    return forms.also(
        component(
            required,
            **({} if label_inside else {"label": forms.nullable(label)}),
            placeholder=forms.nullable(forms.text(high=100)),
            value=forms.nullable(forms.text(high=PARAGRAPH_MAX_CHARS)),
            required=forms.flag,
            min_length=forms.nullable(forms.integer(low=0, high=PARAGRAPH_MAX_CHARS)),
            max_length=forms.nullable(forms.integer(low=1, high=PARAGRAPH_MAX_CHARS)),
        ),
        _lengths,
    )


def _counts(part: Json, path: Path, faults: FormFaults) -> None:
    low, high = part.get("min_values"), part.get("max_values")
    if low is not None and high is not None and low > high:
        faults.add((*path, "min_values"), "COMPONENT_MIN_VALUES_TOO_LARGE", f"Must be {high} or less.")
    if low == 0 and part.get("required", True):
        faults.add((*path, "min_values"), "COMPONENT_REQUIRED_MIN_VALUES", "Must be 1 or more while required.")


_CHOICE = forms.record(
    {"value": forms.text(low=1, high=100), "label": forms.text(low=1, high=100)},
    description=forms.nullable(forms.text(high=100)),
    default=forms.flag,
)


def _count(high: int) -> dict[str, Check]:
    return {
        "min_values": forms.nullable(forms.integer(low=0, high=high)),
        "max_values": forms.nullable(forms.integer(low=1, high=high)),
        "required": forms.flag,
    }


_ID: dict[str, Check] = {"custom_id": CUSTOM_ID}
_IN_LABEL: dict[int, Check] = {
    TEXT_INPUT: _text_input(label_inside=False),
    **select(in_modal=True),
    FILE_UPLOAD: forms.also(
        component(_ID, **_count(10), file_types=forms.each(forms.text(low=1, high=100), high=10)), _counts
    ),
    RADIO_GROUP: component({**_ID, "options": forms.each(_CHOICE, low=2, high=10)}, required=forms.flag),
    CHECKBOX_GROUP: forms.also(
        component({**_ID, "options": forms.each(_CHOICE, low=1, high=10)}, **_count(10)), _counts
    ),
    CHECKBOX: component(_ID, default=forms.flag),
}
_ROW = component({"components": forms.each(forms.by_type({TEXT_INPUT: _text_input(label_inside=True)}), low=1, high=1)})
_LABEL = component(
    {"label": forms.text(low=1, high=45), "component": forms.by_type(_IN_LABEL)},
    description=forms.nullable(forms.text(high=100)),
)
_TEXT = component({"content": forms.text(low=1, high=4000)})
_MODAL = forms.record(
    {
        "custom_id": CUSTOM_ID,
        "title": forms.text(low=1, high=45),
        "components": forms.each(forms.by_type({ACTION_ROW: _ROW, LABEL: _LABEL, TEXT_DISPLAY: _TEXT}), low=1, high=5),
    }
)


def check_modal(data: Any, *, path: Path) -> Json:
    """Return the data of a modal; refuse it with every fault it has."""
    faults = FormFaults()
    _MODAL({} if data is None else data, path, faults)
    faults.raise_if_any()
    fields = cast("Json", data)
    seen: set[str] = set()
    for part, at in walk(fields["components"]):
        custom_id = part.get("custom_id")
        if custom_id is not None and custom_id in seen:
            message = "Component custom id cannot be duplicated"
            faults.add((*path, "components", *at, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        seen.add(custom_id or "")
    faults.raise_if_any()
    return fields
