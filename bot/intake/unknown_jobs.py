"""What a press does on the card of a job that the database does not know, as after a backup was put back."""

import logging
from typing import Any

import discord

from bot import errors
from bot.intake.answers import refusals_of_discord_noted
from bot.ui import cards

log = logging.getLogger(__name__)


async def close_card(interaction: discord.Interaction[Any], job_id: str) -> None:
    """Close the card that was pressed, which nothing else would ever do.

    Raises UnknownJob where it has to be left as it is: a picture stands there, it is a list, Discord does not take it.
    """
    message = interaction.message
    if message is None or message.attachments or not _has_one_button(message):
        raise errors.UnknownJob
    card = cards.unknown_card()
    with refusals_of_discord_noted("close of a card of an unknown job"):
        await interaction.response.edit_message(content=None, embed=card.embed, view=card.view)
        log.info("card of an unknown job closed", extra={"job": job_id})
        return
    raise errors.UnknownJob


def _has_one_button(message: discord.Message) -> bool:
    """Tell a card that goes on, or waits to be collected, from a list such as a history."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    return sum(len(row.children) for row in rows) == 1
