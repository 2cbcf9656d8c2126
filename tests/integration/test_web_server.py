"""The bot's own web server, called over a real socket."""

import asyncio
import contextlib
import logging
import socket
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.errors import CannotListen
from bot.jobs.model import Job
from bot.jobs.service import JobService
from bot.jobs.wakes import Wakes
from bot.web import server
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S
from tests.support.stored_jobs import PLENTY, lost_of, new_job, open_store

NOBODY: Any = None
"""What stands behind the service or the server, and is not asked in these tests."""


@dataclass(kw_only=True)
class Door:
    """The server, what stands behind it, and someone who knocks."""

    base: str
    job: Job
    wakes: Wakes
    session: aiohttp.ClientSession
    health: list[bool] = field(default_factory=lambda: [True])

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        async with self.session.request(method, self.base + path, **options) as answer:
            return answer.status, await answer.text()


@contextlib.asynccontextmanager
async def open_door(folder: Path) -> AsyncGenerator[Door, None]:
    clock = ManualClock()
    wakes, health, job = Wakes(clock), [True], new_job()
    async with open_store(folder) as store, aiohttp.ClientSession() as session:
        await store.insert(job, max_waiting=PLENTY)
        jobs = JobService(
            store=store,
            lost=lost_of(store),
            runner=NOBODY,
            admission=NOBODY,
            retention=NOBODY,
            storage=NOBODY,
            wakes=wakes,
            clock=clock,
            max_waiting=5,
        )
        application = server.application(jobs=jobs, is_healthy=lambda: health[0], clock=clock)
        async with server.serve(application, host="127.0.0.1", port=0) as base:
            yield Door(base=base, job=job, wakes=wakes, session=session, health=health)


async def test_health_is_what_discord_says(tmp_path: Path) -> None:
    """200 while connected, 503 while not; both say so in words for whoever checks the way here."""
    async with open_door(tmp_path) as door:
        assert await door.call("GET", "/healthz") == (200, '{"healthy": true}')
        door.health[0] = False
        assert await door.call("GET", "/healthz") == (503, '{"healthy": false}')


@pytest.mark.parametrize("body", [b"", b'{"status": "completed"}', b"no JSON", b"x" * 200_000])
async def test_a_callback_wakes_its_job_whatever_it_says(body: bytes, tmp_path: Path) -> None:
    """The body is not believed, so it need not even be read."""
    async with open_door(tmp_path) as door:
        with door.wakes.expect(door.job.id) as wake:
            status, text = await door.call("POST", f"/callbacks/{door.job.id}/{door.job.callback_token}", data=body)
            assert (status, text) == (204, "")
            async with asyncio.timeout(PATIENCE_S):
                await wake.wait(3600)


async def test_while_the_database_cannot_be_read_a_call_is_told_so_and_adds_nothing_to_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger needs no token for it: fifty calls are fifty answers, and one line."""
    async with open_door(tmp_path) as door:
        with contextlib.closing(sqlite3.connect(tmp_path / "imagebot.sqlite3")) as other:
            other.execute("ALTER TABLE jobs RENAME TO elsewhere")
        answers = [await door.call("POST", f"/callbacks/{door.job.id}/x{number}") for number in range(50)]
        assert answers == [(503, "")] * 50
        assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("path", ["/callbacks/{id}/{wrong}", "/callbacks/00000000000000ff/{token}"])
async def test_a_callback_with_another_token_wakes_nobody(path: str, tmp_path: Path) -> None:
    """Whoever guesses learns nothing: an unknown job and a wrong token look alike."""
    async with open_door(tmp_path) as door:
        with door.wakes.expect(door.job.id) as wake:
            token = door.job.callback_token
            known = path.format(id=door.job.id, wrong=token[:-1], token=token)
            assert await door.call("POST", known) == (404, "")
            waiting = asyncio.create_task(wake.wait(3600))
            await asyncio.sleep(0.003)
            assert not waiting.done()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/callbacks/", 404),
        ("POST", "/callbacks/not-a-job/abc", 404),
        ("POST", "/callbacks/{id}/" + "x" * 65, 404),
        ("POST", "/callbacks/{id}/a%2Fb", 404),
        ("POST", "/callbacks/{id}/{token}/more", 404),
        ("GET", "/callbacks/{id}/{token}", 405),
        ("POST", "/healthz", 405),
        ("GET", "/../../etc/passwd", 404),
    ],
)
async def test_nothing_else_is_served(method: str, path: str, status: int, tmp_path: Path) -> None:
    """Two doors, and no more."""
    async with open_door(tmp_path) as door:
        answered, _ = await door.call(method, path.format(id=door.job.id, token=door.job.callback_token))
        assert answered == status


async def test_a_taken_port_is_named_and_leaves_nothing_open(tmp_path: Path) -> None:
    """The bot says so at the start instead of being deaf."""
    async with open_door(tmp_path) as door:
        port = int(door.base.rpartition(":")[2])
        application = server.application(jobs=NOBODY, is_healthy=lambda: True, clock=ManualClock())
        with pytest.raises(CannotListen, match=f"WEB_PORT {port} at WEB_HOST 127.0.0.1 is taken by another program"):
            async with server.serve(application, host="127.0.0.1", port=port):
                pass


async def test_the_port_is_free_again_after_the_block(tmp_path: Path) -> None:
    """A restart finds it free, and nobody is answered any more."""
    async with open_door(tmp_path) as door:
        port = int(door.base.rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_an_address_of_the_sixth_version_is_written_in_brackets() -> None:
    """What is logged can be opened."""
    application = server.application(jobs=NOBODY, is_healthy=lambda: True, clock=ManualClock())
    async with server.serve(application, host="::1", port=0) as base, aiohttp.ClientSession() as session:
        assert base.startswith("http://[::1]:")
        async with session.get(f"{base}/healthz") as answer:
            assert answer.status == 200


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Tell whether the server ends the connection without a word."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


async def test_beyond_the_limit_a_connection_is_closed_at_once_and_there_is_room_again_afterwards() -> None:
    """Whoever opens hundreds takes no socket from Discord and the provider."""
    application = server.application(jobs=NOBODY, is_healthy=lambda: True, clock=ManualClock())
    async with (
        server.serve(application, host="127.0.0.1", port=0, max_connections=3) as base,
        aiohttp.ClientSession() as session,
    ):
        port = int(base.rpartition(":")[2])
        async with session.get(f"{base}/healthz") as answer:  # the first of the three; its connection is kept
            assert answer.status == 200
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        async with session.get(f"{base}/healthz") as answer:  # by now the others are counted
            assert answer.status == 200
        late_reader, late_writer = await asyncio.open_connection("127.0.0.1", port)
        assert await is_closed(late_reader)
        for _, writer in [*others, (late_reader, late_writer)]:
            writer.close()
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as another:
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with another.get(f"{base}/healthz") as answer:
                        assert answer.status == 200
                        break


@pytest.mark.parametrize("head", [b"", b"POST /callbacks/0000000000000000/x HTTP/1.1\r\nHost: a\r\n"])
async def test_a_connection_that_does_not_bring_a_request_is_closed(head: bytes) -> None:
    """Also one that brings it very slowly."""
    application = server.application(jobs=NOBODY, is_healthy=lambda: True, clock=ManualClock())
    async with server.serve(application, host="127.0.0.1", port=0, idle_s=0.02) as base:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
        writer.write(head)
        assert await is_closed(reader)
        writer.close()
