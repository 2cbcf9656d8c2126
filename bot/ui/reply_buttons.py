"""Buttons that answer replies and show the tray: everything they need stands in their id."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.ui import texts
from bot.ui.edit_form import PicturesOf

_ID = "[0-9]{1,20}"


class DoReplyButton(ui.DynamicItem[ui.Button[Any]], template=rf"v1:do-reply:(?P<message_id>{_ID})$"):
    """Confirms that a reply was meant as an edit; its author's only."""

    def __init__(self, message_id: int) -> None:
        self.message_id = message_id
        super().__init__(
            ui.Button(
                label=texts.DO_REPLY_LABEL,
                style=discord.ButtonStyle.primary,
                custom_id=f"v1:do-reply:{message_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(int(match["message_id"]))

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.replies.confirm(interaction, self.message_id)


class EditMessageButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"v1:edit-message:(?P<channel_id>{_ID})-(?P<message_id>{_ID})$"
):
    """Opens the form for the pictures of a message that shows no result of ours."""

    def __init__(self, target: PicturesOf) -> None:
        self.target = target
        super().__init__(
            ui.Button(
                label=texts.PRESS_LABELS["edit"],
                style=discord.ButtonStyle.primary,
                custom_id=f"v1:edit-message:{target.channel_id}-{target.message_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(PicturesOf(int(match["channel_id"]), int(match["message_id"])))

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.menus.open(interaction, self.target)


class ClearReferencesButton(ui.DynamicItem[ui.Button[Any]], template="v1:clear-references$"):
    """Empties the tray of whoever presses it."""

    def __init__(self) -> None:
        super().__init__(
            ui.Button(
                label=texts.CLEAR_REFERENCES_LABEL,
                style=discord.ButtonStyle.secondary,
                custom_id="v1:clear-references",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item, match
        return cls()

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.menus.clear(interaction)
