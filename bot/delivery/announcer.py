"""Tells people on Discord how their jobs are doing: the `Announcer` that jobs were promised."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from weakref import WeakValueDictionary

import discord

from bot.clock import Clock
from bot.delivery import pacing
from bot.delivery.editor import MessageEditor
from bot.delivery.fitting import Fitter
from bot.delivery.ladder import Ladder
from bot.delivery.posts import Outcome, Picture, Post
from bot.delivery.ways import PLAIN_LIMIT_BYTES, REQUEST_LIMIT_BYTES
from bot.errors import NotAPicture
from bot.images.fit import DoesNotFit
from bot.images.worker import WorkerDied
from bot.jobs.announcer import Delivery, DeliveryPostponed
from bot.jobs.model import Job, ReplyRoute, ResultFile, Status
from bot.ui import cards

log = logging.getLogger(__name__)

UPLOADS_AT_ONCE = 16
LAST_CHANCE = timedelta(seconds=150)
"""Before a token dies: long enough that an edit, however slow the pace, comes in time."""
ONE_STEP_DOWN = 0.75
"""How much smaller the next try is where Discord takes less than it said."""
RETIRE_PAUSES_S = (1.0, 4.0, 15.0)
"""Between tries to have a reply say that its end stands elsewhere; the end itself is out by then."""

_UNDER_WAY = frozenset({Status.PREPARING, Status.QUEUED, Status.SUBMITTING, Status.RUNNING})


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply that shows progress."""

    editor: MessageEditor
    channel_id: int


