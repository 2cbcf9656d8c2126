"""Which way a job may go. Pure: the store guards every move with it, and nothing else decides."""

from bot.jobs.model import Status

_ALLOWED: dict[Status, frozenset[Status]] = {
    Status.PREPARING: frozenset({Status.QUEUED, Status.FAILED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.SUBMITTING, Status.FAILED, Status.CANCELLED}),
    # back to queued only where the provider surely did not take the task; to its delivery where its picture is on disk
    Status.SUBMITTING: frozenset({Status.RUNNING, Status.QUEUED, Status.DELIVERING, Status.FAILED, Status.LOST}),
    Status.RUNNING: frozenset({Status.DELIVERING, Status.READY, Status.FAILED, Status.LOST}),
    # back to running where the file is gone and the provider may still have it
    Status.DELIVERING: frozenset({Status.DELIVERED, Status.READY, Status.RUNNING}),
    # its person comes for it, or removes it
    Status.READY: frozenset({Status.DELIVERING, Status.DELIVERED, Status.EXPIRED}),
    Status.DELIVERED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
    # its task came after all, or is given up for good
    Status.LOST: frozenset({Status.DELIVERING, Status.READY, Status.FAILED}),
}

ENDED = frozenset({Status.READY, Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.LOST})
"""Where no runner task has anything left to do but to tell the person."""


def may_move(origin: Status, to: Status) -> bool:
    """Tell whether a job may go from one status to the other."""
    return to in _ALLOWED[origin]
