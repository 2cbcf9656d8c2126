"""The administrators' log on Discord: shown to whoever asked, page by page."""

from typing import TYPE_CHECKING, TypeAlias

import discord

from bot.guilds.service import GuildService
from bot.intake.admin.answers import promised, show_page, stored
from bot.intake.admin.rights import guild_of
from bot.ui.admin.log import ENTRIES_PER_PAGE, log_message

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


class LogDesk:
    """Shows who changed what."""

    def __init__(self, *, guilds: GuildService) -> None:
        self._guilds = guilds

    async def show(self, interaction: Interaction) -> None:
        """Answer with the newest changes."""
        guild_of(interaction)
        async with promised(interaction):
            await self.turn(interaction, before_id=None)

    async def turn(self, interaction: Interaction, *, before_id: int | None) -> None:
        """Show the changes before that one in the answer there is; None for the newest."""
        with stored():
            entries = await self._guilds.log_page(
                guild_of(interaction).id, before_id=before_id, most=ENTRIES_PER_PAGE + 1
            )
        message = log_message(
            entries,
            is_newest=before_id is None,
            has_older=len(entries) > ENTRIES_PER_PAGE,
            opener_id=interaction.user.id,
        )
        await show_page(interaction, message)
