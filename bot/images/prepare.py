"""Any picture a person attaches becomes one the provider takes: JPEG, PNG or WebP, upright, without metadata, <= 20 MB.

A JPEG, PNG or WebP that is fine is copied without its metadata, the pixel data byte for byte; everything else is
decoded and written anew. Run in an image worker; what was done is told as facts, and sentences are made elsewhere.
"""

import enum
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from bot.images import container, develop, kinds, publish, strip, strip_jpeg, strip_png, strip_webp, walks
from bot.images.kinds import Kind

_STRIPPERS: dict[Kind, Callable[[walks.Reader, BinaryIO], strip.Stripped]] = {
    Kind.JPEG: strip_jpeg.strip_jpeg,
    Kind.PNG: strip_png.strip_png,
    Kind.WEBP: strip_webp.strip_webp,
}
_LOSSY = frozenset({Kind.JPEG, Kind.HEIC, Kind.AVIF})
_Form: TypeAlias = container.Picture | publish.Published


class Change(enum.StrEnum):
    """One thing that was done to the picture, in the order in which people care."""

    FIRST_FRAME = "first_frame"
    """Of an animation, or of a file with several pages, only the first picture was taken."""
    CONVERTED = "converted"
    """Written in another format."""
    UPRIGHT = "upright"
    """Turned or mirrored as its camera said it has to be seen."""
    SHRUNK = "shrunk"
    """Fewer pixels."""
    COMPRESSED = "compressed"
    """All pixels, but written anew with a little loss, because the file was too large as it was."""
    METADATA_REMOVED = "metadata_removed"
    """Position, camera, texts, previews or hidden appendices were in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file the provider takes, and how it differs from what the person attached."""

    path: Path
    media_type: str
    """image/jpeg, image/png or image/webp."""
    extension: str
    """Without a dot: jpg, png or webp."""
    width: int
    height: int
    n_bytes: int
    sha256: str
    changes: tuple[Change, ...]
    source_format: str
    """What it was, by content: JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP or TIFF."""


def prepare(source: Path, target_folder: Path, *, name: str) -> Prepared:
    """Write the picture to `target_folder/name.<extension>` as the provider wants it; the source stays.

    Raises `NotAPicture` with any reason it knows; then nothing is left in the folder.
    """
    work = _Work(
        source=source,
        kind=kinds.recognise(source),
        stripped=target_folder / f".{name}.stripped.part",
        written=target_folder / f".{name}.part",
        target=target_folder / name,
    )
    try:
        return _prepare_native(work) if work.kind in _STRIPPERS else _prepare_foreign(work)
    finally:
        work.stripped.unlink(missing_ok=True)
        work.written.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One picture on its way, and the files it passes through."""

    source: Path
    kind: Kind
    stripped: Path
    written: Path
    target: Path
    """Without an extension."""

    def hand_over(self, file: Path, *, form: _Form, size: walks.Size, changes: Iterable[Change]) -> Prepared:
        """Give the finished file its name; a name that stands for good never holds half a picture."""
        path = self.target.with_name(f"{self.target.name}.{form.extension}")
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        file.replace(path)
        return Prepared(
            path=path,
            media_type=form.media_type,
            extension=form.extension,
            width=size[0],
            height=size[1],
            n_bytes=path.stat().st_size,
            sha256=sha256,
            changes=tuple(sorted(changes, key=list(Change).index)),
            source_format=self.kind.value,
        )


def _prepare_foreign(work: _Work) -> Prepared:
    """Convert what the provider does not take."""
    if work.kind is Kind.GIF:
        container.inspect(work.source)
    return _write_anew(
        work, develop.develop(work.source, work.kind), strip.Stripped(is_lossless=work.kind not in _LOSSY)
    )


def _prepare_native(work: _Work) -> Prepared:
    """Copy what the provider takes as it is; decode only what has to be changed."""
    picture = container.inspect(work.source)
    with work.source.open("rb") as file, work.stripped.open("wb") as copy:
        stripped = _STRIPPERS[work.kind](walks.Reader(file), copy)
    if not _must_write_anew(work, picture, stripped):
        develop.prove(work.stripped, work.kind)
        return work.hand_over(
            work.stripped, form=picture, size=(picture.width, picture.height), changes=_list_dropped(stripped)
        )
    path, frame = work.stripped, 0
    if stripped.is_animated and work.kind is Kind.WEBP:
        path = work.source
    elif not stripped.still_is_first_frame:
        path, frame = work.source, 1
    developed = develop.develop(path, work.kind, orientation=stripped.orientation, frame=frame)
    return _write_anew(work, developed, stripped)


def _must_write_anew(work: _Work, picture: container.Picture, stripped: strip.Stripped) -> bool:
    if stripped.must_rewrite or stripped.orientation != 1 or not stripped.still_is_first_frame:
        return True
    if work.kind is Kind.WEBP and stripped.is_animated:
        return True
    if work.stripped.stat().st_size > publish.MAX_BYTES:
        return True
    if max(picture.width, picture.height) <= develop.MAX_SIDE_PX:
        return False
    # The size is only advice (provider.md 1.1): a file that no worker could decode is better sent than refused.
    return picture.width * picture.height <= develop.MAX_PIXELS.get(work.kind, container.MAX_PIXELS)


def _list_dropped(stripped: strip.Stripped) -> list[Change]:
    changes = [Change.FIRST_FRAME] if stripped.is_animated else []
    return [*changes, Change.METADATA_REMOVED] if stripped.had_metadata else changes


def _write_anew(work: _Work, developed: develop.Developed, stripped: strip.Stripped) -> Prepared:
    published = publish.publish(
        developed.image,
        work.written,
        lossless=stripped.is_lossless,
        lossless_bytes=publish.MAX_BYTES if work.kind in _STRIPPERS else publish.EASY_BYTES,
        full_colour=developed.has_full_colour,
    )
    is_shrunk = developed.is_shrunk or published.is_shrunk
    was_too_long = work.source.stat().st_size > publish.MAX_BYTES
    facts = {
        Change.FIRST_FRAME: developed.is_first_of_many,
        Change.CONVERTED: published.media_type != f"image/{work.kind.lower()}",
        Change.UPRIGHT: developed.is_upright,
        Change.SHRUNK: is_shrunk,
        Change.COMPRESSED: was_too_long and not is_shrunk and not published.is_lossless,
        Change.METADATA_REMOVED: developed.had_metadata,
    }
    changes = {change for change, is_true in facts.items() if is_true}.union(_list_dropped(stripped))
    return work.hand_over(work.written, form=published, size=(published.width, published.height), changes=changes)
