"""How a reply can be reached, as an interaction tells, and what of a prompt can be stored and sent."""

from datetime import datetime, timedelta
from typing import Any

import discord

from bot import errors
from bot.jobs.model import PROMPT_MAX_CHARS, ReplyRoute
from bot.ui import markdown

TOKEN_LIFE = timedelta(minutes=15)
"""discord.md 1."""


def clean_prompt(text: str) -> str:
    """Return a prompt that can be stored and sent; raises EmptyPrompt or PromptTooLong.

    A lone surrogate is valid in Discord's JSON but in no UTF-8 text.
    """
    prompt = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()
    if markdown.is_blank(prompt):
        raise errors.EmptyPrompt
    if len(prompt) > PROMPT_MAX_CHARS:
        raise errors.PromptTooLong(length=len(prompt), limit=PROMPT_MAX_CHARS)
    return prompt


def route_of(interaction: discord.Interaction[Any], *, now: datetime) -> ReplyRoute:
    """Learn from an interaction how its reply can be reached, now and after its token has died."""
    return ReplyRoute(
        application_id=interaction.application_id,
        channel_id=interaction.channel_id or 0,
        message_id=interaction.message.id if interaction.message else None,
        token=interaction.token,
        token_expires_at=now + TOKEN_LIFE,
        ephemeral=interaction.message.flags.ephemeral if interaction.message else False,
        channel_reachable=_channel_reachable(interaction),
        upload_limit_bytes=interaction.filesize_limit,
    )


def route_to(message: discord.Message, *, now: datetime) -> ReplyRoute:
    """Return how a message of a server can be answered: by the channel alone, there is no token."""
    guild = message.guild
    return ReplyRoute(
        application_id=guild.me.id if guild else 0,  # belongs to the token, of which there is none
        channel_id=message.channel.id,
        message_id=None,
        token=None,
        token_expires_at=now,
        ephemeral=False,
        channel_reachable=guild is not None and _may_post(_own_permissions(message, guild), message.channel),
        upload_limit_bytes=guild.filesize_limit if guild else 0,
    )


def reference_to(message: discord.Message) -> dict[str, Any]:
    """Return the options by which what is sent answers a message of a server, where Discord allows the bot that."""
    if message.guild is None or not _own_permissions(message, message.guild).read_message_history:
        return {}
    return {"reference": message.to_reference(fail_if_not_exists=False)}


def _own_permissions(message: discord.Message, guild: discord.Guild) -> discord.Permissions:
    channel = message.channel
    is_known = channel.parent is not None if isinstance(channel, discord.Thread) else True
    if is_known and isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return channel.permissions_for(guild.me)
    return discord.Permissions.all()  # a place the library does not know yet: Discord will tell


def _channel_reachable(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the bot itself, without the token, can post where the person is (discord.md 1)."""
    if interaction.guild_id is None:
        return bool(interaction.context.dm_channel)
    if interaction.client.get_guild(interaction.guild_id) is None:
        return False
    return _may_post(interaction.app_permissions, interaction.channel)


def _may_post(may: discord.Permissions, channel: object) -> bool:
    may_send = may.send_messages_in_threads if isinstance(channel, discord.Thread) else may.send_messages
    return may.view_channel and may_send and may.attach_files and may.embed_links
