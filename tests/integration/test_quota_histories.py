"""Whatever happens in whatever order: no reservation past a limit, and every job's rows sum to what became of it.

What the database decides is held against sums that are made here from the bare rows.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import sqlite3
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.app_parts.limits import Quotas
from bot.errors import LimitReached
from bot.jobs.model import Asker, Drawing, Job, Quality, Request, Status
from bot.quota.model import MILLIONTHS, ByHand, Period, Rule, Scope, Subject, Unit, Whose
from bot.quota.windows import LENGTHS, window_of
from bot.store.instants import from_stored, to_stored
from bot.store.jobs import JobStore
from tests.support.admissions import join_quotas
from tests.support.clock import ManualClock
from tests.support.stored_jobs import PLENTY, new_job, open_store, result_in

GUILD, CHANNEL, ADMINISTRATOR = 30, 40, 50
PEOPLE = (20, 21)
COUNTED = "('reserve', 'release', 'settle', 'adjust')"

_numbers = itertools.count(1)


@dataclass
class World:
    """Two processes on one database, what is set in it, and what is known of its jobs."""

    folder: Path
    clock: ManualClock
    stack: contextlib.AsyncExitStack
    processes: list[tuple[JobStore, Quotas]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    async def start(self) -> None:
        for _ in range(2):
            store = await self.stack.enter_async_context(open_store(self.folder))
            self.processes.append((store, join_quotas(store, self.clock)))

    async def restart(self) -> None:
        await self.stack.aclose()
        self.processes.clear()
        await self.start()

    async def ask(self, which: int, person: int, quality: Quality) -> bool:
        number = next(_numbers)
        job = new_job(id=f"{number:016x}", origin_id=number, user_id=person, guild_id=GUILD)
        job = dataclasses.replace(job, created_at=self.clock.now(), drawing=Drawing(prompt="x", quality=quality))
        request = Request(
            origin_id=number,
            user_id=person,
            guild_id=GUILD,
            asker=Asker(user_id=person, guild_id=GUILD, channel_id=CHANNEL),
            drawing=job.drawing,
            route=job.route,
        )
        try:
            await self.processes[which][1].admission.insert(job, request, max_waiting=PLENTY)
        except LimitReached:
            return False
        self.jobs.append(job)
        self.assert_within_limits(person)
        return True

    def assert_within_limits(self, person: int) -> None:
        """Right after a reservation no rule that binds the person is overrun, by the bare rows."""
        for rule in self.rules:
            subject = Subject(
                whose=Whose.MEMBER if rule.scope is Scope.DEFAULT else Whose.GUILD,
                guild_id=GUILD,
                id=person if rule.scope is Scope.DEFAULT else None,
            )
            begins_at = self._begins_at(rule, subject)
            assert rule.limit is not None
            assert self._used(rule, subject, begins_at) <= rule.limit + self._granted(rule, subject, begins_at)

    def _begins_at(self, rule: Rule, subject: Subject) -> datetime:
        if rule.rolling:  # what is exactly as old as the window is long has left it
            begins_at = self.clock.now() - LENGTHS[rule.period] + timedelta(microseconds=1)
        else:
            zone: Any = self.clock.now().tzinfo
            begins_at = window_of(rule, subject, now=self.clock.now(), zone=zone).begins_at
        return max([begins_at, *self._resets(subject)])

    def _resets(self, subject: Subject) -> list[datetime]:
        """Return when the usage of a subject was set back, but for what a clock says that was ahead by a minute."""
        whom = "user_id IS NULL" if subject.id is None else f"user_id = {subject.id}"
        ahead = to_stored(self.clock.now() + timedelta(minutes=1))
        with contextlib.closing(sqlite3.connect(self.folder / "imagebot.sqlite3")) as database:
            rows = database.execute(
                f"SELECT counted_at FROM ledger WHERE kind = 'reset' AND {whom} AND counted_at < {ahead}"
            ).fetchall()
        return [from_stored(row[0]) for row in rows]

    def _used(self, rule: Rule, subject: Subject, begins_at: datetime) -> int:
        of_person = "" if subject.id is None else f"AND user_id = {subject.id}"
        return self._sum(
            f"{rule.unit} FROM ledger WHERE kind IN {COUNTED} AND guild_id = {GUILD} {of_person}", begins_at
        )

    def _granted(self, rule: Rule, subject: Subject, begins_at: datetime) -> int:
        if subject.id is None:
            return 0
        return self._sum(f"{rule.unit} FROM ledger WHERE kind = 'grant' AND user_id = {subject.id}", begins_at)

    def _sum(self, what: str, begins_at: datetime) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "imagebot.sqlite3")) as database:
            rows = database.execute(f"SELECT {what} AND counted_at >= ?", (to_stored(begins_at),)).fetchall()
        return sum(row[0] for row in rows)

    async def end(self, which: int, index: int, to: Status, credits_used: float) -> None:
        """Bring a job to an end through a process, by the ordinary way."""
        if not self.jobs:
            return
        store = self.processes[which][0]
        job = await store.find(self.jobs[index % len(self.jobs)].id)
        assert job is not None
        if to is Status.CANCELLED:
            await store.cancel(job.id, now=self.clock.now())
            return
        way = [Status.SUBMITTING, Status.RUNNING, Status.DELIVERING, Status.DELIVERED]
        if to is Status.FAILED:
            way = [Status.SUBMITTING, Status.FAILED]
        for step in way if job.status is Status.QUEUED else ():
            changes: dict[str, Any] = {"told_at": self.clock.now()} if step is to else {}
            if step is Status.DELIVERING:
                changes |= {"result": result_in(self.folder, job.id), "credits_used": credits_used}
            moved = await store.move(job, step, **changes)
            assert moved is not None
            job = moved

    async def grant(self, which: int, person: int, images: int) -> None:
        quota = self.processes[which][1].quota
        zone: Any = self.clock.now().tzinfo
        given = ByHand(guild_id=GUILD, user_id=person, images=images, credits=images * MILLIONTHS, by_id=ADMINISTRATOR)
        await quota.grant(given, zone=zone)

    async def reset(self, which: int, person: int | None) -> None:
        whose = Whose.GUILD if person is None else Whose.MEMBER
        zone: Any = self.clock.now().tzinfo
        await self.processes[which][1].quota.reset(
            Subject(whose=whose, guild_id=GUILD, id=person), by_id=ADMINISTRATOR, zone=zone
        )

    async def set(self, which: int, rule: Rule) -> None:
        await self.processes[which][1].quota.set_rule(GUILD, rule, by_id=ADMINISTRATOR)
        self.rules = [each for each in self.rules if _key(each) != _key(rule)] + [rule]

    async def assert_sums(self) -> None:
        """Each job's rows sum to 1 where it was delivered or goes on, else to 0."""
        with contextlib.closing(sqlite3.connect(self.folder / "imagebot.sqlite3")) as database:
            rows = database.execute(
                "SELECT status, (SELECT sum(images) FROM ledger WHERE job_id = jobs.id),"
                " (SELECT sum(credits) FROM ledger WHERE job_id = jobs.id), credits_used FROM jobs"
            ).fetchall()
        assert len(rows) == len(self.jobs)
        for status, images, credits_, credits_used in rows:
            ended_without = status in {"failed", "cancelled"}
            assert images == (0 if ended_without else 1)
            if ended_without:
                assert credits_ == 0
            if status == "delivered":
                assert credits_ == round(credits_used * MILLIONTHS)


