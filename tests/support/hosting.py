"""Hosting on real sockets and a real database: pictures to host, and a clock whose short waits take no time."""

import contextlib
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image
from pydantic import SecretStr

from bot.errors import HostFault, HostingFailed
from bot.hosting import Asset, Host, HostedFolder, Hosting
from bot.hosting.evolink import EvolinkHost
from bot.hosting.inspection import Inspector
from bot.hosting.own import OwnHost
from bot.net import make_session
from bot.provider.uploads import FileService
from bot.sandbox.evolink import EvoLinkSandbox
from bot.store.assets import AssetStore
from bot.store.database import Database
from bot.web import pictures, server
from tests.support.clock import ManualClock
from tests.support.pictures import encode

KEY = "sk-test-0123456789"


class BriefClock(ManualClock):
    """Waits before another try take no time; deadlines stand still until time is moved."""

    async def sleep(self, seconds: float) -> None:
        if seconds >= 15:
            await super().sleep(seconds)


def make_asset(folder: Path, *, shade: int = 0, kind: str = "PNG") -> Asset:
    """Write a small picture of its own shade and describe it."""
    data = encode(Image.new("RGB", (24, 16), (shade, 90, 200)), kind)
    path = folder / f"prepared-{kind}-{shade}"
    path.write_bytes(data)
    media_type = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}[kind]
    return Asset(sha256=hashlib.sha256(data).hexdigest(), media_type=media_type, n_bytes=len(data), path=path)


@contextlib.asynccontextmanager
async def open_assets(folder: Path) -> AsyncGenerator[AssetStore, None]:
    database = await Database.open(folder / "imagebot.sqlite3")
    try:
        yield AssetStore(database)
    finally:
        await database.close()


@dataclass(kw_only=True)
class Desk:
    """Hosting with whatever hosts a test gives it, and someone who fetches from outside."""

    hosting: Hosting
    assets: AssetStore
    needed: set[str] = field(default_factory=set[str])
    """The content that living jobs need."""


@contextlib.asynccontextmanager
async def open_desk(assets: AssetStore, clock: ManualClock, *hosts: Host) -> AsyncGenerator[Desk, None]:
    needed: set[str] = set()

    async def in_use(sha256: str) -> bool:
        return sha256 in needed

    async with make_session(allow_loopback=True) as session:
        inspector = Inspector(session=session, clock=clock)
        hosting = Hosting(hosts=hosts, assets=assets, inspector=inspector, in_use=in_use, clock=clock)
        yield Desk(hosting=hosting, assets=assets, needed=needed)


@contextlib.asynccontextmanager
async def evolink_host(base: str, clock: ManualClock, *, key: str = KEY) -> AsyncGenerator[EvolinkHost, None]:
    async with aiohttp.ClientSession() as session:
        files = FileService(
            session=session,
            files_base=base,
            api_key=SecretStr(key),
            clock=clock,
            jitter=lambda: 0.0,
            connect_timeout_s=1.0,
        )
        yield EvolinkHost(files=files, files_base=base, api_key=SecretStr(key), clock=clock)


@dataclass(frozen=True, kw_only=True)
class OwnPlace:
    """Our own server, listening."""

    host: OwnHost
    folder: HostedFolder
    files: Path
    base: str


@contextlib.asynccontextmanager
async def own_place(assets: AssetStore, clock: ManualClock, folder: Path) -> AsyncGenerator[OwnPlace, None]:
    """Serve a folder of hosted pictures as the bot's web server does, callbacks and all."""
    nobody: Any = None
    hosted = HostedFolder(folder / "hosted", assets=assets, clock=clock)
    application = server.application(jobs=nobody, is_healthy=lambda: True, clock=clock)
    application.add_routes(pictures.routes(hosted, clock=clock))
    async with server.serve(application, host="127.0.0.1", port=0) as base:
        host = OwnHost(folder=hosted, public_base=base, life=timedelta(hours=72), clock=clock)
        yield OwnPlace(host=host, folder=hosted, files=folder / "hosted", base=base)


async def faults_of(desk: Desk, asset: Asset) -> tuple[type[HostingFailed], list[tuple[str, str]]]:
    """Have a picture refused, and return how: the error's class, and host and reason of each fault."""
    with pytest.raises(HostingFailed) as failed:
        await desk.hosting.ensure(asset)
    assert all(isinstance(fault, HostFault) for fault in failed.value.faults)
    return type(failed.value), [(fault.host, fault.reason) for fault in failed.value.faults]


async def fetch(url: str) -> tuple[int, bytes, str]:
    """Read a URL as anybody could."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read(), answer.content_type


def uploads(evolink: EvoLinkSandbox) -> int:
    """Count the uploads that were asked for."""
    return sum("/upload/" in seen.path for seen in evolink.requests)
