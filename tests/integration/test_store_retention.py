"""The database decides whose files go, and nothing that is needed is among them."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.jobs.model import Status
from bot.store.retention import BATCH, measure
from bot.store.schema import migrations
from tests.support.clock import START
from tests.support.kept_files import DAY, Keep, open_keep, prepared_result_of, result_of


@pytest.fixture(name="keep")
async def _keep(tmp_path: Path) -> AsyncGenerator[Keep, None]:
    async with open_keep(tmp_path / "data") as keep:
        yield keep


async def aged(keep: Keep) -> set[str]:
    now = keep.clock.now()
    return {each.job_id for each in await keep.sizes.give_up_aged(before=now, now=now)}


@pytest.mark.parametrize(
    ("status", "may_go"),
    [
        (Status.QUEUED, False),
        (Status.SUBMITTING, False),
        (Status.RUNNING, False),
        (Status.DELIVERING, False),
        (Status.READY, False),
        (Status.DELIVERED, True),
        (Status.FAILED, True),
        (Status.CANCELLED, True),
    ],
)
async def test_only_the_files_of_jobs_that_ended_may_go(status: Status, may_go: bool, keep: Keep) -> None:
    """By age, and for want of room just as well."""
    job = await keep.made(status=status)
    now = keep.clock.now()
    by_room = await keep.sizes.give_up_oldest(wanted_bytes=1, now=now) if not may_go else []
    assert by_room == []
    assert await aged(keep) == ({job.id} if may_go else set())


async def test_an_end_that_nobody_was_told_keeps_its_files(keep: Keep) -> None:
    """The runner may still have to show something."""
    job = await keep.made()
    await keep.database.write("UPDATE jobs SET told_at = NULL WHERE id = ?", (job.id,))
    assert await aged(keep) == set()


async def test_a_result_that_expired_goes_before_its_owner_is_told(keep: Keep) -> None:
    """It was released; telling may take its time."""
    job = await keep.made(status=Status.READY)
    expired = await keep.jobs.move(job, Status.EXPIRED, told_at=None)
    assert expired is not None
    assert [each.job_id for each in await keep.sizes.give_up_released(now=keep.clock.now())] == [job.id]


async def test_a_result_that_another_job_works_on_stays_until_that_one_has_ended(keep: Keep) -> None:
    """Whether the other one has prepared it or not."""
    used, waited_for = await keep.made(), await keep.made()
    first, second = await keep.going_on(prepared_result_of(used)), await keep.going_on(result_of(waited_for))
    assert await aged(keep) == set()
    await keep.end(first)
    assert await aged(keep) == {used.id, first.id}
    await keep.end(second)
    assert await aged(keep) == {waited_for.id, second.id}


async def test_what_was_given_up_is_not_given_up_again(keep: Keep) -> None:
    """The row says when, and the facts about the picture stay."""
    job = await keep.made()
    [given_up] = await keep.sizes.give_up_aged(before=keep.clock.now(), now=keep.clock.now())
    assert job.result is not None
    assert given_up.result == job.result.path
    stored = await keep.job(job.id)
    assert stored.files_gone_at == keep.clock.now()
    assert stored.result is not None
    assert await aged(keep) == set()


@pytest.mark.parametrize(("wanted_bytes", "n_gone"), [(1, 1), (1000, 1), (1001, 2), (2000, 2), (4_001, 5), (99_000, 5)])
async def test_for_want_of_room_the_oldest_go_and_no_more_than_needed(
    wanted_bytes: int, n_gone: int, keep: Keep
) -> None:
    """Five of a thousand bytes each."""
    jobs: list[str] = []
    for _ in range(5):
        jobs.append((await keep.made()).id)
        await keep.clock.advance(60)
    gone = await keep.sizes.give_up_oldest(wanted_bytes=wanted_bytes, now=keep.clock.now())
    assert sorted(each.job_id for each in gone) == sorted(jobs[:n_gone])


async def test_no_more_than_a_batch_goes_at_once(keep: Keep) -> None:
    """What else it frees is counted before the next."""
    for _ in range(BATCH + 1):
        await keep.made()
    assert len(await keep.sizes.give_up_oldest(wanted_bytes=10**9, now=keep.clock.now())) == BATCH


async def test_used_bytes_count_every_file_once(keep: Keep) -> None:
    """Results, thumbnails, and prepared sources however many jobs and trays refer to them; a result that serves as a
    source is no second file."""
    now = keep.clock.now()
    assert await keep.sizes.used_bytes(now=now) == 0
    parent = await keep.made()
    shared = keep.source(b"x" * 100)
    one, other = await keep.going_on(shared), await keep.going_on(shared, prepared_result_of(parent))
    await keep.tray.add(7, shared, kept_until=now + DAY, most=14)
    await keep.tray.add(7, keep.source(b"only in a tray"), kept_until=now + DAY, most=14)
    assert await keep.sizes.set_thumbnail(parent.id, n_bytes=50)
    assert await keep.sizes.used_bytes(now=now) == 1000 + 50 + 100 + 14
    assert await keep.sizes.used_bytes(now=now + 2 * DAY) == 1000 + 50 + 100
    await keep.end(one)
    await keep.end(other)
    assert await aged(keep) == {parent.id, one.id, other.id}
    assert await keep.sizes.used_bytes(now=now + 2 * DAY) == 0


async def test_bound_bytes_are_those_that_nobody_may_remove(keep: Keep) -> None:
    """Of jobs that go on, of pictures to be collected; not of what was delivered, nor of what lies in a tray."""
    now = keep.clock.now()
    delivered = await keep.made()
    assert delivered.status is Status.DELIVERED
    assert await keep.sizes.bound_bytes() == 0
    await keep.made(status=Status.READY, n_bytes=300)
    await keep.made(status=Status.DELIVERING, n_bytes=70)
    assert await keep.sizes.bound_bytes() == 370
    job = await keep.going_on(keep.source(b"12345"))
    await keep.tray.add(7, keep.source(b"1234"), kept_until=now + DAY, most=14)
    assert await keep.sizes.bound_bytes() == 375
    await keep.end(job)
    assert await keep.sizes.bound_bytes() == 370


async def test_tray_bytes_count_every_file_once_while_it_lies_in_a_tray(keep: Keep) -> None:
    """Whoever has it; one of our own results is no file of a tray's."""
    now = keep.clock.now()
    shared = keep.source(b"1234")
    for user_id in (7, 8):
        await keep.tray.add(user_id, shared, kept_until=now + DAY, most=14)
    await keep.tray.add(8, keep.source(b"12345"), kept_until=now + DAY, most=14)
    await keep.tray.add(8, prepared_result_of(await keep.made()), kept_until=now + DAY, most=14)
    assert await keep.sizes.tray_bytes(now=now) == 9
    assert await keep.sizes.tray_bytes(now=now + DAY) == 0


