"""What is said of the pictures that people give: their names and numbers, and what had to be done to them."""

from collections.abc import Sequence

from bot.jobs.model import Source
from bot.ui import characters, markdown

_MAX_NAME_CHARS = 60
_MAX_LISTED_NAME_CHARS = 30
_MAX_LIST_CHARS = 600
_BYTES_PER_MEGABYTE = 1_000_000

_REMARKS = {
    "first_frame": "Of {which} only the first image was used: the model sees neither motion nor further pages.",
    "converted": "The model does not read the format of {which}, so a copy in another one was used.",
    "shrunk": "A smaller copy was used of {which}, which is larger than the model takes.",
    "compressed": "A copy with a little more compression was used of {which}, which is larger than the model takes.",
}
"""What a person should know of their pictures, by `images.prepare.Change`; the rest changes nothing to the eye."""

_DONE = {
    "first_frame": "first image only",
    "converted": "other format",
    "upright": "turned upright",
    "shrunk": "made smaller",
    "compressed": "compressed more",
    "metadata_removed": "hidden data removed",
}


def file_name(name: str, *, limit: int = _MAX_NAME_CHARS) -> str:
    """Return the name of a file as harmless markdown in one line of at most `limit` characters before escaping."""
    return markdown.quote(_short(name, limit), limit=2 * limit)


def named(name: str) -> str:
    """Return the name of a file between quotation marks, as harmless markdown in one line."""
    return markdown.quote(f"“{_short(name, _MAX_NAME_CHARS)}”", limit=2 * _MAX_NAME_CHARS + 2)


def megabytes(n_bytes: int) -> str:
    """Return a size as people write it."""
    return f"{n_bytes / _BYTES_PER_MEGABYTE:.1f} MB"


def numbered(source: Source) -> str:
    """Return a picture as a person may call it: its number, and the beginning of its name."""
    label = f"{source.position} {_short(source.name, _MAX_LISTED_NAME_CHARS)}"
    return markdown.quote(label, limit=2 * _MAX_LISTED_NAME_CHARS)


def listed(sources: Sequence[Source]) -> str:
    """Return the pictures with their numbers in one line: `1 beach.jpg · 2 hat.png`."""
    return characters.cut(" · ".join(numbered(source) for source in sources), _MAX_LIST_CHARS)


def remarks_on(sources: Sequence[Source]) -> list[str]:
    """Return a sentence for each thing that was done to pictures and can be seen, or none."""
    remarks: list[str] = []
    for change, sentence in _REMARKS.items():
        changed = [source.position for source in sources if change in source.changes]
        if changed:
            remarks.append(sentence.format(which=_pictures(changed)))
    return remarks


def done_to(source: Source) -> list[str]:
    """Return everything that was done to a picture, in two or three words each."""
    return [_DONE.get(change, "changed") for change in source.changes]


def _pictures(positions: Sequence[int]) -> str:
    *most, last = (str(position) for position in positions)
    return f"pictures {', '.join(most)} and {last}" if most else f"picture {last}"


def _short(name: str, limit: int) -> str:
    return characters.cut(characters.plain_line(name), limit) or "picture"