def _key(rule: Rule) -> tuple[Any, ...]:
    return rule.scope, rule.unit, rule.period


@contextlib.asynccontextmanager
async def open_world() -> AsyncGenerator[World, None]:
    with tempfile.TemporaryDirectory() as folder:
        async with contextlib.AsyncExitStack() as stack:
            world = World(folder=Path(folder), clock=ManualClock(), stack=stack)
            await world.start()
            yield world


which = st.integers(0, 1)
person = st.sampled_from(PEOPLE)
limits = st.one_of(
    st.builds(
        Rule,
        scope=st.sampled_from([Scope.DEFAULT, Scope.GUILD]),
        unit=st.just(Unit.IMAGES),
        period=st.sampled_from(Period),
        limit=st.integers(0, 4),
        rolling=st.booleans(),
    ),
    st.builds(
        Rule,
        scope=st.sampled_from([Scope.DEFAULT, Scope.GUILD]),
        unit=st.just(Unit.CREDITS),
        period=st.sampled_from(Period),
        limit=st.integers(0, 40 * MILLIONTHS),
        rolling=st.booleans(),
    ),
)
quality = st.sampled_from([Quality.HALF_K, Quality.FOUR_K])
ending = st.sampled_from([Status.DELIVERED, Status.FAILED, Status.CANCELLED])
operation = st.one_of(
    st.tuples(st.just("ask"), which, person, quality),
    st.tuples(st.just("ask"), which, person, quality),
    st.tuples(st.just("end"), which, st.integers(0, 20), ending, st.floats(0, 20).map(lambda each: round(each, 4))),
    st.tuples(st.just("grant"), which, person, st.integers(1, 3)),
    st.tuples(st.just("reset"), which, st.sampled_from([*PEOPLE, None])),
    st.tuples(st.just("set"), which, limits),
    st.tuples(st.just("move"), st.sampled_from([1, 59, 1800, 3600, 40_000, 86_400, 700_000, -1, -600, -5000])),
    st.tuples(st.just("restart")),
)


ONE_A_DAY = Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=1)
ASK = ("ask", 0, PEOPLE[0], Quality.HALF_K)
RESET_AHEAD = [("move", 3600), ("reset", 0, PEOPLE[0]), ("move", -3600)]


@settings(max_examples=40)
@example(first=ONE_A_DAY, history=[*RESET_AHEAD, ASK, ASK, ("move", 3600), ASK, ASK])
@given(first=limits, history=st.lists(operation, min_size=5, max_size=25))
def test_no_reservation_is_admitted_past_a_limit_whatever_happens(first: Rule, history: list[Any]) -> None:
    """Random histories of two processes, with clocks that jump both ways, over a reset too, and restarts in between."""

    async def live() -> None:
        async with open_world() as world:
            await world.set(0, first)
            for name, *arguments in history:
                if name == "move":
                    world.clock.jump(arguments[0])
                else:
                    await getattr(world, name)(*arguments)
            await world.assert_sums()

    asyncio.run(live())


@settings(max_examples=15)
@given(order=st.lists(which, min_size=1, max_size=12), limit=st.integers(0, 8))
def test_the_order_of_two_processes_never_matters(order: list[int], limit: int) -> None:
    """However requests are spread over the processes, and all at once, as many get in as the limit has room for."""

    async def live() -> None:
        async with open_world() as world:
            rule = Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=limit)
            await world.set(0, rule)
            admitted = await asyncio.gather(*(world.ask(process, PEOPLE[0], Quality.HALF_K) for process in order))
            assert sum(admitted) == min(limit, len(order))

    asyncio.run(live())
