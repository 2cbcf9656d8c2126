"""`python -m bot.sandbox.evolink`: the stand-in alone, for people who develop against it. Ends with Ctrl+C."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from bot.clock import SystemClock
from bot.sandbox.evolink.knobs import Knobs
from bot.sandbox.evolink.server import EvoLinkSandbox


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.sandbox.evolink", description="A stand-in for EvoLink's API and file service on loopback."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port of the API (default: any free one)")
    parser.add_argument("--files-port", type=int, default=0, help="port of the file service (default: any free one)")
    parser.add_argument("--results-port", type=int, default=0, help="port of the results (default: any free one)")
    parser.add_argument("--public-host", help="name that others reach it by (default: the value of --host)")
    parser.add_argument("--api-key", default="sk-sandbox", help="the only key that is let in (default: %(default)s)")
    parser.add_argument("--duration", type=float, default=6.0, metavar="SECONDS", help="time a task takes (default: 6)")
    parser.add_argument("--loopback-callbacks", action="store_true", help="allow http to loopback in callback_url")
    parser.add_argument("--undocumented", action="store_true", help="answer GET /v1/tasks and POST /v1/tasks/batch")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run the stand-in until `stop` is set, having printed its bases and the key."""
    knobs = Knobs(
        duration_s=options.duration,
        loopback_callbacks=options.loopback_callbacks,
        undocumented=options.undocumented,
    )
    async with EvoLinkSandbox(
        clock=SystemClock(),
        api_key=options.api_key,
        host=options.host,
        port=options.port,
        files_port=options.files_port,
        results_port=options.results_port,
        public_host=options.public_host,
        knobs=knobs,
    ) as evolink:
        print(f"EVOLINK_API_BASE={evolink.api_base}")  # noqa: T201 - the purpose of this command
        print(f"EVOLINK_FILES_BASE={evolink.files_base}")  # noqa: T201
        print(f"EVOLINK_API_KEY={evolink.api_key}")  # noqa: T201
        print(f"# results and uploads are served at {evolink.results_base}", flush=True)  # noqa: T201
        await stop.wait()


async def serve_until_signalled(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(options, stop)


def main() -> int:
    """Read the command line and serve; returns the exit code."""
    try:
        asyncio.run(serve_until_signalled(parse()))
    except OSError as error:
        print(f"cannot listen there: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
