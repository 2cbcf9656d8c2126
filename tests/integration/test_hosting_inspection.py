"""Looking at a hosted copy as the provider will: what is believed, what is tried again, and where nobody may look."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.hosting import Asset, Hosted, Inspector
from bot.hosting.inspection import ATTEMPTS
from bot.hosting.model import HostFailed
from bot.net import make_session
from bot.settings import HostName
from tests.support.clock import START, ManualClock
from tests.support.hosting import BriefClock, make_asset
from tests.support.scripted_server import Answer, Cut, Hang, Reset, serve


@pytest.fixture
def asset(tmp_path: Path) -> Asset:
    return make_asset(tmp_path)


@contextlib.asynccontextmanager
async def inspector(clock: ManualClock, *, allow_loopback: bool = True) -> AsyncGenerator[Inspector, None]:
    async with make_session(allow_loopback=allow_loopback, connect_timeout_s=1.0) as session:
        yield Inspector(session=session, clock=clock)


def at(url: str) -> Hosted:
    return Hosted(url=url, expires_at=START, host=HostName.S3)


async def verdict(hosted: Hosted, asset: Asset, clock: ManualClock, **how: Any) -> tuple[str, bool]:
    """Look, and return what was found and whether it may pass; ("", False) where all is well."""
    async with inspector(clock, **how) as looking:
        try:
            await looking.require_whole(hosted, asset)
        except HostFailed as failed:
            fault = failed.fault
        else:
            return "", False
    assert (fault.host, fault.reason) == ("s3", "broken")
    return fault.detail, fault.passing


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("image/png", ""),
        ("image/png; charset=binary", ""),
        ("IMAGE/PNG", ""),
        ("application/octet-stream", ""),
        ("binary/octet-stream", ""),
        ("image/jpeg", "type image/jpeg"),
        ("text/html", "type text/html"),
    ],
)
async def test_the_type_is_right_or_not_told(said: str, detail: str, asset: Asset) -> None:
    """A wrong one would mislead the provider; a server that does not look at what it serves is tolerated."""
    answer = Answer(body=asset.path.read_bytes(), headers={"Content-Type": said})
    async with serve(answer) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == (detail, False)
    [seen] = server.seen
    assert "Authorization" not in seen.headers
    assert seen.headers["Accept-Encoding"] == "identity"


def whole(asset: Asset, **changes: Any) -> Answer:
    return Answer(**{"body": asset.path.read_bytes(), "headers": {"Content-Type": "image/png"}, **changes})


@pytest.mark.parametrize("spoil", ["shorter", "longer", "changed", "empty"])
async def test_other_bytes_are_no_copy(spoil: str, asset: Asset) -> None:
    """Length and SHA-256 decide; it is not asked twice."""
    data = asset.path.read_bytes()
    body = {"shorter": data[:-1], "longer": data + b"x", "changed": data[:-1] + b"x", "empty": b""}[spoil]
    async with serve(whole(asset, body=body)) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == ("other bytes", False)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("trouble", "detail", "asked"),
    [
        (Answer(status=404), "HTTP 404", ATTEMPTS),
        (Answer(status=429), "HTTP 429", ATTEMPTS),
        (Answer(status=502), "HTTP 502", ATTEMPTS),
        (Reset(), "ServerDisconnectedError", 2 * ATTEMPTS),  # the library itself asks again
        (Cut(body=b"abc"), "ClientPayloadError", ATTEMPTS),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_what_may_pass_is_looked_at_three_times(trouble: Any, detail: str, asked: int, asset: Asset) -> None:
    """A copy may take a moment to be everywhere; then it is given up."""
    async with serve(trouble, trouble, whole(asset)) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == ("", False)
    async with serve(trouble) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == (detail, True)
    assert len(server.seen) == asked


@pytest.mark.parametrize("status", [400, 401, 403, 410, 204, 206])
async def test_a_refusal_is_final(status: int, asset: Asset) -> None:
    """Asking again changes nothing."""
    async with serve(whole(asset, status=status)) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == (f"HTTP {status}", False)
    assert len(server.seen) == 1


async def test_three_redirects_are_followed_and_no_more(asset: Asset) -> None:
    """As any plain client does."""
    hop = Answer(status=302, headers={"Location": "/further/a.png"})
    async with serve(hop, hop, whole(asset)) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == ("", False)
    async with serve(hop) as server:
        assert await verdict(at(f"{server.base}/a.png"), asset, BriefClock()) == ("TooManyRedirects", False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/a.png", "http://localhost:{port}/a.png", "http://0x7f.1:{port}/a"]
)
async def test_an_address_the_provider_could_not_reach_is_not_looked_at(url: str, asset: Asset) -> None:
    """Private addresses are refused at the moment of connecting; what is there is not touched."""
    async with serve(whole(asset)) as server:
        hosted = at(url.format(port=server.port))
        assert await verdict(hosted, asset, BriefClock(), allow_loopback=False) == ("address not allowed", False)
    assert server.seen == []


@pytest.mark.parametrize("url", ["no url", "ftp://host/a.png", "http://", "http://[::1/a.png"])
async def test_what_is_no_address_is_broken(url: str, asset: Asset) -> None:
    """A host may answer with anything."""
    detail, passing = await verdict(at(url), asset, BriefClock())
    assert (bool(detail), passing) == (True, False)


async def test_nobody_listening_may_pass(asset: Asset) -> None:
    """A server that is being started again."""
    async with serve(Answer()) as server:
        port = server.port
    detail, passing = await verdict(at(f"http://127.0.0.1:{port}/a.png"), asset, BriefClock())
    assert (detail, passing) == ("ClientConnectorError", True)


async def test_a_server_that_hangs_is_given_a_minute_a_look(asset: Asset) -> None:
    """By the clock."""
    clock = BriefClock()
    async with serve(Hang()) as server:
        looking = asyncio.create_task(verdict(at(f"{server.base}/a.png"), asset, clock))
        await clock.run_until(looking.done, step_s=20)
        assert await looking == ("TimeoutError", True)
        assert len(server.seen) == ATTEMPTS


@pytest.mark.parametrize(
    ("status", "headers", "there"),
    [
        (206, {"Content-Range": "bytes 0-0/{n}"}, True),
        (206, {"Content-Range": "bytes 0-0/7"}, False),
        (206, {}, False),
        (200, {}, True),
        (404, {}, False),
        (403, {}, False),
    ],
)
async def test_a_second_use_only_asks_for_the_first_byte(
    status: int, headers: dict[str, str], there: bool, asset: Asset
) -> None:
    """Signed URLs allow GET only, so that HEAD would not do; the length tells the right file."""
    told = {name: value.format(n=asset.n_bytes) for name, value in headers.items()}
    body = asset.path.read_bytes() if status == 200 else b"x"
    async with (
        serve(whole(asset, status=status, headers=told, body=body)) as server,
        inspector(BriefClock()) as looking,
    ):
        assert await looking.is_there(at(f"{server.base}/a.png"), asset) is there
    [seen] = server.seen
    assert (seen.method, seen.headers["Range"]) == ("GET", "bytes=0-0")
