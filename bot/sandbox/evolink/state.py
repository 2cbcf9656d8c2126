"""What the three services share: clock, knobs, records, the folder with bytes, background tasks."""

import asyncio
import logging
import secrets
import string
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import aiohttp

from bot.clock import Clock
from bot.sandbox.evolink.knobs import Knobs
from bot.sandbox.evolink.records import Account, Link, SeenRequest, StoredFile, Task

_log = logging.getLogger(__name__)

T = TypeVar("T")

_LETTERS = string.ascii_lowercase + string.digits
_DRAWING_THREADS = 2


def random_name(n_characters: int) -> str:
    """Make a name of lower-case letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(n_characters))


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Await `work` for at most `seconds` by the clock; TimeoutError after them, with the work cancelled."""
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        task.cancel()
        timer.cancel()
        await asyncio.gather(task, timer, return_exceptions=True)


class Chores:
    """The background tasks of the stand-in: owned, named, their faults logged, all ended by `close`."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `work` until it ends or `close` is called."""
        chore = asyncio.create_task(work, name=name)
        self._running.add(chore)
        chore.add_done_callback(self._ended)

    def _ended(self, chore: asyncio.Task[None]) -> None:
        self._running.discard(chore)
        if not chore.cancelled() and (error := chore.exception()) is not None:
            _log.error("sandbox chore failed: %s", chore.get_name(), exc_info=error)

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        running = list(self._running)
        for chore in running:
            chore.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(kw_only=True)
class State:
    """One EvoLink account and everything the services know of it."""

    clock: Clock
    knobs: Knobs
    api_key: str
    folder: Path
    session: aiohttp.ClientSession
    chores: Chores
    drawing_threads: ThreadPoolExecutor
    account: Account = field(default_factory=Account)
    account_id: str = field(default_factory=lambda: random_name(18))
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])
    task_ids_by_key: dict[str, str] = field(default_factory=dict[str, str])
    requests: list[SeenRequest] = field(default_factory=list[SeenRequest])
    results_by_path: dict[str, Link] = field(default_factory=dict[str, Link])
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    results_base: str = ""
    may_end: asyncio.Event = field(default_factory=_set_event)

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work off the event loop, at most two at once."""
        return await asyncio.get_running_loop().run_in_executor(self.drawing_threads, work, *arguments)


@asynccontextmanager
async def opened(*, clock: Clock, knobs: Knobs, api_key: str) -> AsyncGenerator[State]:
    """Build the state, and take everything down again in the right order."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="evolink-sandbox-")))
        threads = ThreadPoolExecutor(_DRAWING_THREADS, thread_name_prefix="evolink-draw")
        stack.push_async_callback(asyncio.to_thread, threads.shutdown, cancel_futures=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(headers={"User-Agent": "evolink-sandbox"}))
        chores = Chores()
        stack.push_async_callback(chores.close)
        yield State(
            clock=clock,
            knobs=knobs,
            api_key=api_key,
            folder=folder,
            session=session,
            chores=chores,
            drawing_threads=threads,
        )
