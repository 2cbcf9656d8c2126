"""The search for a job's task, on a real database and a provider with a list: certain, or left alone."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs import polling
from bot.jobs.model import Job, Status
from bot.jobs.search import TaskSearch, is_task_id
from bot.sandbox.evolink import HttpFault
from bot.store.jobs import JobStore
from bot.store.lost import LostStore
from tests.support.clock import ManualClock
from tests.support.evolink_caller import KEY, Caller, calling
from tests.support.provider import InstantClock, evolink_at
from tests.support.scripted_server import Answer, Reset, serve
from tests.support.stored_jobs import brought_to, lost_of, open_store


@dataclass(kw_only=True)
class Scene:
    """A provider, a database, and the search between them."""

    caller: Caller
    clock: ManualClock
    jobs: JobStore
    lost: LostStore
    search: TaskSearch
    folder: Path

    async def in_doubt(self) -> Job:
        return await brought_to(self.jobs, Status.SUBMITTING, folder=self.folder)

    async def look(self, job: Job) -> str | None:
        """Look once for the job as it is stored, and return the task it has then."""
        stored = await self.jobs.find(job.id)
        assert stored is not None
        found = await self.search.look(stored)
        after = await self.jobs.find(job.id)
        assert after is not None
        assert after.provider_task_id == (found.provider_task_id if found else None)
        return after.provider_task_id


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncGenerator[Scene, None]:
    async with calling() as caller, open_store(folder) as jobs:
        caller.knobs.undocumented = True
        async with evolink_at(caller.evolink.api_base, caller.clock, key=KEY) as provider:
            lost = lost_of(jobs)
            search = TaskSearch(store=lost, provider=provider)
            yield Scene(caller=caller, clock=caller.clock, jobs=jobs, lost=lost, search=search, folder=folder)


async def test_the_only_task_of_that_time_is_the_job_s(tmp_path: Path) -> None:
    """One job in doubt, one task that no job has: also where tasks of other jobs and of other times are listed."""
    async with scene(tmp_path) as on:
        before = await on.caller.created()
        await on.clock.advance(600)
        job = await on.in_doubt()
        await on.jobs._database.write("UPDATE jobs SET submitted_at = submitted_at + 600000000")
        neighbour = await on.caller.created()
        await brought_to(on.jobs, Status.RUNNING, folder=tmp_path)
        await on.jobs._database.write(
            "UPDATE jobs SET provider_task_id = ? WHERE provider_task_id IS NOT NULL", (neighbour,)
        )
        mine = await on.caller.created()
        assert await on.look(job) == mine
        assert mine not in {before, neighbour}


async def test_two_tasks_that_nobody_has_are_both_left_alone(tmp_path: Path) -> None:
    """Which of them would be the job's is a guess; a wrong one shows a person somebody else's picture."""
    async with scene(tmp_path) as on:
        job = await on.in_doubt()
        await on.caller.created()
        await on.caller.created()
        assert await on.look(job) is None


@pytest.mark.parametrize("rival", [Status.SUBMITTING, Status.LOST])
async def test_a_task_is_left_alone_while_another_job_may_be_the_one(rival: Status, tmp_path: Path) -> None:
    """Also a job whose call is under way this very moment, and one that was given up without its task."""
    async with scene(tmp_path) as on:
        job, other = await on.in_doubt(), await on.in_doubt()
        if rival is Status.LOST:
            await on.jobs.move(other, Status.LOST, lost_at=on.clock.now())
        task_id = await on.caller.created()
        assert await on.look(job) is None
        await on.jobs._database.write(
            "UPDATE jobs SET provider_task_id = 'task-of-the-other' WHERE id = ?", (other.id,)
        )
        assert await on.look(job) == task_id


async def test_a_task_of_another_time_or_model_is_not_the_job_s(tmp_path: Path) -> None:
    """Neither by the list nor by a callback's word."""
    async with scene(tmp_path) as on:
        job = await on.in_doubt()
        on.caller.knobs.models.add("another-model")
        other_model = await on.caller.created(model="another-model")
        await on.clock.advance(151)
        too_late = await on.caller.created()
        assert await on.look(job) is None
        for named in (other_model, too_late):
            await on.lost.hint(job.id, named)
            assert await on.look(job) is None


async def test_a_named_task_is_the_job_s_where_it_is_of_that_time_and_nobody_s(tmp_path: Path) -> None:
    """The list need not answer, and other jobs in doubt do not matter: the path that was called is the job's own."""
    async with scene(tmp_path) as on:
        on.caller.knobs.undocumented = False
        job, other = await on.in_doubt(), await on.in_doubt()
        task_id = await on.caller.created()
        for each in (job, other):
            await on.lost.hint(each.id, task_id)
        assert await on.look(job) == task_id
        assert await on.look(other) is None


