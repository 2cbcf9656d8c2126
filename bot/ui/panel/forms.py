"""The two forms of the settings panel. Nothing of an open form is kept in memory: what it is stands in its id."""

import enum
import re
from dataclasses import dataclass
from typing import Any

from discord import ui

from bot.guilds.model import MAX_JOBS_AT_ONCE, GuildSettings
from bot.ui import modals
from bot.ui.texts import panel


class Form(enum.StrEnum):
    """What is written into a form; the value stands in the ids."""

    ZONE = "zone"
    AT_ONCE = "at-once"


_ID = re.compile(rf"v1:panel-form:(?P<form>{'|'.join(Form)}):(?P<guild>[0-9]{{1,20}}):(?P<opener>[0-9]{{1,20}})")
_ZONE, _PER_MEMBER, _PER_GUILD = "zone", "member", "guild"
_ZONE_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelForm:
    """A form that was opened from the panel of `opener_id` in a server."""

    form: Form
    guild_id: int
    opener_id: int

    @property
    def custom_id(self) -> str:
        """The id by which a filled form is known again."""
        return f"v1:panel-form:{self.form.value}:{self.guild_id}:{self.opener_id}"


def find_panel_form(custom_id: str) -> PanelForm | None:
    """Return which form of the panel has this id; None where it is none of this version."""
    match = _ID.fullmatch(custom_id)
    if match is None:
        return None
    return PanelForm(form=Form(match["form"]), guild_id=int(match["guild"]), opener_id=int(match["opener"]))


def panel_form(which: PanelForm, settings: GuildSettings) -> ui.Modal:
    """Return a new form that holds what is set, to be sent once by `interaction.response.send_modal`."""
    if which.form is Form.ZONE:
        form = modals.StatelessModal(title=panel.ZONE_FORM_TITLE, custom_id=which.custom_id)
        form.add_item(_zone_field(settings))
        return form
    form = modals.StatelessModal(title=panel.AT_ONCE_FORM_TITLE, custom_id=which.custom_id)
    form.add_item(_number_field(_PER_MEMBER, panel.PER_MEMBER_LABEL, settings.jobs_per_member))
    form.add_item(_number_field(_PER_GUILD, panel.PER_GUILD_LABEL, settings.jobs_per_guild))
    return form


def zone_of(sent: dict[str, Any]) -> str:
    """Return the time zone that was written into a submitted form."""
    return modals.texts_of(sent).get(_ZONE, "")


def numbers_of(sent: dict[str, Any]) -> tuple[str, str]:
    """Return what was written for a member and for the server."""
    written = modals.texts_of(sent)
    return written.get(_PER_MEMBER, ""), written.get(_PER_GUILD, "")


def _zone_field(settings: GuildSettings) -> ui.Label[Any]:
    field: ui.TextInput[Any] = ui.TextInput(custom_id=_ZONE, default=settings.time_zone, max_length=_ZONE_CHARS)
    return ui.Label(text=panel.ZONE_FIELD_LABEL, description=panel.ZONE_FIELD_HINT, component=field)


def _number_field(name: str, label: str, number: int | None) -> ui.Label[Any]:
    default = None if number is None else str(number)
    field: ui.TextInput[Any] = ui.TextInput(
        custom_id=name, default=default, required=False, max_length=len(f"{MAX_JOBS_AT_ONCE:,}") + 5
    )
    return ui.Label(text=label, description=panel.AT_ONCE_HINT, component=field)
