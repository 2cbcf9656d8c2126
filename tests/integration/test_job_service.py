"""The one door to jobs, on a real database: who may do what, and what does not get in."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot import errors
from bot.jobs.model import Asker, Drawing, Job, Request, Status
from bot.jobs.service import Cancelled, JobService
from bot.jobs.wakes import Wakes
from bot.store.jobs import JobStore
from tests.support.admissions import admission_of
from tests.support.clock import ManualClock
from tests.support.stored_jobs import brought_to, lost_of, new_job, open_store

OWNER, SOMEBODY, GUILD, ELSEWHERE = 20, 21, 30, 31


class Bystander:
    """Stands where the runner stands, and only notes what it should drive."""

    stopping = False

    def __init__(self) -> None:
        self.started: list[Job] = []

    def start(self, job: Job) -> None:
        self.started.append(job)


class Roomy:
    """Stands where the retention and the storage stand: there is always room."""

    async def admit(self) -> None:
        return


ROOMY: Any = Roomy()


@contextlib.asynccontextmanager
async def open_service(
    folder: Path, *, max_waiting: int = 5, runner: Bystander | None = None
) -> AsyncGenerator[tuple[JobService, JobStore], None]:
    clock = ManualClock()
    async with open_store(folder) as store:
        anyone: Any = runner or Bystander()
        yield (
            JobService(
                store=store,
                lost=lost_of(store),
                runner=anyone,
                admission=admission_of(store, clock),
                retention=ROOMY,
                storage=ROOMY,
                wakes=Wakes(clock),
                clock=clock,
                max_waiting=max_waiting,
            ),
            store,
        )


def request(origin_id: int, *, user_id: int = OWNER) -> Request:
    return Request(
        origin_id=origin_id,
        user_id=user_id,
        guild_id=GUILD,
        asker=Asker(user_id=user_id, guild_id=GUILD, channel_id=7),
        drawing=Drawing(prompt="x"),
        route=new_job().route,
    )


async def test_two_hundred_at_once_do_not_get_past_the_limit(tmp_path: Path) -> None:
    """Each of those who do not get in is told so, and nothing of theirs is stored."""
    async with open_service(tmp_path, max_waiting=10) as (service, store):
        outcomes = await asyncio.gather(
            *(service.submit(request(number, user_id=number)) for number in range(200)), return_exceptions=True
        )
        assert sum(isinstance(outcome, Job) for outcome in outcomes) == 10
        refused = [outcome for outcome in outcomes if isinstance(outcome, errors.QueueFull)]
        assert len(refused) == 190
        assert {(error.waiting, error.limit) for error in refused} == {(10, 10)}
        assert len(await store._database.read("SELECT id FROM jobs")) == 10


async def test_who_floods_the_line_leaves_room_for_others_and_is_counted(tmp_path: Path) -> None:
    """Half of the line, with the number of their own in the refusal; the report of their server knows why."""
    async with open_service(tmp_path, max_waiting=10) as (service, store):
        outcomes = await asyncio.gather(
            *(service.submit(request(number)) for number in range(20)), return_exceptions=True
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, errors.TooManyWaiting)]
        assert (len(refused), {error.own for error in refused}) == (15, {5})
        await service.submit(request(100, user_id=SOMEBODY))
        [counted] = await store._database.read("SELECT guild_id, reason, count FROM refusals")
        assert tuple(counted) == (GUILD, "too_many_waiting", 15)


async def test_a_double_is_refused_as_such(tmp_path: Path) -> None:
    """Also where there is no room left."""
    async with open_service(tmp_path, max_waiting=1) as (service, _):
        await service.submit(request(1))
        with pytest.raises(errors.DoubleRequest):
            await service.submit(request(1))


@pytest.mark.parametrize(
    ("user_id", "guild_id", "may_moderate", "job_guild_id", "allowed"),
    [
        (OWNER, GUILD, False, GUILD, True),
        (OWNER, ELSEWHERE, False, GUILD, True),
        (OWNER, None, False, GUILD, True),
        (SOMEBODY, GUILD, True, GUILD, True),
        (SOMEBODY, GUILD, False, GUILD, False),
        (SOMEBODY, ELSEWHERE, True, GUILD, False),
        (SOMEBODY, None, True, GUILD, False),
        (SOMEBODY, None, True, None, False),
    ],
)
async def test_who_may_cancel(  # noqa: PLR0917 - a table
    user_id: int, guild_id: int | None, may_moderate: bool, job_guild_id: int | None, allowed: bool, tmp_path: Path
) -> None:
    """The owner anywhere; a moderator where they are one, and the button's id can be forged elsewhere."""
    async with open_service(tmp_path) as (service, store):
        job = await brought_to(store, Status.QUEUED, folder=tmp_path, user_id=OWNER, guild_id=job_guild_id)
        cancelling = service.cancel(job.id, user_id=user_id, guild_id=guild_id, may_moderate=may_moderate)
        if allowed:
            assert (await cancelling)[0] is Cancelled.BEFORE_SUBMISSION
            return
        with pytest.raises(errors.NotYours):
            await cancelling
        assert await store.find(job.id) == job


async def test_only_the_owner_is_handed_a_result(tmp_path: Path) -> None:
    """It may be private; a moderator has no part in it."""
    async with open_service(tmp_path) as (service, store):
        job = await brought_to(store, Status.READY, folder=tmp_path, user_id=OWNER, guild_id=GUILD)
        assert await service.find_result(job.id, user_id=OWNER) == job
        with pytest.raises(errors.NotYours):
            await service.find_result(job.id, user_id=SOMEBODY)
        with pytest.raises(errors.UnknownJob):
            await service.find_result("nobody", user_id=OWNER)


async def test_a_job_begins_where_its_first_answer_stands(tmp_path: Path) -> None:
    """As it is stored by then."""
    runner = Bystander()
    async with open_service(tmp_path, runner=runner) as (service, store):
        job = await service.submit(request(1))
        stands_at = dataclasses.replace(job.route, message_id=77)
        await service.begin(job, stands_at)
        assert runner.started == [await store.find(job.id)]
        assert runner.started[0].route == stands_at


async def test_a_job_that_ended_before_its_answer_arrived_does_not_begin(tmp_path: Path) -> None:
    """Its person was told the end; nothing is driven, and the token stays erased."""
    runner = Bystander()
    async with open_service(tmp_path, runner=runner) as (service, store):
        job = await service.submit(request(1))
        cancelled = await store.cancel(job.id, now=job.created_at)
        assert cancelled is not None
        await store.set_told(cancelled, now=job.created_at)
        await service.begin(job, dataclasses.replace(job.route, message_id=77))
        assert runner.started == []
        stored = await store.find(job.id)
        assert stored is not None
        assert stored.route.token is None