@pytest.mark.parametrize("fault", [HttpFault(status=404), HttpFault(status=401), HttpFault(body=b"<p>", status=200)])
async def test_what_cannot_be_read_now_may_be_read_later(fault: HttpFault, tmp_path: Path) -> None:
    """A hint is kept until it has led somewhere."""
    async with scene(tmp_path) as on:
        on.caller.knobs.undocumented = False
        job = await on.in_doubt()
        task_id = await on.caller.created()
        await on.lost.hint(job.id, task_id)
        on.caller.knobs.poll.append(fault)
        assert await on.look(job) is None
        assert await on.look(job) == task_id


async def test_the_list_is_read_page_by_page_back_to_the_submission(tmp_path: Path) -> None:
    """A task on the second page counts like one on the first: as a rival, or as the only one."""
    async with scene(tmp_path) as on:
        job = await on.in_doubt()
        mine = await on.caller.created()
        for _ in range(52):
            await on.clock.advance(10)
            await on.caller.created()
        assert await on.look(job) is None  # sixteen of them are near enough
        await on.jobs._database.write("UPDATE jobs SET submitted_at = submitted_at - 145000000")
        assert await on.look(job) == mine


async def test_a_hint_changes_no_job_that_has_its_task(tmp_path: Path) -> None:
    """A forged or late callback of a job that goes on, or has ended, writes nothing."""
    async with scene(tmp_path) as on:
        for status in (Status.QUEUED, Status.RUNNING, Status.DELIVERED, Status.LOST):
            job = await brought_to(on.jobs, status, folder=tmp_path)
            await on.lost.hint(job.id, "task-unified-1795338000-k3v9q0ab")
            assert await on.jobs.find(job.id) == job


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("task-unified-1795338000-k3v9q0ab", True),
        ("x" * 100, True),
        ("x" * 101, False),
        ("../credits", False),
        ("task unified", False),
        ("", False),
        ("täsk-unified-1795338000", False),
        (7, False),
        (None, False),
    ],
)
def test_what_has_the_shape_of_a_task_s_id(text: object, is_one: bool) -> None:
    """Whatever else a callback says is not even stored."""
    assert is_task_id(text) is is_one


async def due(lost: LostStore, clock: ManualClock) -> list[Job]:
    now = clock.now()
    return await lost.claim_due(
        now=now, until=now + timedelta(minutes=15), beyond=now + polling.LONGEST_LATE_PAUSE, most=4
    )


async def test_a_look_is_claimed_by_one_and_comes_again_where_nobody_finishes_it(tmp_path: Path) -> None:
    """Of two processes one looks; killed while it does, the other looks when the claim has run out."""
    async with open_store(tmp_path) as jobs:
        lost, clock = lost_of(jobs), ManualClock()
        job = await brought_to(jobs, Status.LOST, folder=tmp_path)
        assert [each.id for each in await due(lost, clock)] == [job.id]
        assert await due(lost, clock) == []
        await clock.advance(900)
        assert [each.id for each in await due(lost, clock)] == [job.id]


async def test_a_callback_during_a_look_is_not_forgotten_with_its_end(tmp_path: Path) -> None:
    """The look that is over sets the next one only where nobody has called meanwhile."""
    async with open_store(tmp_path) as jobs:
        lost, clock = lost_of(jobs), ManualClock()
        await brought_to(jobs, Status.LOST, folder=tmp_path)
        [claimed] = await due(lost, clock)
        await clock.advance(1)
        assert await lost.look_soon(claimed.id, now=clock.now())
        await lost.look_again(claimed, at=clock.now() + timedelta(hours=1))
        assert await due(lost, clock)


@pytest.mark.parametrize(
    ("answer", "has_list"),
    [
        (Answer(status=404), False),
        (Answer(status=403), False),
        (Answer(status=405), False),
        (Answer(body=b"<html>"), False),
        (Answer(status=401), True),
        (Answer(status=429), True),
        (Answer(status=502), True),
        (Reset(), True),
        (Answer(body={"data": []}), True),
    ],
)
async def test_only_an_answer_about_the_list_says_that_there_is_none(
    answer: Answer | Reset, has_list: bool, tmp_path: Path
) -> None:
    """A service that is away, or refuses the key, may list its tasks later; and one that lists them has a list."""
    clock = InstantClock()
    async with open_store(tmp_path) as jobs, serve(answer) as provider, evolink_at(provider.base, clock) as evolink:
        search = TaskSearch(store=lost_of(jobs), provider=evolink)
        job = await brought_to(jobs, Status.SUBMITTING, folder=tmp_path)
        assert await search.look(job) is None
        assert search.has_list is has_list
        provider.answers[:] = [Answer(body={"data": []})]
        await search.look(job)
        assert search.has_list
