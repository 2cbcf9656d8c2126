"""The one entrance: what a person does on Discord becomes a request to jobs, and is answered within 3 seconds.

The job is stored before the first answer, so that a crash in between loses nothing; the answer itself is the progress
card, or a private refusal.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Coroutine, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import aiohttp
import discord

from bot import errors
from bot.clock import Clock
from bot.delivery.announcer import DiscordAnnouncer
from bot.jobs.announcer import DeliveryPostponed
from bot.jobs.model import PROMPT_MAX_CHARS, Drawing, Job, ReplyRoute, Request, Status
from bot.jobs.service import Cancelled, JobService
from bot.ui import markdown, texts

if TYPE_CHECKING:
    from bot.client import ImageBot

log = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(minutes=15)
"""discord.md 1."""
STORE_PATIENCE_S = 1.0
"""After this long without an answer from the store, the person is told to wait: Discord gives 3 s in all."""

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


def clean_prompt(text: str) -> str:
    """Return a prompt that can be stored and sent; raises EmptyPrompt or PromptTooLong.

    A lone surrogate is valid in Discord's JSON but in no UTF-8 text.
    """
    prompt = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()
    if markdown.is_blank(prompt):
        raise errors.EmptyPrompt
    if len(prompt) > PROMPT_MAX_CHARS:
        raise errors.PromptTooLong(length=len(prompt), limit=PROMPT_MAX_CHARS)
    return prompt


def route_of(interaction: Interaction, *, now: datetime) -> ReplyRoute:
    """Learn from an interaction how its reply can be reached, now and after its token has died."""
    return ReplyRoute(
        application_id=interaction.application_id,
        channel_id=interaction.channel_id or 0,
        message_id=interaction.message.id if interaction.message else None,
        token=interaction.token,
        token_expires_at=now + TOKEN_LIFE,
        ephemeral=interaction.message.flags.ephemeral if interaction.message else False,
        channel_reachable=_channel_reachable(interaction),
        upload_limit_bytes=interaction.filesize_limit,
    )


def _channel_reachable(interaction: Interaction) -> bool:
    """Tell whether the bot itself, without the token, can post where the person is (discord.md 1)."""
    if interaction.guild_id is None:
        return bool(interaction.context.dm_channel)
    if interaction.client.get_guild(interaction.guild_id) is None:
        return False
    may = interaction.app_permissions
    may_send = may.send_messages_in_threads if isinstance(interaction.channel, discord.Thread) else may.send_messages
    return may.view_channel and may_send and may.attach_files and may.embed_links


@contextlib.contextmanager
def _refusals_of_discord_noted(what: str) -> Generator[None, None, None]:
    """Go on after the block where Discord did not take a call: what it was about is on disk and finds its way."""
    try:
        yield
    except (discord.HTTPException, aiohttp.ClientError, OSError, DeliveryPostponed) as error:
        log.warning("not taken by Discord", extra={"what": what, "error": repr(error)})


Press = Callable[["Intake", Interaction, str], Coroutine[Any, Any, None]]


def _explained(press: Press) -> Press:
    """Answer a press of a button whatever happens: the library would only log what it raises (discord.md 8)."""

    @functools.wraps(press)
    async def pressed(self: "Intake", interaction: Interaction, job_id: str) -> None:
        try:
            await press(self, interaction, job_id)
        except Exception as error:  # noqa: BLE001 - the last place before silence
            await explain(interaction, error)

    return pressed


class Intake:
    """Takes what people do, and answers them."""

    def __init__(self, *, jobs: JobService, announcer: DiscordAnnouncer, clock: Clock) -> None:
        self._jobs = jobs
        self._announcer = announcer
        self._clock = clock

    async def draw(self, interaction: Interaction, drawing: Drawing, *, private: bool) -> None:
        """Take a request for a picture: store it, answer it, begin it; raises Refusal."""
        drawing = replace(drawing, prompt=clean_prompt(drawing.prompt))
        route = replace(route_of(interaction, now=self._clock.now()), ephemeral=private)
        request = Request(
            origin_id=interaction.id,
            user_id=interaction.user.id,
            guild_id=interaction.guild_id,
            drawing=drawing,
            route=route,
        )
        job = await self._stored_in_time(interaction, request, private=private)
        stands_at = job.route
        try:
            stands_at = await self._answer(interaction, job)
        finally:  # whatever became of the answer: the job is on disk, and goes its way
            await self._jobs.begin(job, stands_at)

    async def _stored_in_time(self, interaction: Interaction, request: Request, *, private: bool) -> Job:
        storing = asyncio.ensure_future(self._jobs.submit(request))
        late = asyncio.ensure_future(self._clock.sleep(STORE_PATIENCE_S))
        await asyncio.wait({storing, late}, return_when=asyncio.FIRST_COMPLETED)
        late.cancel()
        if not storing.done():
            with _refusals_of_discord_noted("defer"):
                await interaction.response.defer(ephemeral=private, thinking=True)
        return await storing

    async def _answer(self, interaction: Interaction, job: Job) -> ReplyRoute:
        """Show the progress card, and return where it stands, as far as that is known."""
        card = self._announcer.first_card(job)
        with _refusals_of_discord_noted("first answer"):
            if interaction.response.is_done():
                message = await interaction.edit_original_response(embed=card.embed, view=card.view)
                return replace(job.route, message_id=message.id)
            answered = await interaction.response.send_message(
                embed=card.embed, view=card.view or discord.utils.MISSING, ephemeral=job.route.ephemeral
            )
            forced_private = answered.is_ephemeral() or job.route.ephemeral
            return replace(job.route, message_id=answered.message_id, ephemeral=forced_private)
        with _refusals_of_discord_noted("first answer, once more"):
            return await self._announcer.open_anyhow(job) or job.route
        return job.route

    @_explained
    async def cancel(self, interaction: Interaction, job_id: str) -> None:
        """Cancel a job for its owner or a moderator, and close its card."""
        outcome, job = await self._jobs.cancel(
            job_id,
            user_id=interaction.user.id,
            may_moderate=interaction.permissions.manage_messages,
            guild_id=interaction.guild_id,
        )
        if outcome is Cancelled.TOO_LATE and job.status is not Status.READY:
            await answer_privately(interaction, texts.too_late_to_cancel())
            return
        with _refusals_of_discord_noted("defer"):
            await interaction.response.defer()
        here = replace(job, route=route_of(interaction, now=self._clock.now()))
        if outcome is Cancelled.BEFORE_SUBMISSION:
            await self._jobs.end_cancelled(here)
        elif outcome is Cancelled.AFTER_SUBMISSION:
            await self._announcer.show_cancelled(here, still_open=lambda: self._jobs.is_open(job_id))
        else:
            await self._announcer.close(here)  # it waits to be collected, which its card does not say yet

    @_explained
    async def collect(self, interaction: Interaction, job_id: str) -> None:
        """Show a result that waits, in the message whose button was pressed."""
        job = await self._jobs.find_result(job_id, user_id=interaction.user.id)
        if job.status is not Status.READY:
            await answer_privately(interaction, texts.not_ready(job))
            return
        with _refusals_of_discord_noted("defer"):
            await interaction.response.defer()
        here = replace(job, route=route_of(interaction, now=self._clock.now()))
        delivery = await self._announcer.deliver(here)
        if delivery.delivered:
            await self._jobs.collected(job, note=delivery.note)
        elif not delivery.shown:
            await answer_privately(interaction, texts.kept_for_now())


async def explain(interaction: "discord.Interaction[Any]", error: BaseException) -> None:
    """Tell the person what an error means: a refusal in its own sentence; a fault of ours as such, and log it."""
    if isinstance(error, errors.DoubleRequest):
        return  # whoever took the first one answers it
    if isinstance(error, errors.Refusal):
        await answer_privately(interaction, texts.refusal(error))
        return
    if isinstance(error, DeliveryPostponed):
        log.warning("delivery postponed", extra={"interaction": interaction.id, "error": repr(error)})
        await answer_privately(interaction, texts.kept_for_now())
        return
    log.error("interaction failed", exc_info=error, extra={"interaction": interaction.id})
    await answer_privately(interaction, texts.internal_error())


async def answer_privately(interaction: "discord.Interaction[Any]", sentence: str) -> None:
    """Tell the person alone; silent where Discord says that it is too late or was answered elsewhere."""
    for _try in range(2):  # a connection that breaks must not become silence
        try:
            await _send_privately(interaction, sentence)
        except discord.HTTPException as error:
            log.info("answer not taken", extra={"http_status": error.status, "code": error.code})
        except (aiohttp.ClientError, OSError) as error:
            log.info("answer not taken, once more", extra={"error": repr(error)})
            continue
        return


async def _send_privately(interaction: "discord.Interaction[Any]", sentence: str) -> None:
    """Answer, or follow up where there was an answer.

    A follow-up to a message that still "thinks" would fill that message, for all to see (discord.md 1): it goes first.
    """
    if not interaction.response.is_done():
        await interaction.response.send_message(sentence, ephemeral=True, suppress_embeds=True)
        return
    if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
        await interaction.delete_original_response()
    await interaction.followup.send(sentence, ephemeral=True, suppress_embeds=True)
