"""The soak: thousands of jobs, random faults of both services, processes that die; then the books are checked.

`python -m benchmarks.soak --jobs 2000` prints its seed first (`--seed` runs one again) and, at the end, what happened
and how the jobs ended. It ends with 1 where a promise was broken.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.nursery import Nursery
from tests.support.soak import Report, soak


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--jobs", type=_positive, default=2000, metavar="N", help="how many jobs (%(default)s)")
    parser.add_argument(
        "--seed",
        type=int,
        default=random.randrange(10**6),
        metavar="N",
        help="of the run that is to be repeated (a random one)",
    )
    return parser.parse_args()


def _positive(written: str) -> int:
    if not (written.isascii() and written.isdigit() and int(written) >= 1):
        raise argparse.ArgumentTypeError(f"a number of jobs is 1 or more, and this is {written!r}")
    return int(written)


def table_of(report: Report, *, took_s: float) -> Table:
    """Lay out what happened."""
    table = Table("what", "how often", title=f"soak, seed {report.seed}: every promise kept")
    for name, number in sorted(report.ends.items()):
        table.add_row(name, str(number))
    table.add_row("jobs", str(report.ends.total()), style="bold", end_section=True)
    table.add_row("commands given", str(report.n_commands))
    table.add_row("waiting pictures asked for", str(report.n_presses))
    table.add_row("tasks at the provider", str(report.n_tasks), end_section=True)
    for name, number in sorted(report.faults.items()):
        table.add_row(name, str(number))
    table.add_row("time, moved", f"{report.moved_s / 3600:.1f} h")
    table.add_row("time, real", f"{took_s:.0f} s")
    return table


def main() -> int:
    """Run it and return the exit code."""
    options = parse()
    console = Console()
    console.print(f"seed {options.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, Nursery.opened() as nursery:
        try:
            report = asyncio.run(soak(nursery, Path(folder), n_jobs=options.jobs, seed=options.seed))
        except AssertionError as broken:
            console.print(f"BROKEN with seed {options.seed}: {broken}", style="red", markup=False)
            return 1
    console.print(table_of(report, took_s=time.monotonic() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main())
