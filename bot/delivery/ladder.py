"""Where a post goes: down the ladder from the reply's own token to a direct message, until one rung holds.

token, while it lives → channel route → a fresh message that names the person → direct message. What was private is
never posted in a channel; a message that somebody removed is not posted again where it stood; and nothing is sent
where it may stand already.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.delivery.posts import Outcome, Post, Posted, Tried
from bot.delivery.ways import NotLoggedIn, Unanswered, Ways
from bot.errors import StoreError
from bot.jobs.announcer import DeliveryPostponed, Dispossessed
from bot.jobs.model import Job, ReplyRoute

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(minutes=1)
"""Discord's clock and ours may differ: a token that is about to die counts as dead."""
NONCE_LIFE = timedelta(minutes=2)
"""So long Discord surely drops a second message of the same nonce: "the past few minutes" (discord.md 6)."""
EDITS_MAY_FAIL_FOR_S = 300.0
"""So long a reply that Discord cannot edit is tried again; after that it is passed by if Discord can show it."""
LOOKS_MAY_FAIL_FOR_S = 600.0
"""So long it is also tried to see what a reply shows that cannot be edited; after that nobody knows."""
NO_WAY_FOR_S = 86_400.0
"""So long a reply that cannot be edited is tried again where no other way to the person is open."""