class DiscordAnnouncer:
    """Keeps one editor for each reply that shows progress, and delivers by the ladder.

    `still_mine` tells, by a job's id, whether this process still drives it. It is asked immediately before each call
    that posts, but not where a person pressed a button: whoever took the press answers it.
    """

    def __init__(
        self,
        *,
        client: discord.Client,
        ladder: Ladder,
        fitter: Fitter,
        still_mine: Callable[[str], Awaitable[bool]] | None = None,
        shows_progress: Callable[[Job], Awaitable[bool]] | None = None,
        clock: Clock,
    ) -> None:
        self._client = client
        self._ladder = ladder
        self._fitter = fitter
        self._still_mine = still_mine
        self._shows_progress = shows_progress
        self._clock = clock
        self._replies: dict[str, _Reply] = {}
        self._seen_coming: set[str] = set()
        """Jobs whose end was still to come when this process had them: no other can have posted how they ended."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    def first_card(self, job: Job) -> cards.Card:
        """Return the card that answers a command; how the job ends is this process's to tell."""
        self._seen_coming.add(job.id)
        return cards.progress_card(job, now=self._clock.now(), position=None)

    def show(self, job: Job, *, turn: int | None = None, waiting_for_provider: bool = False) -> None:
        def draw() -> cards.Card:
            if job.cancel_requested_at is not None:
                return cards.cancelled_card(job)  # after a restart, its card may never have been closed
            if self._is_last_chance(job):
                return cards.later_card(job)
            now = self._clock.now()
            return cards.progress_card(job, now=now, position=turn, waiting_for_provider=waiting_for_provider)

        if job.status in _UNDER_WAY:
            self._seen_coming.add(job.id)
        self._editor(job).show(draw)

    def remind(self, job: Job) -> None:
        if self._is_last_chance(job):
            self.show(job)

    async def deliver(self, job: Job, *, pressed: bool = False) -> Delivery:
        assert job.result is not None  # noqa: S101 - `delivering` is only reached with it
        async with self._final_turn(job), self._uploads:
            delivery = await self._deliver_within_limits(job, job.result, pressed=pressed)
            await self._retire_old(job, delivery.route, pressed=pressed)
        if not delivery.delivered:
            log.warning("no way to the person is open; the picture waits", extra={"job": job.id})
        return delivery

    async def show_again(self, job: Job, *, press_id: int) -> Delivery:
        """Post a picture that was delivered before once more, as the answer to a press; raises DeliveryPostponed."""
        assert job.result is not None  # noqa: S101 - whoever shows it has seen it
        async with self._uploads:
            return await self._deliver_within_limits(job, job.result, pressed=True, again_for=press_id)

    async def close(self, job: Job, *, pressed: bool = False) -> bool:
        async with self._final_turn(job):
            if job.status is Status.CANCELLED:
                await self._ladder.edit_reply(
                    job, self._post(job, "cancelled", cards.cancelled_card(job), pressed=pressed)
                )
            elif job.status in {Status.FAILED, Status.LOST}:
                await self._tell_failure(job)
            elif job.status is Status.READY:
                return await self._offer(job, pressed=pressed)
            elif job.status is Status.EXPIRED:
                await self._tell_expiry(job)
        return True

    async def show_cancelled(self, job: Job, *, still_open: Callable[[], Awaitable[bool]]) -> None:
        """Close the card of a job whose cancel came after its submission; no progress of it is shown any more.

        Not where it has ended meanwhile (`still_open`): its end is the last word. Raises DeliveryPostponed.
        """
        editor = self._editor(job)
        async with self._turns.setdefault(job.id, asyncio.Lock()):
            await editor.seal()
            if await still_open():
                await self._ladder.edit_reply(
                    job, self._post(job, "cancelled", cards.cancelled_card(job), pressed=True)
                )

    async def let_go(self, job: Job) -> None:
        async with self._final_turn(job):
            pass

    async def stop(self) -> None:
        """Let the edits under way finish and show nothing more."""
        for reply in list(self._replies.values()):
            await reply.editor.seal()

    async def open_anyhow(self, job: Job) -> ReplyRoute | None:
        """Show the progress card although Discord did not confirm the first answer; None where no way is open.

        The answer may have arrived all the same, so it is looked for before anything is posted anew.
        """
        post = replace(self._post(job, "card", self.first_card(job)), nonce=job.id, since=job.created_at)
        posted = await self._ladder.edit_reply(job, post)
        if posted.outcome is Outcome.CLOSED:
            posted = await self._ladder.post_anew(job, post)
        return posted.route if posted.outcome is Outcome.POSTED else None

    async def _tell_failure(self, job: Job) -> None:
        posted = await self._ladder.post(job, self._post(job, "failed", cards.failure_card(job)))
        await self._retire_old(job, posted.route)
        if posted.outcome is not Outcome.POSTED:
            log.warning("no way to the person is open to say how it ended", extra={"job": job.id})

    async def _tell_expiry(self, job: Job) -> None:
        """Close the card and send a direct message: nobody looks at a card that is weeks old."""
        post = self._post(job, "expired", cards.expired_card(job))
        await self._ladder.edit_reply(job, post)
        if await self._ladder.notify(job, post) is not Outcome.POSTED:
            log.warning("no way to the person is open to say that it expired", extra={"job": job.id})

    async def _deliver_within_limits(
        self, job: Job, result: ResultFile, *, pressed: bool, again_for: int | None = None
    ) -> Delivery:
        """Post the picture; where Discord takes less than it said, once more and smaller."""
        limit_bytes = self._limit_bytes(job)
        for _try in range(2):
            try:
                async with self._fitter.fitted(job, result, max_bytes=limit_bytes) as fitted:
                    card = cards.result_card(job, note=fitted.note)
                    purpose = "collect" if pressed else "picture"
                    post = self._post(job, purpose, card, picture=fitted.picture, pressed=pressed)
                    if again_for is not None:  # not the post of the delivery, which may well stand there
                        post = replace(post, nonce=f"again-{again_for}", since=self._clock.now())
                    posted = await self._ladder.post(job, post)
            except (DoesNotFit, WorkerDied, NotAPicture, OSError) as error:
                log.warning("picture cannot be made to fit", extra={"job": job.id, "error": repr(error)})
                posted = await self._ladder.post(job, self._post(job, "kept", cards.kept_card(job), pressed=pressed))
                return Delivery(delivered=False, shown=posted.outcome is Outcome.POSTED, route=posted.route)
            if posted.outcome is Outcome.POSTED:
                return Delivery(delivered=True, shown=True, route=posted.route, note=fitted.note)
            if posted.outcome is not Outcome.TOO_LARGE:
                break
            limit_bytes = int(min(fitted.n_bytes * ONE_STEP_DOWN, PLAIN_LIMIT_BYTES))
        return Delivery(delivered=False, shown=await self._offer(job, pressed=pressed))

    async def _offer(self, job: Job, *, pressed: bool) -> bool:
        """Show that the picture waits, with the button that brings it; False where nothing can be shown."""
        post = self._post(job, "ready", cards.ready_card(job), pressed=pressed)
        posted = await self._ladder.edit_reply(job, post)
        if posted.outcome is not Outcome.POSTED:
            posted = await self._ladder.post_to_person(job, post)
            await self._retire_old(job, posted.route, pressed=pressed)
        return posted.outcome is Outcome.POSTED

    async def _retire_old(self, job: Job, route: ReplyRoute | None, *, pressed: bool = False) -> None:
        """Have the reply say that the end stands elsewhere, if it does: it would say for ever that the job goes on."""
        if route is None or job.route.message_id in {None, route.message_id}:
            return
        post = self._post(job, "moved", cards.moved_card(job), pressed=pressed)
        for pause_s in RETIRE_PAUSES_S:
            with contextlib.suppress(DeliveryPostponed):
                await self._ladder.retire(job, post)
                return
            await self._clock.sleep(pause_s)
        log.warning("reply could not be closed", extra={"job": job.id, "message_id": job.route.message_id})

    def _post(
        self, job: Job, purpose: str, card: cards.Card, *, picture: Picture | None = None, pressed: bool = False
    ) -> Post:
        seen_coming = job.id in self._seen_coming
        return Post(
            card=card,
            # One for each purpose: the nonce of the card would bring the card back instead of the picture.
            nonce=f"{job.id}-{purpose}",
            since=self._clock.now() if seen_coming else job.finished_at or job.created_at,
            picture=picture,
            maybe_there=not seen_coming and not pressed,
            may_go=None if pressed or self._still_mine is None else partial(self._still_mine, job.id),
        )

    def _is_last_chance(self, job: Job) -> bool:
        """Tell whether only the token reaches the reply, and it is about to die (DESIGN 6: before minute 14)."""
        route = job.route
        if route.token is None or (route.channel_reachable and not route.ephemeral):
            return False
        return self._clock.now() > route.token_expires_at - LAST_CHANCE

    def _limit_bytes(self, job: Job) -> int:
        """Return the smallest limit of the ways the picture may still take (discord.md 2)."""
        limits = [REQUEST_LIMIT_BYTES]
        if self._ladder.token_lives(job.route):
            limits.append(job.route.upload_limit_bytes)
        if job.route.channel_reachable and not job.route.ephemeral:
            guild = self._client.get_guild(job.guild_id) if job.guild_id else None
            limits.append(guild.filesize_limit if guild else PLAIN_LIMIT_BYTES)
        return min(limits) if len(limits) > 1 else PLAIN_LIMIT_BYTES

    @contextlib.asynccontextmanager
    async def _final_turn(self, job: Job) -> AsyncGenerator[None, None]:
        """Have the reply for one final edit, after which no progress and no other end comes."""
        async with self._turns.setdefault(job.id, asyncio.Lock()):
            reply = self._replies.pop(job.id, None)
            if reply is not None:
                await reply.editor.seal()
            yield
            self._seen_coming.discard(job.id)

    def _editor(self, job: Job) -> MessageEditor:
        if job.id not in self._replies:
            self._replies[job.id] = _Reply(self._new_editor(job), job.route.channel_id)
        return self._replies[job.id].editor

    def _jobs_in(self, channel_id: int) -> int:
        return sum(reply.channel_id == channel_id for reply in self._replies.values())

    def _new_editor(self, job: Job) -> MessageEditor:
        async def send(card: cards.Card) -> bool:
            if self._shows_progress is not None and not await self._shows_progress(job):
                return False
            return (await self._ladder.edit_reply(job, self._post(job, "progress", card))).outcome is Outcome.POSTED

        def gap_s() -> float:
            age_s = (self._clock.now() - job.created_at).total_seconds()
            if self._ladder.token_lives(job.route):
                return pacing.token_gap_s(age_s)
            return pacing.channel_gap_s(age_s, jobs_in_channel=self._jobs_in(job.route.channel_id))

        return MessageEditor(send=send, gap_s=gap_s, clock=self._clock)
