"""What is said about a person's tray of collected pictures."""

from collections.abc import Sequence

from bot.jobs.model import MAX_SOURCES, Source
from bot.jobs.tray import Put
from bot.ui import characters
from bot.ui.texts.failures import failure
from bot.ui.texts.names import TIMES
from bot.ui.texts.sources import file_name

CLEAR_REFERENCES_LABEL = "Clear"
EDIT_IMAGE_MENU = "Edit image"
USE_AS_REFERENCE_MENU = "Use as reference"
REFERENCES_DESCRIPTION = "Show the pictures you collected by Apps → Use as reference, and clear them"

_MAX_NAME_CHARS = 30
_MAX_FAILURES_TOLD = 2
_MAX_CHARS = 2000
_HOW_TO_COLLECT = "Press and hold a message with a picture (or right-click it) and choose Apps → Use as reference."
_HOW_TO_USE = (
    "`/imagine` and `/edit` use them with `use_references`, numbered on after the pictures you give there; "
    "then this list is empty again."
)


def tray(pictures: Sequence[Source]) -> str:
    """Return what lies in a tray."""
    if not pictures:
        return f"You have collected no pictures. {_HOW_TO_COLLECT}"
    lines = [_line(picture) for picture in pictures]
    return "\n".join([f"**Your collected pictures** ({len(pictures)} of {MAX_SOURCES})", *lines, _HOW_TO_USE])


def tray_after(put: Put) -> str:
    """Return what became of pictures that were to be put into a tray, and what lies there now."""
    full = f"found no room: {MAX_SOURCES} are the most"
    told = [
        _counted(put.added, "was added", "were added"),
        _counted(put.known, "lay there already", "lay there already"),
        _counted(put.without_room, full, full),
        *(failure(each, job_id="").sentence.replace("\n\n", " ") for each in put.failures[:_MAX_FAILURES_TOLD]),
        _counted(len(put.failures[_MAX_FAILURES_TOLD:]), "more cannot be used", "more cannot be used"),
    ]
    kept = "They are kept for 24 hours." if put.tray else ""
    return characters.cut("\n".join(filter(None, [*told, tray(put.tray), kept])), _MAX_CHARS)


def tray_cleared(count: int) -> str:
    """Return what is said when a tray was emptied."""
    return f"{_counted(count, 'was removed', 'were removed')} Nothing was spent." if count else tray(())


def _counted(count: int, one: str, many: str) -> str:
    if not count:
        return ""
    return f"1 picture {one}." if count == 1 else f"{count} pictures {many}."


def _line(picture: Source) -> str:
    name = file_name(picture.name, limit=_MAX_NAME_CHARS)
    pixels = f" · {picture.width} {TIMES} {picture.height}" if picture.width else ""
    return f"{picture.position} · {name}{pixels}"
