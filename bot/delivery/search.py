"""Is it there already? What was sent before a crash, or whose answer was lost, is looked for in the channel itself.

Needed where the nonce of a send is too old to make Discord drop a double. The bot's own messages are readable without
any intent (discord.md 5).
"""

import discord

from bot.delivery.posts import Post
from bot.jobs.model import Job
from bot.ui import cards

LOOKS_BACK = 50
"""How many of a channel's last messages are looked at: what Discord gives in one page by default."""

_MISSING_PERMISSIONS = 50013


class Unreadable(Exception):
    """The history of the channel is kept from the bot, so that nothing is known of what stands there."""


async def find_message(channel: discord.PartialMessageable, job: Job, post: Post, *, own_id: int) -> int | None:
    """Return the id of the message that shows the post; None where none of the last ones does.

    Raises Unreadable, and whatever discord.py raises.
    """
    try:
        last = [message async for message in channel.history(limit=LOOKS_BACK)]
    except discord.Forbidden as error:
        if error.code == _MISSING_PERMISSIONS:
            raise Unreadable from error
        raise
    if not last:
        await _require_readable(channel, job)
    ours = (message for message in last if message.author.id == own_id and message.id != job.route.message_id)
    return next((message.id for message in ours if shows(message, post)), None)


async def _require_readable(channel: discord.PartialMessageable, job: Job) -> None:
    """Raise Unreadable where an empty page does not mean an empty channel: Discord hides a history without a word."""
    try:
        await channel.fetch_message(job.route.message_id or job.origin_id)
    except discord.NotFound:
        return
    except discord.Forbidden as error:
        raise Unreadable from error


def shows(message: discord.Message, post: Post) -> bool:
    """Tell whether a message of ours is that post: the ids in its buttons name the job, or else its foot does."""
    if bool(message.attachments) is not (post.picture is not None):
        return False
    ours = cards.custom_ids(post.card.view)
    if post.picture is not None:
        return _custom_ids(message) == ours
    return _custom_ids(message) == ours and any(_words(embed) == _words(post.card.embed) for embed in message.embeds)


def _words(embed: discord.Embed) -> tuple[str | None, str | None]:
    return embed.title, embed.footer.text


def _custom_ids(message: discord.Message) -> frozenset[str]:
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    items = [item for row in rows for item in row.children]
    return frozenset(item.custom_id for item in items if isinstance(item, discord.Button) and item.custom_id)
