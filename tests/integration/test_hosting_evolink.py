"""Hosting at EvoLink, on its stand-in: real bytes, the quota, the 72 hours, and what to do when the account is full."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.hosting.evolink import EvolinkHost
from bot.sandbox.evolink import EvoLinkSandbox, Knobs
from tests.support.hosting import (
    KEY,
    BriefClock,
    Desk,
    evolink_host,
    fetch,
    make_asset,
    open_assets,
    open_desk,
    uploads,
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The stand-in, our end of it, and the hosting in between."""

    evolink: EvoLinkSandbox
    host: EvolinkHost
    desk: Desk
    clock: BriefClock


@contextlib.asynccontextmanager
async def open_place(folder: Path, knobs: Knobs | None = None) -> AsyncGenerator[Place, None]:
    clock = BriefClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=KEY, knobs=knobs) as evolink,
        open_assets(folder) as assets,
        evolink_host(evolink.files_base, clock) as host,
        open_desk(assets, clock, host) as desk,
    ):
        yield Place(evolink=evolink, host=host, desk=desk, clock=clock)
        assert evolink.keys_leaked == []


@pytest.mark.parametrize(("kind", "ending"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")])
async def test_the_bytes_at_the_url_are_the_bytes_we_prepared(kind: str, ending: str, tmp_path: Path) -> None:
    """A plain GET without a key, the right extension, 72 hours."""
    asset = make_asset(tmp_path, kind=kind)
    async with open_place(tmp_path) as place:
        hosted = await place.desk.hosting.ensure(asset)
        assert await fetch(hosted.url) == (200, asset.path.read_bytes(), asset.media_type)
        assert hosted.url.endswith(ending)
        assert hosted.expires_at - place.clock.now() == timedelta(hours=72)


async def test_the_same_content_is_uploaded_once(tmp_path: Path) -> None:
    """Also by fifty at the same moment."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        hosted = await asyncio.gather(*(place.desk.hosting.ensure(asset) for _ in range(50)))
        assert len({one.url for one in hosted}) == 1
        assert uploads(place.evolink) == 1
