"""What holds for every test."""

import os
import sys

# The bot is started some hundred times, in this process and in others. Where Python was told to keep no compiled
# modules, each of those starts would compile the whole bot anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: more than there are cores, for they often wait for disk and net."""
    return (os.cpu_count() or 1) * 3 // 2
