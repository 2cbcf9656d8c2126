"""Functions for image workers to call in tests: a worker imports what it runs, so they can't stand inside a test."""

import os
import signal
import time
from pathlib import Path


def tell_process_id() -> int:
    """Say which process this runs in."""
    return os.getpid()


def add(first: int, *, second: int) -> int:
    """Prove that arguments arrive by position and by name."""
    return first + second


def fail_plainly() -> None:
    """Raise an ordinary error."""
    raise ValueError("the caller must see this")


def print_a_lot() -> str:
    """Write where answers travel, as a careless codec would."""
    os.write(1, b"noise " * 100)
    return "still in order"


def kill_own_process() -> None:
    """Die as a crashing codec does."""
    os.kill(os.getpid(), signal.SIGKILL)


def exit_quietly() -> None:
    """Leave without an answer."""
    os._exit(0)


def ask_for_memory(n_bytes: int) -> int:
    """Hold so many bytes at once."""
    return len(bytearray(n_bytes))


def tell_variables() -> list[str]:
    """Name the environment variables that reached the worker."""
    return sorted(os.environ)


def announce_and_hang(sign: Path) -> None:
    """Write our process id to a file, then never return."""
    sign.write_text(str(os.getpid()))
    while True:
        time.sleep(60)
