"""One run of a scenario, whole or with a death after one of its kill points, and the row it gives in the matrix."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.support import promises
from tests.support.house import House, open_house
from tests.support.kill_scenarios import Scenario
from tests.support.nursery import Mortal, Nursery

STEP_S = 0.5
LONG_STEP_S = 20.0
SHORT_STEPS = 80
LIMIT_S = 4 * 3600.0
AFTERWARDS_S = 5.0
BREATH_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How it went with one point."""

    number: int
    effect: str
    on_disk: str
    ended: str


async def clean_run(nursery: Nursery, scenario: Scenario, folder: Path) -> list[str]:
    """Run a scenario in which nothing dies and return its points."""
    async with open_house(folder / "data") as house:
        scenario.set_up(house)
        async with nursery.bot(house, **scenario.settings) as bot:
            await _ask(house, scenario, bot)
            await _go_on(house, scenario, bot)
            points = bot.points()
        promises.assert_kept(house)
        return points


async def killed_run(nursery: Nursery, scenario: Scenario, folder: Path, number: int) -> Row:
    """Run a scenario, die right after a point, start again, go on to the end; AssertionError for a broken promise."""
    async with open_house(folder / "data") as house:
        scenario.set_up(house)
        async with nursery.bot(house, die_at=number, **scenario.settings) as bot:
            await _ask(house, scenario, bot)
            await _go_on(house, scenario, bot)
            assert bot.gone.is_set(), f"point {number} of {scenario.name} was never reached: {bot.points()}"
        on_disk = describe_disk(house)
        await house.clock.advance(scenario.away_s)
        async with nursery.bot(house, **scenario.settings) as heir:
            await _go_on(house, scenario, heir)
        promises.assert_kept(house)
        return Row(number=number, effect=bot.points()[-1], on_disk=on_disk, ended=_ended(house))


async def _ask(house: House, scenario: Scenario, bot: Mortal) -> None:
    if not scenario.count_from_s:
        await bot.tell("count")
    await scenario.ask(house)
    await _breathe(house)
    while house.clock.monotonic() < scenario.count_from_s:
        await _step(house, scenario, LONG_STEP_S)
    await bot.tell("count")


async def _go_on(house: House, scenario: Scenario, bot: Mortal) -> None:
    """Move time until nothing remains to be done, and a little longer; or until the bot dies."""
    began = house.clock.monotonic()
    n_steps = 0
    while not bot.gone.is_set() and not promises.all_ended(house):
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
    if scenario.wait is not None:
        await scenario.wait(house)
    await _breathe(house)


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


def _ended(house: House) -> str:
    jobs = promises.stored_jobs(house)
    if not jobs:
        return "nothing stored, nothing held"
    return f"{', '.join(each.end for each in jobs)}; {len(house.tasks)} task(s)"
