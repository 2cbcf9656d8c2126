"""How an administrator is answered: privately, and promised before anything is changed."""

import contextlib
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, TypeAlias

import discord

from bot import errors
from bot.intake.answers import refusals_of_discord_noted
from bot.ui import characters
from bot.ui.admin.rules import AdminMessage

if TYPE_CHECKING:
    from bot.client import ImageBot

Interaction: TypeAlias = "discord.Interaction[ImageBot]"
MAX_CHARS = 2000
"""Of a message (discord.md 4)."""


@contextlib.asynccontextmanager
async def promised(interaction: Interaction) -> AsyncGenerator[None, None]:
    """Promise a private answer, then do the block: a change must not be made whose answer would come too late.

    A database that does not answer becomes a Refusal.
    """
    await interaction.response.defer(ephemeral=True, thinking=True)
    with stored():
        yield


@contextlib.contextmanager
def stored() -> Generator[None, None, None]:
    """Do the block; a database that does not answer becomes a Refusal."""
    try:
        yield
    except errors.StoreError as error:
        raise errors.StoreUnavailable from error


async def confirm(interaction: Interaction, sentence: str) -> None:
    """Tell what was done, as the promised answer."""
    with refusals_of_discord_noted("confirmation of an administrator's change"):
        await interaction.edit_original_response(content=characters.cut(sentence, MAX_CHARS))


async def show_page(interaction: Interaction, message: AdminMessage) -> None:
    """Show a page, as the promised answer."""
    await interaction.edit_original_response(embed=message.embed, view=message.view)
