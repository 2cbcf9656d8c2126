"""The cards: what stands in a message while a job goes on and when it has ended. Layout only, the words are `texts`.

Whatever the prompt holds, a card keeps within Discord's limits (discord.md 4) and can ping nobody.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord
from discord import ui

from bot.jobs.model import Failure, FailureKind, Job, Status
from bot.ui import markdown, pixels, texts, views
from bot.ui.result_buttons import result_buttons

BLUE = discord.Colour(0x4F7CFF)
GREY = discord.Colour(0x8A93A6)
GREEN = discord.Colour(0x3BA55D)
RED = discord.Colour(0xD1495B)

_BAR_CELLS = 12
_FILLED, _EMPTY = "▰", "▱"
_USUAL_DURATION_S = 45
"""Where the provider estimates nothing: the example of its own documents (provider.md 8.2)."""

_WHOLE_PROMPT_CHARS = 4090
_PROMPT_BESIDE_SOURCES_CHARS = 3300
"""With the names of pictures and remarks on them a whole card keeps within 6,000; Details has the full prompt."""
_PROMPT_BESIDE_NEWS_CHARS = 900
"""While a job goes on, or has failed, the news matter more than a prompt that fills the screen."""

_AT_THE_MODEL = frozenset({Status.SUBMITTING, Status.RUNNING})
_STOPPABLE = frozenset({Status.PREPARING, Status.QUEUED, Status.SUBMITTING, Status.RUNNING})
_PICTURE_MADE = frozenset({Status.DELIVERING, Status.READY, Status.DELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a message shows: one embed of text, and buttons or none."""

    embed: discord.Embed
    view: ui.View | None


def progress_card(job: Job, *, now: datetime, position: int | None, waiting_for_provider: bool = False) -> Card:
    """Return the card of a job that goes on; `position` is its place in the line, if it waits in one."""
    lines = [_bar(job), texts.status_words(job, position, waiting_for_provider=waiting_for_provider)]
    looked_for = texts.is_looked_for(job)
    expected_at = None if waiting_for_provider or looked_for else _find_expected_at(job)
    if expected_at:
        lines[1] += f" {texts.expectation(expected_at, now=now)}"
    embed = discord.Embed(
        title=texts.LOOKING_TITLE if looked_for else texts.status_title(job.status, position),
        description="\n".join(lines) + f"\n\n{_short_prompt(job)}{_sources_line(job)}",
        colour=BLUE if job.status in _AT_THE_MODEL | _PICTURE_MADE else GREY,
    )
    embed.set_footer(text=texts.settings_line(job))
    return Card(embed=embed, view=views.card_view(views.CancelButton(job.id)) if job.status in _STOPPABLE else None)


def result_card(job: Job, *, note: str | None) -> Card:
    """Return what stands under the picture, which is a plain attachment of the same message.

    `note` names the steps that fitted the picture to its way, joined by `+`; None: it goes byte for byte.
    """
    embed = discord.Embed(
        title=texts.status_title(Status.DELIVERED),
        description=markdown.block_quote(
            job.drawing.prompt, limit=_PROMPT_BESIDE_SOURCES_CHARS if job.sources else _WHOLE_PROMPT_CHARS
        ),
        colour=GREEN,
    )
    for name, value in _facts(job):
        embed.add_field(name=name, value=value, inline=True)
    if job.sources:
        embed.add_field(name=texts.SOURCES_LABEL, value=texts.listed(job.sources), inline=False)
    for remark in _remarks(job, note):
        embed.add_field(name=texts.REMARK_LABEL, value=remark, inline=False)
    embed.set_footer(text=texts.made_by(job.id))
    return Card(embed=embed, view=views.card_view(*result_buttons(job)))


def failure_card(job: Job) -> Card:
    """Return why there is no picture, what that cost and what to do next."""
    told = texts.failure(job.failure or Failure(kind=FailureKind.INTERNAL), job_id=job.id)
    sentence = " ".join(filter(None, [told.sentence, texts.hope(job)]))
    embed = discord.Embed(title=told.title, description=f"{sentence}\n\n{_short_prompt(job)}", colour=RED)
    embed.set_footer(text=texts.reference(job))
    return Card(embed=embed, view=None)


def cancelled_card(job: Job) -> Card:
    """Return what Cancel did: before the prompt was sent it ended the job, later it only closed the card."""
    if job.cancel_requested_at is None:
        return _notice(job, title=texts.status_title(Status.CANCELLED), sentence=texts.cancelled_before(), button=None)
    return _notice(
        job,
        title=texts.status_title(Status.CANCELLED),
        sentence=texts.cancelled_after(job),
        button=views.CollectButton(job.id),
    )


