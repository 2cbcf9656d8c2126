"""Answers that are made to hurt: packed so that they grow without end, or sent one byte at a time."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.errors import DownloadFailed
from bot.net import Downloader
from bot.provider.errors import BadAnswer, ProviderError
from bot.provider.transport import ANSWER_MAX_BYTES, READ_TIMEOUT_S, Transport
from tests.support.clock import ManualClock
from tests.support.scripted_server import Answer, serve


@contextlib.asynccontextmanager
async def transport_to(base: str, clock: ManualClock) -> AsyncGenerator[Transport, None]:
    async with aiohttp.ClientSession() as session:
        yield Transport(session=session, base=base, api_key=SecretStr("sk-x"), clock=clock, jitter=lambda: 0.0)


@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_that_unpacks_to_more_than_any_answer_has_is_put_down(status: int) -> None:
    """What counts is what it would take in memory; of a refusal the status says enough."""
    bomb = gzip.compress(b'"' + bytes(200 * ANSWER_MAX_BYTES))
    answer = Answer(status=status, body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
    async with serve(answer) as server, transport_to(server.base, ManualClock()) as transport:
        with pytest.raises(ProviderError) as failed:
            await transport.once("GET", "/v1/credits")
    assert isinstance(failed.value, BadAnswer) is (status == 200)


@contextlib.asynccontextmanager
async def dripping(clock: ManualClock) -> AsyncGenerator[str, None]:
    """Run a server whose body comes one byte a second, for ever."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"a")
                await writer.drain()
                await clock.sleep(1)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await clock.advance(2)  # lets the last one see that it is alone
        await server.wait_closed()


async def test_an_answer_that_drips_is_given_up_by_its_time_as_a_whole() -> None:
    """Each byte is no new beginning."""
    clock = ManualClock()
    async with dripping(clock) as base, transport_to(base, clock) as transport:
        reading = asyncio.create_task(transport.once("GET", "/v1/credits"))
        await clock.run_until(reading.done, step_s=1, limit_s=READ_TIMEOUT_S + 5)
        with pytest.raises(ProviderError):
            await reading


async def test_a_picture_that_drips_is_given_up_by_its_time_as_a_whole(tmp_path: Path) -> None:
    """And nothing of it stays on disk."""
    clock = ManualClock()
    async with dripping(clock) as base, aiohttp.ClientSession() as session:
        downloader = Downloader(session=session, clock=clock)
        loading = asyncio.create_task(downloader.download(base, tmp_path / "r", max_bytes=10**6, timeout_s=20))
        await clock.run_until(loading.done, step_s=1, limit_s=25)
        with pytest.raises(DownloadFailed):
            await loading
    assert list(tmp_path.iterdir()) == []
