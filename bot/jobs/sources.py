"""From a picture that a person gave to a direct URL the provider can read: fetched, prepared, hosted.

Each step is on disk before the next. A prepared picture is named by its content, so that jobs that use the same one
share it.
"""

import asyncio
import logging
import os
import secrets
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.errors import DownloadFailed, HostingFailed, HostingFull, ImagebotError, NotAPicture
from bot.files import sync_folder
from bot.hosting import Asset, Hosting
from bot.images import prepare
from bot.images.worker import ImageWorkers, WorkerDied
from bot.jobs.model import Failure, FailureKind, Job, Source
from bot.jobs.results import NOT_KEPT
from bot.jobs.slots import Slots
from bot.net import Downloader
from bot.net.hosts import AllowedHosts
from bot.provider.uploads import SOURCE_MAX_BYTES, SOURCE_MEDIA_TYPES
from bot.store.jobs import JobStore

log = logging.getLogger(__name__)

MAX_SOURCE_BYTES = 100 * 1024 * 1024
FETCH_TIMEOUT_S = 120.0
FETCH_TRIES = 3
FETCHES_AT_ONCE = 8
"""Of up to 100 MB each: what is under way must not fill the disk, nor crowd others out of the connections.

Handed out fairly; so the image workers have no more than these before them, and a result to be fitted waits for few."""
URL_MARGIN = timedelta(minutes=30)
"""A URL must outlive the wait in the line and the provider's own reading of it."""
RESULT_LINK_MARGIN = timedelta(hours=1)


class SourceFault(ImagebotError):
    """A picture that a person gave cannot be used; `failure` says which and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind.value} {failure.code}")
        self.failure = failure


class SourceNotKept(ImagebotError):
    """Our own disk did not take a picture just now, which says nothing of the picture; `failure` if it never does."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind.value} {failure.code}")
        self.failure = failure


