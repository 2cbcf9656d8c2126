"""The kill-point matrix: a bot that is killed after each of its durable effects, started again, and what became of it.

`python -m benchmarks.kill_points` runs every point of every scenario against both stand-ins and prints a table for
each; `python -m benchmarks.kill_points imagine edit` only those. It ends with 1 where a promise was broken.
"""

import argparse
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


NAMES = [each.name for each in SCENARIOS]


def scenario(written: str) -> str:
    """Return the name of a scenario; what is none is refused."""
    if written not in NAMES:
        raise argparse.ArgumentTypeError(f"invalid choice: {written!r} (choose from {', '.join(NAMES)})")
    return written


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kill_points",
        description="Kill a bot after each of its durable effects, start it again, and tell what became of it. Ends "
        "with 1 where a promise was broken.",
    )
    parser.add_argument(
        "scenarios",
        nargs="*",
        type=scenario,  # `choices` would refuse that none is named
        metavar="SCENARIO",
        help=f"which to run, of {', '.join(NAMES)}; all without it",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show the log of the bots where one was broken")
    return parser.parse_args()


async def one_row(nursery: Nursery, scenario: Scenario, number: int, *, verbose: bool) -> tuple[Row, bool]:
    """Run one point; a broken promise becomes the row's end."""
    effect = scenario.points[number - 1].effect
    with tempfile.TemporaryDirectory() as folder:
        try:
            return await killed_run(nursery, scenario, Path(folder), number), True
        except (AssertionError, TimeoutError) as broken:
            end = f"BROKEN: {str(broken)[:600]}{said(folder) if verbose else ''}"
            return Row(number=number, effect=effect, on_disk="", end=end, n_tasks=0), False


def said(folder: str) -> str:
    """Return what the bots of a run have logged."""
    return Path(folder, "log").read_text()


async def has_changed(nursery: Nursery, scenario: Scenario, *, verbose: bool) -> bool:
    """Run a scenario without a death, and print where it is not as it is written down."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            await clean_run(nursery, scenario, Path(folder))
        except (AssertionError, TimeoutError) as broken:
            logged = said(folder) if verbose else ""
            console.print(f"{scenario.name}, where nothing dies: {broken}{logged}", style="red", markup=False)
            return True
    return False


async def one_scenario(nursery: Nursery, scenario: Scenario, *, verbose: bool) -> int:
    """Run every point of a scenario, print the table, and return how many broke a promise."""
    began = time.monotonic()
    n_broken = int(await has_changed(nursery, scenario, verbose=verbose))
    table = Table("point", "killed right after", "what was on disk", "how it ended", "tasks", show_lines=False)
    for number in range(1, len(scenario.points) + 1):
        row, kept = await one_row(nursery, scenario, number, verbose=verbose)
        n_broken += not kept
        table.add_row(str(number), row.effect, row.on_disk, row.end, str(row.n_tasks), style=None if kept else "red")
    verdict = f"{n_broken} broken" if n_broken else "all kept"
    table.title = f"{scenario.name}: {len(scenario.points)} kill points, {verdict}, {time.monotonic() - began:.0f} s"
    console.print(table)
    return n_broken


async def run(options: argparse.Namespace) -> int:
    """Run what was asked for, and return how many promises were broken."""
    chosen = [each for each in SCENARIOS if not options.scenarios or each.name in options.scenarios]
    with Nursery.opened() as nursery:
        return sum([await one_scenario(nursery, scenario, verbose=options.verbose) for scenario in chosen])


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(run(parse())) else 0)
