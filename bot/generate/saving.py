"""Puts a picture where it belongs: under a name that nobody has, with the rights that a new file has here."""

import itertools
import stat
from collections.abc import Iterator
from pathlib import Path


def save(picture: Path, wanted: Path) -> Path:
    """Move the picture to `wanted`, or where that is taken to the next free number; raises OSError."""
    target = _claimed(wanted)
    try:
        picture.chmod(stat.S_IMODE(target.stat().st_mode))
        picture.replace(target)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def _claimed(wanted: Path) -> Path:
    """Make an empty file of a new name, which also shows what rights the user gives to new files."""
    for name in _names(wanted):
        try:
            name.touch(exist_ok=False)
        except FileExistsError:
            continue
        return name
    raise AssertionError("there is always another number")


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in itertools.count(2):
        yield wanted.with_stem(f"{wanted.stem}-{number}")
