"""Names and alt texts of files, made from a prompt that can hold anything."""

from pathlib import Path

from slugify import slugify

from bot.ui import characters, texts

MAX_STEM_CHARS = 60
MAX_ALT_CHARS = 1024
"""discord.md 2."""
PLAIN_ALT_TEXT = "AI-generated picture"

_RESERVED_BY_WINDOWS = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)
_ENOUGH_OF_A_PROMPT_CHARS = 400


def picture_name(prompt: str, *, job_id: str, extension: str) -> str:
    """Return a file name of ASCII letters, digits, `-` and `_`, at most 60 characters and the extension."""
    stem = slugify(
        prompt[:_ENOUGH_OF_A_PROMPT_CHARS],
        entities=False,
        decimal=False,
        hexadecimal=False,
        max_length=MAX_STEM_CHARS,
        word_boundary=True,
    )
    if not stem or stem in _RESERVED_BY_WINDOWS:
        stem = f"picture-{job_id}"
    return f"{stem}.{extension.removeprefix('.')}"


def plain_name(path: Path) -> str:
    """Return the name of a picture of which not even the prompt may be told."""
    return f"picture{path.suffix}"


def alt_text(prompt: str) -> str:
    """Return the description of a picture for those who cannot see it: plain text of at most 1,024 units."""
    return characters.cut(texts.alt_text(characters.plain_line(prompt)), MAX_ALT_CHARS)
