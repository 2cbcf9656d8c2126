"""Charts as pictures, from the bot's side: which worker draws them, with what. No charting library is imported here.

The library is large, and what it once took stays with its process. So a worker of its own draws a chart and ends with
it, instead of one that has to have room for the next person's photo; and one chart is drawn at a time.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from bot.clock import Clock
from bot.images.worker import ImageWorkers
from bot.quota.report import ChartWords, UsageReport


class Charts:
    """Draws charts in worker processes."""

    def __init__(self, *, clock: Clock, words: ChartWords) -> None:
        self._clock = clock
        self._words = words
        self._turn = asyncio.Lock()

    async def draw_usage(self, report: UsageReport, path: Path) -> int:
        """Write a PNG of 1200 x 900 pixels to `path` and return its bytes.

        Raises OSError where it cannot be written, WorkerDied where the worker ended before it was done.
        """
        async with self._turn, ImageWorkers(clock=self._clock, max_workers=1) as workers:
            return await workers.run(draw_usage, report, path, words=self._words)


def draw_usage(report: UsageReport, path: Path, *, words: ChartWords) -> int:
    """Do it, in a worker; `path` never holds half a picture, and is for its owner's eyes only.

    Blocks, and imports the charting library.
    """
    unnamed = path.with_name(f".{path.name}.part")
    with tempfile.TemporaryDirectory(prefix="imagebot-") as scratch:
        # Read when the libraries are first imported: nothing is written to somebody's home folder, charts look alike
        # whatever fonts a machine has, and one thread does all (each more would reserve memory that the limit counts).
        os.environ.update(MPLCONFIGDIR=scratch, MPL_IGNORE_SYSTEM_FONTS="1", OPENBLAS_NUM_THREADS="1")
        from bot.images import usage_chart  # noqa: PLC0415 - must not be imported where this module is

        unnamed.unlink(missing_ok=True)  # of one that was killed; the rights of a file that is there would stay
        unnamed.touch(mode=0o600, exist_ok=False)
        try:
            usage_chart.draw(report, unnamed, words=words)
            unnamed.replace(path)
        finally:
            unnamed.unlink(missing_ok=True)
    return path.stat().st_size
