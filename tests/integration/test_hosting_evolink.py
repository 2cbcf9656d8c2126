"""Hosting at EvoLink, on its stand-in: real bytes, the quota, the 72 hours, and what to do when the account is full."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import HostingFailed, HostingFull
from bot.hosting.evolink import EvolinkHost
from bot.sandbox.evolink import EvoLinkSandbox, HttpFault, Knobs, UploadFault
from tests.support.hosting import (
    KEY,
    BriefClock,
    Desk,
    evolink_host,
    faults_of,
    fetch,
    make_asset,
    open_assets,
    open_desk,
    own_place,
    uploads,
)
from tests.support.scripted_server import Answer, Hang, Reset, serve


@dataclass(frozen=True, kw_only=True)
class Place:
    """The stand-in, our end of it, and the hosting in between."""

    evolink: EvoLinkSandbox
    host: EvolinkHost
    desk: Desk
    clock: BriefClock

    def asked(self, ending: str) -> int:
        return sum(seen.path.endswith(ending) for seen in self.evolink.requests)


@contextlib.asynccontextmanager
async def open_place(folder: Path, knobs: Knobs | None = None, *, beside: bool = False) -> AsyncGenerator[Place, None]:
    """Open the file service with, if asked for, our own server as the second host."""
    clock = BriefClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=KEY, knobs=knobs) as evolink,
        open_assets(folder) as assets,
        evolink_host(evolink.files_base, clock) as host,
        own_place(assets, clock, folder) as own,
        open_desk(assets, clock, *([host, own.host] if beside else [host])) as desk,
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
    """Also by fifty at the same moment, and under names of their own for contents of their own."""
    first, second = make_asset(tmp_path), make_asset(tmp_path, shade=1)
    async with open_place(tmp_path) as place:
        hosted = await asyncio.gather(*(place.desk.hosting.ensure(first) for _ in range(50)))
        assert len({one.url for one in hosted}) == 1
        assert uploads(place.evolink) == 1
        other = await place.desk.hosting.ensure(second)
        assert (other.url != hosted[0].url, uploads(place.evolink)) == (True, 2)


async def test_one_who_leaves_does_not_spoil_it_for_the_others(tmp_path: Path) -> None:
    """The upload of whoever is cancelled is given up, and the next in line makes it."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        leaving = asyncio.create_task(place.desk.hosting.ensure(asset))
        staying = asyncio.create_task(place.desk.hosting.ensure(asset))
        await asyncio.sleep(0.001)
        leaving.cancel()
        hosted = await staying
        assert (await fetch(hosted.url))[0] == 200
        assert leaving.cancelled()


async def test_another_process_uses_what_was_hosted_before(tmp_path: Path) -> None:
    """The table outlives a restart."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        hosted = await place.desk.hosting.ensure(asset)
        async with open_assets(tmp_path) as again, open_desk(again, place.clock, place.host) as desk:
            assert (await desk.hosting.ensure(asset)).url == hosted.url
        assert uploads(place.evolink) == 1


async def test_a_url_is_used_again_while_it_lives_two_hours_more(tmp_path: Path) -> None:
    """A job may wait, run and be tried again with it; and after 72 hours it is really gone."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        first = await place.desk.hosting.ensure(asset)
        await place.clock.advance(70 * 3600 - 1)
        assert (await place.desk.hosting.ensure(asset)).url == first.url
        await place.clock.advance(2)
        second = await place.desk.hosting.ensure(asset)
        assert second.url != first.url
        assert ((await fetch(first.url))[0], (await fetch(second.url))[0]) == (200, 200)
        await place.clock.advance(2 * 3600)
        assert ((await fetch(first.url))[0], (await fetch(second.url))[0]) == (404, 200)


