"""The one entrance: what a person does on Discord becomes a request to jobs, and is answered within 3 seconds.

The job is stored before the first answer, so that a crash in between loses nothing; the answer itself is the progress
card, or a private refusal.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import discord

from bot import errors
from bot.clock import Clock
from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.ways import BLOCKED_CODES
from bot.guilds.model import GuildSettings
from bot.guilds.service import GuildService
from bot.intake.answers import answer_privately, explained, refusals_of_discord_noted
from bot.intake.askers import asker_of, asker_of_message
from bot.intake.offers import settings_for
from bot.intake.pictures import numbered
from bot.intake.places import places_of
from bot.intake.routes import reference_to, route_of, route_to
from bot.intake.unknown_jobs import close_card
from bot.intake.wishes import Sketch, Wish, completed
from bot.jobs.announcer import DeliveryPostponed
from bot.jobs.model import Asker, Drawing, Job, Kind, ReplyRoute, Request, Source, Status
from bot.jobs.service import Cancelled, JobService
from bot.jobs.tray import Tray
from bot.ui import cards, texts

if TYPE_CHECKING:
    from bot.client import ImageBot

log = logging.getLogger(__name__)

STORE_PATIENCE_S = 1.0
"""After this long without an answer from the store, the person is told to wait: Discord gives 3 s in all."""

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


class Intake:
    """Takes what people do, and answers them."""

    def __init__(
        self, *, jobs: JobService, tray: Tray, guilds: GuildService, announcer: DiscordAnnouncer, clock: Clock
    ) -> None:
        self._jobs = jobs
        self._guilds = guilds
        self._tray = tray
        self._announcer = announcer
        self._clock = clock

    async def ask(
        self, interaction: Interaction, wish: Wish, *, in_place: bool = False, origin_id: int | None = None
    ) -> None:
        """Take a wish for a picture: store it, answer it, begin it; raises Refusal.

        The answer is a new message, or with `in_place` the message whose button was pressed. `origin_id` names what is
        to be done once only, where that is not the interaction itself.
        """
        route = route_of(interaction, now=self._clock.now())
        if not in_place:
            route = replace(route, message_id=None, ephemeral=wish.private)
        storing = self._store(
            wish,
            origin_id=origin_id or interaction.id,
            guild_id=interaction.guild_id,
            asker=asker_of(interaction),
            route=route,
        )
        job = await self._in_time(interaction, storing, ephemeral=route.ephemeral, in_place=in_place)
        stands_at = job.route
        try:
            if wish.with_tray:
                await self._tray.clear(interaction.user.id)  # they are the job's now
            stands_at = await self._answer(interaction, job, in_place=in_place)
        finally:  # whatever became of the answer: the job is on disk, and goes its way
            await self._jobs.begin(job, stands_at)

    async def ask_by_message(self, message: discord.Message, wish: Wish) -> None:
        """Take a wish that a message of a server says, and answer it by another one; raises Refusal.

        Where the bot could not answer, nothing is taken: the person would see nothing of it.
        """
        route = route_to(message, now=self._clock.now())
        if not route.channel_reachable:
            log.info("reply not taken: no right to answer", extra={"channel": message.channel.id})
            return
        job = await self._store(
            wish,
            origin_id=message.id,
            guild_id=message.guild.id if message.guild else None,
            asker=asker_of_message(message),
            route=route,
        )
        stands_at = job.route
        try:
            stands_at = await self._answer_message(message, job)
        finally:
            await self._jobs.begin(job, stands_at)

    async def _store(self, wish: Wish, *, origin_id: int, guild_id: int | None, asker: Asker, route: ReplyRoute) -> Job:
        """Store a wish as a job; raises Refusal."""
        try:
            if wish.with_tray:
                wish = replace(wish, sources=(*wish.sources, *await self._collected(asker.user_id)))
            await self._require_results(wish, user_id=asker.user_id, guild_id=guild_id)
            if wish.kind is Kind.EDIT and not wish.sources:
                raise errors.NoPicture
            drawing = await self._completed(wish.sketch, wish.kind, asker)
        except errors.StoreError as error:
            log.warning("request not taken", extra={"origin": origin_id, "error": str(error)})
            raise errors.StoreUnavailable from error
        request = Request(
            origin_id=origin_id,
            user_id=asker.user_id,
            guild_id=guild_id,
            asker=asker,
            drawing=drawing,
            route=route,
            kind=wish.kind,
            sources=numbered(wish.sources),
            parent_id=wish.parent_id,
        )
        return await self._jobs.submit(request)

    async def _completed(self, sketch: Sketch, kind: Kind, asker: Asker) -> Drawing:
        settings = GuildSettings() if sketch.is_complete else await settings_for(self._guilds, asker)
        return completed(sketch, kind=kind, settings=settings, role_ids=asker.role_ids)

    async def _require_results(self, wish: Wish, *, user_id: int, guild_id: int | None) -> None:
        """Refuse results that this person may not see there, however their wish came to name them."""
        for source in wish.sources:
            if source.result_of is not None:
                await self._jobs.get_for(source.result_of, user_id=user_id, guild_id=guild_id)

    async def _collected(self, user_id: int) -> list[Source]:
        collected = await self._tray.list(user_id)
        if not collected:
            raise errors.TrayEmpty
        return collected

    async def _answer_message(self, message: discord.Message, job: Job) -> ReplyRoute:
        """Post the progress card as a reply, and return where it stands, as far as that is known."""
        card = self._announcer.first_card(job)
        with refusals_of_discord_noted("reply"):
            posted = await message.channel.send(
                embed=card.embed,
                view=card.view or discord.utils.MISSING,
                mention_author=False,
                allowed_mentions=discord.AllowedMentions.none(),
                nonce=job.id,
                **reference_to(message),
            )
            return replace(job.route, message_id=posted.id)
        with refusals_of_discord_noted("reply, once more"):
            return await self._announcer.open_anyhow(job) or job.route
        return job.route

    async def _in_time(
        self, interaction: Interaction, stored: Coroutine[None, None, Job], *, ephemeral: bool, in_place: bool
    ) -> Job:
        """Wait until a job is stored; where that takes long, the person is told that the bot is at it."""
        storing = asyncio.ensure_future(stored)
        late = asyncio.ensure_future(self._clock.sleep(STORE_PATIENCE_S))
        await asyncio.wait({storing, late}, return_when=asyncio.FIRST_COMPLETED)
        late.cancel()
        if not storing.done() and not interaction.response.is_done():
            with refusals_of_discord_noted("defer"):
                await interaction.response.defer(ephemeral=ephemeral, thinking=not in_place)
        return await storing

    async def _answer(self, interaction: Interaction, job: Job, *, in_place: bool) -> ReplyRoute:
        """Show the progress card, and return where it stands, as far as that is known."""
        card = self._announcer.first_card(job)
        with refusals_of_discord_noted("first answer"):
            if in_place and not interaction.response.is_done():
                await interaction.response.defer()
            if interaction.response.is_done():
                message = await interaction.edit_original_response(content=None, embed=card.embed, view=card.view)
                return replace(
                    job.route, message_id=message.id, ephemeral=message.flags.ephemeral or job.route.ephemeral
                )
            answered = await _answer_with(interaction, card, ephemeral=job.route.ephemeral)
            forced_private = answered.is_ephemeral() or job.route.ephemeral
            return replace(job.route, message_id=answered.message_id, ephemeral=forced_private)
        with refusals_of_discord_noted("first answer, once more"):
            return await self._announcer.open_anyhow(job) or job.route
        return job.route

    @explained
    async def cancel(self, interaction: Interaction, job_id: str) -> None:
        """Cancel a job for its owner or a moderator, and close its card."""
        try:
            outcome, job = await self._jobs.cancel(
                job_id,
                user_id=interaction.user.id,
                may_moderate=interaction.permissions.manage_messages,
                guild_id=interaction.guild_id,
            )
        except errors.UnknownJob:
            await close_card(interaction, job_id)
            return
        if outcome is Cancelled.TOO_LATE and job.status is not Status.READY:
            await answer_privately(interaction, texts.too_late_to_cancel())
            return
        with refusals_of_discord_noted("defer"):
            await interaction.response.defer()
        here = replace(job, route=route_of(interaction, now=self._clock.now()))
        if outcome is Cancelled.BEFORE_SUBMISSION:
            await self._jobs.end_cancelled(here)
        elif outcome is Cancelled.AFTER_SUBMISSION:
            await self._show_cancelled(interaction, here)
        else:
            await self._announcer.close(here, pressed=True)  # it waits to be collected, which its card does not say yet

    async def _show_cancelled(self, interaction: Interaction, job: Job) -> None:
        try:
            await self._announcer.show_cancelled(job, still_open=lambda: self._jobs.is_open(job.id))
        except DeliveryPostponed as error:
            log.warning("card of a cancelled job not closed", extra={"job": job.id, "error": repr(error)})
            await answer_privately(interaction, texts.cancel_unshown(job))

    @explained
    async def collect(self, interaction: Interaction, job_id: str) -> None:
        """Show a result that waits, in the message whose button was pressed."""
        try:
            job = await self._jobs.find_result(job_id, user_id=interaction.user.id)
        except errors.UnknownJob:
            await close_card(interaction, job_id)
            return
        if job.status is not Status.READY:
            delivered = job.status is Status.DELIVERED
            await answer_privately(
                interaction, await _whereabouts(interaction, job) if delivered else texts.not_ready(job)
            )
            return
        with refusals_of_discord_noted("defer"):
            await interaction.response.defer()
        collected = await self._jobs.collect(job, route_of(interaction, now=self._clock.now()))
        if collected is None or collected.told_at is not None:
            return
        await answer_privately(
            interaction, texts.kept_for_now() if collected.status is Status.READY else texts.still_trying()
        )


async def _whereabouts(interaction: Interaction, job: Job) -> str:
    """Return where a delivered picture is, for its owner, who pressed a button that outlived it."""
    place = (await places_of(interaction, [job])).get(job.id)
    return texts.delivered_at(place.link, is_direct=place.is_direct) if place else texts.delivered_privately()


async def _answer_with(
    interaction: Interaction, card: cards.Card, *, ephemeral: bool
) -> "discord.InteractionCallbackResponse[ImageBot]":
    """Answer with a card; without the prompt where the moderation of the place refuses its words (discord.md 1)."""

    async def answer(shown: cards.Card) -> "discord.InteractionCallbackResponse[ImageBot]":
        view = shown.view or discord.utils.MISSING
        return await interaction.response.send_message(embed=shown.embed, view=view, ephemeral=ephemeral)

    try:
        return await answer(card)
    except discord.HTTPException as error:
        if error.code not in BLOCKED_CODES:
            raise
    return await answer(cards.wordless(card))
