"""`imagebot generate`: the same client without Discord. One picture on disk, and what it truly cost.

`order` is what can be known before, `saving` what comes last; words for people are the command line's.
"""

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from bot.clock import Clock
from bot.errors import DownloadFailed, ImagebotError, NotAPicture
from bot.generate import saving
from bot.generate.order import Order, Unusable, checked
from bot.jobs import failures, polling
from bot.jobs.model import Drawing, Failure, FailureKind, ResultFile
from bot.jobs.results import NOT_KEPT, ResultKeeper
from bot.net import Downloader, make_session
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import GenerationRequest, Task, TaskStatus
from bot.provider.uploads import FileService
from bot.settings import ProviderSettings
from bot.ui import filenames

__all__ = ["Made", "NoPicture", "NotSaved", "Order", "OutOfReach", "Unusable", "Watcher", "checked", "generate"]

PATIENCE_S = 30 * 60.0
DOWNLOAD_TRIES = 4


class Watcher(Protocol):
    """Told what happens while it happens."""

    def uploading(self, path: Path) -> None: ...

    def sending(self) -> None:
        """From here on something may be charged."""
        ...

    def created(self, task_id: str) -> None: ...

    def drawing(self, percent: int) -> None: ...

    def out_of_touch(self, error: errors.ProviderError) -> None:
        """The task cannot be looked at; called once, until `in_touch_again`."""
        ...

    def in_touch_again(self) -> None: ...