def ready_card(job: Job) -> Card:
    """Return the card of a picture that is kept until somebody collects it."""
    sentence = texts.ready(job) if job.cancel_requested_at is None else texts.ready_after_cancel()
    return _notice(
        job, title=texts.status_title(Status.READY), sentence=sentence, button=views.CollectButton(job.id), colour=GREEN
    )


def expired_card(job: Job) -> Card:
    """Return the card of a picture that nobody collected while it was kept."""
    made_at = job.finished_at or job.created_at
    return _notice(job, title=texts.status_title(Status.EXPIRED), sentence=texts.expired(made_at), button=None)


def later_card(job: Job) -> Card:
    """Return the card of a job that goes on longer than its reply can be edited: perhaps the last one it gets."""
    button = views.CollectButton(job.id)
    return _notice(job, title=texts.LATER_TITLE, sentence=texts.shown_on_request(), button=button)


def kept_card(job: Job) -> Card:
    """Return the card of a picture that is kept and can never be shown here."""
    return _notice(job, title=texts.status_title(Status.READY), sentence=texts.cannot_be_shown(), button=None)


def moved_card(job: Job) -> Card:
    """Return the card of a reply whose end stands in another message, because it could not be put here."""
    embed = discord.Embed(title=texts.MOVED_TITLE, description=texts.moved(), colour=GREY)
    embed.set_footer(text=texts.reference(job))
    return Card(embed=embed, view=None)


def unknown_card() -> Card:
    """Return the card of a job that is not known any more."""
    return Card(embed=discord.Embed(title=texts.UNKNOWN_TITLE, description=texts.unknown_job(), colour=GREY), view=None)


def wordless(card: Card) -> Card:
    """Return a card without the words of the person, for a place whose moderation refused them."""
    embed = discord.Embed(title=card.embed.title, description=texts.words_withheld(), colour=card.embed.colour)
    embed.set_footer(text=card.embed.footer.text)
    return Card(embed=embed, view=card.view)


def custom_ids(view: ui.View | None) -> frozenset[str]:
    """Return the ids of a card's buttons."""
    rows = view.to_components() if view else []
    return frozenset(button["custom_id"] for row in rows for button in row["components"])


def fingerprint(card: Card) -> str:
    """Return a text that is the same for cards that look and work the same."""
    components = card.view.to_components() if card.view else []
    return json.dumps([card.embed.to_dict(), components], sort_keys=True)


def _notice(
    job: Job, *, title: str, sentence: str, button: views.CollectButton | None, colour: discord.Colour = GREY
) -> Card:
    embed = discord.Embed(title=title, description=f"{sentence}\n\n{_short_prompt(job)}", colour=colour)
    embed.set_footer(text=texts.reference(job))
    return Card(embed=embed, view=views.card_view(button) if button else None)


def _short_prompt(job: Job) -> str:
    return markdown.block_quote(job.drawing.prompt, limit=_PROMPT_BESIDE_NEWS_CHARS)


def _sources_line(job: Job) -> str:
    return f"\n{texts.listed(job.sources)}" if job.sources else ""


def _bar(job: Job) -> str:
    share = _progress(job)
    filled = share * _BAR_CELLS // 100
    return f"{_FILLED * filled}{_EMPTY * (_BAR_CELLS - filled)} {texts.percent(share)}"


def _progress(job: Job) -> int:
    if job.status in _PICTURE_MADE:
        return 100
    return min(100, max(0, job.progress)) if job.status is Status.RUNNING else 0


def _find_expected_at(job: Job) -> datetime | None:
    if job.submitted_at is None or job.status not in _AT_THE_MODEL:
        return None
    return job.submitted_at + timedelta(seconds=_USUAL_DURATION_S if job.estimated_s is None else job.estimated_s)


def _facts(job: Job) -> list[tuple[str, str]]:
    drawing = job.drawing
    facts = [
        (texts.SIZE_LABEL, texts.size_name(job)),
        (texts.QUALITY_LABEL, str(drawing.quality)),
    ]
    if job.result:
        facts.append((texts.PIXELS_LABEL, texts.pixels(job.result)))
    if job.finished_at:
        facts.append((texts.DURATION_LABEL, texts.duration((job.finished_at - job.created_at).total_seconds())))
    if extras := texts.extras(drawing):
        facts.append((texts.EXTRAS_LABEL, ", ".join(extras)))
    return facts


def _remarks(job: Job, note: str | None) -> list[str]:
    remarks = [late] if (late := texts.came_late(job)) else []
    if said := texts.remarks_on(job.sources):
        remarks.append(" ".join(said))
    if job.result is None:
        return remarks
    if not pixels.is_as_asked(job.drawing, job.result):
        expected = pixels.expected(job.drawing.size, job.drawing.quality)
        remarks.append(texts.other_pixels(job.drawing, job.result, expected))
    if note is not None:
        remarks.append(texts.delivery_note(note, original_bytes=job.result.n_bytes))
    return remarks