class SourceKeeper:
    """Makes sources ready. Raises SourceFault where one cannot be."""

    def __init__(
        self,
        *,
        folder: Path,
        downloader: Downloader,
        allowed: AllowedHosts,
        workers: ImageWorkers,
        hosting: Hosting,
        store: JobStore,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._downloader = downloader
        self._allowed = allowed
        self._workers = workers
        self._hosting = hosting
        self._store = store
        self._clock = clock
        self._fetches = Slots(FETCHES_AT_ONCE)

    async def make_ready(self, job: Job) -> Job:
        """Bring every source of a job to disk and behind a URL that lives long enough; cheap for those that are.

        Raises SourceNotKept where our own disk fails: what is ready by then is stored, and the rest may be tried again.
        """
        outcomes = await asyncio.gather(*(self._ready(job, source) for source in job.sources), return_exceptions=True)
        faults = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for fault in sorted(faults, key=lambda each: isinstance(each, SourceNotKept)):  # what waits comes last
            raise fault  # the first in the person's order is the one to tell
        return replace(job, sources=tuple(outcome for outcome in outcomes if isinstance(outcome, Source)))

    async def keep(self, source: Source, *, user_id: int) -> Source:
        """Bring a picture that no job needs yet to disk, prepared; one of our own results is on disk already."""
        if source.result_of is not None:
            return source
        name = f"kept-{secrets.token_hex(8)}"
        async with self._fetches.hold(name, guild_id=None, user_id=user_id):
            return await self._fetched(name, source)

    async def _ready(self, job: Job, source: Source) -> Source:
        try:
            return await self._kept_and_hosted(job, source)
        except OSError as error:
            log.warning("source not kept", extra={"job": job.id, "error": repr(error)})
            failure = Failure(kind=FailureKind.SOURCE_GONE, code=NOT_KEPT, message=source.name)
            raise SourceNotKept(failure) from error

    async def _kept_and_hosted(self, job: Job, source: Source) -> Source:
        known = source
        if source.path is None:
            name = f"{job.id}-{source.position}"
            async with self._fetches.hold(name, guild_id=job.guild_id, user_id=job.user_id):
                source = await self._on_disk(name, source)
        if source != known:  # before it is hosted: a restart needs no second fetch, and no sweep finds it unclaimed
            await self._store.put_source(job.id, source)
        if not self._is_hosted(source):
            source = await self._hosted(source)
            await self._store.put_source(job.id, source)
        return source

    async def _on_disk(self, name: str, source: Source) -> Source:
        if source.result_of is not None:
            return await self._from_result(source, source.result_of)
        return await self._fetched(name, source)

    def _is_hosted(self, source: Source) -> bool:
        return source.hosted_until is not None and source.hosted_until - self._clock.now() > URL_MARGIN

    async def _from_result(self, source: Source, parent_id: str) -> Source:
        """Use one of our own results: by the provider's own link while it is young, from our disk otherwise."""
        parent = await self._store.find(parent_id)
        if parent is None or parent.result is None or not parent.result.path.exists():
            raise SourceFault(Failure(kind=FailureKind.SOURCE_GONE, code="gone", message=source.name))
        result = parent.result
        if result.media_type not in SOURCE_MEDIA_TYPES or result.n_bytes > SOURCE_MAX_BYTES:
            return await self._prepared(source, result.path)
        link_lives = (
            parent.result_url is not None
            and parent.result_url_until is not None
            and parent.result_url_until - self._clock.now() > RESULT_LINK_MARGIN
        )
        return replace(
            source,
            path=result.path,
            media_type=result.media_type,
            width=result.width,
            height=result.height,
            n_bytes=result.n_bytes,
            sha256=result.sha256,
            hosted_url=parent.result_url if link_lives else None,
            hosted_until=parent.result_url_until if link_lives else None,
        )

    async def _fetched(self, name: str, source: Source) -> Source:
        raw = self._folder / f"{name}.part"
        try:
            await self._download(source, raw)
            return await self._prepared(source, raw)
        finally:
            raw.unlink(missing_ok=True)

    async def _download(self, source: Source, to: Path) -> None:
        if source.url is None or not self._allowed.admit(source.url):
            raise SourceFault(Failure(kind=FailureKind.SOURCE_GONE, code="forbidden_address", message=source.name))
        tries = 0
        while True:
            tries += 1
            try:
                await self._downloader.download(
                    source.url, to, max_bytes=MAX_SOURCE_BYTES, timeout_s=FETCH_TIMEOUT_S, max_redirects=0
                )
            except DownloadFailed as error:
                if not error.passing or tries >= FETCH_TRIES:
                    raise SourceFault(_gone(source, error)) from error
                await self._clock.sleep(2.0**tries)
            else:
                return

    async def _prepared(self, source: Source, raw: Path) -> Source:
        """Make of a file what the provider takes, and keep it under the name of its content."""
        made = await self._prepare(source, raw)
        kept = self._folder / f"{made.sha256}.{made.extension}"
        await asyncio.to_thread(_keep_for_good, made.path, kept)
        return replace(
            source,
            url=None,
            path=kept,
            media_type=made.media_type,
            width=made.width,
            height=made.height,
            n_bytes=made.n_bytes,
            sha256=made.sha256,
            changes=tuple(change.value for change in made.changes),
        )

    async def _prepare(self, source: Source, raw: Path) -> prepare.Prepared:
        for is_last in (False, True):
            try:
                return await self._workers.run(prepare.prepare, raw, self._folder, name=raw.stem)
            except NotAPicture as error:
                raise SourceFault(
                    Failure(kind=FailureKind.BAD_SOURCE, code=error.reason, message=source.name)
                ) from error
            except WorkerDied as error:
                log.warning("image worker lost", extra={"reason": error.reason})
                if is_last or error.reason != "died":
                    raise SourceFault(
                        Failure(kind=FailureKind.BAD_SOURCE, code=error.reason, message=source.name)
                    ) from error
        raise AssertionError  # the loop returns or raises

    async def _hosted(self, source: Source) -> Source:
        assert source.path is not None and source.sha256 and source.media_type and source.n_bytes  # noqa: S101, PT018
        if not source.path.exists():  # removed when its time was over, a moment after somebody asked for it again
            raise SourceFault(Failure(kind=FailureKind.SOURCE_GONE, code="gone", message=source.name))
        asset = Asset(
            sha256=source.sha256,
            media_type=source.media_type,
            n_bytes=source.n_bytes,
            path=source.path,
        )
        try:
            hosted = await self._hosting.ensure(asset)
        except HostingFailed as error:
            log.warning("picture not hosted", extra={"error": repr(error)})
            code = "full" if isinstance(error, HostingFull) else None
            raise SourceFault(Failure(kind=FailureKind.HOSTING_FAILED, code=code, message=source.name)) from error
        return replace(source, hosted_url=hosted.url, hosted_until=hosted.expires_at)


def _gone(source: Source, error: DownloadFailed) -> Failure:
    return Failure(kind=FailureKind.SOURCE_GONE, code=error.reason, http_status=error.status, message=source.name)


def _keep_for_good(made: Path, kept: Path) -> None:
    """Rename a file so that it survives a power cut: its address at Discord is erased after this."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(kept)
    sync_folder(kept.parent)
