"""`imagebot` as people start it: a process, its exit code, its lines."""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from bot.cli import commands
from bot.clock import SystemClock
from bot.files import DataFolder, ProcessLock
from bot.sandbox.discord import DiscordSandbox
from bot.sandbox.evolink import EvoLinkSandbox, Knobs
from bot.sandbox.evolink.knobs import HttpFault
from bot.settings import Settings
from tests.support.evolink_caller import picture
from tests.support.patience import PATIENCE_S
from tests.support.scripted_server import Hang, serve

TOKEN, KEY = "sandbox-token-0123456789", "sk-sandbox-0123456789"
NOBODY_THERE = "http://127.0.0.1:1"
COMPLETE = {"DISCORD_TOKEN": TOKEN, "EVOLINK_API_KEY": KEY, "DISCORD_API_BASE": NOBODY_THERE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a process left."""

    code: int
    out: str
    err: str


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    ours = {name.upper() for name in Settings.model_fields}
    return {**{name: value for name, value in os.environ.items() if name not in ours}, **settings}


class Here:
    """Runs the command line in this process, in a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: str, settings: Mapping[str, str]) -> Ended:
        self._monkeypatch.chdir(self.folder)
        for name in Settings.model_fields:
            self._monkeypatch.delenv(name.upper(), raising=False)
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)
        code = cli.main(list(arguments))
        out, err = self._capsys.readouterr()
        return Ended(code=code, out=out, err=err)


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield Here(tmp_path, monkeypatch, capsys)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@contextlib.asynccontextmanager
async def started(
    *arguments: str, folder: Path, settings: Mapping[str, str], python_options: tuple[str, ...] = (), stdout: Any = None
) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(*python_options, "-m", "bot", *arguments),
        cwd=folder,
        env=environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout or asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: asyncio.subprocess.Process) -> Ended:
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(code=process.returncode, out=(out or b"").decode(), err=err.decode())


async def ran(*arguments: str, folder: Path, settings: Mapping[str, str]) -> Ended:
    async with started(*arguments, folder=folder, settings=settings) as process:
        return await ended(process)


