"""A page of a person's history: an embed for each picture, and a row of buttons for each in the same order.

Four entries of these lengths keep within the 6,000 characters of all embeds of a message (discord.md 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import discord
from discord import ui

from bot.jobs.library import Entry, Page
from bot.jobs.model import Status
from bot.jobs.transitions import ENDED
from bot.ui import markdown, texts, views
from bot.ui.cards import BLUE, GREEN, GREY
from bot.ui.history_buttons import HistoryButton, HistoryPress, TurnButton
from bot.ui.result_buttons import Press, ResultButton

_PROMPT_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMessage:
    """What a message shows; the thumbnails of its embeds are attachments of these names."""

    content: str
    embeds: list[discord.Embed]
    view: ui.View | None


def history_message(page: Page, *, links: Mapping[str, str]) -> HistoryMessage:
    """Return a page; `links` are the addresses of messages by the ids of their jobs."""
    entries = page.entries
    head = texts.history_head(
        first=entries[0].number if entries else 0,
        last=entries[-1].number if entries else 0,
        n_entries=page.n_entries,
    )
    return HistoryMessage(
        content=head,
        embeds=[_embed(entry, links.get(entry.job.id)) for entry in entries],
        view=_view(page),
    )


def thumbnail_name(job_id: str) -> str:
    """Return what the thumbnail of a job is called as an attachment."""
    return f"{job_id}.webp"


def _embed(entry: Entry, link: str | None) -> discord.Embed:
    job = entry.job
    lines = [
        markdown.block_quote(" ".join(job.drawing.prompt.split()), limit=_PROMPT_CHARS),
        texts.history_facts(job),
        texts.history_parent(entry.parent, is_own=entry.parent.user_id == job.user_id) if entry.parent else None,
        texts.history_status(job, is_kept=entry.is_kept),
        texts.message_link(link) if link else None,
    ]
    colour = {Status.DELIVERED: GREEN if entry.is_kept else GREY, Status.READY: BLUE}.get(job.status, GREY)
    embed = discord.Embed(
        title=texts.numbered_title(entry.number), description="\n".join(filter(None, lines)), colour=colour
    )
    if entry.thumbnail is not None:
        embed.set_thumbnail(url=f"attachment://{thumbnail_name(job.id)}")
    return embed


def _view(page: Page) -> ui.View | None:
    buttons = [button for row, entry in enumerate(page.entries) for button in _row_of(entry, row)]
    if page.n_pages > 1:
        first, last = page.number == 1, page.number == page.n_pages
        buttons.append(TurnButton(page.number - 1, label=texts.NEWER_LABEL, disabled=first))
        buttons.append(TurnButton(page.number + 1, label=texts.OLDER_LABEL, disabled=last))
    return views.card_view(*buttons) if buttons else None


def _row_of(entry: Entry, row: int) -> list[ui.DynamicItem[ui.Button[discord.ui.View]]]:
    job, number = entry.job, entry.number
    buttons: list[ui.DynamicItem[ui.Button[ui.View]]] = []
    if job.status is Status.READY:
        buttons.append(views.CollectButton(job.id))
    elif job.status is Status.DELIVERED and entry.is_kept:
        buttons.append(HistoryButton(HistoryPress.POST, job.id, number=number))
        buttons.append(ResultButton(Press.EDIT, job.id, label=texts.numbered_label(number, texts.EDIT_LABEL)))
    if entry.is_parent_kept:
        buttons.append(HistoryButton(HistoryPress.EDIT_BEFORE, job.id, number=number))
    if job.status in ENDED:
        buttons.append(HistoryButton(HistoryPress.FORGET, job.id, number=number))
    for button in buttons:
        button.row = row
    return buttons
