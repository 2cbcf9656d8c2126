"""Tells people on Discord how their jobs are doing: the `Announcer` that jobs were promised."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from weakref import WeakSet, WeakValueDictionary

import discord

from bot.clock import Clock
from bot.delivery import pacing
from bot.delivery.editor import MessageEditor
from bot.delivery.endings import Endings
from bot.delivery.fitting import Fitter
from bot.delivery.ladder import Ladder
from bot.delivery.posts import Outcome
from bot.errors import StoreError
from bot.jobs.announcer import Delivery, DeliveryPostponed
from bot.jobs.model import Job, ReplyRoute, Status
from bot.jobs.slots import Slots
from bot.ui import cards

log = logging.getLogger(__name__)

UPLOADS_AT_ONCE = 16
"""Handed out fairly, like the places at the provider."""
LAST_CHANCE = timedelta(seconds=150)
"""Before a token dies: long enough that an edit, however slow the pace, comes in time."""
SEALED_WITHIN_S = 5.0
"""How long a stop waits for edits of progress under way: what they say is told anew by the next start."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply that shows progress."""

    editor: MessageEditor
    channel_id: int


class DiscordAnnouncer:
    """Keeps one editor for each reply that shows progress, which ends before its job's end is shown.

    `still_mine` tells, by a job's id, whether this process still drives it, and is asked immediately before each call
    that posts; `shows_progress` tells before each edit of progress whether the job still makes any.
    """

    def __init__(
        self,
        *,
        client: discord.Client,
        ladder: Ladder,
        fitter: Fitter,
        still_mine: Callable[[str], Awaitable[bool]],
        shows_progress: Callable[[Job], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._ladder = ladder
        self._endings = Endings(client=client, ladder=ladder, fitter=fitter, still_mine=still_mine, clock=clock)
        self._shows_progress = shows_progress
        self._clock = clock
        self._replies: dict[str, _Reply] = {}
        self._editors: WeakSet[MessageEditor] = WeakSet()
        """Also those of replies that were let go, for as long as an edit of theirs is under way."""
        self._unshown_cancels: dict[str, Job] = {}
        """By job: it goes on, and Discord did not let its card be closed when its person cancelled it."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._uploads = Slots(UPLOADS_AT_ONCE)
        self._stopped = False

    def first_card(self, job: Job) -> cards.Card:
        """Return the card that answers a command; how the job ends is this process's to tell."""
        self._endings.expect(job)
        return cards.progress_card(job, now=self._clock.now(), position=None)

    def show(self, job: Job, *, turn: int | None = None, waiting_for_provider: bool = False) -> None:
        job = self._unshown_cancels.get(job.id, job)

        def draw() -> cards.Card:
            if job.cancel_requested_at is not None:
                return cards.cancelled_card(job)  # after a restart, its card may never have been closed
            if self._is_last_chance(job):
                return cards.later_card(job)
            now = self._clock.now()
            return cards.progress_card(job, now=now, position=turn, waiting_for_provider=waiting_for_provider)

        self._endings.expect(job)
        if not self._stopped:
            self._editor(job).show(draw)

    def remind(self, job: Job) -> None:
        if self._endings.expect(job) and self._is_last_chance(job):
            self.show(job)

    async def deliver(self, job: Job) -> Delivery:
        assert job.result is not None  # noqa: S101 - `delivering` is only reached with it
        async with (
            self._final_turn(job),
            self._uploads.hold(job.id, guild_id=job.guild_id, user_id=job.user_id),
        ):
            delivery = await self._endings.deliver(job, job.result)
        if not delivery.delivered:
            log.warning("no way to the person is open; the picture waits", extra={"job": job.id})
        return delivery

    async def show_again(self, job: Job, *, press_id: int) -> Delivery:
        """Post a picture that was delivered before once more, as the answer to a press; raises DeliveryPostponed."""
        assert job.result is not None  # noqa: S101 - whoever shows it has seen it
        async with self._uploads.hold(f"{job.id}-{press_id}", guild_id=job.guild_id, user_id=job.user_id):
            try:
                return await self._endings.deliver(job, job.result, again_for=press_id)
            finally:
                self._ladder.forget(job)  # another press is another post

    def upload_turn(self, press_id: int, *, guild_id: int | None, user_id: int) -> AbstractAsyncContextManager[None]:
        """Wait for a place among the uploads, for the answer to a press, and keep it for the block."""
        return self._uploads.hold(str(press_id), guild_id=guild_id, user_id=user_id)

    async def close(self, job: Job, *, pressed: bool = False) -> bool:
        async with self._final_turn(job):
            if job.status is Status.CANCELLED:
                await self._ladder.close_reply(
                    job, self._endings.post(job, "closed", cards.cancelled_card(job), pressed=pressed)
                )
            elif job.status in {Status.FAILED, Status.LOST}:
                await self._endings.tell_failure(job)
            elif job.status is Status.READY:
                return await self._endings.offer(job, pressed=pressed)
            elif job.status is Status.EXPIRED:
                await self._endings.tell_expiry(job)
        return True

    async def show_cancelled(self, job: Job, *, still_open: Callable[[], Awaitable[bool]]) -> None:
        """Close the card of a job whose cancel came after its submission; no progress of it is shown any more.

        Not where it has ended meanwhile (`still_open`): its end is the last word. Raises DeliveryPostponed; where this
        process drives the job, the next edit of its progress closes the card then.
        """
        reply = self._replies.get(job.id)
        async with self._turns.setdefault(job.id, asyncio.Lock()):
            if reply is not None:
                await reply.editor.seal()
            try:
                if await still_open():
                    await self._ladder.edit_reply(
                        job, self._endings.post(job, "closed", cards.cancelled_card(job), pressed=True)
                    )
            except (DeliveryPostponed, StoreError):
                if self._replies.pop(job.id, None) is not None:
                    self._unshown_cancels[job.id] = job
                raise

    async def let_go(self, job: Job) -> None:
        async with self._final_turn(job):
            self._ladder.forget(job)

    async def stop(self) -> None:
        """Show nothing more, and let the edits under way finish, for a few seconds at most."""
        self._stopped = True
        if not self._replies:
            return
        patience = asyncio.create_task(self._clock.sleep(SEALED_WITHIN_S), name="patience with edits")
        sealed = asyncio.gather(*(reply.editor.seal() for reply in self._replies.values()))
        await asyncio.wait({patience, sealed}, return_when=asyncio.FIRST_COMPLETED)
        if not sealed.done():
            log.warning("edits of progress take too long to wait for")
        patience.cancel()
        sealed.cancel()
        await asyncio.gather(patience, sealed, return_exceptions=True)

    async def cut(self) -> None:
        """End the edits that `stop` did not wait for; once the client is closed, they could only fail."""
        await asyncio.gather(*(editor.cut() for editor in list(self._editors)))

    async def open_anyhow(self, job: Job) -> ReplyRoute | None:
        """Show the progress card although Discord did not confirm the first answer; None where no way is open.

        The answer may have arrived all the same, so it is looked for before anything is posted anew. What is made
        already needs no card of progress.
        """
        if not self._endings.expect(job):
            return None
        post = replace(self._endings.post(job, "card", self.first_card(job)), nonce=job.id, since=job.created_at)
        posted = await self._ladder.edit_reply(job, post)
        if posted.outcome in {Outcome.CLOSED, Outcome.STUCK}:
            posted = await self._ladder.post_anew(job, post)
        return posted.route if posted.outcome is Outcome.POSTED else None

    def _is_last_chance(self, job: Job) -> bool:
        """Tell whether only the token reaches the reply, and it is about to die (DESIGN 6: before minute 14)."""
        route = job.route
        if route.token is None or (route.channel_reachable and not route.ephemeral):
            return False
        return self._clock.now() > route.token_expires_at - LAST_CHANCE

    @contextlib.asynccontextmanager
    async def _final_turn(self, job: Job) -> AsyncGenerator[None, None]:
        """Have the reply for one final edit, after which no progress and no other end comes."""
        async with self._turns.setdefault(job.id, asyncio.Lock()):
            try:
                await self._editor(job).seal()  # it stays until the turn is over: what is shown meanwhile goes nowhere
                yield
            finally:
                self._replies.pop(job.id, None)
                self._unshown_cancels.pop(job.id, None)
            self._endings.forget(job)
            self._ladder.forget(job)

    def _editor(self, job: Job) -> MessageEditor:
        if job.id not in self._replies:
            self._replies[job.id] = _Reply(self._new_editor(job), job.route.channel_id)
        return self._replies[job.id].editor

    def _jobs_in(self, channel_id: int) -> int:
        return sum(reply.channel_id == channel_id for reply in self._replies.values())

    def _new_editor(self, job: Job) -> MessageEditor:
        async def send(card: cards.Card) -> bool:
            if not await self._shows_progress(job):
                return False
            return (
                await self._ladder.edit_progress(job, self._endings.post(job, "progress", card))
            ).outcome is Outcome.POSTED

        def gap_s() -> float:
            age_s = (self._clock.now() - job.created_at).total_seconds()
            if self._ladder.token_lives(job.route):
                return pacing.token_gap_s(age_s)
            return pacing.channel_gap_s(age_s, jobs_in_channel=self._jobs_in(job.route.channel_id))

        editor = MessageEditor(send=send, gap_s=gap_s, clock=self._clock)
        self._editors.add(editor)
        return editor
