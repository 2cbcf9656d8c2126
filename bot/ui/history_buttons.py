"""The buttons of a history. Like all others they hold nothing but ids, and work for ever."""

import enum
import re
from typing import Any, Self

import discord
from discord import ui

from bot.ui import texts


class HistoryPress(enum.StrEnum):
    """What a button of a history does with one picture; the value stands in its id."""

    POST = "post"
    EDIT_BEFORE = "edit-before"
    """Edits the picture that this one was made from: undo, in effect."""
    FORGET = "forget"
    """Asks first."""
    FORGET_NOW = "forget-now"


_STYLES = {HistoryPress.POST: discord.ButtonStyle.primary, HistoryPress.FORGET_NOW: discord.ButtonStyle.danger}
_LABELS = {
    HistoryPress.POST: texts.POST_LABEL,
    HistoryPress.EDIT_BEFORE: texts.EDIT_BEFORE_LABEL,
    HistoryPress.FORGET: texts.REMOVE_LABEL,
    HistoryPress.FORGET_NOW: texts.FORGET_LABEL,
}


class HistoryButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"v1:(?P<press>{'|'.join(HistoryPress)}):(?P<job_id>[a-z0-9]{{1,40}})$",
):
    """Does something with one picture; `number` is that of its entry."""

    def __init__(self, press: HistoryPress, job_id: str, *, number: int | None = None, row: int | None = None) -> None:
        self.press = press
        self.job_id = job_id
        label = _LABELS[press]
        super().__init__(
            ui.Button(
                label=label if number is None else texts.numbered_label(number, label),
                style=_STYLES.get(press, discord.ButtonStyle.secondary),
                custom_id=f"v1:{press.value}:{job_id}",
                row=row,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(HistoryPress(match["press"]), match["job_id"])

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.history.take(interaction, self.press, self.job_id)


class TurnButton(ui.DynamicItem[ui.Button[Any]], template=r"v1:history:(?P<page>[0-9]{1,6})$"):
    """Turns to another page."""

    def __init__(self, page: int, *, label: str = texts.NEWER_LABEL, disabled: bool = False) -> None:
        self.page = page
        super().__init__(
            ui.Button(
                label=label,
                style=discord.ButtonStyle.secondary,
                custom_id=f"v1:history:{page}",
                disabled=disabled,
                row=4,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(int(match["page"]))

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.history.turn(interaction, self.page)
