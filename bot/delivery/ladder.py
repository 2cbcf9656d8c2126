"""Where a post goes: down the ladder from the reply's own token to a direct message, until one rung holds.

token, while it lives → channel route → a fresh message that names the person → direct message. What was private is
never posted in a channel; a message that somebody removed is not posted again where it stood.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.clock import Clock
from bot.delivery.ways import Outcome, Post, Tried, Ways
from bot.jobs.model import Job, ReplyRoute

TOKEN_MARGIN = timedelta(minutes=1)
"""Discord's clock and ours may differ: a token that is about to die counts as dead."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a post; `route` where more is known now of where it stands than the job knew."""

    outcome: Outcome
    route: ReplyRoute | None = None


class Ladder:
    """Tries the ways in their order."""

    def __init__(self, *, ways: Ways, clock: Clock) -> None:
        self._ways = ways
        self._clock = clock

    def token_lives(self, route: ReplyRoute) -> bool:
        """Tell whether the interaction's token may still be used."""
        return route.token is not None and self._clock.now() < route.token_expires_at - TOKEN_MARGIN

    async def edit_reply(self, job: Job, post: Post) -> Posted:
        """Edit the reply where it stands, and go nowhere else; raises DeliveryPostponed."""
        route, tried = job.route, Tried(Outcome.CLOSED)
        if self.token_lives(route):
            tried = await self._ways.by_token(route, post)
        if tried.outcome is Outcome.CLOSED and _in_open_channel(route) and route.message_id is not None:
            tried = await self._ways.by_channel(route, post)
        if tried.message_id is None or tried.message_id == route.message_id:
            return Posted(tried.outcome)
        return Posted(tried.outcome, replace(route, message_id=tried.message_id))

    async def post(self, job: Job, post: Post) -> Posted:
        """Edit the reply, or else post anew where the person will find it; raises DeliveryPostponed."""
        posted = await self.edit_reply(job, post)
        if posted.outcome in {Outcome.POSTED, Outcome.TOO_LARGE}:
            return posted
        if posted.outcome is not Outcome.REMOVED and _in_open_channel(job.route):
            anew = await self.post_anew(job, post)
            if anew.outcome is not Outcome.CLOSED:
                return anew
        return await self.post_to_person(job, post)

    async def post_to_person(self, job: Job, post: Post) -> Posted:
        """Send a direct message; raises DeliveryPostponed."""
        return _moved(job.route, await self._ways.direct(job, post))

    async def direct(self, job: Job, post: Post) -> Outcome:
        """Send a direct message, wherever the reply stands; raises DeliveryPostponed."""
        return (await self._ways.direct(job, post)).outcome

    async def post_anew(self, job: Job, post: Post) -> Posted:
        """Send a fresh message to the job's channel, naming the person; raises DeliveryPostponed."""
        if not _in_open_channel(job.route):
            return Posted(Outcome.CLOSED)
        return _moved(job.route, await self._ways.fresh(job, post))


def _in_open_channel(route: ReplyRoute) -> bool:
    return route.channel_reachable and not route.ephemeral


def _moved(route: ReplyRoute, tried: Tried) -> Posted:
    if tried.channel_id is None:
        return Posted(tried.outcome)
    moved = replace(
        route,
        channel_id=tried.channel_id,
        message_id=tried.message_id,
        token=None,
        ephemeral=False,
        channel_reachable=True,
    )
    return Posted(tried.outcome, moved)
