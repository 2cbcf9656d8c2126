"""The commands: what each takes, how it is explained, and how its faults are told. The work is done elsewhere.

Modules are imported late, by the command that needs them, so that `--version` and `--help` are quick.
"""

import argparse
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli import quota_options
from bot.cli.new_file import new_file
from bot.cli.output import complain, tell
from bot.errors import CannotConnect, CannotListen, FolderInUse, SettingsError, StoreError
from bot.jobs.model import Quality, Size

if TYPE_CHECKING:
    from bot.settings import AnySettings

EXIT_FAULT = 1
EXIT_USAGE = 2

_DESCRIPTION = """\
A Discord bot that makes and edits pictures, and never loses one that was paid for.

  imagebot            run the bot, with settings from the environment and .env
  imagebot demo       see it work without any account: a story on stand-ins of Discord and EvoLink
  imagebot check      find out what is wrong with the settings, before people do
  imagebot generate   make one picture from here, without Discord
  imagebot usage      tell what was used, beside a bot that runs or not
  imagebot quota      see and change the limits of a server
  imagebot backup     copy the database, beside a bot that runs or not
"""

EXIT_CODES = """\
Exit codes: 0 done, or `run` stopped by a signal; 1 something failed, and was said;
2 settings or command line are not usable; 130 stopped by Ctrl-C or SIGTERM."""

_EPILOG = f"""\
{EXIT_CODES}
Settings are explained one by one in .env.example and in the README.
"""

_SETTINGS_HEAD = "imagebot: these settings are not usable:"
_WHERE_TO_SET = "Settings are taken from the environment or from .env in this folder; .env.example explains each."

Work = Callable[[], int]
"""What a command does once everything is imported and its settings are known; returns the exit code."""


def prepare(arguments: Sequence[str] | None) -> Work:
    """Understand the command line and the settings; what is returned does the work."""
    options = _parser().parse_args(arguments)
    prepare_command: Callable[[argparse.Namespace], Work] = options.prepare
    try:
        return prepare_command(options)
    except SettingsError as error:
        _tell_faults(error, head=options.settings_head)
        return lambda: EXIT_USAGE