def cpu_of_children_s() -> float:
    """Return how long all processes that were waited for have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_version_is_told_at_once(tmp_path: Path) -> None:
    """In under half a second of work, with no settings at all; how busy the machine is does not count."""
    began_s = cpu_of_children_s()
    done = subprocess.run([sys.executable, "-m", "bot", "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.startswith(b"imagebot 0.")
    assert cpu_of_children_s() - began_s < 0.5


@pytest.mark.parametrize("command", [[], ["run"], ["demo"], ["check"], ["generate"]])
def test_help_is_given_for_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 0, and without looking at any setting."""
    with pytest.raises(SystemExit) as left:
        cli.main([*command, "--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: imagebot")
    if not command:
        assert all(f"imagebot {name}" in told for name in ("demo", "check", "generate"))
        assert "Exit codes" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["--fly"],
        ["generate"],
        ["generate", "a cat", "--size", "7:5"],
        ["generate", "a cat", "--quality", "8K"],
        ["generate", "a cat", "--task", "task-1"],
        ["generate", "a cat", "--image"],
        ["check", "more"],
        ["demo", "--out"],
    ],
)
def test_a_command_line_that_makes_no_sense_is_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With a hint at what would."""
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: imagebot" in capsys.readouterr().err


def test_the_exit_codes_are_told_in_the_same_words_wherever_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    """One truth: `--help`, the help of what scripts call, and the README."""
    words = " ".join(commands.EXIT_CODES.split())
    for command in ([], ["check"], ["generate"]):
        with pytest.raises(SystemExit):
            cli.main([*command, "--help"])
        assert words in " ".join(capsys.readouterr().out.split())
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert words in " ".join(readme.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "arguments", [["run"], ["demo"], ["check"], ["check", "--quick"], ["generate", "a cat"]], ids=" ".join
)
async def test_a_command_that_is_interrupted_at_its_very_beginning_ends_quietly(
    arguments: list[str], number: signal.Signals, tmp_path: Path
) -> None:
    """In the middle of its imports, which libraries would reword: code 130, and not a word."""
    async with started(*arguments, folder=tmp_path, settings=COMPLETE, python_options=("-X", "importtime")) as process:
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE_S):
            while b" pydantic_core" not in (line := await process.stderr.readline()):  # the interpreter tells each
                assert line
        process.send_signal(number)
        done = await ended(process)
    assert done.code == 130
    assert [line for line in done.err.splitlines() if not line.startswith("import time:")] == []
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["check", "--quick"], ["--help"], ["demo", "--out", "/dev/null"]], ids=" ".join)
async def test_a_full_disk_under_the_answers_is_no_traceback(arguments: list[str], tmp_path: Path) -> None:
    """Standard output that takes nothing, such as a file on a full disk."""
    with Path("/dev/full").open("wb") as full:  # noqa: ASYNC230 - a device
        async with started(*arguments, folder=tmp_path, settings=COMPLETE, stdout=full) as process:
            done = await ended(process)
    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err


async def test_a_picture_is_told_of_even_where_standard_output_is_full(tmp_path: Path) -> None:
    """It is on disk and was paid for: code 0, and the line comes on standard error."""
    async with EvoLinkSandbox(clock=SystemClock(), api_key=KEY, knobs=Knobs(duration_s=0.01)) as evolink:
        settings = {"EVOLINK_API_KEY": KEY, "EVOLINK_API_BASE": evolink.api_base}
        with Path("/dev/full").open("wb") as full:  # noqa: ASYNC230 - a device
            async with started("generate", "a cat", folder=tmp_path, settings=settings, stdout=full) as process:
                done = await ended(process)
    assert done.code == 0
    last = done.err.splitlines()[-1]
    assert last.startswith("imagebot: the picture is saved, only standard output takes no more: a-cat.jpg: ")
    assert "Exception ignored" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["a-cat.jpg"]


async def test_sigterm_is_heeded_where_ctrl_c_is_ignored(tmp_path: Path) -> None:
    """As a shell without job control starts what it puts in the background."""
    async with serve(Hang()) as nobody_answers:
        settings = {"EVOLINK_API_KEY": KEY, "EVOLINK_API_BASE": nobody_answers.base}
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # children inherit that
        try:
            async with started("generate", "a cat", folder=tmp_path, settings=settings) as process:
                async with asyncio.timeout(PATIENCE_S):
                    await nobody_answers.asked.wait()
                process.send_signal(signal.SIGTERM)
                done = await ended(process)
        finally:
            signal.signal(signal.SIGINT, before)
    assert done.code == 130
    assert done.err == (
        "imagebot: stopped; EvoLink may have taken the request and may charge it; "
        "look at the account before you try again.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["run"], ["check"], ["check", "--quick"]])
def test_faulty_settings_are_told_all_at_once_with_code_2(arguments: list[str], here: Here) -> None:
    """By name and in a sentence; no traceback, no secret, nothing begun."""
    wrong = {"EVOLINK_API_KEY": "Bearer sk-very-secret-key", "WEB_PORT": "sk-very-secret-key", "LOG_LEVEL": "loud"}
    done = here.run(*arguments, settings=wrong)
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert lines[0] == (
        "imagebot: these settings are not usable:"
        if "check" in arguments
        else "imagebot cannot start, because of these settings:"
    )
    names = sorted(line.split()[0] for line in lines[1:-1])
    assert names == ["DISCORD_TOKEN", "EVOLINK_API_KEY", "LOG_LEVEL", "WEB_PORT"]
    assert all(line.endswith(".") for line in lines[1:])
    assert lines[-1].startswith("Settings are taken from the environment or from .env in this folder; .env.example")
    assert "sk-very-secret-key" not in done.err
    assert list(here.folder.iterdir()) == []


def test_generate_asks_for_the_key_alone(here: Here) -> None:
    """Whoever wants one picture needs no Discord."""
    done = here.run("generate", "a cat", settings={})
    assert done.code == 2
    assert "EVOLINK_API_KEY is not set" in done.err
    assert "DISCORD_TOKEN" not in done.err


def test_settings_are_read_from_the_file_beside(here: Here) -> None:
    """And what is wrong in it is told like everything else."""
    (here.folder / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nEVOLINK_API_KEY={KEY}\nLOG_LEVEL=loud\n")
    done = here.run("check", "--quick", settings={})
    assert done.code == 2
    assert [line.split()[0] for line in done.err.splitlines()[1:-1]] == ["LOG_LEVEL"]


def test_lines_of_the_file_that_make_no_sense_are_named_and_a_slip_is_guessed(here: Here) -> None:
    """All at once with the other faults, by file and line; no value is shown, and the library is silent."""
    (here.folder / ".env").write_text(f"DISCORD_TOKN={TOKEN}\n\nWEB_PORT\nMY_OWN_THING=1\nEVOLINK_API_KEY='{KEY}\n")
    done = here.run("check", "--quick", settings={})
    assert done.code == 2
    assert [line.strip() for line in done.err.splitlines()[:-1]] == [
        "imagebot: .env line 1: DISCORD_TOKN is no setting and is passed over; did you mean DISCORD_TOKEN?",
        "imagebot: these settings are not usable:",
        ".env line 3 names WEB_PORT without a value; it must look like WEB_PORT=value.",
        ".env line 5 makes no sense; it must look like NAME=value, with both quotes or none.",
        "EVOLINK_API_KEY is not set; it is the API key from the EvoLink dashboard and begins with sk-.",
        "DISCORD_TOKEN is not set; it is the bot's token from Discord's developer portal "
        "(page Bot, button Reset Token).",
    ]


def spoil(folder: Path, kind: str) -> None:
    data = DataFolder(folder / "data")
    match kind:
        case "newer":
            data.make()
            connection = sqlite3.connect(data.database)
            connection.execute("PRAGMA user_version = 9999")
            connection.close()
        case "letter":
            data.make()
            data.database.write_bytes(b"Dear aunt, " * 1000)
        case "file":
            data.root.write_text("not a folder")
        case "folder":
            data.database.mkdir(parents=True)
        case _:
            pass


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("newer", {}, "use the newer program"),
        ("letter", {}, "file is not a database"),
        ("folder", {}, "unable to open database file"),
        ("file", {}, "cannot start: DATA_DIR data is a file, not a folder; move it away, or set DATA_DIR to a folder"),
        ("", {"DATA_DIR": "/proc/imagebot"}, "cannot start: DATA_DIR does not exist and cannot be made ("),
    ],
)
def test_what_keeps_the_bot_from_starting_is_one_line_and_code_1(
    kind: str, changes: dict[str, str], words: str, here: Here
) -> None:
    """No traceback, for whatever lies where the database should be."""
    spoil(here.folder, kind)
    done = here.run(settings={**COMPLETE, **changes})
    assert done.code == 1
    last = done.err.splitlines()[-1]
    assert last.startswith("imagebot: ")
    assert words in last
    assert "Traceback" not in done.err


async def test_a_process_that_cannot_open_its_database_ends(tmp_path: Path) -> None:
    """No thread keeps it, and none complains about a loop that is gone."""
    spoil(tmp_path, "folder")
    done = await ran(folder=tmp_path, settings=COMPLETE)
    assert done.code == 1
    [line] = done.err.splitlines()
    assert line.startswith("imagebot: cannot use data/imagebot.sqlite3: unable to open database file")


def test_a_taken_port_is_one_line_and_code_1(here: Here) -> None:
    """Before Discord is bothered."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = here.run(settings={**COMPLETE, "WEB_PORT": port})
    assert done.code == 1
    assert "Traceback" not in done.err
    last = done.err.splitlines()[-1]
    assert last.startswith(f"imagebot: WEB_PORT {port} at WEB_HOST 127.0.0.1 is taken by another program; stop that")


