"""/history: a person's own pictures."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.intake import History
from bot.ui import texts


class LibraryCog(commands.Cog):
    """The command that shows a person what they made."""

    def __init__(self, *, history: History) -> None:
        self._history = history

    @app_commands.command(name="history", description=texts.HISTORY_DESCRIPTION)
    async def history(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Show the person's pictures to them alone."""
        await self._history.show(interaction)


async def setup(bot: ImageBot) -> None:
    """Add the command; called by the library's extension loader."""
    await bot.add_cog(LibraryCog(history=bot.history))
