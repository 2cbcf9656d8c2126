"""What Details says of a job: heads and words, in the order in which they stand."""

import re

from bot.jobs.model import Job, ResultFile, Source
from bot.ui import characters
from bot.ui.texts.labels import DURATION_LABEL, PIXELS_LABEL, SOURCES_LABEL
from bot.ui.texts.names import TIMES, settings_line
from bot.ui.texts.results import duration, pixels
from bot.ui.texts.sources import done_to, megabytes, numbered

DETAILS_TITLE = "Details of this picture"

NO_SEED = "The model has no seed: Again and Redraw in 4K make a new picture, in which small things may differ."

_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9._:-]")
_MAX_ID_CHARS = 80
_MAX_SOURCES_CHARS = 900


def facts(job: Job, *, parent: Job | None, model: str) -> list[tuple[str, str]]:
    """Return what is known of a job beyond its prompt; `parent` is the job whose picture was edited, if known."""
    told = [("Settings", settings_line(job)), ("Model", model), ("Cost", _cost(job))]
    if job.result:
        told += [(PIXELS_LABEL, pixels(job.result)), ("File", _file(job.result))]
    if job.finished_at:
        told.append((DURATION_LABEL, duration((job.finished_at - job.created_at).total_seconds())))
    if job.provider_task_id:
        told.append(("Task at the image service", f"`{_id(job.provider_task_id)}`"))
    if job.sources:
        told.append((SOURCES_LABEL, _sources(job.sources)))
    if job.parent_id:
        told.append(("Comes from", _parent(job.parent_id, parent)))
    return told


def original(result: ResultFile, *, attached: bool) -> str:
    """Return where the file is that the model made, where the one shown had to be changed to fit."""
    size = f"The file shown was changed to fit. The original is {_file(result)}"
    if attached:
        return f"{size}; here it is."
    return (
        f"{size}, which is more than Discord takes here. The bot keeps it for a while: "
        "ask whoever runs this bot, and name the job below."
    )


def _cost(job: Job) -> str:
    if job.credits_used is not None:
        return f"{job.credits_used:,.4g} credits at the image service"
    if job.credits_reserved is not None:
        return f"{job.credits_reserved:,.4g} credits set aside at the image service; the true cost is not known"
    return "not known"


def _file(result: ResultFile) -> str:
    return f"{result.media_type.removeprefix('image/').upper()}, {megabytes(result.n_bytes)}"


def _sources(sources: tuple[Source, ...]) -> str:
    return characters.cut("\n".join(_source(source) for source in sources), _MAX_SOURCES_CHARS)


def _source(source: Source) -> str:
    parts = [numbered(source)]
    if source.width and source.height:
        parts.append(f"{source.width} {TIMES} {source.height}")
    return " · ".join(parts + [", ".join(done_to(source))] * bool(source.changes))


def _parent(parent_id: str, parent: Job | None) -> str:
    if (
        parent is None
        or parent.private
        or parent.route.ephemeral
        or parent.route.message_id is None
        or parent.guild_id is None
    ):
        return f"job {parent_id}"
    route = parent.route
    address = f"https://discord.com/channels/{parent.guild_id}/{route.channel_id}/{route.message_id}"
    return f"[the picture before]({address}), job {parent_id}"


def _id(text: str) -> str:
    return _NOT_OF_AN_ID.sub("", text)[:_MAX_ID_CHARS]
