"""`imagebot run` whose time is moved, whose kill points are counted, and which is born in a moment.

`python -m tests.support.mortal_bot` imports everything once and then forks a bot for each line of JSON it reads: a bot
costs some hundredths of a second and not some seconds.
No thread and no loop is started before a fork, so each is a clean start.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
import types
from datetime import datetime
from pathlib import Path
from typing import Any

import discord.client
import discord.http
import discord.webhook.async_

import cogs.admin
import cogs.edit
import cogs.imagine
import cogs.library
import cogs.usage  # noqa: F401 - imported once, here, and not in each bot
from bot import app, log
from bot.settings import Settings, load
from tests.support.clock import ManualClock
from tests.support.kill_points import KillPoints

LONGEST_WAIT_S = 0.02


async def obey(clock: ManualClock, points: KillPoints, control: str) -> None:
    """Do what the socket says, a word and a number a line: move time, or count from now on. Answer when it is calm."""
    reader, writer = await asyncio.open_unix_connection(control)
    while line := await reader.readline():
        word, number = line.split()
        if word == b"count":
            points.armed = True
        await clock.advance(float(number))
        await points.calm()
        writer.write(b"calm\n")
        await writer.drain()
    os.kill(os.getpid(), signal.SIGKILL)  # whoever commanded it is dead: nobody would ever stop it


async def live(born: dict[str, Any], points: KillPoints) -> None:
    settings = load(Settings, env_file=Path("/dev/null"))
    log.set_up(level=settings.log_level, form=settings.log_format, redactor=log.Redactor(settings.discord_token))
    clock = ManualClock(datetime.fromisoformat(born["now"]))
    obeying = asyncio.create_task(obey(clock, points, born["control"]))
    await app.run_until_signalled(settings, clock=clock)
    obeying.cancel()


def shorten_waits_of_library() -> None:
    """Have discord.py wait some milliseconds where it waits some seconds before it tries again: it knows no clock."""

    async def sleep(seconds: float, *arguments: Any) -> Any:
        return await asyncio.sleep(min(seconds, LONGEST_WAIT_S), *arguments)

    hurried = types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})
    discord.http.asyncio = discord.webhook.async_.asyncio = discord.client.asyncio = hurried  # type: ignore


def be_born(born: dict[str, Any]) -> None:
    """Be a bot until the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(born["settings"])
    said = os.open(born["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    points = KillPoints(data_dir=Path(born["settings"]["DATA_DIR"]), trace=Path(born["trace"]), die_at=born["die_at"])
    points.install()
    shorten_waits_of_library()
    try:
        asyncio.run(live(born, points))
    except Exception:  # noqa: BLE001 - it goes to the log, and this is not the nursery any more
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended: their sockets say when
    for line in sys.stdin:
        if os.fork() == 0:
            be_born(json.loads(line))


if __name__ == "__main__":
    main()
