"""Who drives which job, on real files and a real database: signs of life, take-overs, guarded moves, claimed events."""

import asyncio
import contextlib
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app_parts.ground import enter_folder
from bot.errors import FolderInUse, StoreError
from bot.files import DataFolder, ProcessLock, enter
from bot.jobs.claims import Claims
from bot.jobs.model import Job, Status
from bot.jobs.owners import Owners
from bot.store.claims import ClaimStore
from bot.store.database import Database
from bot.store.jobs import JobStore
from tests.support.clock import ManualClock
from tests.support.stored_jobs import brought_to, lost_of, result_in
from tests.support.ui_jobs import NOW

OTHER_PROCESS = """
import sys
from pathlib import Path
from bot.files import DataFolder
from bot.jobs.owners import Owners

owners = Owners(DataFolder(Path(sys.argv[1])))
owners.take()
print(owners.token, flush=True)
sys.stdin.read()
"""


@contextlib.asynccontextmanager
async def store_of(owner: str, folder: Path) -> AsyncGenerator[JobStore, None]:
    """Open the job table as the process of that name does."""
    database = await Database.open(folder / "imagebot.sqlite3")
    try:
        yield JobStore(database, folder=folder, clock=ManualClock(), owner=owner)
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def two_stores(folder: Path) -> AsyncGenerator[tuple[JobStore, JobStore], None]:
    async with store_of("one", folder) as one, store_of("two", folder) as two:
        yield one, two


def owners_in(folder: Path) -> Owners:
    owners = Owners(DataFolder(folder))
    owners.take()
    return owners


def test_a_folder_for_copies_that_vanished_is_made_anew(tmp_path: Path) -> None:
    """With all of its likes, and for the eyes of the owner only; where that cannot be, the sign of life is given."""
    mine = owners_in(tmp_path)
    shutil.rmtree(tmp_path / "scratch")
    mine.renew()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (mine.scratch.parent, mine.scratch)] == [0o700] * 2
    shutil.rmtree(tmp_path / "scratch")
    (tmp_path / "scratch").touch()
    mine.renew()
    assert mine.is_alive(mine.token)


