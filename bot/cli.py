"""The command line: which command was meant, and how its faults are told. The work is done elsewhere, imported late."""

import argparse
import asyncio
import importlib.metadata
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.errors import CannotConnect, FolderInUse, SettingsError, StoreError
from bot.jobs.model import Quality, Size

EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_DESCRIPTION = """\
A Discord bot that makes and edits pictures, and never loses one that was paid for.

  imagebot            run the bot, with settings from the environment and .env
  imagebot demo       see it work without any account: a story on stand-ins of Discord and EvoLink
  imagebot check      find out what is wrong with the settings, before people do
  imagebot generate   make one picture from here, without Discord
"""

_EPILOG = """\
Exit codes: 0 done; 1 something failed and was said; 2 the settings or the command line are not usable.
Settings are explained one by one in .env.example and in the README.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    work: Callable[[argparse.Namespace], int] = options.work
    try:
        return work(options)
    except SettingsError as error:
        print("imagebot cannot start, because of these settings:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {fault.variable} {fault.sentence}.", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imagebot",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parser.set_defaults(work=_run)
    commands = parser.add_subparsers(title="commands", metavar="{run,demo,check,generate}")
    run = commands.add_parser("run", help="run the bot (the default)")
    run.set_defaults(work=_run)
    _add_demo(commands)
    _add_check(commands)
    _add_generate(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version; looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        print(f"imagebot {importlib.metadata.version('imagebot')}")
        parser.exit()


Commands = Any
"""argparse's own type for this is private."""


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser(
        "demo",
        help="see the bot work without any account",
        description="Start stand-ins of Discord and EvoLink on this machine, run the real bot against them, act as the "
        "people of a server, and print how their messages change. Exits 0 only if every picture arrived byte for byte, "
        "or, where it was too large for Discord, was made to fit and kept whole on disk.",
    )
    demo.add_argument("--out", type=Path, default=Path("demo-output"), help="folder for the pictures (%(default)s)")
    demo.add_argument("--json", action="store_true", help="end with the table as one JSON document on the last line")
    demo.add_argument(
        "--live", action="store_true", help="use the real EvoLink with EVOLINK_API_KEY; this costs credits"
    )
    demo.set_defaults(work=_demo)


def _add_check(commands: Commands) -> None:
    check = commands.add_parser(
        "check",
        help="find out what is wrong with the settings",
        description="Check settings, database, key, token and addresses: a line each, with what to do about a fault. "
        "Nothing is spent. Exits 1 if there is any fault.",
    )
    check.add_argument(
        "--quick",
        action="store_true",
        help="ask nobody outside; check that the bot is running here and connected (for a container's health check)",
    )
    check.set_defaults(work=_check)


def _add_generate(commands: Commands) -> None:
    generate = commands.add_parser(
        "generate",
        help="make one picture from here, without Discord",
        description="Make one picture with the key of EVOLINK_API_KEY, save it, and say what it cost.",
    )
    generate.add_argument("prompt", help="what to draw, up to 2,000 characters")
    sizes, qualities = [size.value for size in Size], [quality.value for quality in Quality]
    generate.add_argument("--size", default="auto", choices=sizes, metavar="SHAPE", help=f"{', '.join(sizes)}")
    generate.add_argument(
        "--quality", default="2K", choices=qualities, metavar="QUALITY", help=f"{', '.join(qualities)}; without it 2K"
    )
    generate.add_argument(
        "--image", type=Path, action="append", default=[], metavar="FILE", help="a picture to work from; up to 14 times"
    )
    generate.add_argument("--out", type=Path, metavar="FILE", help="where to save the picture (named by the prompt)")
    generate.set_defaults(work=_generate)


def _run(_options: argparse.Namespace) -> int:
    from bot import log
    from bot.settings import Settings, load

    settings = load(Settings)
    log.set_up(
        level=settings.log_level,
        form=settings.log_format,
        redactor=log.Redactor(settings.discord_token, settings.evolink_api_key),
    )
    from bot.app import run_until_signalled

    try:
        asyncio.run(run_until_signalled(settings))
    except FolderInUse as error:
        return _fault(f"DATA_DIR {error} is in use by another imagebot that is running; stop that one first")
    except (StoreError, CannotConnect) as error:
        return _fault(str(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _fault(f"cannot start: {error.strerror or error}{where}")
    except Exception:
        logging.getLogger(__name__).critical("the bot ended by a fault of its own", exc_info=True)
        return _fault("ended by a fault of its own; the log above has it, and the next start goes on where this ended")
    return 0


def _check(options: argparse.Namespace) -> int:
    from bot import check
    from bot.settings import Settings, load

    settings = load(Settings)

    async def report() -> bool:
        all_ok = True
        async for finding in check.findings(settings, quick=options.quick):
            print(finding, flush=True)
            all_ok &= finding.ok
        return all_ok

    return 0 if asyncio.run(report()) else EXIT_FAULT


def _demo(options: argparse.Namespace) -> int:
    from bot import demo

    return asyncio.run(demo.run(out=options.out, as_json=options.json, live=options.live))


def _generate(options: argparse.Namespace) -> int:
    from bot import cli_generate
    from bot.settings import ProviderSettings, load

    return cli_generate.main(load(ProviderSettings), options)


def _fault(sentence: str, *, code: int = EXIT_FAULT) -> int:
    print(f"imagebot: {sentence}.", file=sys.stderr)
    return code
