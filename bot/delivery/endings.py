"""How a job ended, put before its person: the picture, the failure, or where the picture waits.

Which message shows it is the ladder's matter; that no progress lands after it is the announcer's.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import discord

from bot.clock import Clock
from bot.delivery.fitting import Fitter
from bot.delivery.ladder import Ladder, NoWayYet
from bot.delivery.posts import Outcome, Picture, Post
from bot.delivery.ways import PLAIN_LIMIT_BYTES, REQUEST_LIMIT_BYTES
from bot.errors import NotAPicture
from bot.images.fit import DoesNotFit
from bot.images.worker import WorkerDied
from bot.jobs.announcer import Delivery, DeliveryPostponed
from bot.jobs.model import Job, ReplyRoute, ResultFile, Status
from bot.ui import cards

log = logging.getLogger(__name__)

NONCE_LETTERS = 25
"""So many Discord allows a nonce (discord.md 6)."""
ONE_STEP_DOWN = 0.75
"""How much smaller the next try is where Discord takes less than it said."""
DISK_PATIENCE = timedelta(minutes=1)
"""So long after it was made, or asked for with the button, a picture waits for a disk that takes no smaller copy."""
RETIRE_FOR_S = 3600.0
"""So long a job is not done while its reply says that it goes on; after that the end, which is out, has to do."""

_UNDER_WAY = frozenset({Status.PREPARING, Status.QUEUED, Status.SUBMITTING, Status.RUNNING})


@dataclass(frozen=True, slots=True)
class _Out:
    """An end that stands before its person: in which message, if not in the reply, and since when."""

    status: Status
    """Of which it is the end: a picture may come after the loss is out."""
    delivery: Delivery
    elsewhere: ReplyRoute | None
    since_s: float


class Endings:
    """Makes what is to be posted of a job, and posts how it ended.

    `still_mine` tells, by a job's id, whether this process still drives it. It is asked immediately before each call
    that posts, but not where a person pressed a button: whoever took the press answers it.
    """

    def __init__(
        self,
        *,
        client: discord.Client,
        ladder: Ladder,
        fitter: Fitter,
        still_mine: Callable[[str], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._client = client
        self._ladder = ladder
        self._fitter = fitter
        self._still_mine = still_mine
        self._clock = clock
        self._seen_coming: set[str] = set()
        """Jobs whose end was still to come when this process had them: no other can have posted how they ended."""
        self._out: dict[str, _Out] = {}
        """By job. Such an end is not posted again, whatever else is left to do."""

    def expect(self, job: Job) -> bool:
        """Note that a job's end is still to come, and tell whether it is."""
        if job.status in _UNDER_WAY:
            self._seen_coming.add(job.id)
        return job.status in _UNDER_WAY

    def forget(self, job: Job) -> None:
        """Drop what was noted of a job: its end is told, or somebody else's to tell."""
        self._seen_coming.discard(job.id)
        self._out.pop(job.id, None)

    def post(
        self, job: Job, purpose: str, card: cards.Card, *, picture: Picture | None = None, pressed: bool = False
    ) -> Post:
        """Make what is to be posted of a job for one purpose, of at most eight letters."""
        nonce = f"{job.id}-{purpose}"  # one for each: the card's would bring the card back instead of the picture
        assert len(nonce) <= NONCE_LETTERS, nonce  # noqa: S101 - every purpose stands in this package
        seen_coming = job.id in self._seen_coming
        return Post(
            card=card,
            nonce=nonce,
            since=self._clock.now() if seen_coming else job.finished_at or job.created_at,
            picture=picture,
            # what is collected was posted nowhere yet, and goes into the message that was pressed: twice does no harm
            maybe_there=not seen_coming and not pressed and job.collected_at is None,
            may_go=None if pressed else partial(self._still_mine, job.id),
        )

    async def deliver(self, job: Job, result: ResultFile, *, again_for: int | None = None) -> Delivery:
        """Post the picture, or else offer it; `again_for` is the press that wants it once more than delivered.

        Raises DeliveryPostponed or Dispossessed.
        """
        if again_for is not None:
            return (await self._deliver_within_limits(job, result, again_for=again_for)).delivery
        if not self._is_out(job):
            self._out[job.id] = await self._deliver_within_limits(job, result, again_for=None)
        out = self._out[job.id]
        if out.delivery.delivered:
            return await self._insist_on_retiring(job)
        # what is only offered has to be stored before it can be collected; that it was told of is insisted on then
        if await self._retire(job, out.elsewhere, pressed=False):
            return out.delivery
        return replace(out.delivery, shown=False, route=None)

    async def offer(self, job: Job, *, pressed: bool) -> bool:
        """Show that the picture waits, with the button that brings it; False where nothing can be shown."""
        if not self._is_out(job):
            self._out[job.id] = await self._offer(job, pressed=pressed)
        return (await self._insist_on_retiring(job, pressed=pressed)).shown

    async def tell_failure(self, job: Job) -> None:
        """Say why there is no picture; raises DeliveryPostponed or Dispossessed."""
        if not self._is_out(job):
            posted = await self._ladder.post(job, self.post(job, "failed", cards.failure_card(job)))
            shown = posted.outcome is Outcome.POSTED
            self._out[job.id] = self._now_out(job, Delivery(delivered=False, shown=shown), posted.route)
        told = await self._insist_on_retiring(job)
        if not told.shown:
            log.warning("no way to the person is open to say how it ended", extra={"job": job.id})

    async def tell_expiry(self, job: Job) -> None:
        """Close the card and send a direct message, for nobody looks at a card that is weeks old; raises them too."""
        post = self.post(job, "expired", cards.expired_card(job))
        await self._ladder.edit_reply(job, post)
        if await self._ladder.notify(job, post) is not Outcome.POSTED:
            log.warning("no way to the person is open to say that it expired", extra={"job": job.id})

    async def _offer(self, job: Job, *, pressed: bool) -> _Out:
        posted = await self._ladder.offer(job, self.post(job, "ready", cards.ready_card(job), pressed=pressed))
        return self._now_out(job, Delivery(delivered=False, shown=posted.outcome is Outcome.POSTED), posted.route)

    async def _deliver_within_limits(self, job: Job, result: ResultFile, *, again_for: int | None) -> _Out:
        """Post the picture; where Discord takes less than it said, once more and smaller."""
        pressed = again_for is not None
        limit_bytes = self._limit_bytes(job)
        for _try in range(2):
            try:
                async with self._fitter.fitted(job, result, max_bytes=limit_bytes) as fitted:
                    card = cards.result_card(job, note=fitted.note)
                    purpose = "collect" if job.collected_at else "picture"
                    post = self.post(job, purpose, card, picture=fitted.picture, pressed=pressed)
                    if again_for is not None:  # not the post of the delivery, which may well stand there
                        post = replace(post, nonce=f"again-{again_for}", since=self._clock.now())
                    posted = await self._ladder.post(job, post)
            except OSError as error:
                since = job.collected_at or job.finished_at or job.created_at
                if pressed or self._clock.now() - since < DISK_PATIENCE:
                    raise DeliveryPostponed(repr(error)) from error
                log.warning("picture offered, no copy can be written", extra={"job": job.id, "error": repr(error)})
                break
            except (DoesNotFit, WorkerDied, NotAPicture) as error:
                log.warning("picture cannot be made to fit", extra={"job": job.id, "error": repr(error)})
                posted = await self._ladder.post(job, self.post(job, "kept", cards.kept_card(job), pressed=pressed))
                kept = Delivery(delivered=False, shown=posted.outcome is Outcome.POSTED, route=posted.route)
                return self._now_out(job, kept, posted.route)
            if posted.outcome is Outcome.POSTED:
                delivery = Delivery(delivered=True, shown=True, route=posted.route, note=fitted.note)
                return self._now_out(job, delivery, posted.route)
            if posted.outcome is not Outcome.TOO_LARGE:
                break
            limit_bytes = int(min(fitted.n_bytes * ONE_STEP_DOWN, PLAIN_LIMIT_BYTES))
        try:
            return await self._offer(job, pressed=pressed)
        except NoWayYet:  # it can be collected all the same
            return self._now_out(job, Delivery(delivered=False, shown=False), None)

    def _is_out(self, job: Job) -> bool:
        return job.id in self._out and self._out[job.id].status is job.status

    def _now_out(self, job: Job, delivery: Delivery, elsewhere: ReplyRoute | None) -> _Out:
        return _Out(job.status, delivery, elsewhere, self._clock.monotonic())

    async def _insist_on_retiring(self, job: Job, *, pressed: bool = False) -> Delivery:
        """Return how the end that is out was delivered, once the reply leads there; raises DeliveryPostponed.

        Until then nothing is stored of it: a process that dies leaves it to the next, which finds the end.
        """
        out = self._out[job.id]
        is_retired = await self._retire(job, out.elsewhere, pressed=pressed)
        if not is_retired and not pressed and self._clock.monotonic() - out.since_s < RETIRE_FOR_S:
            raise DeliveryPostponed("the reply does not say yet where the end stands")
        return out.delivery

    async def _retire(self, job: Job, elsewhere: ReplyRoute | None, *, pressed: bool) -> bool:
        """Have the reply say that the end stands elsewhere, if it does: it would say for ever that the job goes on.

        False where that did not succeed for now.
        """
        if elsewhere is None or job.route.message_id in {None, elsewhere.message_id}:
            return True
        try:
            await self._ladder.close_reply(job, self.post(job, "moved", cards.moved_card(job), pressed=pressed))
        except DeliveryPostponed as error:
            log.warning("reply not closed", extra={"job": job.id, "error": repr(error)})
            return False
        return True

    def _limit_bytes(self, job: Job) -> int:
        """Return the smallest limit of the ways the picture may still take (discord.md 2)."""
        limits = [REQUEST_LIMIT_BYTES]
        if self._ladder.token_lives(job.route):
            limits.append(job.route.upload_limit_bytes)
        if job.route.channel_reachable and not job.route.ephemeral:
            guild = self._client.get_guild(job.guild_id) if job.guild_id else None
            limits.append(guild.filesize_limit if guild else PLAIN_LIMIT_BYTES)
        return min(limits) if len(limits) > 1 else PLAIN_LIMIT_BYTES
