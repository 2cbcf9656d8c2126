"""The durable effects of a bot, counted in order as they happen, and a SIGKILL right after the one that is named.

A kill point is a commit that changed something, a request fully sent, an answer received, a file renamed, linked or
removed. They are seen by wrapping the driver, the HTTP client and the system calls, in a test's own process only: the
bot's modules are as they always are. It also tells whether anything is under way, so that time moves only where the bot
does nothing but wait, and two runs of one scenario have the same points.
"""

import asyncio
import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import aiosqlite.core
from aiohttp import client_reqrep

from bot.jobs.model import Status

LET_IT_ARRIVE_S = 0.03
"""How long a process that dies after a request stands still, so that the other side has the request."""
CALM_WITHIN_S = 5.0
"""A call that takes longer than this is taken to wait for moved time itself, unless somebody says how long."""
CALM_PASSES = 40
"""So often the loop goes round with nothing under way before the bot is taken to wait for time to pass."""

_WRITES = re.compile(r"\b(INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)
_STATUSES = frozenset(Status)
_VARYING = re.compile(
    r"(?<=/)(?=[^/]*(?:\d{4}|\w{16}|[\w.-]{60}))[^/]*?(?=(?:-\d(?=\.))?(?:\.(?:part|png|jpg))?(?:/|$))"
)
"""A part of a path that is another one in each run: its end tells what kind it is."""


class KillPoints:
    """Counts from when it is armed, notes each point in a file, and dies after number `die_at`."""

    def __init__(self, *, data_dir: Path, trace: Path, die_at: int | None, patience_s: float = CALM_WITHIN_S) -> None:
        self.armed = False
        self._under_way: set[object] = set()
        self._wait_for_time: set[object] = set()
        self._patience_s = patience_s
        self._data_dir = os.fspath(data_dir)
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._die_at = die_at
        self._number = 0
        self._lock = threading.Lock()
        self._answers: list[aiohttp.ClientResponse] = []
        self._connectors: list[Any] = []

    def reached(self, label: str, *, let_it_arrive: bool = False) -> None:
        """Note a point; where it is the one to die after, nothing behind this line happens any more."""
        with self._lock:
            if not self.armed:
                return
            self._number += 1
            os.write(self._trace, f"{self._number}\t{_VARYING.sub('*', label)}\n".encode())
            if self._number == self._die_at:
                time.sleep(LET_IT_ARRIVE_S if let_it_arrive else 0)
                os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Wrap what makes durable effects, in this process and for good."""
        _watch_sqlite(self)
        _watch_http(self)
        _watch_files(self)
        _watch_threads(self)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count the block among what is under way."""
        block = self.begun()
        try:
            yield
        finally:
            self.ended(block)

    def begun(self) -> object:
        """Count something among what is under way, until it is said to have `ended`."""
        block = object()
        self._under_way.add(block)
        return block

    def ended(self, block: object) -> None:
        """Count it no more."""
        self._under_way.discard(block)

    async def calm(self) -> None:
        """Return as soon as nothing is under way and the bot only waits: for time, or for what answers by the clock.

        What was waited for in vain is one of the latter, and holds up no further call.
        """
        passes, latest = 0, time.monotonic() + self._patience_s
        while passes < CALM_PASSES:
            under_way = self.under_way_now()
            if time.monotonic() >= latest:
                self._wait_for_time = under_way
                return
            busy = not under_way <= self._wait_for_time
            passes = 0 if busy else passes + 1
            await asyncio.sleep(0.001 if busy else 0)

    def under_way_now(self) -> set[object]:
        """Return the calls that wait for their answer, and the answers that nobody has read to the end or let go."""
        self._answers = [each for each in self._answers if not each.closed]
        return {*self._under_way, *self._answers}

    def known(self, connector: aiohttp.BaseConnector) -> None:
        """Note whose connections are to be counted."""
        self._connectors.append(connector)

    def connections(self) -> tuple[int, int]:
        """Count the connections in use, and those that are kept for the next call."""
        kept = sum(len(kept) for each in self._connectors for kept in each._conns.values())
        return sum(len(each._acquired) for each in self._connectors), kept

    def answered(self, answer: aiohttp.ClientResponse) -> None:
        """Note an answer; until its body was read to the end something is under way, but for web sockets."""
        if answer.status != 101:
            self._answers.append(answer)

    def of_ours(self, path: Any) -> str | None:
        """Return a path within DATA_DIR as it is written there; None for any other, and for probes of the disk."""
        if not isinstance(path, str | os.PathLike):
            return None
        whole = os.fspath(path)
        if not isinstance(whole, str) or not whole.startswith(self._data_dir) or ".probe." in whole:
            return None
        return whole[len(self._data_dir) + 1 :]


class _Connection(sqlite3.Connection):
    """Tells of each commit that changed something, with the tables and the status it wrote."""

    reached: Callable[[str], None]
    _n_changes = 0
    _writes: tuple[str, ...] = ()

    def cursor(self, *_: Any, **__: Any) -> Any:
        return super().cursor(_Cursor)

    def execute(self, *arguments: Any) -> Any:
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        return self.cursor().executemany(*arguments)

    def rollback(self) -> None:
        super().rollback()
        self._n_changes, self._writes = self.total_changes, ()

    def begin(self, sql: str, parameters: Any = ()) -> None:
        """Remember what a statement is about to write."""
        earlier = self._writes if self.in_transaction else ()
        self._writes = (*earlier, *_words(sql, parameters))

    def end(self) -> None:
        """See whether a statement, or the reading of what it returns, has committed something."""
        if not self.in_transaction and self.total_changes != self._n_changes:
            self._n_changes = self.total_changes
            self.reached(f"commit: {', '.join(dict.fromkeys(self._writes))}")


class _Cursor(sqlite3.Cursor):
    connection: _Connection

    def execute(self, sql: str, *parameters: Any) -> Any:
        self.connection.begin(sql, *parameters)
        outcome = super().execute(sql, *parameters)
        self.connection.end()
        return outcome

    def executemany(self, sql: str, rows: Iterable[Any], /) -> Any:
        every = list(rows)
        if every:  # else nothing is written
            self.connection.begin(sql)
        outcome = super().executemany(sql, every)
        self.connection.end()
        return outcome

    def fetchone(self) -> Any:
        row = super().fetchone()
        self.connection.end()
        return row

    def fetchall(self) -> Any:
        rows = super().fetchall()
        self.connection.end()
        return rows


def _words(sql: str, parameters: Any) -> list[str]:
    """Say what a statement writes: `UPDATE jobs → running`."""
    found = _WRITES.search(sql)
    if found is None:
        return []
    values = list(parameters.values() if isinstance(parameters, dict) else parameters)
    status = next((each for each in values if isinstance(each, str) and each in _STATUSES), None)
    return [f"{found[1].split()[0]} {found[2]}" + (f" → {status}" if status else "")]


def _watch_sqlite(points: KillPoints) -> None:
    connect = sqlite3.connect
    factory = type("Connection", (_Connection,), {"reached": staticmethod(points.reached)})
    sqlite3.connect = lambda *args, **options: connect(*args, **{**options, "factory": factory})  # type: ignore
    aiosqlite.core.Connection._execute = _counted(points, aiosqlite.core.Connection._execute)


def _watch_http(points: KillPoints) -> None:
    request = client_reqrep.ClientRequest
    send, write_bytes, start = request.send, request.write_bytes, client_reqrep.ClientResponse.start

    async def send_bare(self: Any, connection: Any) -> Any:
        bare = not self._body
        answer = await send(self, connection)
        if bare:
            points.reached(f"sent: {_call(self)}", let_it_arrive=True)
        return answer

    async def send_body(self: Any, writer: Any, connection: Any, *arguments: Any) -> None:
        await write_bytes(self, writer, connection, *arguments)
        while writer.transport is not None and writer.transport.get_write_buffer_size():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        points.reached(f"sent: {_call(self)}", let_it_arrive=True)

    async def receive(self: Any, connection: Any) -> Any:
        answer = await start(self, connection)
        points.answered(answer)
        points.reached(f"answer {answer.status}: {_call(self)}")
        return answer

    request.send, request.write_bytes, client_reqrep.ClientResponse.start = send_bare, send_body, receive  # type: ignore
    begin = aiohttp.BaseConnector.__init__

    def begin_known(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        points.known(self)

    aiohttp.BaseConnector.__init__ = begin_known  # type: ignore
    aiohttp.ClientSession._request = _counted(points, aiohttp.ClientSession._request)


def _call(of: Any) -> str:
    return f"{of.method} {of.url.path.removeprefix('/api/v10')}"


def _watch_files(points: KillPoints) -> None:
    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def calling(path: Any, *arguments: Any, **options: Any) -> Any:
            outcome = call(path, *arguments, **options)
            if (ours := points.of_ours(arguments[0] if arguments else path)) is not None:
                points.reached(f"{name}: {ours}")
            return outcome

        return calling

    for name in ("replace", "rename", "link", "unlink", "remove"):
        setattr(os, name, watched(name, getattr(os, name)))


def _watch_threads(points: KillPoints) -> None:
    loop = asyncio.BaseEventLoop
    run_in_executor = loop.run_in_executor

    def run(self: Any, *arguments: Any) -> Any:
        future = run_in_executor(self, *arguments)
        block = points.begun()
        future.add_done_callback(lambda _: points.ended(block))
        return future

    loop.run_in_executor = run  # type: ignore
    loop.subprocess_exec = _counted(points, loop.subprocess_exec)
    asyncio.StreamReader.readexactly = _counted(points, asyncio.StreamReader.readexactly)


def _counted(points: KillPoints, call: Callable[..., Any]) -> Any:
    async def counted(*arguments: Any, **options: Any) -> Any:
        with points.under_way():
            return await call(*arguments, **options)

    return counted
