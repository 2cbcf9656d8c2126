"""Runs what a command does, so that SIGTERM ends it as Ctrl-C does."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; on SIGINT and SIGTERM cancel, let it clean up, and raise KeyboardInterrupt."""
    try:
        return asyncio.run(_cancelled_by_sigterm(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _cancelled_by_sigterm(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs is in a task
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal for a loop
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work
