"""The entrance of the program. It imports next to nothing, so that an interrupt is met from the first moment on."""

import os
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    try:
        with _signals_to(_end_at_once):
            from bot import cli_commands

            work = cli_commands.prepare(arguments)
        with _terminated_as_interrupted():
            return work()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """End while modules are imported: nothing is open yet, and libraries would reword or swallow an exception."""
    os._exit(EXIT_INTERRUPTED)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    """Let SIGTERM do what Ctrl-C does, for which everything is ready; also where a shell had Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


@contextmanager
def _signals_to(handler: Callable[[int, FrameType | None], None]) -> Generator[None, None, None]:
    """Handle Ctrl-C, unless it is ignored, and SIGTERM for the block."""
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def _terminated_as_interrupted() -> Generator[None, None, None]:
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
