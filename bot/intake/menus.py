"""What people pick in the menu of a message, and their tray of collected pictures."""

import asyncio
from typing import TYPE_CHECKING, TypeAlias

import discord

from bot.intake.answers import explained
from bot.intake.edit_form import open_form
from bot.intake.messages import Messages
from bot.intake.offers import QualityOffers
from bot.jobs.tray import Tray
from bot.ui import reply_buttons, texts
from bot.ui.edit_form import PicturesOf
from bot.ui.views import card_view

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


class Menus:
    """Takes the picks. Commands' refusals are explained by the command tree, presses' here."""

    def __init__(self, *, messages: Messages, tray: Tray, offers: QualityOffers) -> None:
        self._messages = messages
        self._tray = tray
        self._offers = offers

    async def edit(self, interaction: Interaction, message: discord.Message) -> None:
        """Open the form for the pictures of a message; raises Refusal.

        It does not wait for what is written: Discord waits 3 s for it, the person takes longer to fill it in.
        """
        sources = await self._messages.get_pictures_of(message)
        target = PicturesOf(message.channel.id, message.id)
        opening = open_form(interaction, target, offers=self._offers)
        await asyncio.gather(self._messages.remember(message, sources), opening)

    async def collect(self, interaction: Interaction, message: discord.Message) -> None:
        """Put the pictures of a message into the person's tray; raises Refusal."""
        sources = await self._messages.get_pictures_of(message)
        await interaction.response.defer(ephemeral=True, thinking=True)
        put = await self._tray.put(interaction.user.id, sources)
        view = card_view(reply_buttons.ClearReferencesButton()) if put.tray else None
        await interaction.edit_original_response(content=texts.tray_after(put), view=view)

    async def show(self, interaction: Interaction) -> None:
        """Show the person's tray to them alone."""
        tray = await self._tray.list(interaction.user.id)
        view = card_view(reply_buttons.ClearReferencesButton()) if tray else discord.utils.MISSING
        await interaction.response.send_message(texts.tray(tray), view=view, ephemeral=True)

    @explained
    async def clear(self, interaction: Interaction) -> None:
        """Empty the tray of the person who presses."""
        count = await self._tray.clear(interaction.user.id)
        await interaction.response.edit_message(content=texts.tray_cleared(count), view=None)

    @explained
    async def open(self, interaction: Interaction, target: PicturesOf) -> None:
        """Open the form for the pictures of a message, which are looked at when it comes back."""
        await open_form(interaction, target, offers=self._offers)