async def test_uncollected_results_are_listed_when_their_time_is_over(keep: Keep) -> None:
    """Exactly at the end, and no other status."""
    ready = await keep.made(status=Status.READY)
    await keep.made()
    await keep.clock.advance(60)
    await keep.made(status=Status.READY)
    assert ready.finished_at is not None
    assert [job.id for job in await keep.sizes.list_uncollected(before=ready.finished_at)] == [ready.id]


@pytest.mark.parametrize(
    ("status", "forgets"),
    [
        (Status.RUNNING, False),
        (Status.DELIVERING, False),
        (Status.READY, False),
        (Status.DELIVERED, True),
        (Status.FAILED, True),
    ],
)
async def test_an_owner_forgets_what_has_ended(status: Status, forgets: bool, keep: Keep) -> None:
    """Once; whoever else asks is told no by the same statement."""
    job, now = await keep.made(status=status), keep.clock.now()
    assert not await keep.sizes.forget(job.id, user_id=job.user_id + 1, now=now)
    assert await keep.sizes.forget(job.id, user_id=job.user_id, now=now) is forgets
    assert not await keep.sizes.forget(job.id, user_id=job.user_id, now=now)
    assert (await keep.job(job.id)).forgotten_at == (now if forgets else None)


async def test_a_forgotten_picture_that_is_in_use_goes_when_it_is_free(keep: Keep) -> None:
    """However young it is."""
    job, now = await keep.made(), keep.clock.now()
    user_of_it = await keep.going_on(result_of(job))
    assert await keep.sizes.forget(job.id, user_id=job.user_id, now=now)
    assert await keep.sizes.give_up_released(now=now) == []
    await keep.end(user_of_it)
    assert [each.job_id for each in await keep.sizes.give_up_released(now=now)] == [job.id]


async def test_no_thumbnail_is_noted_for_a_picture_that_is_gone(keep: Keep) -> None:
    """Whoever drew it removes it again."""
    job = await keep.made()
    assert await aged(keep) == {job.id}
    assert not await keep.sizes.set_thumbnail(job.id, n_bytes=5)


async def test_claimed_are_the_sources_of_jobs_that_have_their_files_and_of_trays(keep: Keep) -> None:
    """Until the job's files are given up, and the tray's day is over."""
    now = keep.clock.now()
    of_job, of_tray = keep.source(b"a"), keep.source(b"b")
    job = await keep.going_on(of_job)
    await keep.tray.add(7, of_tray, kept_until=now + DAY, most=14)
    assert await keep.sizes.list_claimed(now=now) == {of_job.path, of_tray.path}
    await keep.end(job)
    assert await keep.sizes.list_claimed(now=now + DAY) == {of_job.path}
    assert await aged(keep) == {job.id}
    assert await keep.sizes.list_claimed(now=now + DAY) == set()


async def test_of_unknown_jobs_nothing_is_said(keep: Keep) -> None:
    """A file whose job is not in the database is left alone: the database may be a restored one."""
    kept, gone = await keep.made(), await keep.made()
    await keep.database.write("UPDATE jobs SET files_gone_at = 1 WHERE id = ?", (gone.id,))
    assert await keep.sizes.list_given_up([kept.id, gone.id, "lost+found"]) == {gone.id}


async def test_the_file_alone_tells_how_much_pictures_take(keep: Keep) -> None:
    """For a check beside a running bot."""
    await keep.made()
    assert measure(keep.folder.database, now=keep.clock.now()) == 1000


def test_where_there_is_no_database_yet_or_an_older_one_nothing_is_counted(tmp_path: Path) -> None:
    """The first start of this program brings it up to date."""
    now = START
    assert measure(tmp_path / "none", now=now) is None
    older = tmp_path / "older"
    with closing(sqlite3.connect(older)) as connection:
        connection.executescript(f"{migrations()[0][1]} PRAGMA user_version = 1;")
    assert measure(older, now=now) is None


def test_a_broken_database_is_told_as_such(tmp_path: Path) -> None:
    """In our own words."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        measure(broken, now=START)