async def test_a_killed_process_is_dead_at_once_and_what_it_left_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Alive while it holds its file, however still it stands; nothing has to be waited for. That it lives is said once,
    for whoever started two by mistake.
    """
    mine = owners_in(tmp_path)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OTHER_PROCESS, str(tmp_path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    token = (await process.stdout.readline()).decode().strip()
    (tmp_path / "scratch" / token / "copy.webp").touch()
    for _ in range(2):
        mine.look_at_others()
    assert (mine.is_alive(token), mine.others()) == (True, [token])
    assert [each.message for each in caplog.records] == ["another imagebot runs on this DATA_DIR, too"]
    process.kill()
    await process.wait()
    assert not mine.is_alive(token)
    mine.look_at_others()
    assert (mine.others(), [each.name for each in (tmp_path / "scratch").iterdir()]) == ([], [mine.token])
    assert mine.is_alive(mine.token)


@pytest.mark.parametrize("is_copied", [False, True])
def test_a_sign_of_life_that_was_removed_is_given_anew(is_copied: bool, tmp_path: Path) -> None:
    """Somebody empties the folder, or a copy in its place: the others would take a living process for dead."""
    one, two = owners_in(tmp_path), owners_in(tmp_path)
    (tmp_path / "owners" / one.token).unlink()
    if is_copied:
        (tmp_path / "owners" / one.token).touch()
    assert not two.is_alive(one.token)
    one.renew()
    assert two.is_alive(one.token)
    one.release()
    assert not two.is_alive(one.token)
    assert one.others() == [two.token]


def test_a_data_folder_that_is_gone_is_not_made_anew_by_a_sign_of_life(tmp_path: Path) -> None:
    """Another disk may belong there. Once it is back, all of it is as it was."""
    root, away = tmp_path / "data", tmp_path / "away"
    root.mkdir()
    mine = owners_in(root)
    root.rename(away)
    with pytest.raises(OSError, match="No such file"):
        mine.renew()
    assert not root.exists()
    away.rename(root)
    mine.renew()
    assert Owners(DataFolder(root)).is_alive(mine.token)


async def test_only_what_the_dead_and_nobody_owned_is_taken_over(tmp_path: Path) -> None:
    """Not what a living process drives, and not what its person was told of."""
    async with two_stores(tmp_path) as (one, two), store_of("dead", tmp_path) as dead:
        alive = await brought_to(one, Status.RUNNING, folder=tmp_path)
        left = await brought_to(dead, Status.RUNNING, folder=tmp_path)
        await brought_to(dead, Status.DELIVERED, folder=tmp_path)
        assert await two.list_other_owners() == {"one", "dead"}
        assert [job.id for job in await two.take_over(["dead"])] == [left.id]
        assert (await two.is_owned(left.id), await two.is_owned(alive.id)) == (True, False)
        assert await two.take_over(["dead"]) == []


async def test_of_two_that_take_over_each_job_goes_to_one(tmp_path: Path) -> None:
    """One statement decides, across connections."""
    async with two_stores(tmp_path) as (one, two), store_of("dead", tmp_path) as dead:
        left = {(await brought_to(dead, Status.QUEUED, folder=tmp_path)).id for _ in range(30)}
        taken = await asyncio.gather(*(store.take_over(["dead"]) for store in (one, two, one, two)))
        ids = [job.id for jobs in taken for job in jobs]
        assert (len(ids), set(ids)) == (30, left)


async def test_until_its_person_was_told_a_lost_job_is_looked_for_by_its_owner_only(tmp_path: Path) -> None:
    """Another process could not keep the card of the loss from landing on the picture; who takes it over looks then."""
    due = {"now": NOW, "until": NOW + timedelta(minutes=15), "beyond": NOW + timedelta(days=1), "most": 9}
    async with two_stores(tmp_path) as (one, two):
        untold = await one.move(
            await brought_to(one, Status.RUNNING, folder=tmp_path), Status.LOST, lost_at=NOW, look_at=NOW
        )
        assert untold is not None
        assert await lost_of(two).claim_due(**due) == []
        assert [job.id for job in await lost_of(one).claim_due(**due)] == [untold.id]
        [taken] = await two.take_over(["one"])
        await lost_of(two).look_soon(taken.id, now=NOW)
        assert await lost_of(one).claim_due(**due) == []
        assert [job.id for job in await lost_of(two).claim_due(**due)] == [untold.id]
        assert await two.set_told(taken, now=NOW)
        await lost_of(two).look_soon(taken.id, now=NOW)
        assert [job.id for job in await lost_of(one).claim_due(**due)] == [untold.id]


async def stolen(one: JobStore, two: JobStore, status: Status, folder: Path) -> Job:
    """Return a job as its first owner knows it, after the second one has taken it over."""
    job = await brought_to(one, status, folder=folder)
    assert [each.id for each in await two.take_over(["one"])] == [job.id]
    return job


@pytest.mark.parametrize(
    ("status", "to"),
    [
        (Status.PREPARING, Status.QUEUED),
        (Status.QUEUED, Status.SUBMITTING),
        (Status.SUBMITTING, Status.QUEUED),
        (Status.SUBMITTING, Status.FAILED),
        (Status.RUNNING, Status.DELIVERING),
        (Status.RUNNING, Status.LOST),
        (Status.DELIVERING, Status.DELIVERED),
    ],
)
async def test_who_was_dispossessed_moves_nothing(tmp_path: Path, status: Status, to: Status) -> None:
    """And neither tells, nor notes a reply; the new owner does all of it."""
    async with two_stores(tmp_path) as (one, two):
        job = await stolen(one, two, status, tmp_path)
        assert await one.move(job, to) is None
        assert await one.set_reply(job.id, job.route) is None
        assert not await one.set_told(job, now=NOW)
        assert await one.find_owned(job.id) is None
        assert await one.list_dispossessed([job.id, "unknown"]) == [job.id]
        assert await two.move(job, to) is not None


async def test_a_task_that_a_dispossessed_process_created_is_known_to_the_new_owner(tmp_path: Path) -> None:
    """It was on its way when the job was taken: at most one task, and whoever learns of it stores it."""
    async with two_stores(tmp_path) as (one, two):
        job = await stolen(one, two, Status.SUBMITTING, tmp_path)
        assert await one.move(job, Status.RUNNING, provider_task_id="task-late") is None
        known = await two.find_owned(job.id)
        assert known is not None
        assert (known.status, known.provider_task_id) == (Status.RUNNING, "task-late")


@pytest.mark.parametrize("to", [Status.DELIVERING, Status.DELIVERED, Status.EXPIRED])
async def test_what_waits_to_be_collected_is_anybodys(tmp_path: Path, to: Status) -> None:
    """Whoever takes it on is its owner from then on."""
    async with two_stores(tmp_path) as (one, two):
        job = await brought_to(one, Status.READY, folder=tmp_path)
        assert await two.move(job, to) is not None
        assert await two.is_owned(job.id)


@pytest.mark.parametrize(
    ("status", "is_taken", "shows_progress"),
    [(Status.QUEUED, True, False), (Status.RUNNING, False, False)],
)
async def test_a_cancel_through_another_process(
    tmp_path: Path, status: Status, is_taken: bool, shows_progress: bool
) -> None:
    """Before the submission the job is that process's, to be told of; after it the owner shows no more progress."""
    async with two_stores(tmp_path) as (one, two):
        job = await brought_to(one, status, folder=tmp_path)
        assert await one.shows_progress(job)
        cancelled = await two.cancel(job.id, now=NOW)
        assert cancelled is not None
        assert (await two.is_owned(job.id), await one.shows_progress(job)) == (is_taken, shows_progress)
        if not is_taken:
            kept = await one.move(
                job, Status.DELIVERING, result=result_in(tmp_path, job.id), finished_at=NOW + timedelta(seconds=9)
            )
            assert kept is not None
            assert kept.status is Status.READY


