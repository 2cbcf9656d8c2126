"""What can be wrong with the lines of a `.env` file themselves, whatever their values. No value is ever repeated."""

import difflib
import io
from collections.abc import Collection, Iterator
from pathlib import Path

from dotenv.parser import Binding, parse_stream  # what pydantic-settings reads such files with

from bot.errors import Fault

ALIKE = 0.8
"""From 0 to 1; one letter too many, too few or wrong is above it in every name there is."""


def faults(file: Path, *, known: Collection[str]) -> list[Fault]:
    """List the lines that cannot be understood; raises OSError or UnicodeDecodeError where there is no text."""
    found: list[Fault] = []
    for line, binding in _bindings(file):
        where = f"{file} line {line}"
        if binding.error:
            found.append(Fault(where, "makes no sense; it must look like NAME=value, with both quotes or none"))
        elif binding.key and binding.value is None and binding.key.upper() in known:
            found.append(Fault(where, f"names {binding.key} without a value; it must look like {binding.key}=value"))
    return found


def suspicions(file: Path, *, known: Collection[str]) -> list[str]:
    """Say of each name that nobody knows and that resembles a known one what may have been meant."""
    try:
        names = [(line, binding.key) for line, binding in _bindings(file) if binding.key]
    except (OSError, UnicodeDecodeError):
        return []  # whoever reads the settings says so
    found: list[str] = []
    for line, name in names:
        alike = difflib.get_close_matches(name.upper(), known, n=1, cutoff=ALIKE)
        if alike and name.upper() not in known:
            found.append(f"{file} line {line}: {name} is no setting and is passed over; did you mean {alike[0]}?")
    return found


def _bindings(file: Path) -> Iterator[tuple[int, Binding]]:
    """Read the statements with the lines on which they begin."""
    if not file.exists():
        return
    for binding in parse_stream(io.StringIO(file.read_text(encoding="utf-8-sig"))):
        blank_lines = len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
        yield binding.original.line + blank_lines, binding
