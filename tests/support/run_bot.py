"""`imagebot run` on time that a test moves, born in a moment: `python -m tests.support.run_bot`.

It imports everything once and then forks a bot for each line of JSON it reads: to start Python anew would take each a
second of work. No thread and no loop is started before a fork, so each is a clean start. Each bot has a parent of its
own, which tells the test the bot's process id and, in the end, how it ended.
Settings come from the environment, as for the real command.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import app, log, posix
from bot.settings import Settings, load
from tests.support.clock import ManualClock


async def follow_time(clock: ManualClock, socket_path: str) -> None:
    """Move time as the socket says, one number of seconds a line, and confirm each."""
    reader, writer = await asyncio.open_unix_connection(socket_path)
    while line := await reader.readline():
        await clock.advance(float(line))
        writer.write(b"moved\n")
        await writer.drain()


async def run(socket_path: str, start: datetime) -> None:
    settings = load(Settings, env_file=Path("/dev/null"))
    log.set_up(level=settings.log_level, form=settings.log_format, redactor=log.Redactor(settings.discord_token))
    clock = ManualClock(start)
    following = asyncio.create_task(follow_time(clock, socket_path))
    await app.run_until_signalled(settings, clock=clock)
    following.cancel()


def be_bot(born: dict[str, Any], parent_pid: int) -> None:
    """Be a bot until the end."""
    posix.die_with_parent(parent_pid)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(born["environment"])
    os.chdir(born["folder"])
    code = 1
    try:
        asyncio.run(run(born["time"], datetime.fromisoformat(born["now"])))
        code = 0
    except Exception:  # noqa: BLE001 - what the interpreter does where nobody catches it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def be_parent(born: dict[str, Any], parent_pid: int) -> None:
    """Have a bot, and tell the test when it was born and how it ended."""
    posix.die_with_parent(parent_pid)
    own_pid = os.getpid()
    bot_pid = os.fork()
    if bot_pid == 0:
        be_bot(born, own_pid)
    with socket.socket(socket.AF_UNIX) as told:
        told.connect(born["life"])
        told.sendall(b"%d\n" % bot_pid)
        _, status = os.waitpid(bot_pid, 0)
        told.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os.kill(own_pid, signal.SIGKILL)  # at once: an end in order would write down what a measuring of coverage has seen


def main() -> None:
    own_pid = os.getpid()
    parents: set[int] = set()
    for line in sys.stdin:
        parent_pid = os.fork()
        if parent_pid == 0:
            be_parent(json.loads(line), own_pid)
        parents.add(parent_pid)
        parents -= {each for each in parents if os.waitpid(each, os.WNOHANG)[0]}
    for each in parents:
        os.waitpid(each, 0)


if __name__ == "__main__":
    main()
