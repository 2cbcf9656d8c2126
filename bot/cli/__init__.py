"""The entrance of the program. It imports next to nothing, so that an interrupt is met from the first moment on."""

import os
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    try:
        with _ending_at_once():
            from bot.cli import commands

            work = commands.prepare(arguments)
        return work()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """End while modules are imported: nothing is open yet, and libraries would reword or swallow an exception."""
    os._exit(EXIT_INTERRUPTED)


@contextmanager
def _ending_at_once() -> Generator[None, None, None]:
    """End on Ctrl-C, unless it is ignored, and on SIGTERM for the block."""
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    before = {number: signal.signal(number, _end_at_once) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
