"""Image workers as real processes: what they answer, how they die, and that none is left behind."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.images.worker import ImageWorkers, WorkerDied
from tests.support import image_calls
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S

MEBIBYTE = 1024 * 1024


@asynccontextmanager
async def open_workers(*, clock: ManualClock | None = None, **options: Any) -> AsyncIterator[ImageWorkers]:
    """Open workers whose time stands still."""
    async with ImageWorkers(clock=clock or ManualClock(), **options) as workers:
        yield workers


async def wait_until(condition: Callable[[], bool]) -> None:
    """Give processes a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - a process of somebody else tells nobody when it ends
            await asyncio.sleep(0.002)


def is_running(process_id: int) -> bool:
    """Say whether a process lives; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_a_call_runs_in_another_process_that_is_used_again() -> None:
    """A worker starts once and serves many calls, with arguments by position and by name."""
    async with open_workers() as workers:
        first = await workers.run(image_calls.tell_process_id)
        assert first != os.getpid()
        assert await workers.run(image_calls.tell_process_id) == first
        assert await workers.run(image_calls.add, 40, second=2) == 42


async def test_there_are_never_more_workers_than_allowed() -> None:
    """Ten calls at once share two processes."""
    async with open_workers(max_workers=2) as workers:
        ids = await asyncio.gather(*(workers.run(image_calls.tell_process_id) for _ in range(10)))
        assert len(set(ids)) <= 2


async def test_no_process_starts_before_it_is_needed_and_none_stays() -> None:
    """The block's end ends the workers, idle ones too."""
    async with open_workers() as workers:
        process_id = await workers.run(image_calls.tell_process_id)
        assert is_running(process_id)
    assert not is_running(process_id)


async def test_an_error_of_the_call_reaches_the_caller_with_its_traceback() -> None:
    """The worker survives an ordinary error, and the error tells where in the worker it was raised."""
    async with open_workers() as workers:
        before = await workers.run(image_calls.tell_process_id)
        with pytest.raises(ValueError, match="the caller must see this") as caught:
            await workers.run(image_calls.fail_plainly)
        assert "fail_plainly" in caught.value.__notes__[0]
        assert await workers.run(image_calls.tell_process_id) == before