class OutOfReach(ImagebotError):
    """A call failed before there was a task to speak of; `variable` holds the address that was asked."""

    def __init__(self, error: errors.ProviderError, *, variable: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.variable = variable


class NoPicture(ImagebotError):
    """The task brought no picture; `failure` says why. Where the look at it failed, `error` does."""

    def __init__(self, failure: Failure, *, task_id: str, error: errors.ProviderError | None = None) -> None:
        super().__init__(failure.kind.value)
        self.failure = failure
        self.task_id = task_id
        self.error = error


class NotSaved(ImagebotError):
    """The picture was made and could not be kept; it stays at `url` for 24 hours."""

    def __init__(self, reason: str, *, task_id: str, url: str) -> None:
        super().__init__(reason)
        self.task_id = task_id
        self.url = url


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The picture on disk and what it cost; None where the provider did not say."""

    path: Path
    result: ResultFile
    credits_used: float | None
    task_id: str

    @property
    def name_fits(self) -> bool:
        """Whether the file's extension says what the picture is."""
        return self.path.suffix.lower().replace(".jpeg", ".jpg") == self.result.path.suffix


async def generate(settings: ProviderSettings, order: Order, *, clock: Clock, watcher: Watcher) -> Made:
    """Make the picture of an order, or fetch that of its task, and save it.

    Raises OutOfReach where there is no task, NoPicture where it brought none, NotSaved where it brought a picture that
    could not be kept.
    """
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        results = await stack.enter_async_context(make_session(allow_loopback=settings.loopback_provider))
        provider = EvoLink(
            session=session,
            api_base=settings.evolink_api_base,
            api_key=settings.evolink_api_key,
            model=settings.evolink_model,
            clock=clock,
        )
        if isinstance(order.what, Drawing):
            files = FileService(
                session=session, files_base=settings.evolink_files_base, api_key=settings.evolink_api_key, clock=clock
            )
            urls = await _upload(files, order, watcher)
            task = await _create(provider, order.what, urls, watcher)
        else:
            task = await _find(provider, order.what, watcher)
        task = await _wait(provider, task, clock=clock, watcher=watcher)
        keeper = ResultKeeper(folder=order.scratch, downloader=Downloader(session=results, clock=clock))
        result = await _fetch(keeper, task, clock=clock)
    return Made(path=_save(result, task, order), result=result, credits_used=task.credits_used, task_id=task.id)


async def _upload(files: FileService, order: Order, watcher: Watcher) -> list[str]:
    urls: list[str] = []
    for source in order.sources:
        watcher.uploading(source.path)
        unique_name = f"{secrets.token_hex(16)}.{source.picture.extension}"
        try:
            upload = await files.upload(source.path, file_name=unique_name, media_type=source.picture.media_type)
        except errors.ProviderError as error:
            raise OutOfReach(error, variable="EVOLINK_FILES_BASE") from error
        urls.append(upload.file_url)
    return urls


async def _create(provider: EvoLink, drawing: Drawing, urls: list[str], watcher: Watcher) -> Task:
    request = GenerationRequest(
        prompt=drawing.prompt, size=drawing.size, quality=drawing.quality, image_urls=tuple(urls)
    )
    watcher.sending()
    try:
        task = await provider.create(request, idempotency_key=f"imagebot-generate-{secrets.token_hex(8)}")
    except errors.ProviderError as error:
        raise OutOfReach(error, variable="EVOLINK_API_BASE") from error
    watcher.created(task.id)
    return task


async def _find(provider: EvoLink, task_id: str, watcher: Watcher) -> Task:
    try:
        task = await provider.get(task_id)
    except errors.ProviderError as error:
        raise OutOfReach(error, variable="EVOLINK_API_BASE") from error
    watcher.created(task.id)
    return task


async def _wait(provider: EvoLink, task: Task, *, clock: Clock, watcher: Watcher) -> Task:
    """Look at the task until it ends; a look that fails says nothing about it."""
    task_id, began_s = task.id, clock.monotonic()
    in_touch = True
    while not task.status.is_final:
        watcher.drawing(task.progress)
        elapsed_s = clock.monotonic() - began_s
        if elapsed_s > PATIENCE_S:
            raise NoPicture(Failure(kind=FailureKind.TIMED_OUT), task_id=task_id)
        await clock.sleep(polling.next_look_s(elapsed_s, earliest_s=None, callbacks=False, jitter=0.0))
        try:
            task = await provider.get(task_id)
        except (errors.Unauthorized, errors.AccessDenied) as error:
            raise NoPicture(failures.of_create(error), task_id=task_id, error=error) from error
        except errors.ProviderError as error:
            if in_touch:
                watcher.out_of_touch(error)
            in_touch = False
            continue
        if not in_touch:
            watcher.in_touch_again()
        in_touch = True
    if task.status is not TaskStatus.COMPLETED:
        raise NoPicture(failures.of_task(task), task_id=task_id)
    if not task.result_urls:
        raise NoPicture(Failure(kind=FailureKind.NO_RESULT), task_id=task_id)
    watcher.drawing(100)
    return task


async def _fetch(keeper: ResultKeeper, task: Task, *, clock: Clock) -> ResultFile:
    tries_left = DOWNLOAD_TRIES
    while True:
        tries_left -= 1
        try:
            fetched = await keeper.fetch("result", task.result_urls)
        except (DownloadFailed, NotAPicture) as error:
            if isinstance(error, DownloadFailed) and error.reason == NOT_KEPT:
                raise _not_saved(f"there is no room for it ({error.detail})", task) from error
            if not tries_left:
                why = f"it could not be fetched ({error.reason.replace('_', ' ')})"
                raise _not_saved(why, task) from error
        else:
            return fetched.file
        await clock.sleep(2.0)


def _save(result: ResultFile, task: Task, order: Order) -> Path:
    words = order.what.prompt if isinstance(order.what, Drawing) else order.what
    wanted = order.out or Path(filenames.picture_name(words, job_id="1", extension=result.path.suffix))
    try:
        return saving.save(result.path, wanted)
    except OSError as error:
        why = f"{wanted} cannot be written ({error.strerror})"
        raise _not_saved(why, task) from error


def _not_saved(why: str, task: Task) -> NotSaved:
    return NotSaved(why, task_id=task.id, url=task.result_urls[0])
