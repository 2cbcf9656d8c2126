"""Fetching the pictures people give: so many at once, and in fair turns."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DownloadFailed
from bot.jobs.model import Source
from bot.jobs.sources import FETCHES_AT_ONCE, SourceFault, SourceKeeper
from bot.net.hosts import AllowedHosts
from tests.support.clock import ManualClock


class HeldDownloader:
    """Begins every download and lets it fail for good when it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._ends: list[asyncio.Event] = []

    async def download(self, url: str, to: Path, **_limits: Any) -> None:
        self.begun.append(url.removeprefix("https://here/"))
        self._ends.append(asyncio.Event())
        await self._ends[-1].wait()
        raise DownloadFailed("gone", passing=False, status=404)

    def end(self, number: int) -> None:
        self._ends[number].set()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_gives_many_pictures_lets_others_fetch_theirs_in_between(tmp_path: Path) -> None:
    """Twenty of one person wait for the eight places; another one's only picture is the next."""
    downloader = HeldDownloader()
    nothing: Any = None  # a fetch that fails comes to neither worker, host nor store
    keeper = SourceKeeper(
        folder=tmp_path,
        downloader=downloader,
        allowed=AllowedHosts(frozenset({"here"}), loopback=False),
        workers=nothing,
        hosting=nothing,
        store=nothing,
        clock=ManualClock(),
    )

    async def give(name: str, *, user_id: int) -> None:
        await keeper.keep(Source(position=1, name=name, url=f"https://here/{name}"), user_id=user_id)

    flood = [asyncio.create_task(give(f"alice {number}", user_id=1)) for number in range(20)]
    await settle()
    other = asyncio.create_task(give("bob", user_id=2))
    await settle()
    assert downloader.begun == [f"alice {number}" for number in range(FETCHES_AT_ONCE)]
    downloader.end(0)
    await settle()
    assert downloader.begun[FETCHES_AT_ONCE:] == ["bob"]
    with pytest.raises(SourceFault):
        await flood[0]
    for task in (*flood, other):
        task.cancel()
    await asyncio.gather(*flood, other, return_exceptions=True)
    assert list(tmp_path.iterdir()) == []
