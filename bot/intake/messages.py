"""Pictures of messages that people point at by a reply, a menu or a button. What Discord hides is said, not guessed."""

import logging
from typing import TYPE_CHECKING, TypeAlias

import discord

from bot import errors
from bot.intake import pictures
from bot.intake.edit_form import result_as_source
from bot.jobs.model import Source
from bot.jobs.seen import SeenPictures
from bot.jobs.service import JobService
from bot.net.hosts import AllowedHosts
from bot.ui.edit_form import PicturesOf

if TYPE_CHECKING:
    from bot.client import ImageBot

log = logging.getLogger(__name__)

Interaction: TypeAlias = "discord.Interaction[ImageBot]"

_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008


class Messages:
    """Reads messages. One that shows a result of ours stands for that result, so that nothing is fetched again."""

    def __init__(self, *, jobs: JobService, seen: SeenPictures, allowed: AllowedHosts) -> None:
        self._jobs = jobs
        self._seen = seen
        self._allowed = allowed

    async def pictures_of(self, message: discord.Message) -> list[Source]:
        """Return the pictures of a message, none if it has none; raises PictureUnreadable or SourceTooLarge."""
        job = await self._jobs.find_by_message(message.id)
        is_shown = bool(message.attachments)  # and not one that still waits to be collected
        if job is not None and is_shown and job.result is not None and job.result.path.exists():
            return [result_as_source(job)]
        if is_hidden(message):
            raise errors.PictureUnreadable
        return pictures.of_message(message, allowed=self._allowed)

    async def get_pictures_of(self, message: discord.Message) -> list[Source]:
        """Return the pictures of a message as `pictures_of` does; raises NoPicture, too."""
        sources = await self.pictures_of(message)
        if not sources:
            raise errors.NoPicture
        return sources

    async def remember(self, message: discord.Message, sources: list[Source]) -> None:
        """Keep the pictures of a message that a menu shows, for the form that comes back."""
        await self._seen.remember(message.channel.id, message.id, sources)

    async def pictures_at(self, interaction: Interaction, target: PicturesOf) -> list[Source]:
        """Return the pictures of a message by its address, as a menu showed them or as they can be read now.

        Raises NoPicture, PictureUnreadable or MessageGone. Only of the place where the person is: that they may see it
        is certain there and nowhere else.
        """
        if target.channel_id != interaction.channel_id:
            raise errors.MessageGone
        sources = await self._seen.recall(target.channel_id, target.message_id)
        if sources:
            return sources
        return await self.get_pictures_of(await fetch(interaction.client, target.channel_id, target.message_id))


def is_hidden(message: discord.Message) -> bool:
    """Tell whether Discord keeps back what a message says and shows (discord.md 5): a person's is never quite empty."""
    if message.is_system() or message.stickers or message.poll:
        return False
    parts = (message, *message.message_snapshots)
    return not any(part.content or part.attachments or part.embeds or part.components for part in parts)


async def fetch(client: discord.Client, channel_id: int, message_id: int) -> discord.Message:
    """Fetch a message; raises MessageGone, or PictureUnreadable where the bot may not look."""
    try:
        return await client.get_partial_messageable(channel_id).fetch_message(message_id)
    except discord.HTTPException as error:
        if error.code in {_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE}:
            raise errors.MessageGone from error
        if error.status == 403:
            raise errors.PictureUnreadable from error
        raise
