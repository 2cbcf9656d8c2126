"""Whoever knocks at the web server with what is no request, with too much of it, or without ever reading the answer."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bot.web import server
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S

NOBODY: Any = None
HOST = b"Host: a\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /x HTTP/1.1\r\n" + HOST
IDLE_S = 0.1


@contextlib.asynccontextmanager
async def opened(**limits: float) -> AsyncGenerator[int, None]:
    application = server.application(jobs=NOBODY, is_healthy=lambda: True, clock=ManualClock())
    options: dict[str, Any] = {"idle_s": IDLE_S, **limits}
    async with server.serve(application, host="127.0.0.1", port=0, **options) as base:
        yield int(base.rpartition(":")[2])


async def answers_to(port: int, *pieces: bytes) -> list[bytes]:
    """Send the pieces on one connection and return the status of each answer, once the server has closed it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
    try:
        async with asyncio.timeout(PATIENCE_S):
            answered = await reader.read(-1)
    finally:
        writer.close()
    return re.findall(rb"HTTP/1\.[01] (\d{3}) ", answered)


SMUGGLED = b"0\r\n\r\n" + HEALTH
NO_REQUESTS = {
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef" + HEALTH,
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nabcde" + HEALTH,
    "chunks under another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + SMUGGLED,
    "a chunk beyond all numbers": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n" + HEALTH,
    "a zero byte": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n" + HEALTH,
    "a line without end": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header without end": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "headers without end": b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: a\r\n" % n for n in range(5_000)) + b"\r\n",
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n" + HEALTH,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 300,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("sent", NO_REQUESTS.values(), ids=NO_REQUESTS.keys())
async def test_what_is_no_request_is_refused_once_and_nothing_behind_it_is_heard(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What a proxy may have read otherwise is no second request here; and a stranger writes no line into the log."""
    caplog.set_level("INFO")
    async with opened() as port:
        assert await answers_to(port, sent) == [b"400"]
        assert await answers_to(port, HEALTH) == [b"200"]
    assert [record.getMessage() for record in caplog.records if record.name != "asyncio"] == []


@pytest.mark.parametrize(
    "head",
    [b"CONNECT a.example:443 HTTP/1.1\r\n", b"TRACE / HTTP/1.1\r\n", b"GET http://a.example/x HTTP/1.1\r\n"],
)
async def test_the_server_is_no_proxy(head: bytes) -> None:
    """It goes nowhere for anybody and says nothing back."""
    async with opened() as port:
        [status] = await answers_to(port, head + HOST + b"\r\n")
        assert status in {b"400", b"404", b"405"}


async def test_requests_sent_at_one_go_are_answered_in_turn() -> None:
    """Not beside each other: fifty are as cheap as one after the other."""
    async with opened() as port:
        assert await answers_to(port, HEALTH * 50) == [b"200"] * 50


@pytest.mark.parametrize("before", [b"", HEALTH], ids=["first", "second"])
async def test_a_head_that_comes_byte_by_byte_is_not_waited_for(before: bytes) -> None:
    """Each byte is not one more chance; also after a request that was whole."""
    async with opened() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(before)
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"a")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(100), IDLE_S / 10)
        writer.close()


async def test_whoever_never_reads_the_answers_loses_the_connection() -> None:
    """Without an end such a client would keep one of the places for ever."""
    async with opened(life_s=0.2) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        transport: Any = writer.transport
        transport.pause_reading()
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                while not transport.is_closing():
                    writer.write(HEALTH * 1_000)
                    await writer.drain()
        transport.abort()
        assert await answers_to(port, HEALTH) == [b"200"]
