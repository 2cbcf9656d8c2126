"""The kill-point matrix: a bot that is killed after each of its durable effects, started again, and what became of it.

`python -m benchmarks.kill_points` runs every point of every scenario against both stand-ins and prints a table for
each; `python -m benchmarks.kill_points imagine edit` only those. It ends with 1 where a promise was broken.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.kill_matrix import Row, clean_run, killed_run
from tests.support.kill_scenarios import SCENARIOS, Scenario
from tests.support.nursery import Nursery

console = Console(width=None if sys.stdout.isatty() else 190)


async def one_row(nursery: Nursery, scenario: Scenario, number: int) -> tuple[Row, bool]:
    """Run one point; a broken promise becomes the row's end."""
    effect = scenario.points[number - 1].effect
    with tempfile.TemporaryDirectory() as folder:
        try:
            return await killed_run(nursery, scenario, Path(folder), number), True
        except (AssertionError, TimeoutError) as broken:
            end = f"BROKEN: {str(broken)[:600]}{said(folder)}"
            return Row(number=number, effect=effect, on_disk="", end=end, n_tasks=0), False


def said(folder: str) -> str:
    """Return what the bots of a run have logged, where that is wanted."""
    return Path(folder, "log").read_text() if "-v" in sys.argv else ""


async def has_changed(nursery: Nursery, scenario: Scenario) -> bool:
    """Run a scenario without a death, and print where it is not as it is written down."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            await clean_run(nursery, scenario, Path(folder))
        except (AssertionError, TimeoutError) as broken:
            console.print(f"{scenario.name}, where nothing dies: {broken}{said(folder)}", style="red", markup=False)
            return True
    return False


async def one_scenario(nursery: Nursery, scenario: Scenario) -> int:
    """Run every point of a scenario, print the table, and return how many broke a promise."""
    began = time.monotonic()
    n_broken = int(await has_changed(nursery, scenario))
    table = Table("point", "killed right after", "what was on disk", "how it ended", "tasks", show_lines=False)
    for number in range(1, len(scenario.points) + 1):
        row, kept = await one_row(nursery, scenario, number)
        n_broken += not kept
        table.add_row(str(number), row.effect, row.on_disk, row.end, str(row.n_tasks), style=None if kept else "red")
    verdict = f"{n_broken} broken" if n_broken else "all kept"
    table.title = f"{scenario.name}: {len(scenario.points)} kill points, {verdict}, {time.monotonic() - began:.0f} s"
    console.print(table)
    return n_broken


async def main() -> int:
    wanted = {each for each in sys.argv[1:] if not each.startswith("-")}
    chosen = [each for each in SCENARIOS if not wanted or each.name in wanted]
    with Nursery.opened() as nursery:
        return sum([await one_scenario(nursery, scenario) for scenario in chosen])


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(main()) else 0)
