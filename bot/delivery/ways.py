"""The single ways by which a card, with or without a picture, reaches a person, and what became of each try.

A way that is closed is closed for good; trouble that passes is raised as DeliveryPostponed, so that nobody mistakes a
bad minute of Discord for the end of a route. Codes and limits: discord.md 1 and 2.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import aiohttp
import discord

from bot.delivery import search
from bot.delivery.posts import Outcome, Post, Tried
from bot.jobs.announcer import DeliveryPostponed, Dispossessed
from bot.jobs.model import Job, ReplyRoute

log = logging.getLogger(__name__)

PLAIN_LIMIT_BYTES = 10 * 1024 * 1024
"""For one file where nothing better is known: direct messages, servers without boosts."""
REQUEST_LIMIT_BYTES = 24 * 1024 * 1024
"""Under the 25 MiB that Discord documents for one request, with room for the rest of it."""

BLOCKED_CODES = (200000, 240000)
"""AutoMod has refused the words, or a link; only what a user installation brings is held against it (discord.md 1)."""

_OUTCOMES = {
    10003: Outcome.OUT_OF_REACH,
    10008: Outcome.REMOVED,
    30046: Outcome.CLOSED,  # edits of messages older than an hour are used up, and nobody says for how long
    40005: Outcome.TOO_LARGE,
    50045: Outcome.TOO_LARGE,
    **dict.fromkeys(BLOCKED_CODES, Outcome.BLOCKED),
}
_GONE = frozenset({Outcome.REMOVED, Outcome.OUT_OF_REACH})
_NOBODY = discord.AllowedMentions.none()
_DEAD_TOKEN = 50027


class NotLoggedIn(DeliveryPostponed):
    """Nothing was tried: the bot has not been let in yet."""


class Unanswered(DeliveryPostponed):
    """Discord was not reached, or did not answer: that says nothing of what was asked."""


class Ways:
    """Each way as one call. Works before the gateway is connected: everything here is REST.

    Until the client has `logged_in`, each raises NotLoggedIn.
    """

    def __init__(self, client: discord.Client, *, logged_in: Callable[[], bool]) -> None:
        self._client = client
        self._logged_in = logged_in

    async def by_token(self, route: ReplyRoute, post: Post) -> Tried:
        """Edit the reply through the interaction's token."""
        self._require_login()
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
        self._require_login()
        message = self._reply(route)

        async def edit(files: list[discord.File]) -> discord.Message:
            return await message.edit(
                content=None, embed=post.card.embed, view=post.card.view, allowed_mentions=_NOBODY, **_attached(files)
            )

        return await _try(edit, post)

    async def send(self, channel_id: int, job: Job, post: Post, *, naming: bool) -> Tried:
        """Send a new message, `naming` the person or not; the nonce drops a double of the last few minutes."""
        self._require_login()
        channel = self._client.get_partial_messageable(channel_id)
        only_the_person = discord.AllowedMentions(users=[discord.Object(job.user_id)], everyone=False, roles=False)

        async def send(files: list[discord.File]) -> discord.Message:
            options: dict[str, Any] = {"view": post.card.view} if post.card.view else {}
            return await channel.send(
                f"<@{job.user_id}>" if naming else None,
                embed=post.card.embed,
                files=files,
                nonce=post.nonce,
                allowed_mentions=only_the_person,
                **options,
            )

        return await _try(send, post)

    async def find(self, channel_id: int, job: Job, post: Post) -> Tried | None:
        """Look for a post that was sent before; None where it surely does not stand among the last messages."""
        self._require_login()
        channel = self._client.get_partial_messageable(channel_id)
        own_id = self._client.user.id if self._client.user else 0
        try:
            found_id = await search.find_message(channel, job, post, own_id=own_id)
        except search.Unreadable:
            log.info("channel cannot be searched for an earlier post", extra={"job": job.id, "channel": channel_id})
            return Tried(Outcome.UNREADABLE)
        except discord.HTTPException as error:
            return Tried(_outcome_of(error))
        except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
            raise Unanswered(repr(error)) from error
        return None if found_id is None else Tried(Outcome.POSTED, channel_id, found_id)

    async def look(self, route: ReplyRoute, post: Post, *, by_token: bool) -> Tried:
        """Look whether the reply shows the post: POSTED, STUCK where it surely does not, or UNREADABLE."""
        self._require_login()
        try:
            if by_token:
                webhook = discord.Webhook.partial(route.application_id, cast("str", route.token), client=self._client)
                message: discord.Message = await webhook.fetch_message(cast("int", route.message_id or "@original"))
            else:
                message = await self._reply(route).fetch()
        except discord.HTTPException as error:
            outcome = _outcome_of(error)
            return Tried(outcome if outcome in _GONE else Outcome.UNREADABLE)
        except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
            raise Unanswered(repr(error)) from error
        if not search.shows(message, post):
            return Tried(Outcome.STUCK)
        return Tried(Outcome.POSTED, message.channel.id, message.id)

    async def find_direct_channel(self, job: Job) -> int | None:
        """Return the channel of direct messages to the person; None where Discord opens none."""
        self._require_login()
        try:
            return (await self._client.create_dm(discord.Object(job.user_id))).id
        except discord.HTTPException as error:
            _outcome_of(error)
            return None
        except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
            raise Unanswered(repr(error)) from error

    async def remove(self, route: ReplyRoute) -> None:
        """Delete the reply, as the message of the bot that it is; silent where that is not possible."""
        self._require_login()
        try:
            await self._reply(route).delete()
        except discord.HTTPException as error:
            _outcome_of(error)
        except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
            raise Unanswered(repr(error)) from error

    def _require_login(self) -> None:
        if not self._logged_in():
            raise NotLoggedIn("not logged in yet")

    def _reply(self, route: ReplyRoute) -> discord.PartialMessage:
        channel = self._client.get_partial_messageable(route.channel_id)
        return channel.get_partial_message(cast("int", route.message_id))


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
        raise Unanswered(repr(error)) from error
    finally:
        for file in files:
            file.close()
    return Tried(Outcome.POSTED, message.channel.id, message.id)


def _outcome_of(error: discord.HTTPException) -> Outcome:
    """Tell what a refusal means; raises DeliveryPostponed where it will pass."""
    outcome = Outcome.TOO_LARGE if error.status == 413 else _OUTCOMES.get(error.code)
    of_the_edge = _is_of_the_edge(error)
    if outcome is None and (error.status >= 500 or error.status == 429 or of_the_edge):
        raise DeliveryPostponed(repr(error), held_against=of_the_edge) from error
    log.info("a way is closed", extra={"http_status": error.status, "code": error.code})
    return outcome or Outcome.CLOSED


def _is_of_the_edge(error: discord.HTTPException) -> bool:
    """Tell whether not Discord refuses the post, but something before it refuses the bot: that passes, or is mended."""
    if error.status == 401:
        return error.code != _DEAD_TOKEN
    return error.status in {403, 404} and error.code == 0
