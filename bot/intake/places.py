"""Where the message stands that shows a job, as its owner can go there."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import discord

from bot.jobs.model import Job, Status

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A message that is there to be gone to."""

    link: str
    is_direct: bool
    """Whether it stands among the direct messages between the bot and whoever asks."""


async def places_of(interaction: Interaction, jobs: Sequence[Job]) -> dict[str, Place]:
    """Return, by their ids, where the messages of one person's jobs stand; a private answer is nowhere to be gone to.

    `interaction` is that person's.
    """
    jobs = [job for job in jobs if _has_message(job)]
    direct_id = None
    if any(_is_elsewhere(interaction, job) for job in jobs):
        with contextlib.suppress(discord.HTTPException):
            direct_id = (await interaction.user.create_dm()).id
    return {job.id: _place(job, is_direct=job.route.channel_id == direct_id) for job in jobs}


def _has_message(job: Job) -> bool:
    return job.route.message_id is not None and not job.route.ephemeral and job.status is not Status.EXPIRED


def _is_elsewhere(interaction: Interaction, job: Job) -> bool:
    """Tell whether a message stands in no channel that is known of its server: in an old thread, or sent directly."""
    guild = interaction.client.get_guild(job.guild_id) if job.guild_id else None
    return guild is None or guild.get_channel_or_thread(job.route.channel_id) is None


def _place(job: Job, *, is_direct: bool) -> Place:
    server: Any = "@me" if is_direct or job.guild_id is None else job.guild_id
    link = f"https://discord.com/channels/{server}/{job.route.channel_id}/{job.route.message_id}"
    return Place(link=link, is_direct=is_direct)
