"""The door for hosted pictures, over a real socket: exact bytes to who knows the name, one 404 to everybody else."""

import asyncio
import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.errors import HostingFailed, HostingFull
from bot.hosting import Asset, Hosted
from tests.support.hosting import (
    BriefClock,
    Desk,
    OwnPlace,
    faults_of,
    fetch,
    make_asset,
    open_assets,
    open_desk,
    own_place,
)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Our own server with one hosted picture, and who knocks."""

    place: OwnPlace
    desk: Desk
    clock: BriefClock
    asset: Asset
    hosted: Hosted

    async def raw(self, request: str) -> bytes:
        """Send a request line as it is written, which no client library would do, and return the whole answer."""
        host, port = self.place.base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


@contextlib.asynccontextmanager
async def open_door(folder: Path, kind: str = "PNG") -> AsyncGenerator[Door, None]:
    clock = BriefClock()
    async with (
        open_assets(folder) as assets,
        own_place(assets, clock, folder) as place,
        open_desk(assets, clock, place.host) as desk,
    ):
        asset = make_asset(folder, kind=kind)
        yield Door(place=place, desk=desk, clock=clock, asset=asset, hosted=await desk.hosting.ensure(asset))


@pytest.mark.parametrize(("kind", "ending"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")])
async def test_who_knows_the_name_gets_the_exact_bytes(kind: str, ending: str, tmp_path: Path) -> None:
    """With the type we know, which nobody shall guess anew, for as long as it lives."""
    async with open_door(tmp_path, kind) as door, aiohttp.ClientSession() as session:
        assert door.hosted.url.endswith(ending)
        await door.clock.advance(3600)
        async with session.get(door.hosted.url) as answer:
            assert (answer.status, await answer.read()) == (200, door.asset.path.read_bytes())
            assert answer.headers["Content-Type"] == door.asset.media_type
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == f"private, max-age={71 * 3600}"


async def test_the_name_has_128_random_bits_and_is_new_each_time(tmp_path: Path) -> None:
    """Nobody can guess it from another one or from the picture."""
    async with open_door(tmp_path) as door:
        names = {door.hosted.url.rpartition("/")[2]}
        for shade in range(1, 6):
            names.add((await door.desk.hosting.ensure(make_asset(tmp_path, shade=shade))).url.rpartition("/")[2])
        assert len(names) == 6
        assert all(len(name.partition(".")[0]) == 32 and int(name.partition(".")[0], 16) for name in names)
        assert not any(door.asset.sha256[:8] in name for name in names)


async def test_a_head_tells_all_but_the_bytes(tmp_path: Path) -> None:
    """As the provider may ask before it reads."""
    async with open_door(tmp_path) as door, aiohttp.ClientSession() as session, session.head(door.hosted.url) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["Content-Length"] == str(door.asset.n_bytes)
        assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=40-", 206, 40, None),
        ("bytes=-7", 206, -7, None),
        ("bytes=0-99999999", 206, 0, None),
        ("bytes=99999999-", 416, 0, 0),
        ("bytes=nonsense", 416, 0, 0),
    ],
)
async def test_a_range_gives_its_bytes(asked: str, status: int, start: int, stop: int | None, tmp_path: Path) -> None:
    """A download that was cut can go on."""
    async with open_door(tmp_path) as door, aiohttp.ClientSession() as session:
        async with session.get(door.hosted.url, headers={"Range": asked}) as answer:
            body = await answer.read()
            assert answer.status == status
            assert f"/{door.asset.n_bytes}" in answer.headers["Content-Range"]
        if status == 206:
            assert body == door.asset.path.read_bytes()[start:stop]


async def test_the_expiry_is_real(tmp_path: Path) -> None:
    """One second before it is there, at the hour it is not, by the clock and without anybody sweeping."""
    async with open_door(tmp_path) as door:
        await door.clock.advance(72 * 3600 - 1)
        assert (await fetch(door.hosted.url))[0] == 200
        await door.clock.advance(1)
        assert (await fetch(door.hosted.url))[0] == 404


async def test_every_404_is_the_same(tmp_path: Path) -> None:
    """Expired, guessed, removed, misspelt or no path of ours at all: nobody learns which."""
    async with open_door(tmp_path) as door:
        name = door.hosted.url.rpartition("/")[2]
        token = name.partition(".")[0]
        misses = [
            f"/i/{secrets.token_hex(16)}.png",
            f"/i/{token}.jpg",
            f"/i/{token}",
            f"/i/{token}.PNG",
            f"/i/{token.upper()}.png" if token.upper() != token else "/i/x",
            f"/i/{token[:-1]}.png",
            f"/i/{name}/",
            f"/i/x{name}",
            "/i/",
            "/i",
            "/",
            "/hosted/" + name,
        ]
        answers = {await fetch(door.place.base + miss) for miss in misses}
        (door.place.files / name).unlink()
        answers.add(await fetch(door.hosted.url))
        await door.clock.advance(73 * 3600)
        answers.add(await fetch(door.hosted.url))
        assert answers == {(404, b"404: Not Found", "text/plain")}


@pytest.mark.parametrize(
    "path",
    [
        "/i/../imagebot.sqlite3",
        "/i/..%2fimagebot.sqlite3",
        "/i/%2e%2e/imagebot.sqlite3",
        "/i/..%5cimagebot.sqlite3",
        "/i/....//imagebot.sqlite3",
        "/i//etc/passwd",
        "/i/%2fetc%2fpasswd",
        "/i/{name}%00.png",
        "/i/{name}/../../imagebot.sqlite3",
        "/i/./{name}/..",
        "/i/%252e%252e%252fimagebot.sqlite3",
        "/i/{name};.png",
        "//i/../../../../etc/passwd",
    ],
)
async def test_no_path_leaves_the_folder(path: str, tmp_path: Path) -> None:
    """Sent raw, as no client library would: nothing but the 404 comes back."""
    async with open_door(tmp_path) as door:
        answer = await door.raw("GET " + path.format(name=door.hosted.url.rpartition("/")[2]))
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b"SQLite" not in answer
        assert b"root:" not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_a_picture_can_only_be_read(method: str, tmp_path: Path) -> None:
    """GET and HEAD; a known name and a guessed one look alike."""
    async with open_door(tmp_path) as door, aiohttp.ClientSession() as session:
        statuses: list[Any] = []
        for url in (door.hosted.url, f"{door.place.base}/i/{secrets.token_hex(16)}.png"):
            async with session.request(method, url, data=b"x") as answer:
                statuses.append((answer.status, answer.headers.get("Allow"), await answer.read()))
        assert statuses == [(405, "GET,HEAD", b"405: Method Not Allowed")] * 2
        assert (await fetch(door.hosted.url))[0] == 200


async def test_a_file_that_no_row_knows_is_not_served(tmp_path: Path) -> None:
    """The folder is no web root."""
    async with open_door(tmp_path) as door:
        name = f"{secrets.token_hex(16)}.png"
        (door.place.files / name).write_bytes(b"secret")
        assert (await fetch(f"{door.place.base}/i/{name}"))[0] == 404


async def test_a_copy_costs_no_space_and_outlives_its_job(tmp_path: Path) -> None:
    """The prepared file may go with its job; the URL stays good."""
    async with open_door(tmp_path) as door:
        [kept] = door.place.files.iterdir()
        assert kept.samefile(door.asset.path)
        data = door.asset.path.read_bytes()
        door.asset.path.unlink()
        assert await fetch(door.hosted.url) == (200, data, "image/png")


async def test_where_links_do_not_work_the_bytes_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system, say."""

    def cross_device(*_: object) -> None:
        raise OSError(errno.EXDEV, "cross-device link")

    async with open_door(tmp_path) as door:
        monkeypatch.setattr(os, "link", cross_device)
        asset = make_asset(tmp_path, shade=7)
        hosted = await door.desk.hosting.ensure(asset)
        assert (await fetch(hosted.url))[1] == asset.path.read_bytes()
        assert not any(kept.samefile(asset.path) for kept in door.place.files.iterdir())


