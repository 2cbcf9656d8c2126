"""Where a name leads: judged by the addresses it is resolved to, each time, and by nothing that was known before."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.errors import DownloadFailed
from bot.net import Downloader, make_session
from tests.support.clock import ManualClock
from tests.support.scripted_server import Answer, serve

NAME = "pictures.example"


class Names(AbstractResolver):
    """Answers each look-up with the next of the given lists of addresses; the last one is given again."""

    def __init__(self, *answers: list[str]) -> None:
        self.asked: list[str] = []
        self._answers: Iterator[list[str]] = iter(answers)
        self._last: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        self._last = next(self._answers, self._last)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._last
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def outcome(names: Names, url: str, folder: Path, *, allow_loopback: bool = False) -> str:
    """Download and return "" or why not."""
    async with make_session(allow_loopback=allow_loopback, connect_timeout_s=0.2, resolver=names) as session:
        downloader = Downloader(session=session, clock=ManualClock())
        try:
            await downloader.download(url, folder / "result", max_bytes=1_000, timeout_s=60)
        except DownloadFailed as failed:
            return failed.reason
        return ""


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["10.0.0.1", "127.0.0.1"],
        ["127.0.0.1", "10.0.0.1", "fd00::1", "169.254.169.254"],
    ],
)
async def test_a_name_that_leads_inside_is_refused(addresses: list[str], tmp_path: Path) -> None:
    """By any of its addresses, of either family; the server hears nothing."""
    async with serve(Answer(body=b"secret")) as server:
        assert await outcome(Names(addresses), f"http://{NAME}:{server.port}/", tmp_path) == "forbidden_address"
    assert server.seen == []


async def test_of_several_addresses_only_an_allowed_one_is_connected_to(tmp_path: Path) -> None:
    """Those beside it are passed over, whichever comes first."""
    async with serve(Answer(body=b"x")) as server:
        url = f"http://{NAME}:{server.port}/"
        assert await outcome(Names(["10.0.0.1", "127.0.0.1"]), url, tmp_path, allow_loopback=True) == ""
    assert server.seen[0].headers["Host"] == f"{NAME}:{server.port}"


async def test_a_name_that_is_bound_anew_between_two_hops_is_judged_anew(tmp_path: Path) -> None:
    """The first look-up opens no door for the second: what is connected to is what was judged."""
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    async with serve(Answer(status=302, headers={"Location": "http://other.example/x"})) as server:
        url = f"http://{NAME}:{server.port}/"
        assert await outcome(names, url, tmp_path, allow_loopback=True) == "forbidden_address"
    assert names.asked == [NAME, "other.example"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1.",
        "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
        "127\u30020\u30020\u30021",
        "\u2460\u2461\u2466.0.0.1",
        "0x7f.1",
        "0177.1",
        "017700000001",
        "0",
        "127.0.1",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "%31%32%37.0.0.1",
        "localhost.",
        "LOCALHOST",
        "pictures.example@127.0.0.1",
        "pictures.example:80@127.0.0.1",
        "pictures.example%40127.0.0.1@127.0.0.1",
        "\\@127.0.0.1",
        "127.0.0.1#@pictures.example",
        "127.0.0.1\\@pictures.example",
    ],
)
async def test_no_notation_of_this_machine_gets_through(host: str, tmp_path: Path) -> None:
    """Other digits and dots, a dot at the end, names of users: whatever the resolver or the parser makes of it."""
    async with serve(Answer(body=b"secret")) as server, make_session(allow_loopback=False) as session:
        url = f"http://{host}:{server.port}/" if "#" not in host else f"http://{host.replace('#', f':{server.port}#')}/"
        with pytest.raises(DownloadFailed) as failed:
            await Downloader(session=session, clock=ManualClock()).download(
                url, tmp_path / "result", max_bytes=1_000, timeout_s=60
            )
    assert failed.value.reason in {"forbidden_address", "unreachable"}
    assert server.seen == []
    assert list(tmp_path.iterdir()) == []
