"""How the bot behaves towards replies: what a server wants of it, and how often it may speak unasked."""

import enum
from datetime import timedelta

from bot.clock import Clock
from bot.guilds.service import GuildService
from bot.settings import ReplyToPicture
from bot.store.offers import OfferStore

OFFER_EVERY = timedelta(days=1)


class Reaction(enum.Enum):
    """What the bot does about a reply that reaches it."""

    EDIT = enum.auto()
    ASK = enum.auto()
    """One tap of the person confirms that they meant it."""
    NOTHING = enum.auto()


_REACTIONS = {
    ReplyToPicture.INSTANT: (Reaction.EDIT, Reaction.EDIT),
    ReplyToPicture.ASK: (Reaction.EDIT, Reaction.ASK),
    ReplyToPicture.MENTION: (Reaction.EDIT, Reaction.NOTHING),
    ReplyToPicture.OFF: (Reaction.NOTHING, Reaction.NOTHING),
}
"""For a reply whose text mentions the bot, and for one that merely pings it."""


class ReplyManners:
    """Knows what a server wants, and what was said lately. `usual` is what the operator has set for all."""

    def __init__(self, *, offers: OfferStore, guilds: GuildService, clock: Clock, usual: ReplyToPicture) -> None:
        self._offers = offers
        self._guilds = guilds
        self._clock = clock
        self._usual = usual

    async def mode_of(self, guild_id: int) -> ReplyToPicture:
        """Return how a server wants replies to be taken; where it has not said, as the operator has set it for all."""
        return (await self._guilds.get(guild_id)).reply_to_picture or self._usual

    async def reaction(self, guild_id: int, *, explicit: bool) -> Reaction:
        """Return what to do about a reply in a server; `explicit`: its text mentions the bot."""
        when_explicit, when_pinged = _REACTIONS[await self.mode_of(guild_id)]
        return when_explicit if explicit else when_pinged

    async def may_offer(self, *, user_id: int, channel_id: int) -> bool:
        """Tell whether the bot may offer a button now, and note that it does: once a day for a person in a channel."""
        now = self._clock.now()
        return await self._offers.put(user_id=user_id, channel_id=channel_id, now=now, forget_before=now - OFFER_EVERY)
