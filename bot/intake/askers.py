"""Who asks, and where, as quotas and the settings of a server look at it: read from an interaction or a message."""

from typing import Any, cast

import discord

from bot.jobs.model import Asker


def asker_of(interaction: discord.Interaction[Any]) -> Asker:
    """Return who used a command or pressed a button, with the roles that Discord sent along."""
    present = interaction.guild_id is not None and interaction.client.get_guild(interaction.guild_id) is not None
    channel_id, thread_id = _place(interaction.channel, interaction.channel_id or 0)
    return Asker(
        user_id=interaction.user.id,
        guild_id=interaction.guild_id if present else None,
        channel_id=channel_id,
        thread_id=thread_id,
        role_ids=_roles(interaction.user) if present else frozenset(),
    )


def asker_of_message(message: discord.Message) -> Asker:
    """Return who wrote a message, with the roles that Discord sent along."""
    channel_id, thread_id = _place(message.channel, message.channel.id)
    return Asker(
        user_id=message.author.id,
        guild_id=message.guild.id if message.guild else None,
        channel_id=channel_id,
        thread_id=thread_id,
        role_ids=_roles(message.author),
    )


def _place(channel: object, channel_id: int) -> tuple[int, int | None]:
    """Return the channel that counts, and the thread of it where the person is."""
    if isinstance(channel, discord.Thread):
        return channel.parent_id, channel.id
    return channel_id, None


def _roles(person: discord.abc.User) -> frozenset[int]:
    """Return the ids of a member's roles without the one of everybody, whose id is the server's.

    Those that the library does not know (yet) are among them: `Member.roles` would leave them out, and with them, while
    a server is still being loaded, the rules that were set for them.
    """
    if not isinstance(person, discord.Member):
        return frozenset()
    ids = cast("list[int]", person._roles)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return frozenset(ids) - {person.guild.id}
