"""Bringing a body to disk over real sockets: whole or not at all, from allowed addresses only."""

import asyncio
import contextlib
import gzip
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.errors import DownloadFailed
from bot.net import Downloaded, Downloader, make_session
from bot.net.download import WRITE_BYTES
from tests.support.clock import ManualClock
from tests.support.scripted_server import Answer, Cut, Hang, Reset, serve

BODY = bytes(range(256)) * 10_000  # 2.5 MB: several blocks and a rest
CHUNKED = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with make_session(allow_loopback=True, connect_timeout_s=1) as session:
        yield session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    folder: Path,
    *,
    max_bytes: int = 10_000_000,
    clock: ManualClock | None = None,
) -> Downloaded:
    downloader = Downloader(session=session, clock=clock or ManualClock())
    return await downloader.download(url, folder / "result", max_bytes=max_bytes, timeout_s=60)


@contextlib.asynccontextmanager
async def raw_server(sent: bytes, *, then_close: bool) -> AsyncGenerator[str, None]:
    """Run a server that sends just these bytes, and then closes or holds its breath."""
    closing = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        if not then_close:
            await closing.wait()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        closing.set()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


async def refusal(
    session: aiohttp.ClientSession, url: str, folder: Path, *, max_bytes: int = 10_000_000
) -> tuple[str, bool]:
    """Return why a download failed and whether that may pass, having seen that nothing is left on disk."""
    with pytest.raises(DownloadFailed) as failed:
        await fetch(session, url, folder, max_bytes=max_bytes)
    assert contents(folder) == []
    return failed.value.reason, failed.value.passing


@pytest.mark.parametrize("n_bytes", [0, 1, WRITE_BYTES - 1, WRITE_BYTES, WRITE_BYTES + 1, len(BODY)])
async def test_a_body_arrives_byte_for_byte_with_its_hash(
    n_bytes: int, session: aiohttp.ClientSession, folder: Path
) -> None:
    """Whatever its length is to our blocks; nothing but the file is left."""
    body = BODY[:n_bytes]
    async with serve(Answer(body=body, headers=JPEG)) as server:
        got = await fetch(session, server.base + "/a.png?sig=1", folder)
    assert (folder / "result").read_bytes() == body
    assert contents(folder) == ["result"]
    assert got == Downloaded(
        n_bytes=n_bytes,
        sha256=hashlib.sha256(body).hexdigest(),
        content_type="image/jpeg",
        final_url=server.base + "/a.png?sig=1",
    )
    assert "sig" not in repr(got)


async def test_a_download_replaces_what_stood_there(session: aiohttp.ClientSession, folder: Path) -> None:
    """A second try after a crash is no different from the first."""
    (folder / "result").write_bytes(b"old")
    async with serve(Answer(body=b"new")) as server:
        await fetch(session, server.base, folder)
    assert (folder / "result").read_bytes() == b"new"


async def test_a_result_host_gets_no_key_even_if_its_url_names_a_user(
    session: aiohttp.ClientSession, folder: Path
) -> None:
    """A user in the URL would become an Authorization header."""
    async with serve(Answer(body=b"x")) as server:
        await fetch(session, server.base.replace("//", "//user:pass@"), folder)
    assert "Authorization" not in server.seen[0].headers
    assert "Cookie" not in server.seen[0].headers
    assert server.seen[0].headers["User-Agent"].startswith("imagebot/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_to_the_body(status: int, session: aiohttp.ClientSession, folder: Path) -> None:
    """Relative ones, too; the final address is told."""
    there = Answer(status=status, body=b"moved", headers={"Location": "/new/place.jpg"})
    async with serve(there, Answer(body=b"x")) as server:
        got = await fetch(session, server.base + "/old", folder)
    assert [seen.path for seen in server.seen] == ["/old", "/new/place.jpg"]
    assert got.final_url == server.base + "/new/place.jpg"


async def test_five_redirects_are_followed_and_a_sixth_is_not(session: aiohttp.ClientSession, folder: Path) -> None:
    """As the first-party client has it (provider.md 3.2)."""
    hop = Answer(status=302, headers={"Location": "/next"})
    async with serve(*[hop] * 5, Answer(body=b"x")) as server:
        await fetch(session, server.base, folder)
    (folder / "result").unlink()
    async with serve(hop) as server:
        assert await refusal(session, server.base, folder) == ("too_many_redirects", False)
    assert len(server.seen) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00::1]/x",
        "http://0.0.0.0/x",
        "http://167772161/x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:image/png;base64,AAAA",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "",
    ],
)
async def test_a_redirect_to_where_we_may_not_go_is_refused(
    location: str, session: aiohttp.ClientSession, folder: Path
) -> None:
    """Each hop is checked like the first address."""
    async with serve(Answer(status=302, headers={"Location": location})) as server:
        assert await refusal(session, server.base, folder) in {
            ("forbidden_address", False),
            ("too_many_redirects", False),
        }


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_loopback_is_out_of_reach_in_every_notation_unless_it_is_allowed(host: str, folder: Path) -> None:
    """Names are judged after resolution, by the very address that would be connected to; the server hears nothing."""
    async with serve(Answer(body=b"secret")) as server, make_session(allow_loopback=False) as session:
        url = f"http://{host}:{server.port}/"
        assert await refusal(session, url, folder) == ("forbidden_address", False)
    assert server.seen == []


