"""A bot killed after each of its durable effects: no picture is lost, none is paid twice, nobody is left waiting.

The points of every scenario are counted here against those that are written down, and every point of the main scenario
is run; those of all scenarios by `python -m benchmarks.kill_points`.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.kill_matrix import clean_run, killed_run
from tests.support.kill_scenarios import MAIN, SCENARIOS, Scenario
from tests.support.nursery import Nursery


@pytest.fixture(scope="module")
def nursery() -> Generator[Nursery, None, None]:
    with Nursery.opened() as opened:
        yield opened


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_no_kill_point_is_forgotten(nursery: Nursery, tmp_path: Path, scenario: Scenario) -> None:
    """What a clean run counts is what is written down, so that each of them is run."""
    await clean_run(nursery, scenario, tmp_path)


@pytest.mark.parametrize("number", range(1, len(MAIN.points) + 1))
async def test_killed_there_and_started_again_every_promise_is_kept(
    nursery: Nursery, tmp_path: Path, number: int
) -> None:
    """It ends as is written down for that point: and never with two tasks, never with a card left at work."""
    row = await killed_run(nursery, MAIN, tmp_path, number)
    assert row.effect == MAIN.points[number - 1].effect
