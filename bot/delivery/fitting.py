"""From a result on disk to a file that may be attached: under the limit of its way, named and described."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.delivery.posts import Picture
from bot.images import fit
from bot.images.worker import ImageWorkers, WorkerDied
from bot.jobs.model import Job, ResultFile
from bot.ui import filenames

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A picture to attach; `note` names the steps that changed it, None where it is the original to the byte."""

    picture: Picture
    n_bytes: int
    note: str | None


class Fitter:
    """Makes results fit, in the image workers."""

    def __init__(self, *, workers: ImageWorkers, scratch: Path) -> None:
        self._workers = workers
        self._scratch = scratch

    @asynccontextmanager
    async def fitted(self, job: Job, result: ResultFile, *, max_bytes: int) -> AsyncGenerator[Fitted, None]:
        """Hand out the original, or a copy within `max_bytes` that is gone after the block.

        Raises fit.DoesNotFit where nothing helps.
        """
        if result.n_bytes <= max_bytes:
            yield _attachment(job, result.path, n_bytes=result.n_bytes, note=None)
            return
        copy = await self._fit(result.path, max_bytes)
        try:
            note = "+".join(step.value for step in copy.steps)
            yield _attachment(job, copy.path, n_bytes=copy.n_bytes, note=note)
        finally:
            copy.path.unlink(missing_ok=True)

    async def _fit(self, path: Path, max_bytes: int) -> fit.Fitted:
        try:
            return await self._workers.run(fit.fit, path, self._scratch, max_bytes=max_bytes)
        except WorkerDied as error:
            if error.reason != "died":  # would come again
                raise
            log.warning("image worker lost, once more", extra={"reason": error.reason})
            return await self._workers.run(fit.fit, path, self._scratch, max_bytes=max_bytes)


def _attachment(job: Job, path: Path, *, n_bytes: int, note: str | None) -> Fitted:
    return Fitted(
        picture=Picture(
            path=path,
            name=filenames.picture_name(job.drawing.prompt, job_id=job.id, extension=path.suffix.lstrip(".")),
            alt_text=filenames.alt_text(job.drawing.prompt),
        ),
        n_bytes=n_bytes,
        note=note,
    )
