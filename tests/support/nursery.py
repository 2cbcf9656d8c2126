"""Bots in processes of their own that are born in a moment, tell their kill points and die where they are told to."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import IO, Any

from tests.support.house import House
from tests.support.kill_points import CALM_WITHIN_S
from tests.support.patience import PATIENCE_S

_NUMBERS = itertools.count()
READY = "ready"
"""What the process says that forks, as soon as it has imported everything."""
QUICK_START_S = 1.5


class Mortal:
    """A bot process, as its test sees it."""

    def __init__(self, folder: Path) -> None:
        number = next(_NUMBERS)
        self.control = folder / f"control-{number}"
        self.trace = folder / f"points-{number}"
        self.left = folder / f"left-{number}"
        self.log = folder / "log"
        self.gone = asyncio.Event()
        self._process: int | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the bot's own connection, by which it is commanded."""
        self._reader, self._writer = reader, writer
        # by its number alone, one that has died could be mistaken for a stranger born since
        self._process = os.pidfd_open(_pid_behind(writer))

    async def tell(self, word: str, number: float = 0) -> dict[str, int]:
        """Give an order, wait until the bot has obeyed and is calm, or is dead, and return what it says to it."""
        if self._reader is None or self._writer is None or self.gone.is_set():
            return {}
        with contextlib.suppress(ConnectionError):
            self._writer.write(f"{word} {number}\n".encode())
            await self._writer.drain()
            if said := await self._reader.readline():
                return json.loads(said)
        self._mourn()
        return {}

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still lives."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)

    def _mourn(self) -> None:
        """Note that it is gone."""
        if self._process is not None and self._writer is not None:
            os.close(self._process)
            self._process = None
            self._writer.close()
        self.gone.set()

    async def advance(self, seconds: float) -> None:
        """Move its time."""
        await self.tell("move", seconds)

    async def report(self) -> Counter[str]:
        """Have it count its tasks, the calls under way, its connections, and what it remembers."""
        return Counter(await self.tell("report"))

    def left_at_stop(self) -> dict[str, int]:
        """Return what still went on in it when it had stopped in order; nothing of one that was killed."""
        return json.loads(self.left.read_text()) if self.left.exists() else {}

    def points(self) -> list[str]:
        """List the labels of the points it has passed."""
        return [line.split("\t")[1] for line in self.trace.read_text().splitlines()] if self.trace.exists() else []

    async def end(self, *, by: signal.Signals = signal.SIGTERM) -> None:
        """Have it stop, and wait until it is gone."""
        if self.gone.is_set() or self._reader is None:
            return
        self.send_signal(by)
        with contextlib.suppress(ConnectionError):
            while await asyncio.wait_for(self._reader.readline(), PATIENCE_S):
                pass
        self._mourn()


class Nursery:
    """The process that forks them."""

    def __init__(self, orders: IO[str]) -> None:
        self._orders = orders

    @classmethod
    @contextlib.contextmanager
    def opened(cls) -> Generator["Nursery", None, None]:
        """Start it; it ends with the block. It belongs to no event loop."""
        command = (sys.executable, "-m", "tests.support.mortal_bot")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline().strip() == READY
            yield cls(process.stdin)

    @contextlib.asynccontextmanager
    async def bot(
        self, house: House, *, die_at: int | None = None, patience_s: float = CALM_WITHIN_S, **changes: Any
    ) -> AsyncGenerator[Mortal, None]:
        """Have a bot born and wait until it is connected; on leaving it is asked to stop, if it still lives."""
        mortal = Mortal(house.data_dir.parent)
        server = await asyncio.start_unix_server(mortal.serve, mortal.control)
        known = list(house.discord.gateway.sessions)
        self._bear(house, mortal, {"die_at": die_at, "patience_s": patience_s}, changes)
        house.clock.on_advance.append(mortal.advance)
        try:
            await _connected(house, known)
            await mortal.tell("move")
            yield mortal
        finally:
            house.clock.on_advance.remove(mortal.advance)
            await mortal.end()
            server.close()
            await server.wait_closed()
            mortal.control.unlink(missing_ok=True)

    def _bear(self, house: House, mortal: Mortal, fate: dict[str, Any], changes: dict[str, Any]) -> None:
        values = {name.upper(): str(value) for name, value in house.values(**changes).items()}
        born = {
            "settings": values,
            "control": str(mortal.control),
            "trace": str(mortal.trace),
            "left": str(mortal.left),
            "log": str(mortal.log),
            "now": house.clock.now().isoformat(),
            **fate,
        }
        self._orders.write(json.dumps(born) + "\n")
        self._orders.flush()


async def _connected(house: House, known: list[str]) -> None:
    """Wait for a bot to connect. One that follows many others lets time pass first, to spare sessions."""
    connected = asyncio.create_task(house.discord.gateway.wait_for_another(known, timeout=600))
    await asyncio.wait({connected}, timeout=QUICK_START_S)
    while not connected.done():
        await house.clock.advance(10)
        await asyncio.wait({connected}, timeout=0.05)
    await connected


def _pid_behind(writer: asyncio.StreamWriter) -> int:
    """Ask the kernel who is at the other end of a local socket."""

    credentials = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
    )
    return int(struct.unpack("3i", credentials)[0])
