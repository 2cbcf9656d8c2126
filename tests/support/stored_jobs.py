"""Jobs in a real database, for tests of the store and of what stands on it."""

import contextlib
import dataclasses
import itertools
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.jobs.model import Failure, FailureKind, Job, ResultFile, Status
from bot.store.database import Database
from bot.store.jobs import Insertion, JobStore
from bot.store.lost import LostStore
from tests.support.clock import ManualClock
from tests.support.ui_jobs import NOW, job

PLENTY = 1_000_000
"""Room for every job of a test that asks for none in particular."""

_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def open_store(folder: Path) -> AsyncGenerator[JobStore, None]:
    """Open the job table of a DATA_DIR."""
    database = await Database.open(folder / "imagebot.sqlite3")
    try:
        yield JobStore(database, folder=folder, clock=ManualClock())
    finally:
        await database.close()


def lost_of(store: JobStore) -> LostStore:
    """Return what is stored of lost jobs in the same database."""
    return LostStore(store._database, folder=store._folder, owner=store._owner)


def new_job(prompt: str = "a paper lighthouse", **changes: Any) -> Job:
    """Return a queued job of its own; keywords as in `ui_jobs.job`."""
    number = next(_numbers)
    changes = {"id": f"{number:016x}", "origin_id": 1000 + number, "callback_token": f"secret-{number}", **changes}
    fresh = job(prompt, status=Status.QUEUED, submitted_at=None, **changes)
    if "route" in changes:
        return fresh
    return dataclasses.replace(
        fresh, route=dataclasses.replace(fresh.route, token_expires_at=NOW + timedelta(minutes=15))
    )


def result_in(folder: Path, job_id: str) -> ResultFile:
    """Return a result that stands in a DATA_DIR."""
    return ResultFile(
        path=folder / "results" / f"{job_id}.jpg",
        media_type="image/jpeg",
        width=2048,
        height=1024,
        n_bytes=1_300_000,
        sha256="ab" * 32,
    )


async def brought_to(store: JobStore, status: Status, *, folder: Path, **changes: Any) -> Job:
    """Store a new job and bring it to a status by the ordinary way."""
    fresh = new_job(**changes)
    if status is Status.PREPARING:
        fresh = dataclasses.replace(fresh, status=status)
    assert await store.insert(fresh, max_waiting=PLENTY) is Insertion.STORED
    way: dict[Status, list[tuple[Status, dict[str, Any]]]] = {
        Status.PREPARING: [],
        Status.QUEUED: [],
        Status.CANCELLED: [(Status.CANCELLED, {})],
    }
    way[Status.SUBMITTING] = [(Status.SUBMITTING, {"submitted_at": NOW})]
    way[Status.RUNNING] = [
        *way[Status.SUBMITTING],
        (Status.RUNNING, {"provider_task_id": f"task-{fresh.id}", "estimated_s": 45}),
    ]
    way[Status.FAILED] = [*way[Status.RUNNING], (Status.FAILED, {})]
    taken_home = {"result": result_in(folder, fresh.id), "finished_at": NOW + timedelta(seconds=30)}
    way[Status.DELIVERING] = [*way[Status.RUNNING], (Status.DELIVERING, taken_home)]
    way[Status.READY] = [*way[Status.DELIVERING], (Status.READY, {})]
    way[Status.DELIVERED] = [*way[Status.DELIVERING], (Status.DELIVERED, {"told_at": NOW + timedelta(seconds=31)})]
    lost: dict[str, Any] = {"failure": Failure(kind=FailureKind.TIMED_OUT), "lost_at": NOW, "look_at": NOW}
    way[Status.LOST] = [*way[Status.RUNNING], (Status.LOST, {**lost, "told_at": NOW})]
    way[Status.EXPIRED] = [*way[Status.READY], (Status.EXPIRED, {})]
    for to, learnt in way[status]:
        moved = await store.move(fresh, to, **learnt)
        assert moved is not None
        fresh = moved
    return fresh
