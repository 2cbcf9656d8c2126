"""/edit: from an instruction and pictures to a request for a changed picture."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.intake import Intake, QualityOffers, Sketch, Wish, pictures
from bot.jobs.model import PROMPT_MAX_CHARS, Kind, Size, Thinking
from bot.ui import choices, texts


class EditCog(commands.Cog):
    """The command that changes pictures."""

    def __init__(self, *, intake: Intake, offers: QualityOffers) -> None:
        self._intake = intake
        self._offers = offers

    @app_commands.command(name="edit", description=texts.EDIT_DESCRIPTION)
    @app_commands.describe(**texts.EDIT_OPTIONS)
    @app_commands.choices(size=choices.SIZE_CHOICES, thinking=choices.THINKING_CHOICES)
    async def edit(
        self,
        interaction: discord.Interaction[ImageBot],
        instruction: app_commands.Range[str, 1, PROMPT_MAX_CHARS],
        image: discord.Attachment | None = None,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        image8: discord.Attachment | None = None,
        image9: discord.Attachment | None = None,
        image10: discord.Attachment | None = None,
        image11: discord.Attachment | None = None,
        image12: discord.Attachment | None = None,
        image13: discord.Attachment | None = None,
        image14: discord.Attachment | None = None,
        size: str = Size.AUTO.value,
        quality: str | None = None,
        private: bool = False,
        web_search: bool = False,
        image_search: bool = False,
        thinking: str = Thinking.AUTO.value,
        use_references: bool = False,
    ) -> None:
        """Change pictures as told."""
        given = [
            image,
            image2,
            image3,
            image4,
            image5,
            image6,
            image7,
            image8,
            image9,
            image10,
            image11,
            image12,
            image13,
            image14,
        ]
        wish = Wish(
            kind=Kind.EDIT,
            sketch=Sketch(
                prompt=instruction,
                size=Size(size),
                quality=quality,
                web_search=web_search,
                image_search=image_search,
                thinking=Thinking(thinking),
            ),
            sources=tuple(pictures.of_attachments(attachment for attachment in given if attachment)),
            with_tray=use_references,
            private=private,
        )
        await self._intake.ask(interaction, wish)

    @edit.autocomplete("quality")
    async def suggest_quality(
        self, interaction: discord.Interaction[ImageBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest what the person may use here."""
        return await self._offers.suggest(interaction, typed)


async def setup(bot: ImageBot) -> None:
    """Add the command; called by the library's extension loader."""
    await bot.add_cog(EditCog(intake=bot.intake, offers=bot.offers))
