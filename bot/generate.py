"""`imagebot generate`: the same client without Discord. One picture on disk, and what it truly cost."""

import contextlib
import errno
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.clock import Clock
from bot.errors import DownloadFailed, ImagebotError, NotAPicture
from bot.images import container
from bot.jobs import failures, polling
from bot.jobs.model import Drawing, Failure, FailureKind, ResultFile
from bot.jobs.results import ResultKeeper
from bot.net import Downloader, make_session
from bot.provider import errors, rules
from bot.provider.api import EvoLink
from bot.provider.models import GenerationRequest, Task, TaskStatus
from bot.provider.uploads import SOURCE_MAX_BYTES, SOURCE_MEDIA_TYPES, FileService
from bot.settings import ProviderSettings
from bot.ui import filenames

PATIENCE_S = 30 * 60.0
DOWNLOAD_TRIES = 4

Progress = Callable[[str, int], None]
"""Told what is going on, in words, and how far it is in percent."""


class NoPicture(ImagebotError):
    """No picture was made; `failure` says why, `task_id` names the task if there is one."""

    def __init__(self, failure: Failure, *, task_id: str | None) -> None:
        super().__init__(failure.kind.value)
        self.failure = failure
        self.task_id = task_id


class NotSaved(ImagebotError):
    """The picture was made and could not be saved; it stays at `url` for 24 hours."""

    def __init__(self, reason: str, *, url: str) -> None:
        super().__init__(reason)
        self.url = url


class UnusableSource(ImagebotError):
    """A file given as a picture cannot be one; the message is a sentence that names it."""


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


async def generate(
    settings: ProviderSettings,
    drawing: Drawing,
    *,
    images: list[Path],
    out: Path | None,
    clock: Clock,
    progress: Progress,
) -> Made:
    """Make one picture and save it.

    Raises UnusableSource or OSError before anything is spent, ProviderError where the provider refuses, NoPicture where
    a task was created and brought nothing, NotSaved where it brought a picture that could not be kept. Without `out`
    the picture gets a new name made of the prompt.
    """
    sources = _checked(drawing, images, out)
    folder = out.parent if out else Path()
    async with contextlib.AsyncExitStack() as stack:
        # the picture comes down beside its target, so that an unusable folder is noticed now and a rename suffices
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".imagebot-", dir=folder)))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        results = await stack.enter_async_context(make_session(allow_loopback=settings.loopback_provider))
        urls = await _upload(settings, session, sources, clock=clock, progress=progress)
        provider = EvoLink(
            session=session,
            api_base=settings.evolink_api_base,
            api_key=settings.evolink_api_key,
            model=settings.evolink_model,
            clock=clock,
        )
        request = GenerationRequest(
            prompt=drawing.prompt, size=drawing.size, quality=drawing.quality, image_urls=tuple(urls)
        )
        task = await provider.create(request, idempotency_key=f"imagebot-generate-{secrets.token_hex(8)}")
        task = await _wait(provider, task, clock=clock, progress=progress)
        keeper = ResultKeeper(folder=scratch, downloader=Downloader(session=results, clock=clock))
        result = await _fetch(keeper, task.result_urls[0], clock=clock)
        target = out or _free_name(drawing.prompt, extension=result.path.suffix)
        _move(result.path, target, url=task.result_urls[0])
    return Made(path=target, result=result, credits_used=task.credits_used, task_id=task.id)


def _checked(drawing: Drawing, images: list[Path], out: Path | None) -> list[tuple[Path, container.Picture]]:
    """Find out what can be known to be wrong before anything is sent."""
    rules.check_prompt(drawing.prompt)
    if len(images) > rules.IMAGE_URLS_MAX:
        raise UnusableSource(f"{len(images)} pictures are too many; the model takes at most {rules.IMAGE_URLS_MAX}")
    if out is not None and out.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(out))
    return [_inspected(path) for path in images]


def _inspected(path: Path) -> tuple[Path, container.Picture]:
    try:
        picture = container.inspect(path)
    except OSError as error:
        raise UnusableSource(f"{path} cannot be read ({error.strerror})") from error
    except NotAPicture as error:
        raise UnusableSource(f"{path} is not a whole picture ({error.reason.replace('_', ' ')})") from error
    if picture.media_type not in SOURCE_MEDIA_TYPES:
        raise UnusableSource(f"{path} is {picture.media_type}; the model takes JPEG, PNG and WebP, so convert it first")
    if picture.n_bytes > SOURCE_MAX_BYTES:
        raise UnusableSource(f"{path} has {picture.n_bytes / 2**20:.1f} MiB; the model takes at most 20, so shrink it")
    return path, picture


def _free_name(prompt: str, *, extension: str) -> Path:
    """Name the file by its prompt, without overwriting one."""
    wanted = Path(filenames.picture_name(prompt, job_id="1", extension=extension))
    number = 1
    name = wanted
    while name.exists():
        number += 1
        name = wanted.with_stem(f"{wanted.stem}-{number}")
    return name


async def _upload(
    settings: ProviderSettings,
    session: aiohttp.ClientSession,
    sources: list[tuple[Path, container.Picture]],
    *,
    clock: Clock,
    progress: Progress,
) -> list[str]:
    files = FileService(
        session=session, files_base=settings.evolink_files_base, api_key=settings.evolink_api_key, clock=clock
    )
    urls: list[str] = []
    for path, picture in sources:
        progress(f"uploading {path.name}", 0)
        unique_name = f"{secrets.token_hex(16)}.{picture.extension}"
        upload = await files.upload(path, file_name=unique_name, media_type=picture.media_type)
        urls.append(upload.file_url)
    return urls


async def _wait(provider: EvoLink, task: Task, *, clock: Clock, progress: Progress) -> Task:
    """Look at the task until it ends; a look that fails says nothing about it."""
    task_id, began_s = task.id, clock.monotonic()
    while not task.status.is_final:
        progress(f"task {task_id}", task.progress)
        elapsed_s = clock.monotonic() - began_s
        if elapsed_s > PATIENCE_S:
            raise NoPicture(Failure(kind=FailureKind.TIMED_OUT), task_id=task_id)
        await clock.sleep(polling.next_look_s(elapsed_s, earliest_s=None, callbacks=False, jitter=0.0))
        try:
            task = await provider.get(task_id)
        except (errors.Unauthorized, errors.AccessDenied) as error:
            raise NoPicture(failures.of_create(error), task_id=task_id) from error
        except errors.ProviderError:
            continue
    if task.status is not TaskStatus.COMPLETED:
        raise NoPicture(failures.of_task(task), task_id=task_id)
    if not task.result_urls:
        raise NoPicture(Failure(kind=FailureKind.NO_RESULT), task_id=task_id)
    progress(f"task {task_id}", 100)
    return task


async def _fetch(keeper: ResultKeeper, url: str, *, clock: Clock) -> ResultFile:
    tries_left = DOWNLOAD_TRIES
    while True:
        tries_left -= 1
        try:
            return await keeper.fetch("result", url)
        except (DownloadFailed, NotAPicture) as error:
            if not tries_left:
                raise NotSaved(f"it could not be fetched ({error.reason})", url=url) from error
        except OSError as error:
            raise NotSaved(f"there is no room for it ({error.strerror})", url=url) from error
        await clock.sleep(2.0)


def _move(picture: Path, target: Path, *, url: str) -> None:
    try:
        picture.replace(target)
    except OSError as error:
        raise NotSaved(f"{target} cannot be written ({error.strerror})", url=url) from error
