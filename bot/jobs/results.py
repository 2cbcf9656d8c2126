"""Brings a finished picture home: whole, checked by content, and on disk for good before anyone is shown anything."""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.errors import DownloadFailed, NotAPicture
from bot.files import sync_folder
from bot.images import container
from bot.jobs.model import ResultFile
from bot.net import Downloader

log = logging.getLogger(__name__)

MAX_RESULT_BYTES = 100 * 1024 * 1024
"""Four times the largest file seen of this model (provider.md 9)."""
DOWNLOAD_TIMEOUT_S = 120.0
DOWNLOADS_AT_ONCE = 16
"""What is made while results cannot be fetched piles up, and shall not come all at once then."""
RESULT_LINK_LIFE = timedelta(hours=24)
"""provider.md 3.2."""
MOST_LINKS = 4
"""Tried of what one task names, so that going over all of them has an end."""


def passes(error: DownloadFailed | NotAPicture) -> bool:
    """Tell whether a result could not be fetched for what passes by itself, as far as can be seen."""
    return isinstance(error, DownloadFailed) and error.passing


def may_come_whole(error: DownloadFailed | NotAPicture) -> bool:
    """Tell whether a result that could not be fetched may be fetched at another time.

    It is paid for: what is gone, no picture, or at an address that may not be opened now may be mended while the link
    lives. Only what is too large stays so.
    """
    return error.reason != "too_large"


NOT_KEPT = "not_kept"
"""The reason of a download that failed by our own disk."""


_KEPT_AS = ("part", "jpg", "png", "webp", "gif")
"""The extensions of a finished download: before its content was looked at, and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A result that is on disk for good."""

    file: ResultFile
    url: str | None
    """The link that brought it; None where an earlier process fetched it."""


class ResultKeeper:
    """Keeps results in one folder, each under its job's id."""

    def __init__(self, *, folder: Path, downloader: Downloader) -> None:
        self._folder = folder
        self._downloader = downloader
        self._places = asyncio.Semaphore(DOWNLOADS_AT_ONCE)

    async def find(self, job_id: str) -> ResultFile | None:
        """Return a result whose download is finished; its process died, say, before it could be stored."""
        try:
            return await asyncio.to_thread(self._found, job_id)
        except OSError as error:
            log.warning("results cannot be read", extra={"job": job_id, "error": repr(error)})
            return None

    async def fetch(self, job_id: str, urls: Sequence[str]) -> Fetched:
        """Bring home the first whole picture behind the links; raises DownloadFailed or NotAPicture.

        Of several failures the one that leaves most hope is raised. What our own disk does not take is not lost while
        the provider has it: DownloadFailed, too, of a passing kind.
        """
        if (file := await self.find(job_id)) is not None:
            return Fetched(file=file, url=None)
        failures: list[DownloadFailed | NotAPicture] = []
        for url in urls[:MOST_LINKS]:
            try:
                return Fetched(file=await self._fetched(job_id, url), url=url)
            except (DownloadFailed, NotAPicture) as error:
                failures.append(error)
            except OSError as error:
                raise DownloadFailed(NOT_KEPT, passing=True, detail=error.strerror or type(error).__name__) from error
        raise max(failures, key=lambda error: (passes(error), may_come_whole(error)))

    async def _fetched(self, job_id: str, url: str) -> ResultFile:
        unnamed = self._folder / f"{job_id}.part"
        async with self._places:
            await self._downloader.download(url, unnamed, max_bytes=MAX_RESULT_BYTES, timeout_s=DOWNLOAD_TIMEOUT_S)
        return await asyncio.to_thread(_checked, unnamed)

    def _found(self, job_id: str) -> ResultFile | None:
        for extension in _KEPT_AS:
            path = self._folder / f"{job_id}.{extension}"
            if path.exists():
                with contextlib.suppress(NotAPicture):
                    return _checked(path)
        return None


def _checked(path: Path) -> ResultFile:
    """Give a whole picture the name of its kind; anything else is removed, and NotAPicture raised."""
    try:
        picture = container.inspect(path)
    except NotAPicture:
        path.unlink(missing_ok=True)
        raise
    named = path.with_suffix(f".{picture.extension}")
    sha256 = _name_for_good(path, named)
    return ResultFile(
        path=named,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        n_bytes=picture.n_bytes,
        sha256=sha256,
    )


def _name_for_good(unnamed: Path, named: Path) -> str:
    """Rename a file so that the name survives a power cut, and return the SHA-256 of its content."""
    with unnamed.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    unnamed.rename(named)
    sync_folder(named.parent)
    return sha256
