"""`imagebot demo`: the real bot between two stand-ins, a story of several people, and a proof of what arrived.

`stage` is where it happens, `story` and `quota_story` what happens, `acts` how people ask, `scenes` what they see,
`evidence` and `photos` what it is judged by, `transcript`, `table` and `page` how it is shown, `verdict` what it
proves, `folder` the files it leaves. Only this package and the command line know the stand-ins.
"""

import asyncio
import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console

from bot import log
from bot.clock import Clock, SystemClock
from bot.demo import folder, page, stage, story, table, verdict
from bot.demo.stage import Stage
from bot.demo.transcript import Transcript
from bot.demo.verdict import Identical
from bot.errors import CannotConnect
from bot.sandbox.discord import NoAnswer, PersonCannot
from bot.settings import LogFormat, LogLevel, ProviderSettings

EXIT_FAULT = 1
PATIENCE_S = 60.0
LIVE_PATIENCE_S = 900.0
"""The real model takes minutes at worst (provider.md 8.2)."""
_WIDTH_WITHOUT_TERMINAL = 120


async def run(*, out: Path, as_json: bool, live: ProviderSettings | None) -> int:
    """Play the story, write its pictures to `out`, and return the exit code; `live` are those of the real provider."""
    console = _console()
    clock = SystemClock()
    began = clock.monotonic()
    try:
        folder.make_clean(out)
        with (out / folder.LOG_NAME).open("w", encoding="utf-8") as stream, _logged_to(stream, live):
            rows, faults = await _play(console, clock, out, live)
    except OSError as error:
        _complain(f"{error.filename or out} cannot be used: {error.strerror or error}")
        return EXIT_FAULT
    except asyncio.CancelledError:
        _complain("stopped")
        raise
    console.print(table.drawn(rows, width=console.width))
    console.print(table.LEGEND, style="dim", soft_wrap=True, highlight=False)
    for fault in faults:
        console.print(f"FAULT: {fault}.", style="bold red", soft_wrap=True, markup=False, highlight=False)
    seconds = clock.monotonic() - began
    told = f"{seconds:.1f} s. Pictures, log and the conversation as a page: {out / page.NAME}"
    console.print(told, soft_wrap=True, markup=False, highlight=False)
    if as_json:
        sys.stdout.write(table.document(rows, faults=faults, seconds=seconds) + "\n")
    return EXIT_FAULT if faults else 0


async def _play(
    console: Console, clock: Clock, out: Path, live: ProviderSettings | None
) -> tuple[list[verdict.Row], list[str]]:
    patience_s = LIVE_PATIENCE_S if live else PATIENCE_S
    transcript = Transcript(console=console, clock=clock)
    async with stage.opened(
        clock=clock,
        live=live,
        places=story.PLACES,
        patience_s=patience_s,
        on_scene=transcript.begin,
        on_proof=transcript.proof,
        on_aside=transcript.aside,
    ) as opened:
        transcript.note(_opening(opened))
        running = asyncio.create_task(opened.app.run(), name="bot")
        try:
            with transcript.running():
                await _perform(opened, story.LIVE_CHAPTERS if live else story.CHAPTERS, out, running)
        finally:
            await opened.app.stop()
            await asyncio.gather(running, return_exceptions=True)
        rows = [await verdict.row_of(opened, scene) for scene in opened.scenes]
        await _keep_originals(opened, rows, out)
        page.write(opened.scenes, opened.asides, accounts=opened.discord.world.accounts.values(), out=out)
        faults = verdict.faults_of(
            rows,
            problems=opened.problems,
            violations=opened.discord.violations,
            keys_leaked=len(opened.provider.keys_leaked) if opened.provider else 0,
        )
        return rows, faults


async def _perform(
    opened: Stage, chapters: tuple[story.Chapter, ...], out: Path, running: "asyncio.Task[None]"
) -> None:
    """Wait for the bot, then play."""
    try:
        await opened.connected(running)
    except (CannotConnect, TimeoutError) as error:
        opened.problems.append(f"the bot did not come up: {error}")
    else:
        await _play_all(opened, chapters, out, running)


async def _play_all(
    opened: Stage, chapters: tuple[story.Chapter, ...], out: Path, running: "asyncio.Task[None]"
) -> None:
    """Play all chapters side by side; a bot that ends before them ends them."""
    playing = asyncio.gather(*(_chapter(opened, chapter, out) for chapter in chapters))
    try:
        await asyncio.wait({running, playing}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            opened.problems.append(f"the bot ended before the story did; see {folder.LOG_NAME}")
            return
        await playing
    finally:  # an interrupted demo does not leave its chapters behind
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def _chapter(opened: Stage, chapter: story.Chapter, out: Path) -> None:
    try:
        await chapter(opened)
    except (TimeoutError, NoAnswer, PersonCannot) as error:
        opened.problems.append(f"the chapter {chapter.__name__!r} did not end as it should: {error}")
    for scene in opened.scenes:
        folder.keep_picture(scene, out)
    for aside in opened.asides:
        folder.keep_file(aside, out)


async def _keep_originals(opened: Stage, rows: list[verdict.Row], out: Path) -> None:
    """Put the picture as the provider made it beside each that was fitted, so that the two can be compared."""
    for scene, row in zip(opened.scenes, rows, strict=True):
        job = await opened.job_of(scene)
        if row.identical is Identical.FITTED and row.file and job and job.result:
            await asyncio.to_thread(folder.keep_original, job.result.path, beside=row.file, out=out)


def _complain(sentence: str) -> None:
    Console(stderr=True).print(f"imagebot: {sentence}.", soft_wrap=True, markup=False, highlight=False)


def _opening(opened: Stage) -> str:
    where = "the real EvoLink" if opened.provider is None else f"a stand-in of EvoLink at {opened.provider.api_base}"
    return f"The real bot, between a stand-in of Discord at {opened.discord.api_base} and {where}."


def _console() -> Console:
    """Return a console that survives any terminal: what it has no letters for becomes a question mark."""
    if callable(reconfigure := getattr(sys.stdout, "reconfigure", None)):
        reconfigure(errors="replace")
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH_WITHOUT_TERMINAL)


@contextmanager
def _logged_to(stream: TextIO, live: ProviderSettings | None) -> Generator[None, None, None]:
    """Write the bot's log to a file for the block, so that the conversation stays readable."""
    secrets = [live.evolink_api_key] if live else []
    log.set_up(level=LogLevel.INFO, form=LogFormat.TEXT, redactor=log.Redactor(*secrets), stream=stream)
    try:
        yield
    finally:
        logging.getLogger().handlers.clear()