async def test_a_wrong_token_is_one_line_and_code_1(tmp_path: Path) -> None:
    """With where to get the right one, and without the wrong one."""
    async with DiscordSandbox(clock=SystemClock(), token=TOKEN) as discord:
        settings = {**COMPLETE, "DISCORD_API_BASE": discord.api_base, "DISCORD_TOKEN": "wrong-0123456789"}
        done = await ran(folder=tmp_path, settings=settings)
    assert done.code == 1
    assert "Discord does not accept DISCORD_TOKEN; copy it again" in done.err.splitlines()[-1]
    assert "wrong-0123456789" not in done.err
    assert "Traceback" not in done.err


async def test_a_bot_ends_when_it_is_asked_to_and_leaves_no_sign_of_life(tmp_path: Path) -> None:
    """The health check knows while it runs; SIGTERM ends it with code 0."""
    async with DiscordSandbox(clock=SystemClock(), token=TOKEN) as discord:
        settings = {**COMPLETE, "DISCORD_API_BASE": discord.api_base, "LOG_FORMAT": "json", "LOG_LEVEL": "debug"}
        folder = DataFolder(tmp_path / "data")
        async with started(folder=tmp_path, settings=settings) as bot:
            async with asyncio.timeout(PATIENCE_S):
                await discord.gateway.wait_for_connections()
                while not folder.alive.exists():  # noqa: ASYNC110 - a file tells nobody that it has come
                    await asyncio.sleep(0.005)
            health = await ran("check", "--quick", folder=tmp_path, settings=settings)
            assert (health.code, health.err) == (0, "")
            assert health.out.splitlines()[-1] == "ok    running bot: connected to Discord"
            bot.send_signal(signal.SIGTERM)
            first = await ended(bot)
    assert first.code == 0
    assert "Traceback" not in first.err
    assert TOKEN not in first.err
    assert not ProcessLock.is_held(folder.lock)
    assert [*folder.owners.iterdir(), *folder.scratch.iterdir()] == []


