"""The life of a task after its creation: fetch the sources, draw, end by the clock, settle the bill, call back."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bot.sandbox.evolink import answers, callbacks, catalogue, drawing, encoding, sources
from bot.sandbox.evolink.outcomes import TASK_ERROR_MESSAGES, Cancelled, Completed, Failed, Stuck
from bot.sandbox.evolink.records import Link, Result, Source, Task
from bot.sandbox.evolink.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What came of the sources and the drawing: results, or the failure that the sources deserve."""

    results: tuple[Result, ...] = ()
    failure: Failed | None = None


async def live(state: State, task: Task) -> None:
    """Work at once, end when the clock says so (later only where the work is not done or ends are held), then call."""
    if isinstance(task.outcome, Stuck):
        return
    work, _ = await asyncio.gather(_work(state, task), state.clock.sleep(task.duration_s))
    await state.may_end.wait()
    _end(state, task, work)
    await callbacks.send(state, task)


async def _work(state: State, task: Task) -> _Work:
    """Fetch every source even where the outcome is known, as the service does, then draw."""
    urls: list[str] = task.request.get("image_urls", [])
    thumbnails: list[drawing.Thumbnail] = []
    fetched = await asyncio.gather(*(sources.fetch_source(state, url) for url in urls), return_exceptions=True)
    for index, one in enumerate(fetched, start=1):
        if isinstance(one, sources.FetchError):
            advice = "Check that each URL can be downloaded directly."
            message = f"Reference image {index} could not be processed: {one}.\n{advice}"
            return _Work(failure=Failed(code="image_processing_error", message=message))
        if isinstance(one, BaseException):
            raise one
        task.sources.append(one[0])
        thumbnails.append(one[1])
    if not isinstance(task.outcome, Completed):
        return _Work()
    return _Work(results=await _draw(state, task, task.outcome, tuple(thumbnails)))


async def _draw(
    state: State, task: Task, outcome: Completed, thumbnails: tuple[drawing.Thumbnail, ...]
) -> tuple[Result, ...]:
    width, height = outcome.pixel_size or _pixel_size(task)
    results: list[Result] = []
    for number in range(outcome.n_results):
        caption = f"{width} x {height} · {task.request.get('quality', '2K')} · {task.id}"
        brief = drawing.Brief(
            prompt=task.request["prompt"],
            caption=caption if number == 0 else f"{caption} · {number + 1}",
            width=width,
            height=height,
            sources=thumbnails,
            grain=outcome.noise,
        )
        name = uuid4().hex
        path = state.folder / name
        n_bytes, digest = await state.in_thread(_write_picture, brief, outcome, path)
        results.append(_result(state, task, outcome, brief, name=name, n_bytes=n_bytes, digest=digest))
    return tuple(results)


def _pixel_size(task: Task) -> tuple[int, int]:
    """Resolve `auto` to the first source's nearest shape, else square."""
    size: str = task.request.get("size", "auto")
    if size == "auto":
        first: Source | None = task.sources[0] if task.sources else None
        size = "1:1" if first is None else catalogue.nearest_size(first.width, first.height)
    return catalogue.pixel_size(size, task.request.get("quality", "2K"))


def _write_picture(brief: drawing.Brief, outcome: Completed, path: Path) -> tuple[int, str]:
    """Draw, encode and store; return the number of bytes and their SHA-256. Blocking."""
    data = outcome.body
    if data is None:
        data = encoding.encode(drawing.draw(brief), outcome.encoding)
        if outcome.exact_bytes is not None:
            data = encoding.pad(data, outcome.encoding, outcome.exact_bytes)
    path.write_bytes(data)
    return len(data), hashlib.sha256(data).hexdigest()


def _result(
    state: State, task: Task, outcome: Completed, brief: drawing.Brief, *, name: str, n_bytes: int, digest: str
) -> Result:
    extension = outcome.extension or encoding.EXTENSIONS[outcome.encoding]
    link = f"/{state.account_id}/images/{task.created_at:%Y/%m/%d}/{name}{extension}"
    result = Result(
        url=outcome.link or state.results_base + link,
        path=state.folder / name,
        encoding=outcome.encoding,
        content_type=outcome.content_type or encoding.CONTENT_TYPES[outcome.encoding],
        width=brief.width,
        height=brief.height,
        n_bytes=n_bytes,
        sha256=digest,
    )
    state.results_by_path[link] = Link(task=task, result=result, outcome=outcome)
    return result


def _end(state: State, task: Task, work: _Work) -> None:
    """Give the task its final status and settle its reservation, in one step that nothing can see half done."""
    outcome = work.failure or task.outcome
    if work.failure is not None:
        task.outcome = work.failure
    task.finished_at = state.clock.now()
    if isinstance(outcome, Completed):
        task.results.extend(work.results)
        task.credits_used = _price(task, outcome)
        task.final_status = "completed"
    elif isinstance(outcome, Cancelled) and outcome.reading == "status":
        task.final_status = "cancelled"
    elif isinstance(outcome, Cancelled | Failed):
        code = outcome.code if isinstance(outcome, Failed) else "request_cancelled"
        message = outcome.message if isinstance(outcome, Failed) else None
        text = message or TASK_ERROR_MESSAGES.get(str(code), "The task failed.")
        task.error = answers.task_error(outcome, text, state.knobs.shape)
        task.final_status = "failed"
    state.account.settle(reserved=task.credits_reserved, used=task.credits_used or 0.0)
    task.finished.set()


def _price(task: Task, outcome: Completed) -> float:
    if outcome.credits_used is not None:
        return outcome.credits_used
    params = task.request.get("model_params", {})
    return catalogue.credits_used(
        quality=task.request.get("quality", "2K"),
        n_sources=len(task.sources),
        prompt=task.request["prompt"],
        n_searches=int(params.get("web_search", False)) + int(params.get("image_search", False)),
        thinking=params.get("thinking_level", "auto"),
    )
