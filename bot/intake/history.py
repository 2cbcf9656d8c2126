"""A person's history on Discord: shown to them alone, and what its buttons do. Nothing but the owner's own pictures."""

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import discord

from bot import errors
from bot.clock import Clock
from bot.delivery.announcer import DiscordAnnouncer
from bot.intake.answers import answer_privately, explained, refusals_of_discord_noted
from bot.intake.places import places_of
from bot.intake.result_presses import ResultPresses
from bot.intake.routes import route_of
from bot.jobs.library import Library, Page
from bot.ui import history, texts
from bot.ui.history_buttons import HistoryButton, HistoryPress
from bot.ui.result_buttons import Press
from bot.ui.views import card_view

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"


class History:
    """Shows pages of a history and takes the presses of its buttons."""

    def __init__(self, *, library: Library, announcer: DiscordAnnouncer, presses: ResultPresses, clock: Clock) -> None:
        self._library = library
        self._announcer = announcer
        self._presses = presses
        self._clock = clock

    async def show(self, interaction: Interaction) -> None:
        """Answer with the first page; small pictures may have to be drawn, so the answer is promised first."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._put(interaction, 1)

    @explained
    async def turn(self, interaction: Interaction, page: int) -> None:
        """Show another page of the presser's own history in the same message."""
        await interaction.response.defer()
        await self._put(interaction, page)

    @explained
    async def take(self, interaction: Interaction, press: HistoryPress, job_id: str) -> None:
        """Do what a button says; answers every refusal itself."""
        match press:
            case HistoryPress.POST:
                await self._post(interaction, job_id)
            case HistoryPress.EDIT_BEFORE:
                await self._edit_before(interaction, job_id)
            case HistoryPress.FORGET:
                await self._ask_to_forget(interaction, job_id)
            case HistoryPress.FORGET_NOW:
                await self._library.forget(job_id, user_id=interaction.user.id)
                await interaction.response.edit_message(content=texts.forgotten(), view=None)

    async def _put(self, interaction: Interaction, number: int) -> None:
        page = await self._library.page(interaction.user.id, number)
        places = await places_of(interaction, [entry.job for entry in page.entries])
        message = history.history_message(page, links={job_id: place.link for job_id, place in places.items()})
        files = await asyncio.to_thread(_open_thumbnails, page)
        try:
            await interaction.edit_original_response(
                content=message.content, embeds=message.embeds, attachments=files, view=message.view
            )
        finally:
            for file in files:
                file.close()

    async def _post(self, interaction: Interaction, job_id: str) -> None:
        """Post a kept picture again, as a new message; privately where the bot itself could not post."""
        job = await self._library.get_picture(job_id, user_id=interaction.user.id)
        route = route_of(interaction, now=self._clock.now())
        here = replace(route, message_id=None, ephemeral=not route.channel_reachable)
        await interaction.response.defer(ephemeral=here.ephemeral, thinking=True)
        if not here.ephemeral:  # the wish, before the message is there: its buttons may be pressed at once
            await self._note_showing(job_id, message_id=interaction.id, guild_id=interaction.guild_id)
        is_posted = False
        with refusals_of_discord_noted("picture posted again"):
            job = replace(job, route=here, guild_id=interaction.guild_id)
            delivery = await self._announcer.show_again(job, press_id=interaction.id)
            is_posted = delivery.delivered
            if is_posted and delivery.route and not here.ephemeral:
                await self._note_showing(job_id, message_id=delivery.route.message_id, guild_id=interaction.guild_id)
        if not is_posted:
            await answer_privately(interaction, texts.not_posted())

    async def _note_showing(self, job_id: str, *, message_id: int | None, guild_id: int | None) -> None:
        if message_id is not None and guild_id is not None:
            await self._library.note_showing(job_id, message_id=message_id, guild_id=guild_id)

    async def _edit_before(self, interaction: Interaction, job_id: str) -> None:
        job = await self._library.get_own(job_id, user_id=interaction.user.id)
        if job.parent_id is None:
            raise errors.ResultGone
        await self._presses.take(interaction, Press.EDIT, job.parent_id)

    async def _ask_to_forget(self, interaction: Interaction, job_id: str) -> None:
        job = await self._library.get_forgettable(job_id, user_id=interaction.user.id)
        await interaction.response.send_message(
            texts.confirm_forget(job.drawing.prompt),
            view=card_view(HistoryButton(HistoryPress.FORGET_NOW, job.id)),
            ephemeral=True,
            suppress_embeds=True,
        )


def _open_thumbnails(page: Page) -> list[discord.File]:
    """Open the small pictures, in a thread; one that was removed a moment ago is passed over."""
    files: list[discord.File] = []
    for entry in page.entries:
        if entry.thumbnail is not None:
            with contextlib.suppress(FileNotFoundError):
                files.append(discord.File(entry.thumbnail, filename=history.thumbnail_name(entry.job.id)))
    return files