async def test_a_url_that_died_before_its_time_is_not_handed_out(tmp_path: Path) -> None:
    """Somebody emptied the account: the picture is uploaded anew."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        first = await place.desk.hosting.ensure(asset)
        place.evolink.files.clear()
        second = await place.desk.hosting.ensure(asset)
        assert second.url != first.url
        assert (await fetch(second.url))[0] == 200
        assert (await place.desk.hosting.ensure(asset)).url == second.url


async def test_a_url_of_another_account_is_not_handed_out(tmp_path: Path) -> None:
    """Whose key was changed does not go on with the files of the old one."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        await place.desk.hosting.ensure(asset)
        place.evolink._open.api_key = "sk-another-account"
        async with (
            evolink_host(place.evolink.files_base, place.clock, key="sk-another-account") as host,
            open_desk(place.desk.assets, place.clock, host) as desk,
        ):
            await desk.hosting.ensure(asset)
        assert uploads(place.evolink) == 2


async def test_a_full_account_loses_the_files_of_finished_jobs(tmp_path: Path) -> None:
    """The oldest first, never what a living job needs, and the new picture is hosted."""
    pictures = [make_asset(tmp_path, shade=shade) for shade in range(4)]
    async with open_place(tmp_path, Knobs(max_files=3)) as place:
        hosted = [await place.desk.hosting.ensure(asset) for asset in pictures[:3]]
        place.desk.needed.add(pictures[0].sha256)
        fresh = await place.desk.hosting.ensure(pictures[3])
        statuses = [(await fetch(one.url))[0] for one in [*hosted, fresh]]
        assert statuses == [200, 404, 404, 200]
        assert (await place.desk.hosting.ensure(pictures[0])).url == hosted[0].url


async def test_no_more_is_removed_than_makes_room_for_a_while(tmp_path: Path) -> None:
    """Ten at once: what was hosted lately may be asked for again."""
    async with open_place(tmp_path, Knobs(max_files=13)) as place:
        for shade in range(14):
            await place.desk.hosting.ensure(make_asset(tmp_path, shade=shade))
        assert len(place.evolink.files) == 4
        await place.desk.hosting.ensure(make_asset(tmp_path, shade=12))
        assert uploads(place.evolink) == 15 - 1, "the thirteenth is still there; the first try of the last was refused"


@pytest.mark.parametrize("quota_known", [True, False])
@pytest.mark.parametrize("cause", ["all in use", "nothing can be removed"])
async def test_a_full_account_is_said_before_anything_is_spent(cause: str, quota_known: bool, tmp_path: Path) -> None:
    """And what is hosted there already stays usable."""
    old, new = make_asset(tmp_path), make_asset(tmp_path, shade=1)
    async with open_place(tmp_path, Knobs(max_files=1, list_and_delete=cause == "all in use")) as place:
        hosted = await place.desk.hosting.ensure(old)
        if cause == "all in use":
            place.desk.needed.add(old.sha256)
        if not quota_known:
            place.host._read_at, place.host._left = place.clock.now(), None
        assert await faults_of(place.desk, new) == (HostingFull, [("evolink", "full")])
        assert (await place.desk.hosting.ensure(old)).url == hosted.url


async def test_an_account_known_to_be_full_is_sent_nothing(tmp_path: Path) -> None:
    """The quota is read first, and again after ten minutes only."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path, Knobs(max_files=0)) as place:
        for _ in range(3):
            assert await faults_of(place.desk, asset) == (HostingFull, [("evolink", "full")])
        assert (uploads(place.evolink), place.asked("/quota")) == (0, 1)
        place.evolink.knobs.max_files = 5
        await place.clock.advance(601)
        await place.desk.hosting.ensure(asset)
        assert (uploads(place.evolink), place.asked("/quota")) == (1, 2)


async def test_when_the_account_is_full_the_next_host_takes_the_picture(tmp_path: Path) -> None:
    """And the same content is found there afterwards."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path, Knobs(max_files=0), beside=True) as place:
        hosted = await place.desk.hosting.ensure(asset)
        assert hosted.host == "self"
        assert await fetch(hosted.url) == (200, asset.path.read_bytes(), "image/png")
        assert (await place.desk.hosting.ensure(asset)).url == hosted.url


