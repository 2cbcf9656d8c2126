"""Which way a job may go."""

import itertools

import pytest

from bot.jobs.model import Status
from bot.jobs.transitions import ENDED, may_move

ALLOWED = {
    (Status.PREPARING, Status.QUEUED),
    (Status.PREPARING, Status.FAILED),
    (Status.PREPARING, Status.CANCELLED),
    (Status.QUEUED, Status.SUBMITTING),
    (Status.QUEUED, Status.FAILED),
    (Status.QUEUED, Status.CANCELLED),
    (Status.SUBMITTING, Status.DELIVERING),
    (Status.SUBMITTING, Status.RUNNING),
    (Status.SUBMITTING, Status.QUEUED),
    (Status.SUBMITTING, Status.FAILED),
    (Status.SUBMITTING, Status.LOST),
    (Status.RUNNING, Status.DELIVERING),
    (Status.RUNNING, Status.READY),
    (Status.RUNNING, Status.FAILED),
    (Status.RUNNING, Status.LOST),
    (Status.DELIVERING, Status.DELIVERED),
    (Status.DELIVERING, Status.READY),
    (Status.DELIVERING, Status.RUNNING),
    (Status.READY, Status.DELIVERING),
    (Status.READY, Status.DELIVERED),
    (Status.READY, Status.EXPIRED),
    (Status.LOST, Status.DELIVERING),
    (Status.LOST, Status.READY),
    (Status.LOST, Status.FAILED),
}


@pytest.mark.parametrize(("origin", "to"), list(itertools.product(Status, repeat=2)))
def test_a_job_goes_these_ways_and_no_other(origin: Status, to: Status) -> None:
    """All pairs: a picture that is on disk is never failed, and nothing returns from an end."""
    assert may_move(origin, to) is ((origin, to) in ALLOWED)


@pytest.mark.parametrize("status", list(Status))
def test_an_end_leads_at_most_to_delivery(status: Status) -> None:
    """What has ended has nothing left to do, but a picture that waits may be handed over, or outlive its time.

    And what is lost may come late.
    """
    onward = {to for to in Status if may_move(status, to)}
    has_ended = onward <= {Status.DELIVERING, Status.DELIVERED, Status.EXPIRED} and status is not Status.DELIVERING
    assert (status in ENDED) is (has_ended or status is Status.LOST)
