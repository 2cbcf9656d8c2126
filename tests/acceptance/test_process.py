"""`imagebot run` as an operator runs it: an ordinary process with nothing but settings, in real time.

The provider calls back, so that no timer of ours has to be waited for.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.sandbox.discord import DiscordSandbox
from bot.sandbox.evolink import EvoLinkSandbox
from tests.support.ports import free_port

KEY, TOKEN = "sk-secret-of-the-operator", "secret-token-of-the-bot"


@contextlib.asynccontextmanager
async def loopback() -> AsyncGenerator[tuple[EvoLinkSandbox, DiscordSandbox], None]:
    clock = SystemClock()
    async with EvoLinkSandbox(clock=clock, api_key=KEY) as evolink, DiscordSandbox(clock=clock, token=TOKEN) as discord:
        evolink.knobs.duration_s = 0.2
        evolink.knobs.loopback_callbacks = True
        yield evolink, discord


def environment(evolink: EvoLinkSandbox, discord: DiscordSandbox, data_dir: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DISCORD_TOKEN": TOKEN,
        "EVOLINK_API_KEY": KEY,
        "EVOLINK_API_BASE": evolink.api_base,
        "EVOLINK_FILES_BASE": evolink.files_base,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "DATA_DIR": str(data_dir),
        **more,
    }


async def start(env: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments), env=env, stderr=asyncio.subprocess.PIPE
    )


async def test_with_nothing_but_settings_a_picture_arrives_and_no_secret_is_logged(tmp_path: Path) -> None:
    """Real time, JSON log at DEBUG, callbacks on: the picture comes at once; SIGTERM ends it with 0."""
    async with loopback() as (evolink, discord):
        guild = discord.add_guild("Paper Harbour")
        channel, alice = guild.add_text_channel("pictures"), guild.add_member("alice")
        port = free_port()
        web = {"PUBLIC_BASE_URL": f"http://127.0.0.1:{port}", "WEB_PORT": str(port)}
        env = environment(evolink, discord, tmp_path, LOG_FORMAT="json", LOG_LEVEL="DEBUG", **web)
        process = await start(env)
        await discord.gateway.wait_for_connections()
        use = await alice.use(channel, "/imagine", prompt="an ordinary day", quality="0.5K")
        message = await use.message()
        await message.wait_until(lambda seen: seen.attachments)
        [task] = evolink.tasks.values()
        assert hashlib.sha256(message.attachments[0].read()).hexdigest() == task.results[0].sha256
        assert task.callbacks

        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as health:
            assert health.status == 200
        quick = await start(env, "check", "--quick")
        assert await quick.wait() == 0

        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
        assert process.returncode == 0
        lines = log.decode().splitlines()
        assert all("event" in json.loads(line) for line in lines)
        for secret in (KEY, TOKEN, use.token, task.results[0].url):
            assert secret not in log.decode()
        assert discord.violations == []
        assert evolink.keys_leaked == []


async def test_a_newer_program_does_not_change_the_database_under_an_older_one(tmp_path: Path) -> None:
    """One line that says why, exit code 1, and the first goes on."""
    async with loopback() as (evolink, discord):
        env = environment(evolink, discord, tmp_path)
        first = await start(env)
        await discord.gateway.wait_for_connections()
        with contextlib.closing(sqlite3.connect(tmp_path / "imagebot.sqlite3", isolation_level=None)) as database:
            database.execute("PRAGMA user_version = 10")  # what the older program left it at
        second = await start(env)
        _, said = await second.communicate()
        assert second.returncode == 1
        assert "in use by another imagebot" in said.decode()
        assert "Traceback" not in said.decode()
        first.send_signal(signal.SIGINT)
        await first.communicate()
        assert first.returncode == 0


REFUSED_STARTS = {
    "wrong token": ({"DISCORD_TOKEN": "another-token"}, "DISCORD_TOKEN"),
    "intent not granted": ({"MESSAGE_CONTENT_INTENT": "on"}, "MESSAGE_CONTENT_INTENT"),
    "folder is a file": (
        {"DATA_DIR": "/dev/null/data"},
        "cannot start: DATA_DIR /dev/null is a file, not a folder; move it away, or set DATA_DIR",
    ),
}


@pytest.mark.parametrize(("changes", "word"), REFUSED_STARTS.values(), ids=REFUSED_STARTS.keys())
async def test_what_keeps_it_from_starting_is_said_in_one_line(
    tmp_path: Path, changes: dict[str, str], word: str
) -> None:
    """Exit code 1, a sentence for the operator, no traceback."""
    async with loopback() as (evolink, discord):
        process = await start({**environment(evolink, discord, tmp_path), **changes})
        _, said = await process.communicate()
        last_line = said.decode().splitlines()[-1]
        assert process.returncode == 1
        assert last_line.startswith("imagebot: ")
        assert word in last_line
        assert "Traceback" not in said.decode()


async def test_check_finds_nothing_wrong_and_then_each_fault(tmp_path: Path) -> None:
    """A line each; exit code 0 only if all is well."""
    async with loopback() as (evolink, discord):
        env = environment(evolink, discord, tmp_path)
        for changes, code, word in (
            ({}, 0, "works"),
            ({"EVOLINK_API_KEY": "sk-wrong"}, 1, "EVOLINK_API_KEY is refused"),
            ({"DISCORD_TOKEN": "wrong"}, 1, "DISCORD_TOKEN"),
        ):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "check"), env={**env, **changes}, stdout=asyncio.subprocess.PIPE
            )
            said, _ = await process.communicate()
            assert (process.returncode, word in said.decode()) == (code, True), said.decode()


async def test_a_taken_web_port_is_said_in_one_line(tmp_path: Path) -> None:
    """What fails before the login is not hidden by the way the library ends."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with loopback() as (evolink, discord):
            env = environment(evolink, discord, tmp_path, WEB_PORT=str(taken.getsockname()[1]))
            process = await start(env)
            _, said = await process.communicate()
        assert process.returncode == 1
        assert "Traceback" not in said.decode()
        last_line = said.decode().splitlines()[-1]
        assert last_line.startswith("imagebot: WEB_PORT ")
        assert "is taken by another program" in last_line


async def test_a_bot_that_never_reached_the_gateway_can_be_stopped(tmp_path: Path) -> None:
    """It is tried again for ever; a signal ends it all the same, with 0."""
    async with loopback() as (evolink, discord):
        env = environment(evolink, discord, tmp_path, DISCORD_GATEWAY_URL="ws://127.0.0.1:9/")
        process = await start(env)
        await discord.journal.wait_for_calls("GET", "/gateway/bot")
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0


async def test_a_bot_that_finds_nobody_says_so_once_and_waits(tmp_path: Path) -> None:
    """It does not end, so a supervisor has nothing to restart; a signal ends it with 0."""
    async with loopback() as (evolink, discord):
        env = environment(evolink, discord, tmp_path, DISCORD_API_BASE="http://127.0.0.1:9/api/v10")
        process = await start(env)
        assert process.stderr
        while b"Discord is away" not in (said := await process.stderr.readline()):
            assert said
        assert b"nobody answers at 127.0.0.1, port 9" in said
        process.send_signal(signal.SIGTERM)
        _, rest = await process.communicate()
        assert process.returncode == 0
        assert b"Traceback" not in rest
