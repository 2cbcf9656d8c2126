"""Hostile files through the real worker processes: each gets an answer, and nobody else notices."""

import asyncio
import time
from pathlib import Path

from bot.errors import NotAPicture
from bot.images.prepare import prepare
from bot.images.worker import MEMORY_LIMIT_BYTES, ImageWorkers, WorkerDied
from tests.support.clock import ManualClock
from tests.support.hostile_pictures import REPAIRED, list_hostile, tell_peak_bytes
from tests.support.image_calls import tell_process_id


async def find_outcome(workers: ImageWorkers, source: Path, target: Path) -> str:
    """Say whether a file was repaired, or why it was refused; a worker's end is neither."""
    try:
        prepared = await workers.run(prepare, source, target, name=source.name)
    except NotAPicture as refused:
        return refused.reason
    except WorkerDied as death:
        return f"a worker's end: {death.reason}"
    return REPAIRED if prepared.path.stat().st_size == prepared.n_bytes else "half written"


async def test_hostile_files_are_refused_or_repaired_and_nobody_else_notices(tmp_path: Path) -> None:
    """Over a hundred files of twelve classes: no worker dies, the loop runs on, memory keeps within its cap."""
    source_folder, target = tmp_path / "sources", tmp_path / "target"
    source_folder.mkdir()
    target.mkdir()
    hostile = list(list_hostile())
    for number, (_, content, _) in enumerate(hostile):
        (source_folder / str(number)).write_bytes(content)
    assert len(hostile) >= 100
    assert len({name.split()[0] for name, _, _ in hostile}) >= 12
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()  # of this thread alone, however busy the machine is
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.thread_time() - before)

    async with ImageWorkers(clock=ManualClock(), max_workers=2) as workers:
        before = {await workers.run(tell_process_id)}
        watching = asyncio.create_task(watch())
        outcomes = await asyncio.gather(
            *(find_outcome(workers, source_folder / str(number), target) for number in range(len(hostile)))
        )
        watching.cancel()
        processes, peaks = set[int](), set[int]()
        for _ in range(4):
            processes.update(await asyncio.gather(*(workers.run(tell_process_id) for _ in range(2))))
            peaks.update(await asyncio.gather(*(workers.run(tell_peak_bytes) for _ in range(2))))

    surprises = {
        name: outcome for (name, _, allowed), outcome in zip(hostile, outcomes, strict=True) if outcome not in allowed
    }
    assert surprises == {}
    assert before <= processes
    assert len(processes) <= 2
    assert 0 < longest_s < 0.05
    assert max(peaks) <= MEMORY_LIMIT_BYTES
    assert not list(target.glob(".*"))
