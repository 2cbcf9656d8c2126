"""One run of a scenario, whole or with a death after one of its kill points, and the row it gives in the matrix."""

import asyncio
import difflib
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.evolink import Task
from tests.support import promises
from tests.support.house import House, open_house
from tests.support.kill_lists import Point
from tests.support.kill_scenarios import Scenario
from tests.support.nursery import Mortal, Nursery

STEP_S = 0.5
LONG_STEP_S = 10.0
"""Shorter than a call is waited for: time must not run out in the step in which the call is made."""
SHORT_STEPS = 70
LIMIT_S = 4 * 3600.0
AFTERWARDS_S = 5.0
BREATH_S = 0.002
NOTHING = "nothing stored, nothing held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How it went with one point."""

    number: int
    effect: str
    on_disk: str
    end: str
    n_tasks: int


async def clean_run(nursery: Nursery, scenario: Scenario, folder: Path) -> None:
    """Run a scenario in which nothing dies.

    AssertionError for a broken promise, and where effects or end are others than those that are written down.
    """
    settings = scenario.settings()
    async with open_house(folder / "data") as house:
        scenario.set_up(house)
        async with nursery.bot(house, **settings) as bot:
            await _ask(house, scenario, bot)
            await _go_on(house, scenario, bot)
            counted = bot.points()
        _assert_kept(house, bot)
        _assert_end(house, scenario.points[-1], describe_disk(house))
        changed = _differences(scenario, counted)
        assert not changed, f"the durable effects have changed: write them down in kill_lists\n{changed}"


async def killed_run(nursery: Nursery, scenario: Scenario, folder: Path, number: int) -> Row:
    """Run a scenario, die right after a point, start again, and go on to the end.

    AssertionError for a broken promise, and for another end than the one that is written down for the point.
    """
    settings = scenario.settings()
    async with open_house(folder / "data") as house:
        scenario.set_up(house)
        async with nursery.bot(house, die_at=number, **settings) as bot:
            await _ask(house, scenario, bot)
            await _go_on(house, scenario, bot)
            assert bot.gone.is_set(), f"point {number} of {scenario.name} was never reached: {bot.points()}"
        on_disk = describe_disk(house)
        await house.clock.advance(scenario.away_s)
        async with nursery.bot(house, **settings) as heir:
            await _go_on(house, scenario, heir)
        _assert_kept(house, heir)
        _assert_end(house, scenario.points[number - 1], on_disk)
        return Row(number=number, effect=bot.points()[-1], on_disk=on_disk, end=_end(house), n_tasks=len(house.tasks))


async def _ask(house: House, scenario: Scenario, bot: Mortal) -> None:
    if not scenario.count_from_s:
        await bot.tell("count")
    await scenario.ask(house)
    await _breathe(house)
    began = house.clock.monotonic()
    while house.clock.monotonic() - began < scenario.count_from_s:
        await _step(house, scenario, LONG_STEP_S)
    await bot.tell("count")


async def _go_on(house: House, scenario: Scenario, bot: Mortal) -> None:
    """Move time until nothing remains to be done, and a little longer; or until the bot dies."""
    began = house.clock.monotonic()
    n_steps = 0
    while not bot.gone.is_set() and not scenario.is_over(house):
        assert house.clock.monotonic() - began < LIMIT_S, f"not at its end: {promises.stored_jobs(house)}"
        n_steps += 1
        await _step(house, scenario, STEP_S if n_steps < SHORT_STEPS else LONG_STEP_S)
    end = house.clock.monotonic() + AFTERWARDS_S
    while not bot.gone.is_set() and house.clock.monotonic() < end:
        await _step(house, scenario, STEP_S * 2)


async def _step(house: House, scenario: Scenario, seconds: float) -> None:
    await house.clock.advance(seconds)
    for task in house.tasks:
        if (house.clock.now() - task.created_at).total_seconds() >= task.duration_s:
            await house.evolink.finished(task.id)
            await _called_back(task)
    if scenario.wait is not None:
        await scenario.wait(house)
    await _breathe(house)


async def _called_back(task: Task) -> None:
    """Wait until the bot was told, or was not there to be told."""
    while task.request.get("callback_url") and not task.callbacks:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(BREATH_S)


def _assert_kept(house: House, stopped: Mortal) -> None:
    promises.assert_kept(house)
    left = stopped.left_at_stop()
    assert not left, f"still there at the end of the process: {left}"


def _assert_end(house: House, point: Point, on_disk: str) -> None:
    end = _end(house)
    assert end == point.end, f"ended {end}, and not {point.end}: {len(house.tasks)} task(s); {on_disk} when it died"


def _differences(scenario: Scenario, counted: list[str]) -> str:
    """Say where what a run counted differs from what is written down; nothing where it does not."""
    written = [point.effect for point in scenario.points]
    if scenario.two_at_once:
        written, counted = sorted(written), sorted(counted)
    return "\n".join(difflib.unified_diff(written, counted, "written down", "counted", lineterm="", n=2))


async def _breathe(house: House) -> None:
    """Let what the stand-ins said reach the bot, and the bot come to rest."""
    await asyncio.sleep(BREATH_S)
    await house.clock.advance(0)


def describe_disk(house: House) -> str:
    """Say in a few words what a process that died left behind."""
    jobs = ", ".join(
        f"{each.status.value}{' with its task' if each.task_id else ''}" for each in promises.stored_jobs(house)
    )
    folders = {name: len(list((house.data_dir / name).iterdir())) for name in ("results", "sources")}
    files = ", ".join(f"{number} in {name}" for name, number in folders.items() if number)
    return f"job: {jobs or 'none'}" + (f"; {files}" if files else "")


def _end(house: House) -> str:
    return ", ".join(each.end for each in promises.stored_jobs(house)) or NOTHING