@pytest.mark.parametrize("status", Status)
async def test_progress_is_shown_only_of_what_goes_on(tmp_path: Path, status: Status) -> None:
    """Nobody is told that the bot still works on what is made, or has ended, by whoever still thinks so."""
    goes_on = {Status.PREPARING, Status.QUEUED, Status.SUBMITTING, Status.RUNNING}
    async with store_of("one", tmp_path) as one:
        job = await brought_to(one, status, folder=tmp_path)
        assert await one.shows_progress(job) is (status in goes_on)


async def test_a_wake_reaches_the_owner_once(tmp_path: Path) -> None:
    """By the database, where the callback came to another process."""
    async with two_stores(tmp_path) as (one, two):
        job = await brought_to(one, Status.RUNNING, folder=tmp_path)
        assert await one.take_wakes() == []
        await two.wake(job.id)
        await one.wake(job.id)  # its own needs no note
        assert await two.take_wakes() == []
        assert await one.take_wakes() == [job.id]
        assert await one.take_wakes() == []


async def test_an_event_that_two_hear_of_is_taken_by_one(tmp_path: Path) -> None:
    """Each of many, at the same moment; who is about to end leaves it to the other for a second, and then answers."""
    clock = ManualClock()
    first = await Database.open(tmp_path / "imagebot.sqlite3")
    second = await Database.open(tmp_path / "imagebot.sqlite3")
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(first.close)
        stack.push_async_callback(second.close)
        ending: list[bool] = []
        one, two = (
            Claims(owners=owners_in(tmp_path), store=ClaimStore(each), clock=clock, stopping=lambda: bool(ending))
            for each in (first, second)
        )
        answers = await asyncio.gather(*(each.is_ours(event) for event in range(1, 41) for each in (one, two)))
        assert [sorted(answers[at : at + 2]) for at in range(0, 80, 2)] == [[False, True]] * 40
        ending.append(True)
        late = asyncio.create_task(one.is_ours(99))
        await asyncio.sleep(0)
        assert not late.done()
        await clock.advance(1)
        assert await late
        await clock.advance(7200)
        await one.forget_old()
        ending.clear()
        assert await two.is_ours(1)


async def test_the_schema_is_not_changed_under_another_process(tmp_path: Path) -> None:
    """A start that would have to is refused; one of the same version goes on, and clears nothing that others use."""
    clock, folder = ManualClock(), DataFolder(tmp_path)
    folder.make()
    async with contextlib.AsyncExitStack() as stack:
        await enter_folder(stack, folder, clock=clock)
        half = folder.results / ".ab.part.x.part"
        half.touch()
        async with contextlib.AsyncExitStack() as beside:
            await enter_folder(beside, folder, clock=clock)
        assert half.exists()
        with contextlib.closing(sqlite3.connect(folder.database, isolation_level=None)) as database:
            [(version,)] = database.execute("PRAGMA user_version").fetchall()
            database.execute(f"PRAGMA user_version = {version - 1}")
            async with contextlib.AsyncExitStack() as beside:
                with pytest.raises(FolderInUse, match=str(tmp_path)):
                    await enter_folder(beside, folder, clock=clock)
            database.execute(f"PRAGMA user_version = {version}")
    async with contextlib.AsyncExitStack() as stack:
        await enter_folder(stack, folder, clock=clock)
        assert not half.exists()


@pytest.mark.parametrize(("is_used", "is_there"), [(True, True), (False, True), (True, False)])
async def test_an_empty_database_beside_pictures_is_not_taken_for_a_new_one(
    is_used: bool, is_there: bool, tmp_path: Path
) -> None:
    """It is a backup that was cut short, and with it everybody's pictures would be swept away."""
    folder = DataFolder(tmp_path)
    folder.make()
    if is_used:
        (folder.results / "0123456789abcdef.webp").touch()
    if is_there:
        folder.database.touch()
    async with contextlib.AsyncExitStack() as stack:
        if is_used and is_there:
            for _ in range(2):
                with pytest.raises(StoreError, match="put the last backup in its place, or remove it"):
                    await enter_folder(stack, folder, clock=ManualClock())
        else:
            await enter_folder(stack, folder, clock=ManualClock())


async def test_who_finds_another_alone_at_work_waits_for_a_while(tmp_path: Path) -> None:
    """A migration takes its time; it is not waited for without end."""
    clock, path = ManualClock(), tmp_path / "lock"
    alone, other = ProcessLock(path), ProcessLock(path)
    assert await enter(alone, clock=clock)
    entering = asyncio.create_task(enter(other, clock=clock))
    await clock.advance(2)
    assert not entering.done()
    alone.share()
    await clock.run_until(entering.done)
    assert entering.result() is False
    other.release()
    alone.take()
    refused = asyncio.create_task(enter(other, clock=clock))
    await clock.run_until(refused.done)
    with pytest.raises(FolderInUse):
        refused.result()
