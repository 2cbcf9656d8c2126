"""How `imagebot generate` looks: a progress bar, then where the picture is and what it cost, or why there is none."""

import argparse
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot import provider_faults
from bot.cli import loop
from bot.cli.output import complain, tell
from bot.clock import Clock, SystemClock
from bot.generate import Made, NoPicture, NotSaved, OutOfReach, Unusable, checked, generate
from bot.jobs.model import Drawing, FailureKind, Quality, Size
from bot.provider import errors
from bot.settings import ProviderSettings

EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(settings: ProviderSettings, options: argparse.Namespace, *, clock: Clock | None = None) -> int:
    """Make the picture that the options describe, and return the exit code."""
    watched = Watched()
    try:
        with checked(_what(options), images=options.image, out=options.out) as order, watched.shown():
            made = loop.run(generate(settings, order, clock=clock or SystemClock(), watcher=watched))
    except Unusable as error:
        complain(f"{error}; nothing was sent")
        return EXIT_USAGE
    except KeyboardInterrupt:
        complain(f"stopped; {watched.at_stake}")
        return EXIT_INTERRUPTED
    except (OutOfReach, NoPicture, NotSaved) as error:
        complain(_sentence(error, is_new=options.task is None))
        return EXIT_FAULT
    _report(made, wanted=options.out)
    return 0


def _what(options: argparse.Namespace) -> Drawing | str:
    if options.task is None:
        size, quality = Size(options.size or "auto"), Quality(options.quality or "2K")
        return Drawing(prompt=options.prompt, size=size, quality=quality)
    if options.image or options.size or options.quality:
        raise Unusable("--task fetches a picture as it was asked for, so --size, --quality and --image say nothing")
    return str(options.task)


class Watched:
    """Shows what happens: lines for what is worth keeping, and on a terminal a bar below them."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %")
        self._bars = Progress(
            *columns, TimeElapsedColumn(), console=self._console, disable=not self._console.is_terminal
        )
        self._bar = self._bars.add_task("preparing", total=100)
        self.at_stake = "nothing was sent"
        """What it would mean to stop now."""

    @contextmanager
    def shown(self) -> Generator[None, None, None]:
        """Show the bar for the block."""
        with self._bars:
            yield

    def uploading(self, path: Path) -> None:
        self._bars.update(self._bar, description="uploading")
        self._say(f"uploading {path.name}")
        self.at_stake = "nothing was asked for, nothing is charged"

    def sending(self) -> None:
        self._bars.update(self._bar, description="asking")
        self.at_stake = "EvoLink may have taken the request and may charge it; look at the account before you try again"

    def created(self, task_id: str) -> None:
        self._bars.update(self._bar, description="drawing")
        self._say(f"task {task_id}")
        self.at_stake = f"the task goes on and may be charged; {_how_to_fetch(task_id)}"

    def drawing(self, percent: int) -> None:
        self._bars.update(self._bar, completed=percent)

    def out_of_touch(self, error: errors.ProviderError) -> None:
        trouble = "cannot be reached" if isinstance(error, errors.Unreachable) else "gives no proper answer"
        self._say(f"EvoLink {trouble}, still asking")

    def in_touch_again(self) -> None:
        self._say("EvoLink answers again")

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)


def _how_to_fetch(task_id: str) -> str:
    return f"fetch its picture with: imagebot generate --task {task_id}"


def _sentence(error: OutOfReach | NoPicture | NotSaved, *, is_new: bool) -> str:
    match error:
        case NotSaved():
            again = f"it stays for 24 hours at {error.url}; {_how_to_fetch(error.task_id)}"
            return f"the picture was made, but {error}; {again}"
        case NoPicture():
            return _of_task(error)
        case OutOfReach():
            return _of_call(error) if is_new else _of_search(error)


def _of_call(error: OutOfReach) -> str:
    why = provider_faults.sentence(error.error, variable=error.variable)
    if isinstance(error.error, errors.OutcomeUnknown):
        return f"{why}; it may be charged, so look at the account before you try again"
    return f"{why}; nothing was charged"


def _of_search(error: OutOfReach) -> str:
    if isinstance(error.error, errors.NotFound):
        return "EvoLink knows no such task; look at the id, and whether EVOLINK_API_KEY is that of the same account"
    return provider_faults.sentence(error.error, variable=error.variable)


def _of_task(error: NoPicture) -> str:
    task = f"task {error.task_id}"
    match error.failure.kind:
        case FailureKind.TIMED_OUT:
            return f"{task} has not ended in half an hour and may still be charged; {_how_to_fetch(error.task_id)}"
        case FailureKind.NO_RESULT:
            return f"{task} ended without a picture, often a refusal without words; it may be charged"
        case FailureKind.TASK_FAILED:
            why = provider_faults.of_task(error.failure)
            return f"{why} ({task}); EvoLink does not charge for tasks that fail"
        case _:
            assert error.error is not None  # noqa: S101 - the look at the task failed, and that is why it is here
            why = provider_faults.sentence(error.error, variable="EVOLINK_API_BASE")
            return f"{why}; {task} goes on and may be charged; {_how_to_fetch(error.task_id)}"


def _report(made: Made, *, wanted: Path | None) -> None:
    cost = "a cost the provider did not name" if made.credits_used is None else f"{made.credits_used:g} credits"
    result = made.result
    line = f"{made.path}: {result.width} x {result.height} pixels, {result.n_bytes:,} bytes, {cost}"
    if not tell(line):
        complain(f"the picture is saved, only standard output takes no more: {line}")
    if wanted is not None and made.path != wanted:
        complain(f"{wanted} came into being meanwhile, so the picture is {made.path}")
    if not made.name_fits:
        complain(f"the picture is {result.media_type}, its name says otherwise")
