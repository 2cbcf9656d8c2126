"""What a press of a button under a result does. Whoever presses asks in their own name; rights are looked at anew."""

import logging
from typing import TYPE_CHECKING, TypeAlias

import discord

from bot import errors
from bot.clock import Clock
from bot.delivery.announcer import DiscordAnnouncer
from bot.delivery.ways import REQUEST_LIMIT_BYTES
from bot.intake.answers import answer_privately, explained
from bot.intake.edit_form import is_private, open_form, result_as_source
from bot.intake.offers import QualityOffers
from bot.intake.service import Intake
from bot.intake.wishes import Sketch, Wish, sketch_of
from bot.jobs.model import Job, Kind, Quality, ResultFile
from bot.jobs.service import JobService
from bot.ui import details, filenames, texts
from bot.ui.edit_form import ResultOf
from bot.ui.result_buttons import Press

if TYPE_CHECKING:
    from bot.client import ImageBot

log = logging.getLogger(__name__)

Interaction: TypeAlias = "discord.Interaction[ImageBot]"

DOUBLE_PRESS_S = 2.0
"""A second press of the same button by the same person within this time was not meant to pay twice."""


class ResultPresses:
    """Takes the presses. `model` is the name of the model that draws."""

    def __init__(
        self,
        *,
        intake: Intake,
        jobs: JobService,
        announcer: DiscordAnnouncer,
        offers: QualityOffers,
        clock: Clock,
        model: str,
    ) -> None:
        self._intake = intake
        self._announcer = announcer
        self._jobs = jobs
        self._offers = offers
        self._clock = clock
        self._model = model
        self._presses: dict[tuple[int, Press, str], float] = {}

    @explained
    async def take(self, interaction: Interaction, press: Press, job_id: str) -> None:
        """Do what a button says; answers every refusal itself."""
        match press:
            case Press.EDIT:
                job = await self._job_with_result(interaction, job_id)
                await open_form(interaction, ResultOf(job.id), offers=self._offers, quality=job.drawing.quality)
            case Press.AGAIN:
                await self._ask_again(interaction, await self._job(interaction, job_id))
            case Press.REDRAW:
                await self._redraw(interaction, await self._job_with_result(interaction, job_id))
            case Press.DETAILS:
                await self._show_details(interaction, await self._job(interaction, job_id))
            case Press.DELETE:
                await self._delete(interaction, job_id)

    async def _job(self, interaction: Interaction, job_id: str) -> Job:
        return await self._jobs.get_for(job_id, user_id=interaction.user.id, guild_id=interaction.guild_id)

    async def _job_with_result(self, interaction: Interaction, job_id: str) -> Job:
        return await self._jobs.get_result_for(job_id, user_id=interaction.user.id, guild_id=interaction.guild_id)

    async def _ask_again(self, interaction: Interaction, job: Job) -> None:
        self._refuse_double(interaction, Press.AGAIN, job)
        wish = Wish(
            kind=job.kind,
            sketch=sketch_of(job.drawing),
            sources=await self._jobs.sources_anew(job),
            parent_id=job.parent_id,
            private=is_private(interaction),
        )
        await self._intake.ask(interaction, wish)

    async def _redraw(self, interaction: Interaction, job: Job) -> None:
        self._refuse_double(interaction, Press.REDRAW, job)
        wish = Wish(
            kind=Kind.EDIT,
            sketch=Sketch(prompt=texts.REDRAW_INSTRUCTION, size=job.drawing.size, quality=Quality.FOUR_K),
            sources=(result_as_source(job),),
            parent_id=job.id,
            private=is_private(interaction),
        )
        await self._intake.ask(interaction, wish)

    def _refuse_double(self, interaction: Interaction, press: Press, job: Job) -> None:
        """Raise PressedTwice for a finger that slipped; only the last moments are remembered."""
        now = self._clock.monotonic()
        self._presses = {key: at for key, at in self._presses.items() if now - at < DOUBLE_PRESS_S}
        key = (interaction.user.id, press, job.id)
        if key in self._presses:
            raise errors.PressedTwice
        self._presses[key] = now

    async def _show_details(self, interaction: Interaction, job: Job) -> None:
        parent = await self._jobs.find(job.parent_id) if job.parent_id else None
        original = _original_to_hand_over(interaction, job)
        embed = details.details_embed(
            job,
            parent=parent,
            model=self._model,
            original_attached=None if job.delivery_note is None else original is not None,
        )
        if original is None:
            await interaction.response.send_message(embed=embed, ephemeral=True)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)  # megabytes may take longer than 3 s
        name = filenames.picture_name(job.drawing.prompt, job_id=job.id, extension=original.path.suffix.lstrip("."))
        asker = interaction.user.id
        async with self._announcer.upload_turn(interaction.id, guild_id=interaction.guild_id, user_id=asker):
            file = discord.File(original.path, filename=name)
            await interaction.edit_original_response(embed=embed, attachments=[file])

    async def _delete(self, interaction: Interaction, job_id: str) -> None:
        """Remove the message that was pressed, for the job's owner or who may manage messages there."""
        job = await self._jobs.get(job_id)
        if job.user_id != interaction.user.id and not interaction.permissions.manage_messages:
            raise errors.NotYours
        await interaction.response.defer()
        try:
            await interaction.delete_original_response()
        except discord.NotFound:
            return  # somebody was quicker
        except discord.HTTPException as error:
            log.info("message not deleted", extra={"job": job.id, "http_status": error.status, "code": error.code})
            await answer_privately(interaction, texts.not_deleted())


def _original_to_hand_over(interaction: Interaction, job: Job) -> ResultFile | None:
    """Return the file the model made, if another one is shown and Discord takes this one here."""
    result = job.result
    if result is None or job.delivery_note is None or not result.path.exists():
        return None
    return result if result.n_bytes <= min(interaction.filesize_limit, REQUEST_LIMIT_BYTES) else None
