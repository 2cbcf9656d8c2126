"""/quota: what a person has left."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.intake import QuotaCard
from bot.ui.texts.quota_card import QUOTA_DESCRIPTION


class UsageCog(commands.Cog):
    """The command that tells a person how they stand."""

    def __init__(self, *, quota_card: QuotaCard) -> None:
        self._quota_card = quota_card

    @app_commands.command(name="quota", description=QUOTA_DESCRIPTION)
    async def quota(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Show the person what they have left, to them alone."""
        await self._quota_card.show(interaction)


async def setup(bot: ImageBot) -> None:
    """Add the command; called by the library's extension loader."""
    await bot.add_cog(UsageCog(quota_card=bot.quota_card))
