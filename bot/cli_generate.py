"""How `imagebot generate` looks: a progress bar, then where the picture is and what it cost, or why there is none."""

import argparse
import asyncio
import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.clock import Clock, SystemClock
from bot.generate import Made, NoPicture, NotSaved, UnusableSource, generate
from bot.jobs import failures
from bot.jobs.model import Drawing, Failure, Quality, Size
from bot.provider import errors
from bot.settings import ProviderSettings
from bot.ui import texts

EXIT_FAULT = 1
EXIT_INTERRUPTED = 130


def main(settings: ProviderSettings, options: argparse.Namespace, *, clock: Clock | None = None) -> int:
    """Make the picture that the options describe, and return the exit code."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        line = bar.add_task("asking EvoLink", total=100)
        last_words = "nothing was sent"

        def show(words: str, percent: int) -> None:
            nonlocal last_words
            last_words = words
            bar.update(line, description=words, completed=percent)

        making = generate(
            settings,
            Drawing(prompt=options.prompt, size=Size(options.size), quality=Quality(options.quality)),
            images=options.image,
            out=options.out,
            clock=clock or SystemClock(),
            progress=show,
        )
        try:
            made = asyncio.run(making)
        except KeyboardInterrupt:
            sentence, code = f"stopped ({last_words}); a task that was created may still be charged", EXIT_INTERRUPTED
        except (UnusableSource, NotSaved, NoPicture, errors.ProviderError, OSError) as error:
            sentence, code = _sentence(error), EXIT_FAULT
        else:
            bar.stop()
            _report(made)
            return 0
    print(f"imagebot: {sentence}.", file=sys.stderr)
    return code


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"the picture could not be saved there ({error.strerror}: {error.filename}); nothing was sent"
    if isinstance(error, NotSaved):
        return f"the picture was made, but {error}; it stays for 24 hours at {error.url}"
    if isinstance(error, NoPicture):
        return f"{_why(error.failure)} (task {error.task_id})"
    if isinstance(error, errors.InvalidRequest):
        return f"{error.field} {error.message}; nothing was sent"
    return _why(failures.of_create(error)) if isinstance(error, errors.ProviderError) else str(error)


def _why(failure: Failure) -> str:
    title = texts.failure(failure, job_id="").title.rstrip(".")
    words = " ".join(failure.message.split())
    return f"{title}: {words.rstrip('.')}" if words else title


def _report(made: Made) -> None:
    cost = "a cost the provider did not name" if made.credits_used is None else f"{made.credits_used:g} credits"
    result = made.result
    print(f"{made.path}: {result.width} x {result.height} pixels, {result.n_bytes:,} bytes, {cost}")
    if not made.name_fits:
        print(f"imagebot: the picture is {result.media_type}, its name says otherwise.", file=sys.stderr)
