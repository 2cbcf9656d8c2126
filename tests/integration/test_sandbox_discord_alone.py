"""The stand-in as a program of its own, and what its smaller parts promise."""

import asyncio
import signal
import socket
import sys

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.sandbox.discord import DiscordSandbox, Permission
from bot.sandbox.discord.bell import Bell
from bot.sandbox.discord.forms import FormFaults, by_type, record, snowflake
from tests.support.discord_caller import DiscordCaller
from tests.support.patience import PATIENCE_S


async def test_it_runs_alone_and_says_where_it_is() -> None:
    """The three settings are printed, the address answers, and SIGTERM ends it with 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox.discord", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = [(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode().strip() for _ in range(3)]
    settings = dict(line.split("=", 1) for line in lines)
    headers = {"Authorization": f"Bot {settings['DISCORD_TOKEN']}"}
    url = settings["DISCORD_API_BASE"] + "/users/@me"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 200
    assert settings["DISCORD_GATEWAY_URL"].startswith("ws://127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


@pytest.mark.parametrize("name", ["discord", "evolink"])
async def test_a_taken_port_is_one_line(name: str) -> None:
    """Code 1, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"bot.sandbox.{name}", "--port", str(taken.getsockname()[1])),
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaints = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 1
    [line] = complaints.decode().splitlines()
    assert line.startswith("cannot listen")
    assert "address already in use" in line


async def test_without_a_port_any_free_one_is_taken() -> None:
    """Never the one where a bot's own web server listens: two of them stand side by side."""
    command = (sys.executable, "-m", "bot.sandbox.discord")
    processes = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(2)]
    lines: list[bytes] = []
    for process in processes:
        assert process.stdout is not None
        lines.append(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S))
    for process in processes:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    assert len(set(lines)) == 2
    assert not any(b":8080/" in line for line in lines)


async def test_waiting_in_vain_names_what_was_awaited() -> None:
    """TimeoutError, not a hang."""
    with pytest.raises(TimeoutError, match="a miracle: not seen within"):
        await Bell().wait_until(lambda: False, what="a miracle", timeout=0.01)


async def test_a_bell_leaves_those_alone_who_gave_up() -> None:
    """A waiter that was cancelled is not woken."""
    bell = Bell()
    waiting = asyncio.create_task(bell.wait_until(lambda: False, what="x"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    bell.ring()
    assert waiting.cancelled()


def test_a_snowflake_is_a_number_that_fits() -> None:
    """Strings of digits and numbers pass; words, booleans, negatives and giants do not."""
    for value, fits in (("5", True), (5, True), ("x", False), (True, False), (-1, False), (2**64, False), ("٣", False)):
        faults = FormFaults()
        snowflake(value, ("id",), faults)
        assert bool(faults) is not fits


def test_what_is_no_object_is_refused_as_such() -> None:
    """Records and unions take objects only."""
    for check in (record(), by_type({1: record()})):
        faults = FormFaults()
        check("text", (), faults)
        assert faults.tree["_errors"][0]["code"] == "MODEL_TYPE_CONVERT"


async def test_overwrites_add_up_from_everyone_to_the_member() -> None:
    """Everyone first, then roles together, then the member alone; administrators are above all of it."""
    async with DiscordSandbox(clock=SystemClock()) as sandbox:
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        painters = guild.add_role("painters")
        alice, boss = guild.add_member("alice", roles=[painters]), guild.add_member("boss")
        guild.change_roles(boss, [guild.add_role("admin", permissions=Permission.ADMINISTRATOR)])
        channel.deny(guild.everyone, Permission.SEND_MESSAGES)
        assert not channel.allows(alice, Permission.SEND_MESSAGES)
        channel.allow(painters, Permission.SEND_MESSAGES)
        assert channel.allows(alice, Permission.SEND_MESSAGES)
        channel.deny(alice, Permission.SEND_MESSAGES)
        assert not channel.allows(alice, Permission.SEND_MESSAGES)
        assert channel.allows(boss, Permission.SEND_MESSAGES)
        assert not channel.allows(sandbox.add_person("stranger"), Permission.VIEW_CHANNEL)


async def test_an_unreadable_picture_keeps_its_bytes_and_has_no_size() -> None:
    """Width and height come from the bytes; a name alone proves nothing."""
    async with DiscordSandbox(clock=SystemClock()) as sandbox, DiscordCaller(sandbox) as caller:
        channel = sandbox.add_guild("Paper Harbour").add_text_channel("pictures")
        _, answer = await caller.call("POST", f"/channels/{channel.id}/messages", {}, files={"a.png": b"no picture"})
        assert "width" not in answer["attachments"][0]
        assert answer["attachments"][0]["content_type"] == "image/png"
