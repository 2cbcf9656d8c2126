"""Pictures leave the disk in their time, the oldest first where there is no room, and nothing that is needed."""

import os
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import errors
from bot.jobs.model import Status
from bot.jobs.retention import EVERY_S
from tests.support.kept_files import DAY, Keep, open_keep, prepared_result_of

DAY_S = DAY.total_seconds()


@pytest.fixture(name="keep")
async def _keep(tmp_path: Path) -> AsyncGenerator[Keep, None]:
    async with open_keep(tmp_path / "data") as keep:
        yield keep


@pytest.mark.parametrize(("age_days", "is_kept"), [(29.9, True), (30, False), (31, False)])
async def test_a_picture_stays_for_its_time(age_days: float, is_kept: bool, keep: Keep) -> None:
    """With its thumbnail."""
    job = await keep.made()
    small = keep.folder.thumbnails / f"{job.id}.webp"
    small.write_bytes(b"small")
    await keep.clock.advance(age_days * DAY_S)
    await keep.retention(days=30).sweep()
    assert (keep.is_on_disk(job), small.exists()) == (is_kept, is_kept)


async def test_beyond_the_cap_the_oldest_go(keep: Keep) -> None:
    """And no more of them than needed."""
    jobs = [await keep.made()]
    for _ in range(3):
        await keep.clock.advance(60)
        jobs.append(await keep.made())
    await keep.retention(max_bytes=2_500).sweep()
    assert [keep.is_on_disk(job) for job in jobs] == [False, False, True, True]


async def test_sources_count_and_go_with_the_last_job_that_has_its_files(keep: Keep) -> None:
    """Over the cap by sources alone, the oldest jobs let go of theirs."""
    first, second = keep.source(b"1" * 900), keep.source(b"2" * 900)
    for source in (first, second):
        await keep.end(await keep.going_on(source))
        await keep.clock.advance(60)
    retention = keep.retention(max_bytes=1_000)
    await retention.sweep()
    await retention.sweep()
    assert first.path is not None
    assert second.path is not None
    assert (first.path.exists(), second.path.exists()) == (False, True)


async def test_what_waits_to_be_collected_is_never_removed_for_room(keep: Keep) -> None:
    """Though it is the oldest and alone fills more than all the room; a newer one goes instead."""
    waiting = await keep.made(status=Status.READY, n_bytes=5_000)
    await keep.clock.advance(60)
    delivered = await keep.made()
    await keep.retention(max_bytes=3_000).sweep()
    assert keep.is_on_disk(waiting)
    assert not keep.is_on_disk(delivered)


async def test_where_uncollected_pictures_fill_the_room_nothing_new_is_taken(keep: Keep) -> None:
    """Delivered ones do not count: they would make room."""
    await keep.made(n_bytes=9_000)
    await keep.made(status=Status.READY, n_bytes=2_999)
    retention = keep.retention(max_bytes=3_000)
    await retention.admit()
    await keep.made(status=Status.READY, n_bytes=1)
    with pytest.raises(errors.StorageFull):
        await retention.admit()


async def test_what_people_collect_stops_nobody_s_pictures(keep: Keep) -> None:
    """Trays have a quarter of the room; what lies there leaves every other request its own."""
    until = keep.clock.now() + DAY
    retention = keep.retention(max_bytes=4_000)
    await keep.tray.add(7, keep.source(b"1" * 999), kept_until=until, most=14)
    await retention.admit_to_trays()
    await keep.tray.add(8, keep.source(b"2" * 5_000), kept_until=until, most=14)
    await retention.admit()
    with pytest.raises(errors.TraysFull):
        await retention.admit_to_trays()


async def test_trays_give_way_where_nothing_else_can(keep: Keep) -> None:
    """The oldest first, and whole: half of one would be used for the wrong pictures. Delivered ones go before."""
    now = keep.clock.now()
    delivered = await keep.made(n_bytes=500)
    await keep.made(status=Status.READY, n_bytes=2_000)
    for number, user_id in enumerate((7, 8, 7)):
        picture = keep.source(bytes([number]) * 400)
        await keep.tray.add(user_id, picture, kept_until=now + DAY + number * timedelta(minutes=1), most=14)
    await keep.retention(max_bytes=3_200).sweep()
    assert not keep.is_on_disk(delivered)
    assert [len(await keep.tray.list(user_id, now=now)) for user_id in (7, 8)] == [2, 1]
    await keep.retention(max_bytes=3_100).sweep()
    assert [len(await keep.tray.list(user_id, now=now)) for user_id in (7, 8)] == [0, 1]


async def test_a_result_that_a_job_works_on_is_never_removed(keep: Keep) -> None:
    """Neither by age nor for room."""
    parent = await keep.made()
    child = await keep.going_on(prepared_result_of(parent))
    await keep.clock.advance(40 * DAY_S)
    await keep.retention(max_bytes=1).sweep()
    assert keep.is_on_disk(parent)
    await keep.end(child)
    await keep.retention(max_bytes=1).sweep()
    assert not keep.is_on_disk(parent)


