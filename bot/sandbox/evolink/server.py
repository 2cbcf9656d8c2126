"""The stand-in as a whole: three services on three loopback ports, started and stopped as one."""

from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from typing import Self

from aiohttp import web

from bot.clock import Clock
from bot.sandbox.evolink import api, files, results, state
from bot.sandbox.evolink.knobs import Knobs
from bot.sandbox.evolink.records import Account, SeenRequest, StoredFile, Task

_SHUTDOWN_TIMEOUT_S = 0.05
"""Answers that still hang on a knob are cut off; nobody waits for them at the end."""


class EvoLinkSandbox:
    """A working EvoLink on loopback: API, file service and result host, each on a port of its own.

    Use it as an async context manager. `knobs` may be turned at any time; `tasks`, `requests` and `files` tell what
    has happened. `public_host` stands in the addresses that are handed out, where it is not `host`. Results and
    uploads live in a temporary folder that goes with the context.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        api_key: str = "sk-sandbox",
        host: str = "127.0.0.1",
        port: int = 0,
        files_port: int = 0,
        results_port: int = 0,
        public_host: str | None = None,
        knobs: Knobs | None = None,
    ) -> None:
        self.api_key = api_key
        self.knobs = knobs or Knobs()
        self._clock = clock
        self._host = host
        self._public_host = public_host or (f"[{host}]" if ":" in host else host)
        self._ports = {"api": port, "files": files_port, "results": results_port}
        self._bases: dict[str, str] = {}
        self._state: state.State | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            shared = await stack.enter_async_context(
                state.opened(clock=self._clock, knobs=self.knobs, api_key=self.api_key)
            )
            apps = {"results": results.app(shared), "files": files.app(shared), "api": api.app(shared)}
            for name, application in apps.items():
                self._bases[name] = await self._serve(stack, application, self._ports[name])
            shared.results_base = self._bases["results"]
            self._state = shared
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _serve(self, stack: AsyncExitStack, application: web.Application, port: int) -> str:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self._host, port).start()
        return f"http://{self._public_host}:{runner.addresses[0][1]}"

    @property
    def _open(self) -> state.State:
        if self._state is None:
            raise RuntimeError("use it as an async context manager")
        return self._state

    @property
    def api_base(self) -> str:
        """Where create, query, credits and models answer."""
        return self._bases["api"]

    @property
    def files_base(self) -> str:
        """Where the file service answers."""
        return self._bases["files"]

    @property
    def results_base(self) -> str:
        """Where results and uploaded files are served, without a key."""
        return self._bases["results"]

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task by its id, oldest first."""
        return self._open.tasks

    @property
    def requests(self) -> list[SeenRequest]:
        """Every request that came in, at whichever service, oldest first."""
        return self._open.requests

    @property
    def files(self) -> dict[str, StoredFile]:
        """Every uploaded file by its id, expired ones included."""
        return self._open.files

    @property
    def account(self) -> Account:
        """The credits; they may be set."""
        return self._open.account

    @property
    def keys_leaked(self) -> list[SeenRequest]:
        """The requests that sent an Authorization header to the result host; a good client leaves this empty."""
        return [seen for seen in self.requests if seen.service == "results" and "Authorization" in seen.headers]

    @contextmanager
    def ends_held(self) -> Generator[None, None, None]:
        """Let no task end within the block: those whose time is over by then end with it."""
        self._open.may_end.clear()
        try:
            yield
        finally:
            self._open.may_end.set()

    async def finished(self, task_id: str) -> Task:
        """Wait until a task has ended. The clock must have passed its duration; drawing needs some real time."""
        task = self.tasks[task_id]
        await task.finished.wait()
        return task
