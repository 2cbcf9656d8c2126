"""Which servers have the bot: what those have set is kept for a time after they removed it (`guilds.service`)."""

import logging
from collections.abc import Iterable

import discord

from bot import errors
from bot.guilds.service import GuildService

log = logging.getLogger(__name__)


class Presence:
    """Notes that the bot comes and goes. Never fails: the next start notes what was missed."""

    def __init__(self, *, guilds: GuildService) -> None:
        self._guilds = guilds

    async def everywhere(self, guilds: Iterable[discord.Guild]) -> None:
        """Take these for all the servers there are: who is not among them removed the bot while it was away."""
        try:
            await self._guilds.present(guild.id for guild in guilds)
        except errors.StoreError as error:
            log.warning("servers not noted", extra={"error": repr(error)})

    async def joined(self, guild: discord.Guild) -> None:
        """Note that a server has the bot (again)."""
        try:
            await self._guilds.back(guild.id)
        except errors.StoreError as error:
            log.warning("server not noted", extra={"guild": guild.id, "error": repr(error)})

    async def left(self, guild: discord.Guild) -> None:
        """Note that a server has removed the bot."""
        try:
            await self._guilds.removed(guild.id)
        except errors.StoreError as error:
            log.warning("removal not noted", extra={"guild": guild.id, "error": repr(error)})
