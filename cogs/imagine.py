"""/imagine: from what a person typed to a request for a picture."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.intake import Intake, Wish, pictures
from bot.jobs.model import PROMPT_MAX_CHARS, Drawing, Quality, Size, Thinking
from bot.ui import choices, texts


class ImagineCog(commands.Cog):
    """The command that draws from words."""

    def __init__(self, *, intake: Intake) -> None:
        self._intake = intake

    @app_commands.command(name="imagine", description=texts.IMAGINE_DESCRIPTION)
    @app_commands.describe(**texts.IMAGINE_OPTIONS)
    @app_commands.choices(size=choices.SIZE_CHOICES, quality=choices.QUALITY_CHOICES, thinking=choices.THINKING_CHOICES)
    async def imagine(
        self,
        interaction: discord.Interaction[ImageBot],
        prompt: app_commands.Range[str, 1, PROMPT_MAX_CHARS],
        size: str = Size.AUTO.value,
        quality: str = Quality.TWO_K.value,
        web_search: bool = False,
        image_search: bool = False,
        thinking: str = Thinking.AUTO.value,
        private: bool = False,
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
        use_references: bool = False,
    ) -> None:
        """Draw a picture."""
        drawing = Drawing(
            prompt=prompt,
            size=Size(size),
            quality=Quality(quality),
            web_search=web_search,
            image_search=image_search,
            thinking=Thinking(thinking),
        )
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
        sources = pictures.of_attachments(attachment for attachment in given if attachment)
        wish = Wish(drawing=drawing, sources=tuple(sources), with_tray=use_references, private=private)
        await self._intake.ask(interaction, wish)


async def setup(bot: ImageBot) -> None:
    """Add the command; called by the library's extension loader."""
    await bot.add_cog(ImagineCog(intake=bot.intake))