async def test_what_a_codec_prints_does_not_disturb_the_answers(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output of a worker leads to the log, not into the protocol."""
    async with open_workers() as workers:
        assert await workers.run(image_calls.print_a_lot) == "still in order"
    assert "noise" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ((image_calls.kill_own_process,), "died"),
        ((image_calls.exit_quietly,), "died"),
        ((image_calls.ask_for_memory, 400 * MEBIBYTE), "out_of_memory"),
    ],
)
async def test_a_dead_worker_is_replaced(call: tuple[Callable[..., Any], ...], reason: str) -> None:
    """The caller is told why, and the next call finds a fresh process."""
    async with open_workers(max_workers=1, memory_limit_bytes=300 * MEBIBYTE) as workers:
        before = await workers.run(image_calls.tell_process_id)
        with pytest.raises(WorkerDied) as caught:
            await workers.run(*call)
        assert caught.value.reason == reason
        assert await workers.run(image_calls.tell_process_id) != before


async def test_memory_within_the_limit_is_granted() -> None:
    """The limit is on what one call asks for, not a ban."""
    async with open_workers(memory_limit_bytes=300 * MEBIBYTE) as workers:
        assert await workers.run(image_calls.ask_for_memory, 100 * MEBIBYTE) == 100 * MEBIBYTE


async def test_a_worker_that_died_while_idle_is_not_asked() -> None:
    """The system may end an idle process; nobody's call fails for it."""
    async with open_workers(max_workers=1) as workers:
        before = await workers.run(image_calls.tell_process_id)
        os.kill(before, signal.SIGKILL)
        await wait_until(lambda: not Path(f"/proc/{before}").exists())
        await asyncio.sleep(0.01)  # the loop hears of it
        assert await workers.run(image_calls.tell_process_id) != before


async def test_a_call_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """After the time limit, by the clock, the process is killed and the caller told."""
    clock, sign = ManualClock(), tmp_path / "sign"
    async with open_workers(clock=clock, timeout_s=30) as workers:
        call = asyncio.create_task(workers.run(image_calls.announce_and_hang, sign))
        await wait_until(lambda: sign.exists() and bool(sign.read_text()))
        await clock.advance(29)
        assert is_running(int(sign.read_text()))
        assert not call.done()
        await clock.advance(1)
        with pytest.raises(WorkerDied) as caught:
            await call
        assert caught.value.reason == "timed_out"
        assert not is_running(int(sign.read_text()))


async def test_a_cancelled_call_ends_its_process(tmp_path: Path) -> None:
    """A codec can't be stopped otherwise, and the slot is free again."""
    sign = tmp_path / "sign"
    async with open_workers(max_workers=1) as workers:
        call = asyncio.create_task(workers.run(image_calls.announce_and_hang, sign))
        await wait_until(lambda: sign.exists() and bool(sign.read_text()))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not is_running(int(sign.read_text()))
        assert await workers.run(image_calls.add, 1, second=1) == 2


async def test_closing_ends_busy_workers_and_refuses_waiting_calls(tmp_path: Path) -> None:
    """Nothing hangs at the end, neither the call under way nor the one behind it."""
    sign = tmp_path / "sign"
    async with open_workers(max_workers=1) as workers:
        calls = [
            asyncio.create_task(workers.run(image_calls.announce_and_hang, sign)),
            asyncio.create_task(workers.run(image_calls.announce_and_hang, sign)),
        ]
        await wait_until(lambda: sign.exists() and bool(sign.read_text()))
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(end) for end in ends] == [WorkerDied, WorkerDied]
    assert not is_running(int(sign.read_text()))


async def test_closing_while_a_worker_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    """A process that comes up too late is ended at once."""
    async with open_workers(max_workers=1) as workers:
        call = asyncio.create_task(workers.run(image_calls.announce_and_hang, tmp_path / "sign"))
        await asyncio.sleep(0)
    with pytest.raises(WorkerDied):
        await call


async def test_the_bots_keys_do_not_reach_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that opens strangers' files has nothing to tell them."""
    monkeypatch.setenv("DISCORD_TOKEN", "a secret")
    monkeypatch.setenv("EVOLINK_API_KEY", "a secret")
    async with open_workers() as workers:
        names = await workers.run(image_calls.tell_variables)
    assert "PATH" in names
    assert {"DISCORD_TOKEN", "EVOLINK_API_KEY"}.isdisjoint(names)


OWNER = """
import asyncio, sys
from pathlib import Path
from bot.clock import SystemClock
from bot.images.worker import ImageWorkers
from tests.support import image_calls

async def main():
    async with ImageWorkers(clock=SystemClock()) as workers:
        await workers.run(image_calls.announce_and_hang, Path(sys.argv[1]))

asyncio.run(main())
"""


async def test_a_busy_worker_does_not_outlive_a_killed_bot(tmp_path: Path) -> None:
    """After SIGKILL of the owner the kernel ends a worker even in the middle of a call."""
    sign = tmp_path / "sign"
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, str(sign))
    await wait_until(lambda: sign.exists() and bool(sign.read_text()))
    assert is_running(int(sign.read_text()))
    owner.kill()
    await owner.wait()
    await wait_until(lambda: not is_running(int(sign.read_text())))


async def test_the_loop_is_not_kept_busy_while_a_worker_works() -> None:
    """Neither starting a process nor talking to it takes 50 ms of the loop's thread at a stretch."""
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()  # of this thread alone, however busy the machine is
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    async with open_workers() as workers:
        await workers.run(image_calls.ask_for_memory, 50 * MEBIBYTE)
    watching.cancel()
    assert 0 < longest_s < 0.05