async def test_ctrl_c_ends_a_bot_that_waits_for_discord(tmp_path: Path) -> None:
    """In the middle of a login that is never answered: code 0, no traceback."""
    async with serve(Hang()) as nobody_answers:
        settings = {**COMPLETE, "DISCORD_API_BASE": nobody_answers.base}
        async with started(folder=tmp_path, settings=settings) as bot:
            async with asyncio.timeout(PATIENCE_S):
                await nobody_answers.asked.wait()
            bot.send_signal(signal.SIGINT)
            done = await ended(bot)
    assert done.code == 0
    assert "Traceback" not in done.err


async def test_check_goes_on_after_a_fault_and_ends_with_code_1(tmp_path: Path) -> None:
    """A line for each thing on standard output, nothing else anywhere; no secret."""
    async with (
        DiscordSandbox(clock=SystemClock(), token=TOKEN) as discord,
        EvoLinkSandbox(clock=SystemClock(), api_key=KEY) as evolink,
    ):
        settings = {
            **COMPLETE,
            "DISCORD_API_BASE": discord.api_base,
            "EVOLINK_API_BASE": evolink.api_base,
            "EVOLINK_FILES_BASE": evolink.files_base,
        }
        wrong = {**settings, "EVOLINK_API_KEY": "sk-wrong-0123456789"}
        good, bad = await asyncio.gather(*(ran("check", folder=tmp_path, settings=each) for each in (settings, wrong)))
    assert (good.code, good.err) == (0, "")
    assert all(line.startswith("ok    ") for line in good.out.splitlines())
    assert (bad.code, bad.err) == (1, "")
    assert [line[:5] for line in bad.out.splitlines()] == [*["ok   "] * 6, "FAULT", "FAULT", "ok   "]
    assert "ok    EvoLink model: gemini-3.1-flash-image-preview is offered" in good.out
    assert not any(secret in good.out + bad.out for secret in (KEY, TOKEN, "sk-wrong-0123456789"))


async def test_generate_tells_a_refusal_with_code_1(tmp_path: Path) -> None:
    """An empty account: the picture given was uploaded, no task was created, nothing was charged."""
    (tmp_path / "source.png").write_bytes(picture())
    knobs = Knobs()
    knobs.create.append(HttpFault(status=402, code="insufficient_user_quota"))
    async with EvoLinkSandbox(clock=SystemClock(), api_key=KEY, knobs=knobs) as evolink:
        settings = {
            "EVOLINK_API_KEY": KEY,
            "EVOLINK_API_BASE": evolink.api_base,
            "EVOLINK_FILES_BASE": evolink.files_base,
        }
        done = await ran("generate", "a cat", "--image", "source.png", folder=tmp_path, settings=settings)
        assert evolink.tasks == {}
        assert len(evolink.files) == 1
    assert (done.code, done.out) == (1, "")
    assert "Traceback" not in done.err
    assert "credit" in done.err.splitlines()[-1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["source.png"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_generate_that_is_interrupted_says_what_may_be_charged(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C or SIGTERM while the task runs: its number, which was told at once, code 130, and no half of a file."""
    async with EvoLinkSandbox(clock=SystemClock(), api_key=KEY, knobs=Knobs(duration_s=600)) as evolink:
        settings = {"EVOLINK_API_KEY": KEY, "EVOLINK_API_BASE": evolink.api_base}
        async with started("generate", "a cat", folder=tmp_path, settings=settings) as process:
            assert process.stderr is not None
            async with asyncio.timeout(PATIENCE_S):
                first_line = (await process.stderr.readline()).decode()
            [task_id] = evolink.tasks
            assert first_line == f"task {task_id}\n"
            process.send_signal(number)
            done = await ended(process)
    assert (done.code, done.out) == (130, "")
    assert done.err == (
        "imagebot: stopped; the task goes on and may be charged; "
        f"fetch its picture with: imagebot generate --task {task_id}.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_while_the_bot_still_starts_is_a_stop_like_any_other(
    number: signal.Signals, tmp_path: Path
) -> None:
    """Another program holds the database; nothing has begun that would have to end, so the code is 0."""
    spoil(tmp_path, "newer")
    folder = DataFolder(tmp_path / "data")
    with contextlib.closing(sqlite3.connect(folder.database, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 0")
        other.execute("BEGIN EXCLUSIVE")
        async with started(folder=tmp_path, settings=COMPLETE) as bot, asyncio.timeout(30):
            while not folder.lock.exists():  # noqa: ASYNC110 - a file tells nobody that it has come
                await asyncio.sleep(0.005)
            bot.send_signal(number)
            done = await ended(bot)
    assert (done.code, done.err) == (0, "")
