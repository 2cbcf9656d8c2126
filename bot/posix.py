"""The calls that only POSIX, or only Linux, has; elsewhere each does nothing. The README says what is then untried."""

import ctypes
import os
import signal
import sys


def limit_own_memory(max_bytes: int) -> None:
    """Let this process never have more than so many bytes of address space; MemoryError where it asks (Linux)."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - does not exist elsewhere

    resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process as soon as the thread that started it ends, even by SIGKILL (Linux)."""
    if sys.platform != "linux":
        return
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG in linux/prctl.h
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def ignore_interrupts() -> None:
    """Leave Ctrl-C, which a terminal sends to every process of a group, to the process that owns this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file until it is closed or the process dies, alone or `shared` with others; False if it is taken.

    A lock that is held already changes its kind; where that fails it is gone.

    Elsewhere nothing is locked, and two processes on one folder are not noticed.
    """
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - does not exist elsewhere

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
