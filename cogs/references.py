"""The menus of a message, and /references: from a message that a person picks to an edit, or to their collection."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.intake import Menus
from bot.ui import texts


class ReferencesCog(commands.Cog):
    """What can be done with the pictures of a message."""

    def __init__(self, *, menus: Menus, tree: app_commands.CommandTree[ImageBot]) -> None:
        self._menus = menus
        self._tree = tree
        self._entries = (
            app_commands.ContextMenu(name=texts.EDIT_IMAGE_MENU, callback=self.edit_image),
            app_commands.ContextMenu(name=texts.USE_AS_REFERENCE_MENU, callback=self.use_as_reference),
        )

    async def cog_load(self) -> None:
        """Add the menus: the library takes only slash commands out of a cog by itself."""
        for entry in self._entries:
            self._tree.add_command(entry)

    async def cog_unload(self) -> None:
        """Remove the menus."""
        for entry in self._entries:
            self._tree.remove_command(entry.name, type=entry.type)

    async def edit_image(self, interaction: discord.Interaction[ImageBot], message: discord.Message) -> None:
        """Edit the pictures of a message."""
        await self._menus.edit(interaction, message)

    async def use_as_reference(self, interaction: discord.Interaction[ImageBot], message: discord.Message) -> None:
        """Collect the pictures of a message."""
        await self._menus.collect(interaction, message)

    @app_commands.command(name="references", description=texts.REFERENCES_DESCRIPTION)
    async def references(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Show what was collected."""
        await self._menus.show(interaction)


async def setup(bot: ImageBot) -> None:
    """Add the command and the menus; called by the library's extension loader."""
    await bot.add_cog(ReferencesCog(menus=bot.menus, tree=bot.tree))
