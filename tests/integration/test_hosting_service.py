"""What hosting promises whatever the host: the order of fallbacks, nothing told that should not be, nothing left."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import HostFault, HostingFailed
from bot.hosting.model import Asset, Hosted, HostFailed
from bot.hosting.own import OwnHost
from bot.log import json_line
from tests.support.hosting import BriefClock, evolink_host, faults_of, make_asset, open_assets, open_desk, own_place
from tests.support.scripted_server import Answer, serve


class Unremovable(OwnHost):
    """A host that takes pictures and cannot be asked to remove them."""

    async def remove(self, remote_id: str) -> bool:
        raise HostFailed(HostFault(host=self.name, reason="unreachable", passing=True))


class Doubtful(OwnHost):
    """A host whose answer is lost after it took the picture."""

    async def put(self, asset: Asset, *, name: str) -> Hosted:
        await super().put(asset, name=name)
        raise HostFailed(HostFault(host=self.name, reason="unreachable", passing=True))


async def test_every_host_that_failed_is_named_in_its_order(tmp_path: Path) -> None:
    """With its own reason; one that may pass makes the whole a passing fault."""
    clock = BriefClock()
    refusal = Answer(status=403, body={"success": False, "code": 403})
    async with (
        open_assets(tmp_path) as assets,
        own_place(assets, clock, tmp_path) as place,
        serve(refusal) as server,
        evolink_host(server.base, clock) as evolink,
    ):
        elsewhere = OwnHost(folder=place.folder, public_base="http://127.0.0.1:1", life=timedelta(hours=9), clock=clock)
        async with open_desk(assets, clock, evolink, elsewhere) as desk:
            named = await faults_of(desk, make_asset(tmp_path))
            assert named == (HostingFailed, [("evolink", "refused"), ("self", "broken")])
            with pytest.raises(HostingFailed) as failed:
                await desk.hosting.ensure(make_asset(tmp_path))
            assert failed.value.passing
        async with open_desk(assets, clock, evolink) as desk:
            with pytest.raises(HostingFailed) as failed:
                await desk.hosting.ensure(make_asset(tmp_path))
            assert not failed.value.passing
        assert list(place.files.iterdir()) == []
        assert await assets.list_names(host="self") == set()


async def test_a_copy_that_cannot_be_removed_does_not_hide_why_it_was_useless(tmp_path: Path) -> None:
    """The fault is that of the look; the file is swept later, for no row knows it."""
    clock = BriefClock()
    async with open_assets(tmp_path) as assets, own_place(assets, clock, tmp_path) as place:
        host = Unremovable(folder=place.folder, public_base="http://127.0.0.1:1", life=timedelta(hours=9), clock=clock)
        async with open_desk(assets, clock, host) as desk:
            assert await faults_of(desk, make_asset(tmp_path)) == (HostingFailed, [("self", "broken")])
        assert await place.folder.remove_strays() == 1


async def test_a_copy_that_may_be_there_is_not_forgotten(tmp_path: Path) -> None:
    """The answer was lost: its row stays, so that the copy is removed in its time."""
    clock = BriefClock()
    async with open_assets(tmp_path) as assets, own_place(assets, clock, tmp_path) as place:
        host = Doubtful(folder=place.folder, public_base=place.base, life=timedelta(hours=9), clock=clock)
        async with open_desk(assets, clock, host) as desk:
            assert await faults_of(desk, make_asset(tmp_path)) == (HostingFailed, [("self", "unreachable")])
        assert await assets.list_names(host="self") == {path.name for path in place.files.iterdir()} != set()
        assert len(await assets.list_expired(now=clock.now() + timedelta(hours=10))) == 1


async def test_no_url_and_no_name_is_ever_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log cannot read the pictures."""
    caplog.set_level(logging.DEBUG)
    clock = BriefClock()
    async with (
        open_assets(tmp_path) as assets,
        own_place(assets, clock, tmp_path) as place,
        open_desk(assets, clock, place.host) as desk,
    ):
        first = await desk.hosting.ensure(make_asset(tmp_path))
        (place.files / str(first.remote_id)).unlink()
        second = await desk.hosting.ensure(make_asset(tmp_path))
    lines = "\n".join(json_line(record) for record in caplog.records if record.name.startswith("bot."))
    assert "picture hosted" in lines
    assert "does not answer" in lines
    for hosted in (first, second):
        assert str(hosted.remote_id).partition(".")[0] not in lines
        assert str(hosted.remote_id).partition(".")[0] not in repr(hosted)