async def test_a_file_that_is_missing_already_is_no_fault(keep: Keep) -> None:
    """Whoever removed it, the row says that it is gone."""
    job = await keep.made()
    assert job.result is not None
    job.result.path.unlink()
    await keep.clock.advance(31 * DAY_S)
    await keep.retention().sweep()
    assert (await keep.job(job.id)).files_gone_at == keep.clock.now()


async def test_a_file_that_cannot_be_removed_does_not_keep_others(keep: Keep) -> None:
    """It is told in the log, and tried again at the next start."""
    stuck, other = await keep.made(), await keep.made()
    assert stuck.result is not None
    stuck.result.path.unlink()
    stuck.result.path.mkdir()
    await keep.clock.advance(31 * DAY_S)
    await keep.retention().sweep()
    assert stuck.result.path.is_dir()
    assert not keep.is_on_disk(other)


async def test_a_removal_that_was_cut_short_is_finished_at_the_next_start(keep: Keep) -> None:
    """The row was written first; files of jobs that are not known stay."""
    job, kept = await keep.made(), await keep.made()
    strange = keep.folder.results / "not-ours.jpg"
    strange.write_bytes(b"?")
    (keep.folder.results / "lost+found").mkdir()
    small = keep.folder.thumbnails / f"{job.id}.webp"
    small.write_bytes(b"small")
    await keep.database.write("UPDATE jobs SET files_gone_at = 1 WHERE id = ?", (job.id,))
    async with keep.retention().running():
        await keep.clock.run_until(lambda: not keep.is_on_disk(job) and not small.exists(), step_s=0.1)
    assert keep.is_on_disk(kept)
    assert strange.exists()


@pytest.mark.parametrize(
    ("status", "is_kept"),
    [(Status.FAILED, False), (Status.CANCELLED, False), (Status.RUNNING, True), (Status.LOST, True)],
)
async def test_what_was_fetched_for_a_job_that_ended_without_it_goes(status: Status, is_kept: bool, keep: Keep) -> None:
    """While the job goes on, or may come late, it is taken up from there."""
    job = await keep.made(status=status)
    left_over = [keep.folder.results / f"{job.id}.{extension}" for extension in ("jpg", "part")]
    for path in left_over:
        path.write_bytes(b"whole")
    await keep.retention().sweep()
    assert [path.exists() for path in left_over] == [is_kept, is_kept]


async def test_an_unclaimed_source_goes_when_it_is_seen_twice_unchanged(keep: Keep) -> None:
    """What was written in between, under the same name, is another file that somebody is about to claim."""
    left_over, written_anew = keep.source(b"left over"), keep.source(b"written anew")
    claimed = keep.source(b"claimed")
    await keep.going_on(claimed)
    retention = keep.retention()
    await retention.sweep()
    paths = [source.path for source in (left_over, written_anew, claimed) if source.path is not None]
    assert [path.exists() for path in paths] == [True, True, True]
    anew = paths[1].with_suffix(".part")
    anew.write_bytes(b"written anew")
    os.utime(anew, ns=(1, 1))
    anew.replace(paths[1])
    await retention.sweep()
    assert [path.exists() for path in paths] == [False, True, True]
    await retention.sweep()
    assert [path.exists() for path in paths] == [False, False, True]


async def test_forgetting_removes_the_files_at_once(keep: Keep) -> None:
    """And what is still being made cannot be forgotten."""
    job, running = await keep.made(user_id=5), await keep.made(user_id=5, status=Status.RUNNING)
    retention = keep.retention()
    await retention.forget(job.id, user_id=5)
    assert not keep.is_on_disk(job)
    with pytest.raises(errors.NotEndedYet):
        await retention.forget(running.id, user_id=5)


async def test_it_sweeps_at_once_and_then_every_few_minutes(keep: Keep) -> None:
    """By the clock."""
    old = await keep.made()
    await keep.clock.advance(31 * DAY_S)
    young = await keep.made()
    async with keep.retention().running():
        await keep.clock.run_until(lambda: not keep.is_on_disk(old), step_s=0.1)
        await keep.clock.advance(30 * DAY_S - EVERY_S)
        assert keep.is_on_disk(young)
        await keep.clock.run_until(lambda: not keep.is_on_disk(young), step_s=EVERY_S, limit_s=DAY_S)


async def test_a_sweep_that_fails_is_told_and_not_the_last(keep: Keep, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that vanished comes back."""
    old = await keep.made()
    moved = keep.folder.root / "moved"
    keep.folder.sources.rename(moved)
    async with keep.retention().running():
        await keep.clock.run_until(lambda: "background work failed" in caplog.text, step_s=0.1)
        moved.rename(keep.folder.sources)
        await keep.clock.advance(31 * DAY_S)
        await keep.clock.run_until(lambda: not keep.is_on_disk(old), step_s=EVERY_S, limit_s=DAY_S)