async def test_a_full_disk_is_a_full_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What finished jobs left behind makes way first; what is needed stays; a broken disk is the next host's turn."""
    disk: list[int] = [errno.ENOSPC]

    def full(*_: object) -> None:
        raise OSError(disk[0], "no space")

    async with open_door(tmp_path) as door:
        monkeypatch.setattr(os, "link", full)
        monkeypatch.setattr(shutil, "copyfile", full)
        door.desk.needed.add(door.asset.sha256)
        assert await faults_of(door.desk, make_asset(tmp_path, shade=1)) == (HostingFull, [("self", "full")])
        assert (await fetch(door.hosted.url))[0] == 200
        door.desk.needed.clear()
        await faults_of(door.desk, make_asset(tmp_path, shade=1))
        assert (await fetch(door.hosted.url))[0] == 404
        disk[0] = errno.EIO
        assert await faults_of(door.desk, make_asset(tmp_path, shade=1)) == (HostingFailed, [("self", "unreachable")])


async def test_urls_given_out_before_live_on_whatever_hosts_are_configured_now(tmp_path: Path) -> None:
    """The door asks the table and not the settings."""
    async with open_door(tmp_path) as door, own_place(door.desk.assets, door.clock, tmp_path) as restarted:
        moved = door.hosted.url.replace(door.place.base, restarted.base)
        assert (await fetch(moved))[0] == 200
