"""Who administers: where a command was used, and who may use later what it opened.

Discord lets nobody use /admin whom the server does not allow it (discord.md 7). Its say ends with the command, so what
the command opened is asked about here, each time.
"""

from datetime import datetime, timedelta
from typing import Any

import discord

from bot import errors

OPEN_FOR = timedelta(minutes=15)
"""So long whoever the server let use the command may go on; then they must be able to manage the server."""


def guild_of(interaction: discord.Interaction[Any]) -> discord.Guild:
    """Return the server where a command was used; raises a Refusal outside of servers."""
    if interaction.guild is None:
        raise errors.NotAllowedHere("direct")
    return interaction.guild


def may_act(interaction: discord.Interaction[Any], *, opener_id: int, opened_at: datetime, now: datetime) -> bool:
    """Tell whether this person may use what `opener_id` has opened, now."""
    if interaction.user.id != opener_id or interaction.guild_id is None:
        return False
    may = interaction.permissions
    return may.administrator or may.manage_guild or now - opened_at < OPEN_FOR


def is_known(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether Discord has told the bot which roles and channels the server has."""
    guild = interaction.client.get_guild(interaction.guild_id) if interaction.guild_id else None
    return guild is not None and not guild.unavailable
