"""`imagebot run` on time that a test moves: `python -m tests.support.run_bot SOCKET START`.

Settings come from the environment, as for the real command.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from bot import app, log
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


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
