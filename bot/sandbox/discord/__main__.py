"""Runs the stand-in alone: prints where it is and waits until it is interrupted."""

import argparse
import asyncio
import signal
import sys

from bot.clock import SystemClock
from bot.sandbox.discord.server import DiscordSandbox


async def serve(*, host: str, port: int, token: str | None) -> None:
    """Serve one guild with one channel and one person until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with DiscordSandbox(clock=SystemClock(), token=token, host=host, port=port) as sandbox:
        guild = sandbox.add_guild("Paper Harbour")
        guild.add_text_channel("pictures")
        guild.add_member("alice")
        print(f"DISCORD_API_BASE={sandbox.api_base}")  # noqa: T201 - this is the command's answer
        print(f"DISCORD_GATEWAY_URL={sandbox.gateway_url}")  # noqa: T201
        print(f"DISCORD_TOKEN={sandbox.token}", flush=True)  # noqa: T201
        await stopped.wait()


def main() -> int:
    """Read the command line and serve; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.discord", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--token", help="the bot's token (default: one is made)")
    given = parser.parse_args()
    try:
        asyncio.run(serve(host=given.host, port=given.port, token=given.token))
    except OSError as error:
        print(f"cannot listen at {given.host}, port {given.port}: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
