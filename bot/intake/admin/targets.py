"""For whom an administrator sets something: read from what they named, and refused where it cannot be."""

from dataclasses import dataclass
from typing import TypeAlias

import discord
from discord import app_commands

from bot.errors import BadSetting
from bot.quota.model import Scope

Somebody: TypeAlias = discord.Member | discord.User
"""Who has left the server is a User."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The member, the role or the channel that was named; at most one of them should be."""

    member: Somebody | None = None
    role: discord.Role | None = None
    channel: app_commands.AppCommandChannel | None = None

    def target(self) -> tuple[Scope, int | None]:
        """Return for whom a rule is; raises BadSetting where more than one was named."""
        named = [
            (Scope.USER, self.member),
            (Scope.ROLE, self.role),
            (Scope.CHANNEL, self.channel),
        ]
        given = [(scope, each.id) for scope, each in named if each is not None]
        if len(given) > 1:
            raise BadSetting("two_named")
        return given[0] if given else (Scope.DEFAULT, None)


def check_member(member: Somebody) -> None:
    """Raise BadSetting where somebody can be given nothing: a bot, or who has left the server."""
    if member.bot:
        raise BadSetting("bot_member", member.display_name)
    if not isinstance(member, discord.Member):
        raise BadSetting("member_left", member.display_name)


def check_role(role: discord.Role, guild: discord.Guild) -> None:
    """Raise BadSetting where nothing can be set for a role: that of everybody, or one above the bot's own."""
    if role.is_default():
        raise BadSetting("role_everyone")
    if role > guild.me.top_role:
        raise BadSetting("role_above_bot", role.name)
