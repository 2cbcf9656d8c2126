"""`imagebot run` whose time is moved, whose kill points are counted, and which is born in a moment.

`python -m tests.support.mortal_bot` imports everything once and then forks a bot for each line of JSON it reads: a bot
costs some hundredths of a second and not some seconds.
No thread and no loop is started before a fork, so each is a clean start.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import traceback
import types
from collections import Counter
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
from tests.support.nursery import READY
from tests.support.remembered import what_is_remembered

LONGEST_WAIT_S = 0.02
OBEYING = "obeying"
OURS = Path(app.__file__).parent
CONNECTED = {"01", "08"}
"""ESTABLISHED, and CLOSE_WAIT: closed by the other side alone (include/net/tcp_states.h)."""


async def obey(clock: ManualClock, points: KillPoints, control: str) -> None:
    """Do what the socket says, a word and a number a line: move time, count points from now on, report."""
    reader, writer = await asyncio.open_unix_connection(control)
    while line := await reader.readline():
        word, number = line.split()
        if word == b"count":
            points.armed = True
        await clock.advance(float(number))
        await points.calm()
        said = {**what_goes_on(points), **what_is_remembered()} if word == b"report" else {}
        writer.write(json.dumps(said).encode() + b"\n")
        await writer.drain()
    os.kill(os.getpid(), signal.SIGKILL)  # whoever commanded it is dead: nobody would ever stop it


def what_goes_on(points: KillPoints) -> dict[str, int]:
    """Count our tasks by their names, the calls under way, and the connections in use, or open and of no use."""
    tasks = Counter(f"task: {task.get_name()}" for task in asyncio.all_tasks() if _is_ours(task))
    in_use, kept = points.connections()
    calls = {
        "calls under way": len(points.under_way_now()),
        "connections in use": in_use,
        "connections astray": max(0, n_connections() - in_use - kept),
    }
    return {name: number for name, number in {**tasks, **calls}.items() if number}


def _is_ours(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task has a name, as all of ours have, or forgot it: the library's own are without one."""
    code = getattr(task.get_coro(), "cr_code", None)
    named = not task.get_name().startswith("Task-")
    return task.get_name() != OBEYING and (named or code is None or Path(code.co_filename).is_relative_to(OURS))


def n_connections() -> int:
    """Count this process's own sockets of TCP that are connected, as the system knows them."""
    ours: set[str] = set()
    for opened in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the listing's own is closed by now
            ours.add(str(opened.readlink()))
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return sum(row[3] in CONNECTED and f"socket:[{row[9]}]" in ours for row in rows)


async def live(born: dict[str, Any], points: KillPoints) -> None:
    settings = load(Settings, env_file=Path("/dev/null"))
    log.set_up(level=settings.log_level, form=settings.log_format, redactor=log.Redactor(settings.discord_token))
    clock = ManualClock(datetime.fromisoformat(born["now"]))
    obeying = asyncio.create_task(obey(clock, points, born["control"]), name=OBEYING)
    await app.run_until_signalled(settings, clock=clock)
    await asyncio.sleep(0)  # what was closed is gone one pass of the loop later
    Path(born["left"]).write_text(json.dumps(what_goes_on(points)))
    obeying.cancel()


def shorten_waits_of_library() -> None:
    """Have discord.py wait some milliseconds where it waits some seconds before it tries again: it knows no clock."""

    async def sleep(seconds: float, *arguments: Any) -> Any:
        return await asyncio.sleep(min(seconds, LONGEST_WAIT_S), *arguments)

    hurried = types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})
    discord.http.asyncio = discord.webhook.async_.asyncio = discord.client.asyncio = hurried  # type: ignore


def be_born(born: dict[str, Any]) -> None:
    """Be a bot until the end; its jitter is the same in each life, so that two runs have the same points."""
    random.seed(0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(born["settings"])
    said = os.open(born["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    points = KillPoints(
        data_dir=Path(born["settings"]["DATA_DIR"]),
        trace=Path(born["trace"]),
        die_at=born["die_at"],
        patience_s=born["patience_s"],
    )
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
    print(READY, flush=True)
    for line in sys.stdin:
        if os.fork() == 0:
            be_born(json.loads(line))


if __name__ == "__main__":
    main()
