"""The entrance on a real database: what several processes let in together, and what a refusal leaves behind."""

import asyncio
import sys
from pathlib import Path

from bot.store.ledger import LedgerStore
from tests.support.reserving import ask_for_many
from tests.support.stored_jobs import open_store


async def ask_in_another_process(folder: Path, *, first: int, count: int, limit: int) -> int:
    numbers = map(str, (first, count, limit))
    program = (sys.executable, "-m", "tests.support.reserving", str(folder), *numbers)
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return int(out)


async def test_two_processes_let_in_five_of_two_hundred_together(tmp_path: Path) -> None:
    """One file, one person with five left, a hundred requests in each process at the same time."""
    async with open_store(tmp_path):
        pass  # both find it migrated
    admitted = await asyncio.gather(
        *(ask_in_another_process(tmp_path, first=first, count=100, limit=5) for first in (1000, 2000))
    )
    assert sum(admitted) == 5
    async with open_store(tmp_path) as store:
        assert len(await store.take_over([])) == 5


async def test_what_is_refused_holds_nothing(tmp_path: Path) -> None:
    """No job, no row of the ledger; and what was let in holds its estimate."""
    assert await ask_for_many(tmp_path, first=1, count=10, limit=2) == 2
    async with open_store(tmp_path) as store:
        jobs = await store.take_over([])
        assert len(jobs) == 2
        for job in jobs:
            [held] = await LedgerStore(store._database).entries_of_job(job.id)
            assert (held.images, held.credits) == (1, 6_386_700)


async def test_zero_lets_nobody_in(tmp_path: Path) -> None:
    """The operator's default of 0 blocks every member."""
    assert await ask_for_many(tmp_path, first=1, count=3, limit=0) == 0