@pytest.mark.parametrize(
    "url",
    [
        *("http://10.0.0.1/", "ftp://x.example/", "nonsense", "http://[::1", ""),
        *("http://a..b/", "http://.../", "http://" + "a" * 64 + ".com/", "http://" + "a." * 127 + "com/"),
        *("http://\u0130\u200d/", "http://\ud800/", "http://a b/", "http://a\0b/", "http://%00/", "http://[::1%25lo]/"),
        *("http://0/", "http://127.0.0.1:99999/", "//x"),
    ],
)
async def test_an_address_that_is_not_allowed_is_refused_at_once(
    url: str, session: aiohttp.ClientSession, folder: Path
) -> None:
    """Another try would be no better."""
    assert await refusal(session, url, folder) == ("forbidden_address", False)


@pytest.mark.parametrize(
    ("answer", "reason", "passing"),
    [
        (Answer(status=404, body=b""), "gone", False),
        (Answer(status=403, body=b""), "gone", False),
        (Answer(status=410, body=b""), "gone", False),
        (Answer(status=400, body=b""), "gone", False),
        (Answer(status=408, body=b""), "unreachable", True),
        (Answer(status=425, body=b""), "unreachable", True),
        (Answer(status=429, body=b""), "unreachable", True),
        (Answer(status=500, body=b""), "unreachable", True),
        (Answer(status=503, body=b""), "unreachable", True),
        (Answer(status=204), "unreachable", True),
        (Answer(status=206, body=b"part"), "unreachable", True),
        (Answer(status=304), "unreachable", True),
        (Reset(), "unreachable", True),
        (Cut(body=b"x" * 300_000, announced=400_000), "unreachable", True),
        (Answer(body=b"x" * 1001), "too_large", False),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_a_failed_download_says_whether_to_try_again_and_leaves_nothing_behind(
    answer: Answer | Reset | Cut, reason: str, passing: bool, session: aiohttp.ClientSession, folder: Path
) -> None:
    """Nothing is repeated inside: that is the caller's decision."""
    limit = 1000 if reason == "too_large" else 10_000_000
    async with serve(answer) as server:
        assert await refusal(session, server.base, folder, max_bytes=limit) == (reason, passing)


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", BODY, "too_large"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKED, "too_large"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(bytes(50_000_000), mtime=0), "too_large"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nabcd\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n", b"nope", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", b"x", "unreachable"),
        (b"", b"", "unreachable"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", b"", "unreachable"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_body_whose_length_is_unknown_or_a_lie_is_stopped_or_found_out(
    head: bytes, body: bytes, reason: str, session: aiohttp.ClientSession, folder: Path
) -> None:
    """The limit counts what would stand on disk, and an end that is no end is seen."""
    async with raw_server(head + body, then_close=True) as base:
        assert await refusal(session, base, folder, max_bytes=len(BODY) - 1) == (reason, reason == "unreachable")


async def test_a_host_that_nobody_answers_at_is_passing(session: aiohttp.ClientSession, folder: Path) -> None:
    """It may be back."""
    async with serve(Answer()) as server:
        base = server.base
    assert await refusal(session, base, folder) == ("unreachable", True)


async def test_a_download_that_takes_too_long_is_given_up_by_our_clock(
    session: aiohttp.ClientSession, folder: Path
) -> None:
    """The limit is for the whole, and a stalled server is passing."""
    clock = ManualClock()
    async with serve(Hang()) as server:
        fetching = asyncio.create_task(fetch(session, server.base, folder, clock=clock))
        await server.asked.wait()
        await clock.advance(59)
        assert not fetching.done()
        await clock.advance(1)
        with pytest.raises(DownloadFailed) as failed:
            await fetching
        server.released.set()
    assert (failed.value.reason, failed.value.passing) == ("unreachable", True)
    assert contents(folder) == []


async def test_a_download_that_is_cancelled_leaves_nothing_behind(session: aiohttp.ClientSession, folder: Path) -> None:
    """Neither a file nor a thread that still writes one."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY[: len(BODY) // 2]
    async with raw_server(half, then_close=False) as base:
        fetching = asyncio.create_task(fetch(session, base, folder))
        while not contents(folder):  # noqa: ASYNC110 - the file is made by the code under test
            await asyncio.sleep(0.001)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        assert contents(folder) == []


async def test_a_fault_of_our_own_disk_is_no_download_failure(session: aiohttp.ClientSession, folder: Path) -> None:
    """It must not be taken for the provider's: there the picture is still to be had."""
    async with serve(Answer(body=b"x")) as server:
        downloader = Downloader(session=session, clock=ManualClock())
        with pytest.raises(FileNotFoundError):
            await downloader.download(server.base, folder / "gone" / "result", max_bytes=10, timeout_s=60)
        (folder / "result").mkdir()
        with pytest.raises(IsADirectoryError):
            await downloader.download(server.base, folder / "result", max_bytes=10, timeout_s=60)
    assert contents(folder) == ["result"]
