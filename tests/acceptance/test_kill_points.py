"""A bot killed after each of its durable effects: no picture is lost, none is paid twice, nobody is left waiting.

Every point of the main scenario is run here; those of all scenarios by `python -m benchmarks.kill_points`.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.kill_matrix import clean_run, killed_run
from tests.support.kill_scenarios import MAIN
from tests.support.nursery import Nursery

POINTS = (
    "commit: INSERT ledger, INSERT jobs → queued",
    "sent: POST /interactions/*/*/callback",
    "answer 200: POST /interactions/*/*/callback",
    "commit: UPDATE jobs",
    "commit: UPDATE jobs → submitting",
    "sent: POST /v1/images/generations",
    "answer 200: POST /v1/images/generations",
    "commit: UPDATE jobs → running",
    "sent: PATCH /webhooks/*/*/messages/*",
    "answer 200: PATCH /webhooks/*/*/messages/*",
    "sent: GET /v1/tasks/*",
    "answer 200: GET /v1/tasks/*",
    "sent: PATCH /webhooks/*/*/messages/*",
    "answer 200: PATCH /webhooks/*/*/messages/*",
    "sent: GET /v1/tasks/*",
    "answer 200: GET /v1/tasks/*",
    "sent: GET /*/images/*/11/22/*.jpg",
    "answer 200: GET /*/images/*/11/22/*.jpg",
    "replace: results/*.part",
    "rename: results/*.jpg",
    "commit: UPDATE jobs → delivering",
    "sent: PATCH /webhooks/*/*/messages/*",
    "answer 200: PATCH /webhooks/*/*/messages/*",
    "commit: UPDATE jobs → delivered, INSERT ledger",
)
"""Every durable effect between the command and the delivered picture, as a clean run counts them. A change that adds,
moves or drops one shows here; each point that is written down is then run below."""


@pytest.fixture(scope="module")
def nursery() -> Generator[Nursery, None, None]:
    with Nursery.opened() as opened:
        yield opened


async def test_no_kill_point_is_forgotten(nursery: Nursery, tmp_path: Path) -> None:
    """What a clean run counts is what is written down above, so that each of them is run."""
    points = await clean_run(nursery, MAIN, tmp_path)
    assert tuple(points) == POINTS, "the durable effects have changed: write them down in POINTS as they are now"


@pytest.mark.parametrize("number", range(1, len(POINTS) + 1))
async def test_killed_there_and_started_again_every_promise_is_kept(
    nursery: Nursery, tmp_path: Path, number: int
) -> None:
    """Delivered once, collectable, or released with the person told: and never two tasks, never a card left at work."""
    row = await killed_run(nursery, MAIN, tmp_path, number)
    assert row.effect == POINTS[number - 1]
    assert row.ended.startswith(("delivered;", "released, told: outcome_unknown"))
