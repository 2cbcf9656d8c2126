"""Bots in processes of their own on moved time, as their test sees them: where they come from, and how they end."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Self

from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S


class Cradle:
    """The process that forks them, of no event loop; it starts with the first bot and ends with the block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._n_born = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()

    @contextlib.asynccontextmanager
    async def bot(
        self, settings: dict[str, str], *, clock: ManualClock, sockets: Path
    ) -> AsyncGenerator["BotProcess", None]:
        """Have a bot born, whose time moves with the clock; on leaving it is asked to stop, if it still lives."""
        self._n_born += 1
        time, life = sockets / f"time-{self._n_born}", sockets / f"life-{self._n_born}"
        control, process = _TimeControl(), BotProcess()
        async with contextlib.AsyncExitStack() as stack:
            for serve, path in ((control.serve, time), (process.follow, life)):
                stack.callback(path.unlink, missing_ok=True)
                server = await stack.enter_async_context(await asyncio.start_unix_server(serve, path))
                stack.callback(server.close)
            stack.callback(control.close)
            self._bear(settings, time=time, life=life, now=clock.now())
            clock.on_advance.append(control.advance)
            stack.callback(clock.on_advance.remove, control.advance)
            async with asyncio.timeout(PATIENCE_S):
                await process.born.wait()
            try:
                yield process
            finally:
                await process.terminate()

    def _bear(self, settings: dict[str, str], *, time: Path, life: Path, now: datetime) -> None:
        if self._process is None:
            command = (sys.executable, "-m", "tests.support.run_bot")
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        born = {
            "environment": {**os.environ, **settings},
            "folder": str(Path.cwd()),
            "time": str(time),
            "life": str(life),
            "now": now.isoformat(),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(born) + "\n")
        self._process.stdin.flush()


class BotProcess:
    """`imagebot run` with moved time, as a process that can be killed."""

    def __init__(self) -> None:
        self.born = asyncio.Event()
        self._ended = asyncio.Event()
        self._pid = 0
        self._code = 0

    async def follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear from its parent when it is born and how it ends."""
        self._pid = int(await reader.readline())
        self.born.set()
        self._code = int(await reader.readline())
        self._ended.set()
        writer.close()

    async def wait(self) -> int:
        """Wait for its end and return its exit code, below zero where a signal ended it."""
        await self._ended.wait()
        return self._code

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still lives."""
        if not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        self.send_signal(signal.SIGKILL)
        await self.wait()

    async def terminate(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.send_signal(signal.SIGTERM)
        return await self.wait()


class _TimeControl:
    """Tells the other process how far time moves, and waits until it has moved there."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def advance(self, seconds: float) -> None:
        if self._writer is None or self._reader is None or self._writer.is_closing():
            return
        with contextlib.suppress(ConnectionError):
            self._writer.write(f"{seconds}\n".encode())
            await self._writer.drain()
            await self._reader.readline()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
