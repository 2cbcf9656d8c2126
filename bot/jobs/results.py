"""Brings a finished picture home: whole, checked by content, and on disk for good before anyone is shown anything."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

from bot.errors import DownloadFailed, NotAPicture
from bot.files import sync_folder
from bot.images import container
from bot.jobs.model import ResultFile
from bot.net import Downloader

MAX_RESULT_BYTES = 100 * 1024 * 1024
"""Four times the largest file seen of this model (provider.md 9)."""
DOWNLOAD_TIMEOUT_S = 120.0
RESULT_LINK_LIFE = timedelta(hours=24)
"""provider.md 3.2."""


def looks_spoilt(error: DownloadFailed | NotAPicture) -> bool:
    """Tell whether a result is missing or cut off; right after the end of a task it may be whole a moment later."""
    return error.reason in {"gone", "cut_off"}


def may_come_whole(error: DownloadFailed | NotAPicture) -> bool:
    """Tell whether a result that could not be fetched may be fetched at another time."""
    return looks_spoilt(error) or (isinstance(error, DownloadFailed) and error.passing)


NOT_KEPT = "not_kept"
"""The reason of a download that failed by our own disk."""


class ResultKeeper:
    """Keeps results in one folder, each under its job's id."""

    def __init__(self, *, folder: Path, downloader: Downloader) -> None:
        self._folder = folder
        self._downloader = downloader

    async def fetch(self, job_id: str, url: str) -> ResultFile:
        """Download a result and check that it is a whole picture; raises DownloadFailed or NotAPicture.

        What our own disk does not take is not lost while the provider has it: DownloadFailed, too, of a passing kind.
        """
        try:
            return await self._fetched(job_id, url)
        except OSError as error:
            raise DownloadFailed(NOT_KEPT, passing=True, detail=error.strerror or type(error).__name__) from error

    async def _fetched(self, job_id: str, url: str) -> ResultFile:
        unnamed = self._folder / f"{job_id}.part"
        if not unnamed.exists():  # a whole download, whose process died before it could name it, is not fetched again
            await self._downloader.download(url, unnamed, max_bytes=MAX_RESULT_BYTES, timeout_s=DOWNLOAD_TIMEOUT_S)
        try:
            picture = await asyncio.to_thread(container.inspect, unnamed)
        except NotAPicture:
            unnamed.unlink(missing_ok=True)
            raise
        named = unnamed.with_suffix(f".{picture.extension.lstrip('.')}")
        sha256 = await asyncio.to_thread(_name_for_good, unnamed, named)
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
