"""Pictures that people give, read out of options and messages as sources; what is in a file is looked at later."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import discord
from discord.components import (
    ActionRow,
    Component,
    Container,
    FileComponent,
    MediaGalleryComponent,
    SectionComponent,
    ThumbnailComponent,
    UnfurledMediaItem,
)

from bot import errors
from bot.jobs.model import MAX_SOURCES, Source
from bot.jobs.sources import MAX_SOURCE_BYTES
from bot.net.hosts import AllowedHosts

_NEVER_PICTURES = ("video/", "audio/", "text/", "application/pdf", "application/json", "application/zip")


def of_attachments(attachments: Iterable[discord.Attachment]) -> list[Source]:
    """Return attachments as sources, in their order; raises NotAPictureFile or SourceTooLarge."""
    return [_of_attachment(attachment) for attachment in attachments]


def of_message(message: discord.Message, *, allowed: AllowedHosts) -> list[Source]:
    """Return every picture that a message shows, in the order people see them; raises SourceTooLarge.

    Attachments, pictures of embeds and of components, and those of forwarded messages; what is plainly no picture is
    passed over. A picture of a foreign site is read by Discord's copy of it, never from that site (DESIGN 5.7).
    """
    parts: Iterable[discord.Message | discord.MessageSnapshot] = (message, *message.message_snapshots)
    return _once(chain.from_iterable(_of_part(part, allowed) for part in parts))


def attached_to(message: discord.Message) -> list[Source]:
    """Return the pictures that are attached to a message, other files left out; raises SourceTooLarge."""
    return [_of_attachment(each) for each in message.attachments if not _is_never_picture(each.content_type)]


def numbered(sources: Sequence[Source]) -> tuple[Source, ...]:
    """Number the sources in their order, from 1; raises TooManySources."""
    if len(sources) > MAX_SOURCES:
        raise errors.TooManySources(count=len(sources), limit=MAX_SOURCES)
    return tuple(replace(source, position=position) for position, source in enumerate(sources, start=1))


def _of_attachment(attachment: discord.Attachment) -> Source:
    if _is_never_picture(attachment.content_type):
        raise errors.NotAPictureFile(attachment.filename)
    if attachment.size > MAX_SOURCE_BYTES:
        raise errors.SourceTooLarge(attachment.filename, n_bytes=attachment.size, limit_bytes=MAX_SOURCE_BYTES)
    return Source(position=0, name=attachment.filename, url=attachment.url, n_bytes=attachment.size)


def _is_never_picture(content_type: str | None) -> bool:
    return (content_type or "").lower().startswith(_NEVER_PICTURES)


def _of_part(part: discord.Message | discord.MessageSnapshot, allowed: AllowedHosts) -> Iterator[Source]:
    for attachment in part.attachments:
        if not _is_never_picture(attachment.content_type):
            yield _of_attachment(attachment)
    for embed in part.embeds:
        shown: Any = embed.image or embed.thumbnail
        yield from _of_media(shown.proxy_url, shown.url, allowed)
    for item in _media_of(part.components):
        if not _is_never_picture(item.content_type):
            yield from _of_media(item.proxy_url, item.url, allowed)


def _of_media(proxy_url: str | None, url: str | None, allowed: AllowedHosts) -> Iterator[Source]:
    """Yield one picture by Discord's copy, or by its own address where that is Discord's content network itself."""
    address = next((each for each in (proxy_url, url) if each and allowed.admit(each)), None)
    if address is not None:
        yield Source(position=0, name=_name_in(url or address), url=address)


def _media_of(components: Iterable[Component]) -> Iterator[UnfurledMediaItem]:
    for component in components:
        if isinstance(component, MediaGalleryComponent):
            yield from (item.media for item in component.items)
        elif isinstance(component, ThumbnailComponent | FileComponent):
            yield component.media
        elif isinstance(component, SectionComponent):
            yield from _media_of((*component.children, component.accessory))
        elif isinstance(component, Container | ActionRow):
            yield from _media_of(component.children)


def _name_in(url: str) -> str:
    """Return the last part of an address as the picture's name; it is shown to people and used for nothing else."""
    return urlsplit(url).path.rpartition("/")[2] or "picture"


def _once(sources: Iterable[Source]) -> list[Source]:
    """Drop the second showing of the same file: signatures differ, the path does not."""
    kept: dict[str, Source] = {}
    for source in sources:
        kept.setdefault((source.url or "").partition("?")[0], source)
    return list(kept.values())
