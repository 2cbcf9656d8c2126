"""What is to be made and where it goes, with everything that can be known to be wrong before anything is sent."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ImagebotError, NotAPicture
from bot.images import container
from bot.jobs.model import Drawing
from bot.provider import errors, rules
from bot.provider.uploads import SOURCE_MAX_BYTES, SOURCE_MEDIA_TYPES


class Unusable(ImagebotError):
    """What was asked for cannot be done; the message is a sentence without its full stop. Nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to work from, and what is in it."""

    path: Path
    picture: container.Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What can be begun: a drawing with its sources, or the task of one that was begun before."""

    what: Drawing | str
    sources: list[Source]
    out: Path | None
    scratch: Path
    """A folder beside the target: what lies in it reaches the target by a rename."""


@contextmanager
def checked(what: Drawing | str, *, images: list[Path], out: Path | None) -> Generator[Order, None, None]:
    """Check everything, and hold a scratch folder for the block; raises Unusable."""
    if isinstance(what, Drawing):
        _check_prompt(what.prompt)
    elif not what.strip("."):
        raise Unusable("the task's id is empty")
    if len(images) > rules.IMAGE_URLS_MAX:
        raise Unusable(f"{len(images)} pictures are too many; the model takes at most {rules.IMAGE_URLS_MAX}")
    sources = [_inspected(path) for path in images]
    with _scratch_beside(out) as scratch:
        yield Order(what=what, sources=sources, out=out, scratch=scratch)


def _check_prompt(prompt: str) -> None:
    try:
        rules.check_prompt(prompt)
    except errors.InvalidRequest as error:
        raise Unusable(f"the prompt {error.message}") from error


def _inspected(path: Path) -> Source:
    try:
        picture = container.inspect(path)
    except OSError as error:
        raise Unusable(f"{path} cannot be read ({error.strerror})") from error
    except NotAPicture as error:
        raise Unusable(f"{path} is not a whole picture ({error.reason.replace('_', ' ')})") from error
    if picture.media_type not in SOURCE_MEDIA_TYPES:
        raise Unusable(f"{path} is {picture.media_type}; the model takes JPEG, PNG and WebP, so convert it first")
    if picture.n_bytes > SOURCE_MAX_BYTES:
        raise Unusable(f"{path} has {picture.n_bytes / 2**20:.1f} MiB; the model takes at most 20, so shrink it")
    return Source(path=path, picture=picture)


@contextmanager
def _scratch_beside(out: Path | None) -> Generator[Path, None, None]:
    folder = out.parent if out else Path()
    try:
        if out is not None and (out.exists() or out.is_symlink()):
            raise Unusable(
                f"{out} is a folder" if out.is_dir() else f"{out} exists already, and nothing is overwritten"
            )
        scratch = tempfile.TemporaryDirectory(prefix=".imagebot-", dir=folder)
    except NotADirectoryError as error:
        raise Unusable(f"{folder} is not a folder") from error
    except OSError as error:
        if not folder.exists():
            raise Unusable(f"folder {folder} does not exist") from error
        shown = folder if out else "this folder"
        raise Unusable(f"{shown} cannot be written ({error.strerror})") from error
    with scratch as name:
        yield Path(name)