def _tell_faults(error: SettingsError, *, head: str) -> None:
    print(head, file=sys.stderr)
    for fault in error.faults:
        print(f"  {fault.variable} {fault.sentence}.", file=sys.stderr)
    print(_WHERE_TO_SET, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imagebot",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parser.set_defaults(prepare=_run, settings_head="imagebot cannot start, because of these settings:")
    commands = parser.add_subparsers(title="commands", metavar="{run,demo,check,generate,usage,quota,backup}")
    run = commands.add_parser("run", help="run the bot (the default)")
    run.set_defaults(prepare=_run)
    _add_demo(commands)
    _add_check(commands)
    _add_generate(commands)
    look = {"epilog": EXIT_CODES, "formatter_class": _Formatter}
    quota_options.add_usage(commands, prepare=_usage, look=look, settings_head=_SETTINGS_HEAD)
    quota_options.add_quota(commands, prepare=_quota, look=look, settings_head=_SETTINGS_HEAD)
    _add_backup(commands)
    return parser


class _Formatter(argparse.HelpFormatter):
    """Wraps descriptions, and leaves the epilog as it is written."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text == EXIT_CODES else super()._fill_text(text, width, indent)


class _Version(argparse.Action):
    """Prints the version; looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        import importlib.metadata

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
    demo.set_defaults(prepare=_demo, settings_head=_SETTINGS_HEAD)


def _add_check(commands: Commands) -> None:
    check = commands.add_parser(
        "check",
        help="find out what is wrong with the settings",
        description="Check settings, database, key, token and addresses: a line each, with what to do about a fault. "
        "Nothing is spent and nothing is made. Any fault is exit code 1.",
        epilog=EXIT_CODES,
        formatter_class=_Formatter,
    )
    check.add_argument(
        "--quick",
        action="store_true",
        help="ask nobody outside; check that the bot is running here and connected (for a container's health check)",
    )
    check.set_defaults(prepare=_check, settings_head=_SETTINGS_HEAD)


def _add_generate(commands: Commands) -> None:
    generate = commands.add_parser(
        "generate",
        help="make one picture from here, without Discord",
        description="Make one picture with the key of EVOLINK_API_KEY, save it, and say what it cost. No file is ever "
        "overwritten.",
        epilog=EXIT_CODES,
        formatter_class=_Formatter,
    )
    what = generate.add_mutually_exclusive_group(required=True)
    what.add_argument("prompt", nargs="?", help="what to draw, up to 2,000 characters")
    what.add_argument("--task", metavar="ID", help="fetch the picture of a task that was created before, in 24 hours")
    sizes, qualities = [size.value for size in Size], [quality.value for quality in Quality]
    generate.add_argument(
        "--size", type=str.lower, choices=sizes, metavar="SHAPE", help=f"{', '.join(sizes)}; without it auto"
    )
    generate.add_argument(
        "--quality", type=str.upper, choices=qualities, metavar="QUALITY", help=f"{', '.join(qualities)}; without it 2K"
    )
    generate.add_argument(
        "--image", type=Path, action="append", default=[], metavar="FILE", help="a picture to work from; up to 14 times"
    )
    generate.add_argument(
        "--out",
        type=new_file,
        metavar="FILE",
        help="where to save the picture: a file that does not exist yet (without it, one named by the prompt)",
    )
    generate.set_defaults(prepare=_generate, settings_head=_SETTINGS_HEAD)


def _add_backup(commands: Commands) -> None:
    backup = commands.add_parser(
        "backup",
        help="copy the database, beside a bot that runs or not",
        description="Copy the database of DATA_DIR, as it stands at one moment, to a new file, and check the copy. The "
        "bot goes on meanwhile. No file is ever overwritten. Pictures are not in it.",
        epilog=EXIT_CODES,
        formatter_class=_Formatter,
    )
    backup.add_argument("file", type=new_file, metavar="FILE", help="where to: a file that does not exist yet")
    backup.set_defaults(prepare=_backup, settings_head=_SETTINGS_HEAD)


def _run(_options: argparse.Namespace) -> Work:
    from bot import log
    from bot.settings import Settings

    settings = _load(Settings)
    log.set_up(
        level=settings.log_level,
        form=settings.log_format,
        redactor=log.Redactor(settings.discord_token, settings.evolink_api_key),
    )
    from bot.app import run_until_signalled

    return lambda: _run_app(run_until_signalled(settings), settings.data_dir)


def _run_app(running: Coroutine[Any, Any, None], data_dir: Path) -> int:
    import logging

    from bot.cli import loop

    try:
        loop.run(running)
    except KeyboardInterrupt:  # a signal before the bot has begun: nothing is there yet that would have to end
        return 0
    except FolderInUse as error:
        return _fault(
            f"DATA_DIR {error} is in use by another imagebot that is running, and the database has to be brought up to "
            "date by one that is alone; stop the older one, or wait until the newer one is ready"
        )
    except (StoreError, CannotConnect, CannotListen) as error:
        return _fault(str(error))
    except OSError as error:
        return _fault(f"cannot start: {_why(error, data_dir)}")
    except Exception:
        logging.getLogger(__name__).critical("the bot ended by a fault of its own", exc_info=True)
        return _fault("ended by a fault of its own; the log above has it, and the next start goes on where this ended")
    return 0


def _why(error: OSError, data_dir: Path) -> str:
    """Say what the operating system did not let the bot do, as `imagebot check` does where that finds the cause."""
    from bot.check import here
    from bot.files import DataFolder

    if found := here.find_fault(DataFolder(data_dir)):
        return f"DATA_DIR {found}"
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}; imagebot check looks for what is wrong"


def _check(options: argparse.Namespace) -> Work:
    from bot import check
    from bot.cli import loop
    from bot.settings import Settings

    settings = _load(Settings)

    async def report() -> bool:
        all_ok = True
        async for finding in check.findings(settings, quick=options.quick):
            tell(str(finding))
            all_ok &= finding.ok
        return all_ok

    return lambda: 0 if loop.run(report()) else EXIT_FAULT


def _demo(options: argparse.Namespace) -> Work:
    from bot.settings import ProviderSettings

    live = _load(ProviderSettings) if options.live else None
    from bot import demo  # after that: whoever misses a setting need not wait for it
    from bot.cli import loop

    return lambda: loop.run(demo.run(out=options.out, as_json=options.json, live=live))


def _generate(options: argparse.Namespace) -> Work:
    from bot.cli import generate
    from bot.settings import ProviderSettings

    settings = _load(ProviderSettings)
    return lambda: generate.main(settings, options)


def _usage(options: argparse.Namespace) -> Work:
    from bot.cli import usage
    from bot.settings import StorageSettings

    settings = _load(StorageSettings)
    return lambda: usage.main(settings, options)


def _quota(options: argparse.Namespace) -> Work:
    from bot.cli import quota
    from bot.settings import StorageSettings

    settings = _load(StorageSettings)
    return lambda: quota.main(settings, options)


def _backup(options: argparse.Namespace) -> Work:
    from bot.cli import backup
    from bot.settings import StorageSettings

    settings = _load(StorageSettings)
    return lambda: backup.main(settings, options.file)


def _load(kind: "type[AnySettings]") -> "AnySettings":
    """Read the settings of a command, and say which lines of `.env` look like a slip of the pen."""
    from bot import env_lines, settings

    for suspicion in env_lines.suspicions(settings.ENV_FILE, known=settings.NAMES):
        print(f"imagebot: {suspicion}", file=sys.stderr)
    return settings.load(kind)


def _fault(sentence: str) -> int:
    complain(sentence)
    return EXIT_FAULT