@pytest.mark.parametrize(
    "fault",
    [
        UploadFault(code=40001, msg="too large"),
        UploadFault(code=40002, msg="type"),
        UploadFault(code=401, msg="key"),
        HttpFault(status=403),
    ],
    ids=str,
)
async def test_a_refused_upload_goes_to_the_next_host_or_says_why(fault: Any, tmp_path: Path) -> None:
    """`success: false` at HTTP 200 is a refusal, too; it is not tried again at the same host."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as alone:
        alone.evolink.knobs.upload.append(fault)
        assert await faults_of(alone.desk, asset) == (HostingFailed, [("evolink", "refused")])
        assert uploads(alone.evolink) == 1
    async with open_place(tmp_path, beside=True) as both:
        both.evolink.knobs.upload.append(fault)
        assert (await both.desk.hosting.ensure(asset)).host == "self"


async def test_what_the_stream_does_not_bring_comes_as_base64(tmp_path: Path) -> None:
    """The same bytes, by the other way."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        place.evolink.knobs.upload.append(HttpFault(status=502))
        hosted = await place.desk.hosting.ensure(asset)
        assert await fetch(hosted.url) == (200, asset.path.read_bytes(), "image/png")
        assert (place.asked("/upload/stream"), place.asked("/upload/base64")) == (1, 1)


async def test_a_service_that_is_down_is_a_passing_fault(tmp_path: Path) -> None:
    """A later try of the job may succeed, and does."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        place.evolink.knobs.upload.append(HttpFault(status=503), times=9)
        with pytest.raises(HostingFailed) as failed:
            await place.desk.hosting.ensure(asset)
        assert failed.value.passing
        assert [fault.reason for fault in failed.value.faults] == ["unreachable"]
        place.evolink.knobs.upload.clear()
        assert (await fetch((await place.desk.hosting.ensure(asset)).url))[0] == 200


async def test_a_download_link_without_extension_is_given_one(tmp_path: Path) -> None:
    """Where the service names no `file_url`: the model goes by how the address ends."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        place.evolink.knobs.upload.append(UploadFault(without_file_url=True))
        hosted = await place.desk.hosting.ensure(asset)
        assert hosted.url.endswith(".png")
        assert await fetch(hosted.url) == (200, asset.path.read_bytes(), "image/png")


async def test_a_file_that_takes_a_moment_to_appear_is_waited_for(tmp_path: Path) -> None:
    """Two looks that fail are forgiven."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path) as place:
        place.evolink.knobs.result.append(HttpFault(status=404))
        place.evolink.knobs.result.append(HttpFault(status=503))
        assert (await fetch((await place.desk.hosting.ensure(asset)).url))[0] == 200


async def test_a_url_that_gives_nothing_is_not_handed_out_and_its_file_is_removed(tmp_path: Path) -> None:
    """The next host takes over; alone, it is said, and nothing is left behind."""
    asset = make_asset(tmp_path)
    async with open_place(tmp_path, beside=True) as place:
        place.evolink.knobs.result.append(HttpFault(status=404), times=3)
        assert (await place.desk.hosting.ensure(asset)).host == "self"
        assert place.evolink.files == {}
        assert await place.desk.assets.list_names(host="evolink") == set()


async def test_the_room_is_told_with_the_quota_of_the_account(tmp_path: Path) -> None:
    """For whoever looks after the bot; a host that cannot tell says why."""
    async with open_place(tmp_path, Knobs(max_files=7), beside=True) as place:
        await place.desk.hosting.ensure(make_asset(tmp_path))
        rooms = await place.desk.hosting.rooms()
        assert {name: (room.used, room.maximum, room.left) for name, room in rooms.items()} == {
            "evolink": (1, 7, 6),
            "self": (None, None, None),
        }
        place.evolink._open.api_key = "changed"
        fault = (await place.desk.hosting.rooms())["evolink"]
        assert (fault.reason, fault.passing) == ("refused", False)


async def test_few_files_left_is_a_warning_given_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not one for every upload."""
    caplog.set_level(logging.WARNING, logger="bot.hosting.evolink")
    async with open_place(tmp_path, Knobs(max_files=52)) as place:
        for shade in range(6):
            await place.desk.hosting.ensure(make_asset(tmp_path, shade=shade))
    assert [(record.msg, record.left) for record in caplog.records] == [
        ("the account may keep only a few more files", 49)
    ]


