"""`imagebot check`: what is wrong, before people find out. A line for each thing, with what to do about a fault.

`here` looks at this machine, `evolink` and `discord_side` ask outside; nothing is spent, nothing is left behind.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import aiohttp

from bot.check import discord_side, evolink, here, traces
from bot.check.finding import Finding, fault, well
from bot.clock import Clock, SystemClock
from bot.files import DataFolder
from bot.settings import Settings

__all__ = ["Finding", "findings"]

Check = Callable[[], Coroutine[Any, Any, list[Finding]]]

PATIENCE_S = 20.0
"""For one thing; an address that swallows everything must not make the check hang."""


async def findings(settings: Settings, *, quick: bool, clock: Clock | None = None) -> AsyncIterator[Finding]:
    """Check one thing after the other; `quick` asks nobody outside, but wants the bot to run here."""
    clock = clock or SystemClock()
    yield well("settings", "complete and well-formed")
    folder = DataFolder(settings.data_dir)
    of_folder = await here.check_folder(folder)
    yield of_folder
    yield await here.check_database(folder, can_be_written=of_folder.ok)
    if quick:
        yield here.check_running(folder, clock)
        return
    yield await here.check_room(folder, settings)
    yield await here.check_pictures(folder, settings, clock)
    yield traces.check_callbacks(settings)
    async with aiohttp.ClientSession() as session:
        for subject, check in _outside(settings, folder, session, clock):
            for finding in await _in_time(subject, check):
                yield finding


def _outside(
    settings: Settings, folder: DataFolder, session: aiohttp.ClientSession, clock: Clock
) -> Iterator[tuple[str, Check]]:
    if settings.serves_web:
        yield "web server", lambda: here.check_web_server(settings, folder, session)
    provider = evolink.client(settings, session, clock)
    yield "EvoLink key", lambda: evolink.check_key(provider)
    yield "EvoLink model", lambda: evolink.check_model(provider, settings.evolink_model)
    yield "EvoLink files", lambda: evolink.check_files(settings, session, clock)
    yield "Discord token", lambda: discord_side.check(settings)
    if (base := settings.public_base_url) is not None:
        yield "own web address", lambda: here.check_web_address(base, session)


async def _in_time(subject: str, check: Check) -> list[Finding]:
    try:
        return await asyncio.wait_for(check(), PATIENCE_S)
    except TimeoutError:
        return [fault(subject, f"no answer within {PATIENCE_S:.0f} s; look at the network")]
