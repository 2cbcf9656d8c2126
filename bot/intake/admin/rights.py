"""Who administers: where a command was used, and who may use later what it opened.

Discord lets nobody use /admin whom the server does not allow it (discord.md 7). Its say ends with the command, so what
the command opened is asked about here, each time.
"""

from datetime import datetime, timedelta
from typing import Any

import discord

from bot import errors
from bot.clock import Clock

OPEN_FOR = timedelta(minutes=15)
"""So long people whom a server's Integrations page lets use the command may go on with what it opened."""


def guild_of(interaction: discord.Interaction[Any]) -> discord.Guild:
    """Return the server where a command was used; raises a Refusal outside of servers."""
    if interaction.guild is None:
        raise errors.NotAllowedHere("direct")
    return interaction.guild


def is_known(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether Discord has told the bot which roles and channels the server has."""
    guild = interaction.client.get_guild(interaction.guild_id) if interaction.guild_id else None
    return guild is not None and not guild.unavailable


class AdminRights:
    """Tells who may go on with what /admin opened: who manages the server now, and whom it let in a while ago.

    Ids of buttons and forms prove nothing, for they can be forged. Whom the server let in is kept in memory alone:
    after a restart they use the command again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._let_in: dict[tuple[int, int], datetime] = {}

    def let_in(self, interaction: discord.Interaction[Any]) -> None:
        """Note that Discord let this person use the command; to be called for each use of it."""
        now = self._clock.now()
        self._let_in = {who: at for who, at in self._let_in.items() if now - at < OPEN_FOR}
        who = _who(interaction)
        if _manages(interaction):  # whoever loses that right was not let in by anything else
            self._let_in.pop(who, None)
        else:
            self._let_in[who] = now

    def may_act(self, interaction: discord.Interaction[Any], opener_id: int) -> bool:
        """Tell whether this person may use what `opener_id` has opened, now."""
        if interaction.user.id != opener_id or interaction.guild_id is None:
            return False
        if _manages(interaction):
            return True
        at = self._let_in.get(_who(interaction))
        return at is not None and self._clock.now() - at < OPEN_FOR


def _who(interaction: discord.Interaction[Any]) -> tuple[int, int]:
    return interaction.guild_id or 0, interaction.user.id


def _manages(interaction: discord.Interaction[Any]) -> bool:
    may = interaction.permissions
    return may.administrator or may.manage_guild
