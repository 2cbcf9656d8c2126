"""What has expired goes: the file, the object, the row, and the URL, which may be signed."""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import HostFault, StoreError
from bot.hosting import HostedFolder, Tidying
from bot.hosting.model import HostFailed
from bot.hosting.own import OwnHost
from bot.sandbox.evolink import EvoLinkSandbox
from bot.store.assets import AssetStore
from bot.store.database import Database
from tests.support.hosting import (
    KEY,
    BriefClock,
    evolink_host,
    fetch,
    make_asset,
    open_assets,
    open_desk,
    own_place,
)

HOURS_73 = 73 * 3600


class SometimesDown(OwnHost):
    """A host that cannot be asked until it is up again."""

    down = True

    async def remove(self, remote_id: str) -> bool:
        if self.down:
            raise HostFailed(HostFault(host=self.name, reason="unreachable", passing=True))
        return await super().remove(remote_id)


async def test_an_expired_copy_goes_with_its_file_and_its_row(tmp_path: Path) -> None:
    """And a living one stays."""
    clock = BriefClock()
    async with (
        open_assets(tmp_path) as assets,
        own_place(assets, clock, tmp_path) as place,
        open_desk(assets, clock, place.host) as desk,
    ):
        tidying = Tidying(hosts=[place.host], assets=assets, folder=place.folder, clock=clock)
        await desk.hosting.ensure(make_asset(tmp_path))
        await clock.advance(HOURS_73)
        living = await desk.hosting.ensure(make_asset(tmp_path, shade=1))
        assert await tidying.sweep() == 1
        assert [path.name for path in place.files.iterdir()] == [living.remote_id]
        assert await assets.list_names(host="self") == {living.remote_id}
        assert (await fetch(living.url))[0] == 200
        assert await tidying.sweep() == 0


async def test_files_that_no_row_knows_are_removed(tmp_path: Path) -> None:
    """After a backup was put back, say; folders are not ours."""
    clock = BriefClock()
    async with open_assets(tmp_path) as assets:
        folder = HostedFolder(tmp_path / "hosted", assets=assets, clock=clock)
        (tmp_path / "hosted" / "stray.png").write_bytes(b"x")
        (tmp_path / "hosted" / "lost+found").mkdir()
        await Tidying(hosts=[], assets=assets, folder=folder, clock=clock).sweep()
        assert [path.name for path in (tmp_path / "hosted").iterdir()] == ["lost+found"]
        assert await folder.remove("stray.png") is False


async def test_the_file_service_forgets_by_itself(tmp_path: Path) -> None:
    """Nobody calls it for what is gone; our row goes, with the URL."""
    clock = BriefClock()
    async with (
        EvoLinkSandbox(clock=clock, api_key=KEY) as evolink,
        open_assets(tmp_path) as assets,
        evolink_host(evolink.files_base, clock) as host,
        open_desk(assets, clock, host) as desk,
    ):
        folder = HostedFolder(tmp_path / "hosted", assets=assets, clock=clock)
        await desk.hosting.ensure(make_asset(tmp_path))
        await clock.advance(HOURS_73)
        asked = len(evolink.requests)
        assert await Tidying(hosts=[host], assets=assets, folder=folder, clock=clock).sweep() == 1
        assert await assets.list_names(host="evolink") == set()
        assert len(evolink.requests) == asked


async def test_rows_of_a_host_that_is_configured_no_more_go_too(tmp_path: Path) -> None:
    """With the file, where it was our own server."""
    clock = BriefClock()
    async with (
        open_assets(tmp_path) as assets,
        own_place(assets, clock, tmp_path) as place,
        open_desk(assets, clock, place.host) as desk,
    ):
        await desk.hosting.ensure(make_asset(tmp_path))
        await clock.advance(HOURS_73)
        await Tidying(hosts=[], assets=assets, folder=place.folder, clock=clock).sweep()
        assert list(place.files.iterdir()) == []


async def test_an_expired_url_is_erased_even_if_its_copy_cannot_be_removed_now(tmp_path: Path) -> None:
    """The copy is asked for again at the next sweep."""
    clock = BriefClock()

    async with (
        open_assets(tmp_path) as assets,
        own_place(assets, clock, tmp_path) as place,
        open_desk(assets, clock, place.host) as desk,
    ):
        host = SometimesDown(folder=place.folder, public_base=place.base, life=timedelta(hours=72), clock=clock)
        tidying = Tidying(hosts=[host], assets=assets, folder=place.folder, clock=clock)
        hosted = await desk.hosting.ensure(make_asset(tmp_path))
        await clock.advance(HOURS_73)
        assert await tidying.sweep() == 0
        with contextlib.closing(sqlite3.connect(tmp_path / "imagebot.sqlite3")) as connection, connection:
            assert connection.execute("SELECT name, url FROM assets").fetchall() == [(hosted.remote_id, None)]
        connection.close()
        host.down = False
        assert await tidying.sweep() == 1
        assert list(place.files.iterdir()) == []


async def test_it_runs_at_the_start_and_every_hour_and_ends_with_the_block(tmp_path: Path) -> None:
    """A fault of the database is logged, and the next hour is tried again."""
    clock = BriefClock()
    async with (
        open_assets(tmp_path) as assets,
        own_place(assets, clock, tmp_path) as place,
        open_desk(assets, clock, place.host) as desk,
    ):
        await desk.hosting.ensure(make_asset(tmp_path))
        (place.files / "stray.png").write_bytes(b"x")
        async with Tidying(hosts=[place.host], assets=assets, folder=place.folder, clock=clock).running():
            await clock.run_until(lambda: not (place.files / "stray.png").exists(), step_s=0.001)
            await clock.run_until(lambda: not list(place.files.iterdir()), step_s=3600, limit_s=80 * 3600)
            assert clock.now() - timedelta(hours=72) >= BriefClock().now()
        assert clock.sleepers == 0


async def test_a_fault_of_the_database_does_not_end_the_tidying(tmp_path: Path) -> None:
    """The table cannot be read at one sweep, and can at the next."""
    clock = BriefClock()
    database = await Database.open(tmp_path / "imagebot.sqlite3")
    assets = AssetStore(database)
    folder = HostedFolder(tmp_path / "hosted", assets=assets, clock=clock)
    await database.write("ALTER TABLE assets RENAME TO hidden")
    tidying = Tidying(hosts=[], assets=assets, folder=folder, clock=clock)
    with pytest.raises(StoreError, match="assets"):
        await tidying.sweep()
    async with tidying.running():
        await clock.run_until(lambda: clock.sleepers == 1, step_s=0.001)
        await database.write("ALTER TABLE hidden RENAME TO assets")
        (tmp_path / "hosted" / "stray.png").write_bytes(b"x")
        await clock.run_until(lambda: not list((tmp_path / "hosted").iterdir()), step_s=600, limit_s=7200)
    await database.close()
