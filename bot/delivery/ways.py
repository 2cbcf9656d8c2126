"""The single ways by which a card, with or without a picture, reaches a person, and what became of each try.

A way that is closed is closed for good; trouble that passes is raised as DeliveryPostponed, so that nobody mistakes a
bad minute of Discord for the end of a route. Codes and limits: discord.md 1 and 2.
"""

import enum
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import discord

from bot.jobs.announcer import DeliveryPostponed, Dispossessed
from bot.jobs.model import Job, ReplyRoute
from bot.ui import cards

log = logging.getLogger(__name__)

PLAIN_LIMIT_BYTES = 10 * 1024 * 1024
"""For one file where nothing better is known: direct messages, servers without boosts."""
REQUEST_LIMIT_BYTES = 24 * 1024 * 1024
"""Under the 25 MiB that Discord documents for one request, with room for the rest of it."""

_REMOVED = 10008
_TOO_LARGE = frozenset({40005, 50045})
_NOBODY = discord.AllowedMentions.none()
_DEAD_TOKEN = 50027


class Outcome(enum.Enum):
    """What became of one try."""

    POSTED = enum.auto()
    CLOSED = enum.auto()
    """This way leads nowhere, now and later."""
    REMOVED = enum.auto()
    """Somebody deleted the message: nothing is posted again in that channel."""
    TOO_LARGE = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A file ready to be attached."""

    path: Path
    name: str
    alt_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is to be seen: a card, and the picture if there is one."""

    card: cards.Card
    picture: Picture | None = None
    may_go: Callable[[], Awaitable[bool]] | None = None
    """Asked immediately before each call that posts; where it says no, Dispossessed is raised instead."""

    def files(self) -> list[discord.File]:
        """Open the picture for one try: a discord.File that was sent once uploads nothing the second time."""
        if self.picture is None:
            return []
        return [discord.File(self.picture.path, filename=self.picture.name, description=self.picture.alt_text)]


@dataclass(frozen=True, slots=True)
class Tried:
    """The outcome of one try, and where the post stands if it is a new message."""

    outcome: Outcome
    channel_id: int | None = None
    message_id: int | None = None


class Ways:
    """Each way as one call. Works before the gateway is connected: everything here is REST."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def by_token(self, route: ReplyRoute, post: Post) -> Tried:
        """Edit the reply through the interaction's token."""
        webhook = discord.Webhook.partial(route.application_id, cast("str", route.token), client=self._client)
        message_id = cast("int", route.message_id or "@original")

        async def edit(files: list[discord.File]) -> discord.Message:
            return await webhook.edit_message(
                message_id,
                content=None,
                embed=post.card.embed,
                view=post.card.view,
                allowed_mentions=_NOBODY,
                **_attached(files),
            )

        return await _try(edit, post)

    async def by_channel(self, route: ReplyRoute, post: Post) -> Tried:
        """Edit the reply as the message of the bot that it is."""
        channel = self._client.get_partial_messageable(route.channel_id)
        message = channel.get_partial_message(cast("int", route.message_id))

        async def edit(files: list[discord.File]) -> discord.Message:
            return await message.edit(
                content=None, embed=post.card.embed, view=post.card.view, allowed_mentions=_NOBODY, **_attached(files)
            )

        return await _try(edit, post)

    async def fresh(self, job: Job, post: Post) -> Tried:
        """Send a new message to the channel, naming the person; the nonce drops a double of the last few minutes."""
        channel = self._client.get_partial_messageable(job.route.channel_id)
        return await self._send(channel, job, post, content=f"<@{job.user_id}>")

    async def direct(self, job: Job, post: Post) -> Tried:
        """Send a direct message to the person."""
        try:
            channel = await self._client.create_dm(discord.Object(job.user_id))
        except discord.HTTPException as error:
            return Tried(_outcome_of(error))
        except (aiohttp.ClientError, OSError) as error:
            raise DeliveryPostponed(repr(error)) from error
        return await self._send(channel, job, post, content=None)

    async def _send(self, channel: discord.abc.Messageable, job: Job, post: Post, *, content: str | None) -> Tried:
        only_the_person = discord.AllowedMentions(users=[discord.Object(job.user_id)], everyone=False, roles=False)

        async def send(files: list[discord.File]) -> discord.Message:
            options: dict[str, Any] = {"view": post.card.view} if post.card.view else {}
            return await channel.send(
                content,
                embed=post.card.embed,
                files=files,
                # One for each purpose: the nonce of the card would bring the card back instead of the picture.
                nonce=f"{job.id}-{'picture' if post.picture else job.status.value[:8]}",
                allowed_mentions=only_the_person,
                **options,
            )

        return await _try(send, post)


def _attached(files: list[discord.File]) -> dict[str, Any]:
    """Name the exact set of attachments where there is one; without it an edit keeps what the message has."""
    return {"attachments": files} if files else {}


async def _try(call: Callable[[list[discord.File]], Awaitable[discord.Message]], post: Post) -> Tried:
    if post.may_go is not None and not await post.may_go():
        raise Dispossessed
    files: list[discord.File] = []
    try:
        files = post.files()
        message = await call(files)
    except discord.HTTPException as error:
        return Tried(_outcome_of(error))
    except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
        raise DeliveryPostponed(repr(error)) from error
    finally:
        for file in files:
            file.close()
    return Tried(Outcome.POSTED, message.channel.id, message.id)


def _outcome_of(error: discord.HTTPException) -> Outcome:
    """Tell what a refusal means; raises DeliveryPostponed where it will pass."""
    if error.code in _TOO_LARGE or error.status == 413:
        return Outcome.TOO_LARGE
    if error.status >= 500 or error.status == 429 or _is_of_the_edge(error):
        raise DeliveryPostponed(repr(error)) from error
    log.info("a way is closed", extra={"http_status": error.status, "code": error.code})
    return Outcome.REMOVED if error.code == _REMOVED else Outcome.CLOSED


def _is_of_the_edge(error: discord.HTTPException) -> bool:
    """Tell whether not Discord refuses the post, but something before it refuses the bot: that passes, or is mended."""
    if error.status == 401:
        return error.code != _DEAD_TOKEN
    return error.status in {403, 404} and error.code == 0
