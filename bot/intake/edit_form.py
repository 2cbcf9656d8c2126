"""The form behind Edit: opened for a picture, and taken as a wish when it comes back filled in."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import discord

from bot.intake import pictures
from bot.intake.answers import explained
from bot.intake.askers import asker_of
from bot.intake.offers import QualityOffers
from bot.intake.service import Intake
from bot.intake.wishes import Sketch, Wish
from bot.jobs.model import Job, Kind, Quality, Source
from bot.jobs.service import JobService
from bot.ui import edit_form, texts

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"
MessageReader: TypeAlias = Callable[[Interaction, edit_form.PicturesOf], Awaitable[list[Source]]]
"""Finds the pictures of a message; raises a Refusal where there are none to be had."""


async def open_form(
    interaction: Interaction, target: edit_form.EditTarget, *, offers: QualityOffers, quality: Quality | None = None
) -> None:
    """Answer an interaction with the form; it must be the first answer (discord.md 1).

    It begins with `quality` as far as the person may use that, else with what is usual where they are.
    """
    offered = await offers.qualities(asker_of(interaction))
    await interaction.response.send_modal(edit_form.edit_form(target, offered, quality=quality))


def result_as_source(job: Job) -> Source:
    """Return the picture a job made as a source of another one."""
    return Source(position=0, name=texts.name_of_result(job.drawing.prompt), result_of=job.id)


def is_private(interaction: Interaction) -> bool:
    """Tell whether what was pressed is seen by this person only: then the answer is, too."""
    return interaction.message is not None and interaction.message.flags.ephemeral


class EditForms:
    """Takes forms that were filled in, whenever they were opened."""

    def __init__(self, *, intake: Intake, jobs: JobService, read_message: MessageReader) -> None:
        self._intake = intake
        self._jobs = jobs
        self._read_message = read_message

    @explained
    async def take(self, interaction: Interaction, target: edit_form.EditTarget) -> None:
        """Take a filled form as a wish for an edit; answers every refusal itself."""
        sent = cast("dict[str, Any]", interaction.data)
        filled = edit_form.read(sent)
        uploads = pictures.of_attachments(_uploads(interaction, sent, filled.upload_ids))
        private = is_private(interaction) or await self._shows_private(target)
        sources = await self._sources(interaction, target, private=private)
        wish = Wish(
            kind=Kind.EDIT,
            sketch=Sketch(prompt=filled.instruction, size=filled.size, quality=filled.quality),
            sources=(*sources, *uploads),
            parent_id=next((source.result_of for source in sources if source.result_of), None),
            private=private,
        )
        await self._intake.ask(interaction, wish)

    async def _shows_private(self, target: edit_form.EditTarget) -> bool:
        """Tell whether what is edited was made in private: a form that a menu opened stands on no message."""
        if isinstance(target, edit_form.PicturesOf):
            job = await self._jobs.find_by_message(target.message_id)
        else:
            job = await self._jobs.find(target.job_id)
        return job is not None and job.private

    async def _sources(self, interaction: Interaction, target: edit_form.EditTarget, *, private: bool) -> list[Source]:
        if isinstance(target, edit_form.PicturesOf):
            await interaction.response.defer(ephemeral=private, thinking=True)
            return await self._read_message(interaction, target)
        job = await self._jobs.get_result_for(target.job_id, user_id=interaction.user.id, guild_id=interaction.guild_id)
        return [result_as_source(job)]


def _uploads(interaction: Interaction, sent: dict[str, Any], ids: Iterable[str]) -> list[discord.Attachment]:
    """Return the uploaded files in the person's order; the library would give them in another (discord.md 4)."""
    files = sent.get("resolved", {}).get("attachments", {})
    state = interaction.client._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it has no public maker
    return [discord.Attachment(data=files[each], state=state) for each in ids]
