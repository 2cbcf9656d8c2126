"""What Discord offers an administrator to choose from."""

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.jobs.model import Quality
from bot.ui.texts import admin_commands

UNIT_CHOICES = [Choice(name=name, value=unit.value) for unit, name in admin_commands.UNIT_NAMES.items()]
PERIOD_CHOICES = [Choice(name=name, value=period.value) for period, name in admin_commands.PERIOD_NAMES.items()]
HIGHEST_CHOICES = [Choice(name=quality.value, value=quality.value) for quality in Quality]


class CountedChannel(app_commands.Transformer):
    """A channel in which pictures can be asked for, as Discord describes it: the library need not know it yet.

    No threads: what happens there counts for their channel.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return [
            discord.ChannelType.text,
            discord.ChannelType.news,
            discord.ChannelType.voice,
            discord.ChannelType.stage_voice,
            discord.ChannelType.forum,
            discord.ChannelType.media,
        ]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> app_commands.AppCommandChannel:
        del interaction
        return value