UPLOADED = {"success": True, "data": {"file_id": "f_1", "file_url": "https://files.evolink.ai/a.png"}}


@pytest.mark.parametrize(
    ("data", "left"),
    [
        ({"used_files": 35, "max_files": 2000, "remain_files": 65}, 1965),
        ({"used_files": 2000, "max_files": 2000, "remain_files": 3}, 3),
        ({"used_files": 9, "max_files": 5, "remain_files": 0}, 0),
        ({"remain_files": 4}, 4),
        ({"used_files": 4}, None),
        ({}, None),
    ],
)
async def test_of_numbers_that_contradict_each_other_the_best_counts(data: dict[str, int], left: int | None) -> None:
    """The documented example does not add up (provider.md C4); a full account says so itself."""
    async with (
        serve(Answer(body={"success": True, "data": data})) as server,
        evolink_host(server.base, BriefClock()) as host,
    ):
        assert (await host.room()).left == left


@pytest.mark.parametrize("quota", [Answer(status=404, body={}), Answer(body=b"no JSON"), Reset()], ids=repr)
async def test_a_quota_that_cannot_be_read_does_not_hinder_an_upload(quota: Any, tmp_path: Path) -> None:
    """The upload itself will tell."""
    asset = make_asset(tmp_path)
    tries = 4 if isinstance(quota, Reset) else 1
    async with (
        serve(*[quota] * tries, Answer(body=UPLOADED)) as server,
        evolink_host(server.base, BriefClock()) as host,
    ):
        hosted = await host.put(asset, name="a.png")
    assert hosted.remote_id == "f_1"


@pytest.mark.parametrize(
    ("url", "ends"),
    [
        ("https://files.evolink.ai/x/photo.PNG", "/x/photo.PNG"),
        ("https://files.evolink.ai/download/f_1", "/download/f_1?name=a1.png"),
        ("https://files.evolink.ai/download?id=f_1", "/download?id=f_1&name=a1.png"),
        ("https://files.evolink.ai/x/photo.jpg", "/x/photo.jpg?name=a1.png"),
        ("https://files.evolink.ai/x/a1.png?sig=1", "/x/a1.png?sig=1"),
    ],
)
async def test_every_url_tells_the_type_of_its_picture(url: str, ends: str, tmp_path: Path) -> None:
    """By the end of its path, else by the end of itself."""
    body = {"success": True, "data": {"file_id": "f_1", "file_url": url}}
    quota = Answer(body={"success": True, "data": {}})
    async with serve(quota, Answer(body=body)) as server, evolink_host(server.base, BriefClock()) as host:
        assert (await host.put(make_asset(tmp_path), name="a1.png")).url == f"https://files.evolink.ai{ends}"


async def test_a_service_that_does_not_answer_while_room_is_made_leaves_the_account_full(tmp_path: Path) -> None:
    """One call that fails ends the removing; nothing is forgotten that may still be there."""
    old, new = make_asset(tmp_path), make_asset(tmp_path, shade=1)
    async with open_place(tmp_path, Knobs(max_files=1)) as place:
        await place.desk.hosting.ensure(old)
        async with serve(
            Answer(body={"success": True, "data": {"remain_files": 0}}), Answer(status=502, body=b"")
        ) as server:
            place.host._files._transport._base = server.base
            place.host._read_at = None
            assert await faults_of(place.desk, new) == (HostingFull, [("evolink", "full")])
        assert len(await place.desk.assets.list_names(host="evolink")) == 1


async def test_a_hanging_upload_ends_by_the_clock(tmp_path: Path) -> None:
    """Nobody waits for ever: two minutes a try."""
    async with (
        open_assets(tmp_path) as assets,
        serve(Answer(body={"success": True, "data": {}}), Hang()) as server,
        evolink_host(server.base, clock := BriefClock()) as host,
        open_desk(assets, clock, host) as desk,
    ):
        ensuring = asyncio.create_task(faults_of(desk, make_asset(tmp_path)))
        await clock.run_until(ensuring.done, step_s=30)
        assert await ensuring == (HostingFailed, [("evolink", "unreachable")])
