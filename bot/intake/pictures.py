"""Pictures that people give, read out of options and messages as sources; what is in a file is looked at later."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import discord

from bot import errors
from bot.jobs.model import MAX_SOURCES, Source
from bot.jobs.sources import MAX_SOURCE_BYTES

_NEVER_PICTURES = ("video/", "audio/", "text/", "application/pdf", "application/json", "application/zip")


def of_attachments(attachments: Iterable[discord.Attachment]) -> list[Source]:
    """Return attachments as sources, in their order; raises NotAPictureFile or SourceTooLarge."""
    return [_of_attachment(attachment) for attachment in attachments]


def _of_attachment(attachment: discord.Attachment) -> Source:
    if (attachment.content_type or "").lower().startswith(_NEVER_PICTURES):
        raise errors.NotAPictureFile(attachment.filename)
    if attachment.size > MAX_SOURCE_BYTES:
        raise errors.SourceTooLarge(attachment.filename, n_bytes=attachment.size, limit_bytes=MAX_SOURCE_BYTES)
    return Source(position=0, name=attachment.filename, url=attachment.url, n_bytes=attachment.size)


def numbered(sources: Sequence[Source]) -> tuple[Source, ...]:
    """Number the sources in their order, from 1; raises TooManySources."""
    if len(sources) > MAX_SOURCES:
        raise errors.TooManySources(count=len(sources), limit=MAX_SOURCES)
    return tuple(replace(source, position=position) for position, source in enumerate(sources, start=1))
