"""What Details shows of a job, to one person: everything that was asked for, what became of it, and what it cost."""

import discord

from bot.jobs.model import Job
from bot.ui import markdown, texts
from bot.ui.cards import BLUE

_PROMPT_CHARS = 4090
"""A prompt of 2,000 characters is never longer, however much of it has to be escaped."""
_SHORT_VALUE_CHARS = 40


def details_embed(job: Job, *, parent: Job | None, model: str, original_attached: bool | None) -> discord.Embed:
    """Return the embed; `parent` is the job whose picture was edited, where it is known.

    `original_attached` says whether the file that the model made comes with it; None where it is the one shown.
    """
    embed = discord.Embed(
        title=texts.DETAILS_TITLE,
        description=markdown.block_quote(job.drawing.prompt, limit=_PROMPT_CHARS),
        colour=BLUE,
    )
    for name, value in texts.facts(job, parent=parent, model=model):
        embed.add_field(name=name, value=value, inline=len(value) <= _SHORT_VALUE_CHARS)
    if job.result and original_attached is not None:
        told = texts.original(job.result, attached=original_attached)
        embed.add_field(name=texts.ORIGINAL_LABEL, value=told, inline=False)
    embed.add_field(name=texts.REMARK_LABEL, value=texts.NO_SEED, inline=False)
    embed.set_footer(text=texts.made_by(job.id))
    return embed
