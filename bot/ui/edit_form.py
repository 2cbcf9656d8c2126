"""The form behind Edit: what it asks, and what a person wrote into it. Nothing of an open form is kept in memory.

Where its answer goes stands in its id, so that a form which was opened before a restart can be sent after it.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord
from discord import ui

from bot.jobs.model import PROMPT_MAX_CHARS, Quality, Size
from bot.ui import choices, modals, texts

MAX_UPLOADS = 10
"""Of one form (discord.md 4)."""

_INSTRUCTION, _SIZE, _QUALITY, _UPLOADS = "instruction", "size", "quality", "pictures"
_ID = re.compile(
    r"v1:edit-modal:(?:j(?P<job_id>[a-z0-9]{1,40})|m(?P<channel_id>[0-9]{1,20})-(?P<message_id>[0-9]{1,20}))"
)


@dataclass(frozen=True, slots=True)
class ResultOf:
    """The picture a job made is to be edited: `j<job>`."""

    job_id: str


@dataclass(frozen=True, slots=True)
class PicturesOf:
    """The pictures of a message are to be edited: `m<channel>-<message>`."""

    channel_id: int
    message_id: int


EditTarget: TypeAlias = ResultOf | PicturesOf


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """What a person wrote into the form."""

    instruction: str
    size: Size
    quality: str | None
    """As it came; None where the form had no such field."""
    upload_ids: tuple[str, ...]
    """Of the further pictures, in the person's order, which `resolved` does not keep (discord.md 4)."""


class _Choice(ui.Select[Any]):
    """A choice of one in a form, where Discord's documents forbid the field `disabled` that the library sends."""

    def __init__(self, name: str, options: list[discord.SelectOption]) -> None:
        super().__init__(custom_id=name, options=options, required=True)

    def to_component_dict(self) -> Any:
        return {name: value for name, value in super().to_component_dict().items() if name != "disabled"}


def edit_form(target: EditTarget, offered: choices.OfferedQualities, *, quality: Quality | None = None) -> ui.Modal:
    """Return a new form, to be sent once by `interaction.response.send_modal`.

    `quality` is the one to begin with; where it is not offered, or none is named, it is the usual one.
    """
    form = modals.StatelessModal(title=texts.EDIT_FORM_TITLE, custom_id=_form_id(target))
    instruction: ui.TextInput[Any] = ui.TextInput(
        custom_id=_INSTRUCTION,
        style=discord.TextStyle.paragraph,
        placeholder=texts.EDIT_FORM_EXAMPLE,
        min_length=1,
        max_length=PROMPT_MAX_CHARS,
    )
    uploads: ui.FileUpload[Any] = ui.FileUpload(
        custom_id=_UPLOADS, required=False, min_values=0, max_values=MAX_UPLOADS
    )
    labels: list[ui.Label[Any]] = [
        ui.Label(text=texts.INSTRUCTION_LABEL, component=instruction),
        ui.Label(text=texts.SIZE_LABEL, component=_Choice(_SIZE, _size_options())),
        ui.Label(text=texts.QUALITY_LABEL, component=_Choice(_QUALITY, _quality_options(offered, begin_with=quality))),
        ui.Label(text=texts.UPLOADS_LABEL, description=texts.UPLOADS_HINT, component=uploads),
    ]
    for label in labels:
        form.add_item(label)
    return form


def find_target(form_id: str) -> EditTarget | None:
    """Return what the form of this id edits; None where it is no edit form of this version."""
    match = _ID.fullmatch(form_id)
    if match is None:
        return None
    if match["job_id"]:
        return ResultOf(match["job_id"])
    return PicturesOf(int(match["channel_id"]), int(match["message_id"]))


def read(sent: dict[str, Any]) -> FilledForm:
    """Read the data of a submitted form; what is missing has its default."""
    parts = [label["component"] for label in sent["components"] if "component" in label]
    given = {part["custom_id"]: part for part in parts}

    def chosen(name: str, default: str) -> str:
        return next(iter(given.get(name, {}).get("values", [])), default)

    return FilledForm(
        instruction=given.get(_INSTRUCTION, {}).get("value") or "",
        size=Size(chosen(_SIZE, Size.AUTO.value)),
        quality=chosen(_QUALITY, "") or None,
        upload_ids=tuple(given.get(_UPLOADS, {}).get("values", [])),
    )


def _form_id(target: EditTarget) -> str:
    if isinstance(target, ResultOf):
        return f"v1:edit-modal:j{target.job_id}"
    return f"v1:edit-modal:m{target.channel_id}-{target.message_id}"


def _size_options() -> list[discord.SelectOption]:
    names = {**texts.SIZE_NAMES, Size.AUTO: texts.SAME_SHAPE}
    return [
        discord.SelectOption(label=name, value=size.value, default=size is Size.AUTO) for size, name in names.items()
    ]


def _quality_options(offered: choices.OfferedQualities, *, begin_with: Quality | None) -> list[discord.SelectOption]:
    first = begin_with if begin_with is not None and begin_with in offered.prices else offered.usual
    return [
        discord.SelectOption(label=choice.name, value=choice.value, default=choice.value == first.value)
        for choice in choices.quality_choices(offered)
    ]
