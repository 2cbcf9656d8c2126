"""What is said about a person's tray of collected pictures."""

from collections.abc import Sequence

from bot.jobs.model import MAX_SOURCES, Source
from bot.jobs.tray import Put
from bot.ui import markdown
from bot.ui.texts.failures import failure
from bot.ui.texts.names import TIMES

CLEAR_REFERENCES_LABEL = "Clear"
EDIT_IMAGE_MENU = "Edit image"
USE_AS_REFERENCE_MENU = "Use as reference"
REFERENCES_DESCRIPTION = "Show the pictures you collected by Apps → Use as reference, and clear them"

_MAX_NAME_CHARS = 60
_HOW_TO_COLLECT = "Press and hold a message with a picture (or right-click it) and choose Apps → Use as reference."
_HOW_TO_USE = "`/imagine` and `/edit` use them with `use_references`, numbered on after the pictures you give there."


def tray(pictures: Sequence[Source]) -> str:
    """Return what lies in a tray."""
    if not pictures:
        return f"You have collected no pictures. {_HOW_TO_COLLECT}"
    lines = [_line(picture) for picture in pictures]
    return "\n".join([f"**Your collected pictures** ({len(pictures)} of {MAX_SOURCES})", *lines, _HOW_TO_USE])


def tray_after(put: Put) -> str:
    """Return what became of pictures that were to be put into a tray, and what lies there now."""
    told = [
        _counted(put.added, "was added", "were added"),
        _counted(put.known, "lay there already", "lay there already"),
        _counted(put.without_room, f"found no room: {MAX_SOURCES} are the most", f"found no room: {MAX_SOURCES} are the most"),
        *(failure(each, job_id="").sentence for each in put.failures),
    ]
    return "\n".join([*filter(None, told), "", tray(put.tray), "They are kept for 24 hours." if put.tray else ""]).strip()


def tray_cleared(count: int) -> str:
    """Return what is said when a tray was emptied."""
    return f"{_counted(count, 'was', 'were')} removed. Nothing was spent." if count else tray(())


def tray_empty() -> str:
    """Return the answer where collected pictures were to be used and there are none."""
    return (
        "You have collected no pictures, or they were collected more than 24 hours ago. Nothing was spent. "
        f"{_HOW_TO_COLLECT}"
    )


def _counted(count: int, one: str, many: str) -> str:
    if not count:
        return ""
    return f"1 picture {one}." if count == 1 else f"{count} pictures {many}."


def _line(picture: Source) -> str:
    name = markdown.quote(picture.name, limit=_MAX_NAME_CHARS)
    pixels = f" · {picture.width} {TIMES} {picture.height}" if picture.width else ""
    return f"{picture.position} · {name}{pixels}"
