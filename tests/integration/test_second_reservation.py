"""A released job that is let in once more, on a real database: with its move to delivery, or not at all."""

from dataclasses import replace
from pathlib import Path

from bot.jobs.model import Asker, Drawing, Job, Request, Status
from bot.quota.model import Period, Rule, Scope, Unit
from bot.store.jobs import JobStore
from bot.store.ledger import LedgerStore
from bot.store.rules import RuleStore
from tests.support.admissions import join_quotas
from tests.support.clock import START, ManualClock
from tests.support.stored_jobs import PLENTY, new_job, open_store, result_in

GUILD, CHANNEL, ROLE, ADMIN = 30, 40, 50, 60


async def lost(store: JobStore, clock: ManualClock, **settings: int) -> Job:
    """Let a job in, and release it as lost."""
    job = new_job(user_id=20, guild_id=GUILD, role_ids=frozenset({ROLE}), created_at=clock.now())
    asker = Asker(user_id=20, guild_id=GUILD, channel_id=CHANNEL, role_ids=job.role_ids)
    request = Request(
        origin_id=job.origin_id,
        user_id=20,
        guild_id=GUILD,
        asker=asker,
        drawing=Drawing(prompt="a paper lighthouse"),
        route=job.route,
    )
    await join_quotas(store, clock, **settings).admission.insert(job, request, max_waiting=PLENTY)
    for to in (Status.SUBMITTING, Status.RUNNING, Status.LOST):
        moved = await store.move(job, to, submitted_at=START, lost_at=START, told_at=None)
        assert moved is not None
        job = moved
    await clock.advance(3600)
    return job


async def arrive(store: JobStore, job: Job, clock: ManualClock, **settings: int) -> Job | None:
    """Take it on to its delivery."""
    also = join_quotas(store, clock, **settings).admission.second(job, now=clock.now())
    moved = await store.move(job, Status.DELIVERING, also=also, result=result_in(store._folder, job.id))
    return await store.find(job.id) if moved else None


async def rows(store: JobStore, job: Job) -> list[tuple[str, int, float]]:
    """Return kind, pictures and hour of a job's rows in the ledger."""
    entries = await LedgerStore(store._database).entries_of_job(job.id)
    return [
        (entry.kind.value, entry.images, round((entry.counted_at - START).total_seconds() / 3600)) for entry in entries
    ]


async def test_it_is_counted_once_and_as_of_the_moment_it_came(tmp_path: Path) -> None:
    """Of two that try to take it on, one does; the other reserves nothing."""
    clock = ManualClock()
    async with open_store(tmp_path) as store:
        job = await lost(store, clock)
        arrived = await arrive(store, job, clock)
        assert arrived is not None
        assert not arrived.gift
        assert await arrive(store, job, clock) is None
        assert await store.move(arrived, Status.DELIVERED, told_at=clock.now()) is not None
        assert await rows(store, job) == [("reserve", 1, 0), ("release", -1, 0), ("reserve", 1, 1), ("commit", 0, 1)]


async def test_what_the_limits_have_no_room_for_is_a_gift(tmp_path: Path) -> None:
    """It is delivered, and nothing is committed for it."""
    clock = ManualClock()
    async with open_store(tmp_path) as store:
        job = await lost(store, clock)
        arrived = await arrive(store, job, clock, default_member_images_per_day=0)
        assert arrived is not None
        assert arrived.gift
        assert await store.move(arrived, Status.DELIVERED, told_at=clock.now(), credits_used=6.4) is not None
        assert await rows(store, job) == [("reserve", 1, 0), ("release", -1, 0)]


async def test_the_roles_of_the_moment_of_asking_still_hold(tmp_path: Path) -> None:
    """They are stored with the job: nobody can be asked for them an hour and a restart later."""
    clock = ManualClock()
    async with open_store(tmp_path) as store:
        job = await lost(store, clock)
        rule = Rule(scope=Scope.ROLE, subject_id=ROLE, unit=Unit.IMAGES, period=Period.DAY, limit=None)
        await RuleStore(store._database).put(GUILD, rule, by_id=ADMIN, at=clock.now())
        without = await arrive(store, replace(job, role_ids=frozenset()), clock, default_member_images_per_day=0)
        assert without is not None
        assert without.gift
        again = await store.move(without, Status.RUNNING)
        assert again is not None
        job = await store.move(again, Status.LOST, lost_at=clock.now()) or job
        arrived = await arrive(store, job, clock, default_member_images_per_day=0)
        assert arrived is not None
        assert not arrived.gift


async def test_a_job_of_an_older_version_that_held_nothing_holds_nothing(tmp_path: Path) -> None:
    """It was admitted without a limit, and counts in no window."""
    clock = ManualClock()
    async with open_store(tmp_path) as store:
        job = new_job(created_at=clock.now())
        await store.insert(job, max_waiting=PLENTY)
        for to in (Status.SUBMITTING, Status.RUNNING, Status.LOST):
            job = await store.move(job, to) or job
        arrived = await arrive(store, job, clock)
        assert arrived is not None
        assert not arrived.gift
        assert await rows(store, job) == []
