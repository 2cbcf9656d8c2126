"""What a callback's body can do where its job's task is not known: name a task, and nothing else."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.jobs.model import Job, Status
from bot.jobs.service import JobService
from bot.jobs.wakes import Wakes
from bot.store.jobs import JobStore
from bot.web import server
from bot.web.hints import READ_S
from tests.support.clock import ManualClock
from tests.support.stored_jobs import brought_to, lost_of, open_store

NOBODY: Any = None
TASK = "task-unified-1795338000-k3v9q0ab"


@dataclass(kw_only=True)
class Door:
    """A job in doubt, and the address at which it is called back."""

    store: JobStore
    job: Job
    clock: ManualClock
    session: aiohttp.ClientSession
    url: str

    async def call(self, **options: Any) -> int:
        async with self.session.post(self.url, **options) as answer:
            return answer.status

    async def hint(self) -> str | None:
        stored = await self.store.find(self.job.id)
        assert stored is not None
        return stored.hinted_task_id


@contextlib.asynccontextmanager
async def open_door(folder: Path) -> AsyncGenerator[Door, None]:
    clock = ManualClock()
    async with open_store(folder) as store, aiohttp.ClientSession() as session:
        job = await brought_to(store, Status.SUBMITTING, folder=folder)
        jobs = JobService(
            store=store,
            lost=lost_of(store),
            runner=NOBODY,
            admission=NOBODY,
            retention=NOBODY,
            storage=NOBODY,
            wakes=Wakes(clock),
            clock=clock,
            max_waiting=5,
        )
        application = server.application(jobs=jobs, is_healthy=lambda: True, clock=clock)
        async with server.serve(application, host="127.0.0.1", port=0) as base:
            url = f"{base}/callbacks/{job.id}/{job.callback_token}"
            yield Door(store=store, job=job, clock=clock, session=session, url=url)


BODIES = {
    "names its task": (json.dumps({"id": TASK, "status": "completed", "results": ["http://127.0.0.1/x"]}), TASK),
    "empty": ("", None),
    "no JSON": ("{", None),
    "a list": (json.dumps([TASK]), None),
    "no text": (json.dumps({"id": 7}), None),
    "no id": (json.dumps({"id": "../v1/credits"}), None),
    "nested beyond reason": ("[" * 60_000, None),
    "oversized": (json.dumps({"id": TASK, "more": "x" * 70_000}), None),
    "not UTF-8": (b'{"id": "\xff\xfe"}', None),
}


@pytest.mark.parametrize(("body", "hint"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_can_name_a_task_and_nothing_else(body: str | bytes, hint: str | None, tmp_path: Path) -> None:
    """Whatever it says, the provider is answered, and the job stands where it stood."""
    async with open_door(tmp_path) as door:
        assert await door.call(data=body) == 204
        assert await door.hint() == hint
        stored = await door.store.find(door.job.id)
        assert stored is not None
        assert (stored.status, stored.provider_task_id) == (Status.SUBMITTING, None)


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    """The provider waits 10 s for its answer; whoever dawdles holds a connection for half of that."""

    async def dawdling() -> AsyncGenerator[bytes, None]:
        yield b'{"id": "'
        await asyncio.Event().wait()

    async with open_door(tmp_path) as door:
        calling = asyncio.create_task(door.call(data=dawdling()))
        await door.clock.run_until(lambda: door.clock.sleepers > 0, step_s=0)
        await door.clock.advance(READ_S)
        assert await calling == 204
        assert await door.hint() is None


async def test_a_compressed_body_stays_packed(tmp_path: Path) -> None:
    """The provider sends none; of what else would come packed, the most is made for whoever unpacks it."""
    async with open_door(tmp_path) as door:
        packed = gzip.compress(json.dumps({"id": TASK}).encode())
        assert await door.call(data=packed, headers={"Content-Encoding": "gzip"}) == 204
        assert await door.hint() is None
