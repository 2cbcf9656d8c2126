"""Worker processes for whatever decodes pixels: at most a few, each with a memory limit, replaced when they die.

Codecs hold the interpreter lock for hundreds of milliseconds, and a hostile file may crash one or make it ask for any
amount of memory; in a process of its own that costs one call and not the bot. `concurrent.futures` is not used: it
can't end one stuck process, runs the program's main module again in each, and leaves them behind after SIGKILL.
"""

import asyncio
import contextlib
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Literal, ParamSpec, Self, TypeVar

from bot.clock import Clock
from bot.errors import ImagebotError
from bot.images import worker_process

P = ParamSpec("P")
T = TypeVar("T")

MEMORY_LIMIT_BYTES = 700 * 1024 * 1024
"""DESIGN 8: an image worker stays under 700 MB."""

_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG", "LC_", "LD_", "PYTHON", "COV_", "COVERAGE_")


class WorkerDied(ImagebotError):
    """A worker process ended before it answered; whether another try may help follows from the reason.

    `died` (a crash, or killed from outside) may pass; `out_of_memory` and `timed_out` would come again.
    """

    def __init__(self, reason: Literal["died", "out_of_memory", "timed_out"]) -> None:
        super().__init__(reason)
        self.reason = reason


class ImageWorkers:
    """Owns the worker processes; they start when first needed and end with the `async with` block."""

    def __init__(
        self,
        *,
        clock: Clock,
        max_workers: int = 2,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        timeout_s: float = 30.0,
    ) -> None:
        self._clock = clock
        self._max_workers = max_workers
        self._memory_limit_bytes = memory_limit_bytes
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(max_workers)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for worker in self._busy:
            worker.kill()
        for _slot in range(self._max_workers):  # every call still under way ends now, and gives its slot back
            await self._slots.acquire()
        for worker in self._idle:
            await worker.wait_for_end()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a module-level function in a worker and return what it returns, or raise what it raises.

        Waits for a free worker. Raises `WorkerDied` where the process ended instead of answering, or had to be ended
        because it took too long. Cancelling ends the process too: a codec can't be stopped otherwise.
        """
        request = pickle.dumps((function, args, kwargs))
        async with self._slots:
            if self._closed:
                raise WorkerDied("died")
            worker = await self._find_or_start()
            self._busy.add(worker)
            if self._closed:  # while it started
                worker.kill()
            try:
                answer = await self._ask(worker, request)
            except BaseException:
                worker.kill()
                await worker.wait_for_end()
                raise
            finally:
                self._busy.discard(worker)
            self._idle.append(worker)
        result, error = pickle.loads(answer)  # noqa: S301 - from our own child, through its own pipe
        if error is not None:
            raise error
        return result

    async def _find_or_start(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive():
                return worker
            await worker.wait_for_end()
        return await _Worker.start(self._memory_limit_bytes)

    async def _ask(self, worker: "_Worker", request: bytes) -> bytes:
        alarm = asyncio.create_task(self._kill_when_late(worker), name="image worker alarm")
        try:
            return await worker.ask(request)
        finally:
            alarm.cancel()

    async def _kill_when_late(self, worker: "_Worker") -> None:
        await self._clock.sleep(self._timeout_s)
        worker.is_late = True
        worker.kill()


class _Worker:
    """One process and its two pipes."""

    def __init__(self, process: Process, requests: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._process = process
        self._requests = requests
        self._answers = answers
        self.is_late = False

    @classmethod
    async def start(cls, memory_limit_bytes: int) -> Self:
        program = (sys.executable, "-P", "-m", worker_process.__name__, str(memory_limit_bytes), str(os.getpid()))
        process = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, env=_environment())
        if process.stdin is None or process.stdout is None:
            raise WorkerDied("died")
        return cls(process, process.stdin, process.stdout)

    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: bytes) -> bytes:
        try:
            self._requests.write(request)
            await self._requests.drain()
            (length,) = worker_process.ANSWER_LENGTH.unpack(
                await self._answers.readexactly(worker_process.ANSWER_LENGTH.size)
            )
            return await self._answers.readexactly(length)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise WorkerDied(await self._why_it_ended()) from error

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def wait_for_end(self) -> None:
        """Close its input, which ends an idle worker, and wait until the process and both pipes are gone."""
        self._requests.close()
        await self._process.communicate()

    async def _why_it_ended(self) -> Literal["died", "out_of_memory", "timed_out"]:
        status = await self._process.wait()
        if self.is_late:
            return "timed_out"
        return "out_of_memory" if status == worker_process.OUT_OF_MEMORY_STATUS else "died"


def _environment() -> dict[str, str]:
    """Leave the bot's keys out of a process that opens strangers' files, and let it import what we import."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT_VARIABLES)}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "MALLOC_ARENA_MAX": "1",  # glibc reserves 64 MiB for each further thread of a codec, and the limit counts it
    }