_ENDS = frozenset({Outcome.POSTED, Outcome.TOO_LARGE, Outcome.UNREADABLE})
"""Outcomes after which no further rung is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Send:
    """A send that got no answer: where, and when it was first tried."""

    channel_id: int
    at: datetime


class NoWayYet(DeliveryPostponed):
    """The reply cannot be edited for now, and no other way to the person is open."""


class Ladder:
    """Tries the ways in their order."""

    def __init__(self, *, ways: Ways, clock: Clock) -> None:
        self._ways = ways
        self._clock = clock
        self._unanswered: dict[str, dict[str, _Send]] = {}
        """By job and nonce. Such a post may stand there: the same way is taken again, and no reply is edited in its
        place."""
        self._failing_since_s: dict[str, dict[str, float]] = {}
        """By job and nonce: since when its reply could not be made to show a post. An edit that is answered ends it."""

    def forget(self, job: Job) -> None:
        """Drop what was noted of a job's posts, of which none is tried again."""
        self._unanswered.pop(job.id, None)
        self._failing_since_s.pop(job.id, None)

    def token_lives(self, route: ReplyRoute) -> bool:
        """Tell whether the interaction's token may still be used."""
        return route.token is not None and self._clock.now() < route.token_expires_at - TOKEN_MARGIN

    async def edit_reply(self, job: Job, post: Post) -> Posted:
        """Edit the reply where it stands, and go nowhere else; raises DeliveryPostponed.

        Where trouble does not pass, it is looked what the reply shows: perhaps the post, by now. Not for a press, whose
        person waits for an answer.
        """
        try:
            return await self.edit_progress(job, post)
        except NotLoggedIn:
            raise
        except DeliveryPostponed:
            if post.is_pressed:
                raise
            failing_s = self._failing_s(job, post)
            if failing_s < EDITS_MAY_FAIL_FOR_S:
                raise
        return await self._edit_after_look(job, post, failing_s=failing_s)

    async def edit_progress(self, job: Job, post: Post) -> Posted:
        """Edit the reply as `edit_reply` does, but for what may be lost: trouble is raised, however long it lasts."""
        route, tried = job.route, Tried(Outcome.CLOSED)
        if self.token_lives(route):
            tried = await self._ways.by_token(route, post)
        if tried.outcome is Outcome.BLOCKED:
            tried = await self._ways.by_token(route, post.wordless())
        if tried.outcome in {Outcome.CLOSED, Outcome.BLOCKED} and _in_open_channel(route) and route.message_id:
            tried = await self._ways.by_channel(route, post)
        self._failing_since_s.pop(job.id, None)
        return _in_place(route, tried)

    async def post(self, job: Job, post: Post) -> Posted:
        """Edit the reply, or else post anew where the person will find it; raises DeliveryPostponed."""
        in_place = Posted(Outcome.CLOSED)
        lost = self._find_unanswered(job, post)
        if lost is not None and lost.channel_id != job.route.channel_id:
            return await self.post_to_person(job, post)
        if lost is None:
            found = await self._find(job, post) if post.maybe_there else None
            in_place = found or await self.edit_reply(job, post)
            if in_place.outcome in _ENDS:
                return in_place
            if in_place.outcome in {Outcome.REMOVED, Outcome.OUT_OF_REACH}:
                return await self.post_to_person(job, post, avoid_id=job.route.channel_id)
        anew = await self.post_anew(job, post)
        if anew.outcome in _ENDS:
            return anew
        return self._unless_stuck(job, post, in_place, await self.post_to_person(job, post))

    async def offer(self, job: Job, post: Post) -> Posted:
        """Edit the reply, or else write to the person directly; raises DeliveryPostponed."""
        in_place = await self.edit_reply(job, post)
        if in_place.outcome is Outcome.POSTED:
            return in_place
        return self._unless_stuck(job, post, in_place, await self.post_to_person(job, post))

    async def post_anew(self, job: Job, post: Post) -> Posted:
        """Send a fresh message to the job's channel, naming the person; raises DeliveryPostponed."""
        if not _in_open_channel(job.route):
            return Posted(Outcome.CLOSED)
        return _moved(job.route, await self._send(job.route.channel_id, job, post, naming=True))

    async def post_to_person(self, job: Job, post: Post, *, avoid_id: int | None = None) -> Posted:
        """Send a direct message, unless its channel is to be avoided or was tried before; raises DeliveryPostponed."""
        direct_id = await self._ways.find_direct_channel(job)
        is_spent = direct_id == avoid_id or (direct_id == job.route.channel_id and _in_open_channel(job.route))
        if direct_id is None or is_spent:
            return Posted(Outcome.CLOSED)
        return _moved(job.route, await self._send(direct_id, job, post, naming=False))

    async def notify(self, job: Job, post: Post) -> Outcome:
        """Send a direct message, wherever the reply stands; raises DeliveryPostponed."""
        direct_id = await self._ways.find_direct_channel(job)
        if direct_id is None:
            return Outcome.CLOSED
        return (await self._send(direct_id, job, post, naming=False)).outcome

    async def close_reply(self, job: Job, post: Post) -> None:
        """Let the reply say its last word, or take it away where it cannot; raises DeliveryPostponed."""
        edited = await self.edit_reply(job, post)
        if edited.outcome in {Outcome.CLOSED, Outcome.STUCK} and _in_open_channel(job.route) and job.route.message_id:
            try:
                await self._ways.remove(job.route)
            except DeliveryPostponed:
                if self._failing_s(job, post) < NO_WAY_FOR_S:
                    raise
        elif edited.outcome is Outcome.STUCK:
            raise DeliveryPostponed("the reply cannot be edited, nor taken away")

    async def _edit_after_look(self, job: Job, post: Post, *, failing_s: float) -> Posted:
        """See what a reply shows that could not be edited, and edit it once more if it is not the post.

        Discord answers by then: perhaps it came back just between the edit that failed and the look. That edit may have
        landed although it got no answer, so that the last word is a look's. Raises DeliveryPostponed where Discord does
        not answer, also after days: that says nothing of the reply.
        """
        in_place = await self._look_at_reply(job, post, failing_s=failing_s)
        if in_place.outcome is Outcome.STUCK:
            try:
                in_place = await self.edit_progress(job, post)
            except DeliveryPostponed:
                in_place = await self._look_at_reply(job, post, failing_s=failing_s)
        if in_place.outcome in {Outcome.STUCK, Outcome.UNREADABLE}:
            outcome = in_place.outcome.name
            log.warning("reply passed by: it cannot be edited", extra={"job": job.id, "outcome": outcome})
        if in_place.outcome is Outcome.STUCK and failing_s > NO_WAY_FOR_S:
            return Posted(Outcome.CLOSED)
        return in_place

    async def _look_at_reply(self, job: Job, post: Post, *, failing_s: float) -> Posted:
        """Tell whether a reply that cannot be edited shows the post all the same; raises DeliveryPostponed."""
        route, by_token = job.route, self.token_lives(job.route)
        if not (by_token or (_in_open_channel(route) and route.message_id)):
            return Posted(Outcome.CLOSED)
        try:
            seen = await self._ways.look(route, post, by_token=by_token)
        except Unanswered:
            raise
        except DeliveryPostponed:
            if failing_s < LOOKS_MAY_FAIL_FOR_S:
                raise
            seen = Tried(Outcome.UNREADABLE)
        if seen.outcome is Outcome.UNREADABLE and post.picture is None:
            return Posted(Outcome.STUCK)  # words that stand twice do no harm, those that stand nowhere do
        return _in_place(route, seen)

    def _unless_stuck(self, job: Job, post: Post, in_place: Posted, elsewhere: Posted) -> Posted:
        """Return what became of the last way; where it was none, the reply that cannot be edited is to be tried again.

        A picture only while a token may yet bring it there: longer than that it is better kept, to be collected.
        """
        if elsewhere.outcome in _ENDS or in_place.outcome is not Outcome.STUCK:
            return elsewhere
        if post.picture is not None and not self.token_lives(job.route):
            return elsewhere
        raise NoWayYet("the reply cannot be edited, and no other way is open")

    def _failing_s(self, job: Job, post: Post) -> float:
        """Note that the reply could not be made to show this post, and return for how long it could not."""
        now_s = self._clock.monotonic()
        return now_s - self._failing_since_s.setdefault(job.id, {}).setdefault(post.nonce, now_s)

    async def _find(self, job: Job, post: Post) -> Posted | None:
        """Look for the post in every place where it may have been sent; None where it may be posted.

        A picture that may stand where nobody can look is none: the fresh message has opened a thread that was closed,
        and the reply would show it once more.
        """
        direct_id = await self._ways.find_direct_channel(job)
        places = [job.route.channel_id if _in_open_channel(job.route) else None, direct_id]
        unreadable = False
        for channel_id in dict.fromkeys(place for place in places if place is not None):
            tried = await self._ways.find(channel_id, job, post)
            if tried is not None and tried.outcome is Outcome.POSTED:
                return _moved(job.route, tried)
            unreadable |= tried is not None and tried.outcome is Outcome.UNREADABLE
        return Posted(Outcome.UNREADABLE) if unreadable and post.picture is not None else None

    async def _send(self, channel_id: int, job: Job, post: Post, *, naming: bool) -> Tried:
        lost, now = self._find_unanswered(job, post), self._clock.now()
        if now - min(post.since, lost.at if lost else now) > NONCE_LIFE:
            found = await self._ways.find(channel_id, job, post)
            if found is not None:
                if found.outcome is not Outcome.UNREADABLE:
                    self._note_answer(job, post)
                return found
        self._unanswered.setdefault(job.id, {}).setdefault(post.nonce, _Send(channel_id=channel_id, at=now))
        try:
            tried = await self._ways.send(channel_id, job, post, naming=naming)
        except Dispossessed:
            self._note_answer(job, post)
            raise
        except StoreError:  # nobody knows whose it is: this one was not sent, an earlier one may have been
            if lost is None:
                self._note_answer(job, post)
            raise
        self._note_answer(job, post)
        return tried

    def _find_unanswered(self, job: Job, post: Post) -> _Send | None:
        return self._unanswered.get(job.id, {}).get(post.nonce)

    def _note_answer(self, job: Job, post: Post) -> None:
        sends = self._unanswered.get(job.id, {})
        sends.pop(post.nonce, None)
        if not sends:
            self._unanswered.pop(job.id, None)


def _in_open_channel(route: ReplyRoute) -> bool:
    return route.channel_reachable and not route.ephemeral


def _in_place(route: ReplyRoute, tried: Tried) -> Posted:
    if tried.message_id is None or tried.message_id == route.message_id:
        return Posted(tried.outcome)
    return Posted(tried.outcome, replace(route, message_id=tried.message_id))


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
